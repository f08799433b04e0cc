"""Macros: what they do, that they do all or nothing and never twice, what they refuse, and who keeps them."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from servicedesk.desk.macros import change_macro, create_macro, describe, run_macro
from servicedesk.desk.models import Macro
from servicedesk.desk.templates import change_template, create_template
from servicedesk.levels.queries import usual_hours
from servicedesk.people.models import AuditEntry, Role
from servicedesk.priorities.business_days import opens_after, opens_from
from servicedesk.tickets.actions import assign
from servicedesk.tickets.actions.talk import reply
from servicedesk.tickets.models import Category, Ticket
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_service, a_service_request, a_team, a_ticket, an_administrator, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team(name="Service desk")


@pytest.fixture
def agent(team):
    return an_agent(team, name="Ken Suzuki")


@pytest.fixture
def admin():
    return an_administrator()


@pytest.fixture
def template(admin):
    return create_template(
        by=admin,
        via="page",
        name="Asks",
        code="ask",
        body_en="Hello {requester}, which {title}?",
        body_ja="どれですか。",
    )


@pytest.fixture
def ticket(team):
    return a_ticket(team=team, requester=a_person(name="Anna"), title="printer")


def a_macro(admin, **fields) -> Macro:
    return create_macro(by=admin, via="page", **({"name": "Does it"} | fields))


def verbs(ticket) -> list[str]:
    return list(ticket.events.order_by("number").values_list("verb", flat=True))


def now(ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def now_macro(macro) -> Macro:
    return Macro.objects.get(pk=macro.pk)


class TestWhatOneDoes:
    def test_snoozes_last_and_says_so(self, admin, agent, ticket):
        macro = a_macro(admin, assign="me", step="start", snooze_days=2)
        assert describe(macro) == ["Start work", "Snooze for 2 business days", "Assignee: Whoever runs it"]
        run_macro(macro, ticket, by=agent, via="page")
        assert now(ticket).snoozed_until == opens_after(usual_hours(), timezone.now(), 2)
        assert verbs(ticket)[-1] == "snooze"
        day = timezone.localdate() + timedelta(days=3)
        change_macro(macro, by=admin, via="page", snooze_days=None, snooze_until=day)
        run_macro(macro, ticket, by=agent, via="page")
        assert now(ticket).snoozed_until == opens_from(usual_hours(), day)
        for wrong, field in (
            ({"snooze_days": 2}, "snooze_until"), ({"snooze_until": None, "snooze_days": 201}, "snooze_days"),
            ({"snooze_until": timezone.localdate()}, "snooze_until"),
            ({"step": "close", "assign": "keep"}, "snooze_days"),
        ):  # fmt: skip
            with pytest.raises(Refused) as refused:
                change_macro(now_macro(macro), by=admin, via="page", **wrong)
            assert refused.value.field == field
        Macro.objects.update(snooze_until=timezone.localdate() - timedelta(days=30))
        before = verbs(ticket)
        with pytest.raises(Refused, match="did nothing: This time is over"):
            run_macro(now_macro(macro), ticket, by=agent, via="page")
        assert verbs(ticket) == before

    def test_all_steps_each_by_its_usual_action(self, admin, agent, team, ticket, template):
        other = a_team(name="Network")
        service = a_service(team, name="Printing")
        category = Category.objects.create(code="c", name="Printers")
        macro = a_macro(
            admin, service=service, category=category, impact=1, urgency=1, add_tags=["a", "b"], note="Seen by {agent}",
            reply=template, step="wait_for_vendor", minutes=15, to_team=other,
        )  # fmt: skip
        said = run_macro(macro, ticket, by=agent, via="page")
        assert said.body == "Hello Anna, which printer?"
        done = now(ticket)
        assert (done.service, done.category, done.impact, done.urgency) == (service, category, 1, 1)
        assert (done.team, done.assignee, done.status) == (other, None, "waiting_vendor")
        assert sorted(done.tags.values_list("name", flat=True)) == ["a", "b"]
        assert done.work_times.get().minutes == 15
        assert done.comments.get(is_public=False).body == "Seen by Ken Suzuki"
        assert verbs(ticket) == [
            "open", "run_macro", "change", "change", "note", "log_work", "reply", "wait_for_vendor", "assign",
        ]  # fmt: skip
        assert done.events.get(verb="run_macro").data == {
            "macro": [macro.pk, "Does it"],
            "template": [template.pk, "Asks"],
        }
        assert done.first_response_at == said.event.at

    @pytest.mark.parametrize("make", [a_ticket, lambda **fields: a_service_request(**fields).ticket])
    def test_resolves_with_the_text_in_the_language_of_the_ticket(self, admin, agent, team, template, make):
        macro = a_macro(admin, reply=template, step="resolve", assign="me")
        ticket = make(team=team, language="ja")
        run_macro(macro, ticket, by=agent, via="page")
        assert (now(ticket).status, now(ticket).resolution, now(ticket).assignee) == ("resolved", "どれですか。", agent)

    def test_asks_with_the_text_as_the_question(self, admin, agent, ticket, template):
        run_macro(a_macro(admin, reply=template, step="ask_requester"), ticket, by=agent, via="page")
        assert now(ticket).status == "waiting_requester"
        assert ticket.comments.get().body == "Hello Anna, which printer?"

    def test_a_step_that_is_taken_already_is_left_out_and_its_text_is_a_reply(self, admin, agent, ticket, template):
        macro = a_macro(admin, reply=template, step="ask_requester")
        for _turn in range(2):
            run_macro(macro, now(ticket), by=agent, via="page")
        assert now(ticket).status == "waiting_requester"
        assert verbs(ticket).count("reply") == 2

    def test_to_nobody_and_to_somebody(self, admin, agent, team, ticket):
        other = an_agent(team)
        run_macro(a_macro(admin, assign="person", assignee=other), ticket, by=agent, via="page")
        assert now(ticket).assignee == other
        run_macro(a_macro(admin, name="Back", assign="nobody"), now(ticket), by=agent, via="page")
        assert now(ticket).assignee is None

    def test_is_told_in_words(self, admin, template, visit, agent, ticket):
        macro = a_macro(admin, reply=template, step="resolve", minutes=10, assign="me")
        assert describe(macro) == ["Reply: Asks", "Resolve", "10 min of work", "Assignee: Whoever runs it"]
        run_macro(macro, ticket, by=agent, via="page")
        said = visit(agent).get(ticket.get_absolute_url(), follow=True).content.decode()
        assert "Ken Suzuki ran the macro “Does it”." in said


class TestAllOrNothing:
    def test_a_refused_step_undoes_the_others(self, admin, agent, ticket):
        outside = an_agent(a_team(name="Far"), name="Mai Ito")
        macro = a_macro(
            admin, note="Seen", minutes=5, add_tags=["a"], assign="person", assignee=outside, to_team=a_team()
        )
        with pytest.raises(Refused, match=r"“Does it” did nothing: Mai Ito does not belong to the team"):
            run_macro(macro, ticket, by=agent, via="page")
        assert verbs(ticket) == ["open"]
        assert not ticket.comments.exists() and not ticket.work_times.exists() and not ticket.tags.exists()

    def test_a_step_that_the_status_does_not_allow(self, admin, agent, ticket):
        with pytest.raises(Refused, match="did nothing"):
            run_macro(a_macro(admin, step="close", note="x"), ticket, by=agent, via="page")
        assert verbs(ticket) == ["open"]

    def test_never_with_more_than_the_rights_of_who_presses(self, admin, ticket):
        macro = a_macro(admin, note="x")
        for stranger in (an_agent(a_team()), ticket.requester, admin):
            with pytest.raises(PermissionDenied):
                run_macro(macro, ticket, by=stranger, via="page")

    def test_out_of_use(self, admin, agent, ticket, template):
        macro = a_macro(admin, reply=template)
        change_template(template, by=admin, via="page", is_active=False)
        with pytest.raises(Refused, match="out of use"):
            run_macro(macro, ticket, by=agent, via="page")


class TestTwice:
    def test_a_second_press_on_the_same_page_does_nothing(self, admin, agent, ticket):
        macro, seen = a_macro(admin, note="x"), ticket.event_count
        for _press in range(2):
            run_macro(macro, now(ticket), by=agent, via="page", seen=seen)
        assert verbs(ticket).count("note") == 1

    def test_on_a_newer_page_it_runs_again_and_so_it_does_for_others(self, admin, agent, team, ticket):
        macro = a_macro(admin, note="x")
        run_macro(macro, ticket, by=agent, via="page", seen=ticket.event_count)
        run_macro(macro, now(ticket), by=agent, via="page", seen=now(ticket).event_count)
        run_macro(macro, now(ticket), by=an_agent(team), via="page", seen=1)
        assert verbs(ticket).count("note") == 3

    def test_what_others_did_meanwhile_is_no_hindrance(self, admin, agent, ticket):
        seen = ticket.event_count
        reply(ticket, by=ticket.requester, via="page", body="Still")
        run_macro(a_macro(admin, note="x"), ticket, by=agent, via="page", seen=seen)
        assert verbs(ticket)[-1] == "note"


class TestWhatIsRefusedAtSaving:
    @pytest.mark.parametrize(
        ("fields", "field", "words"),
        [
            ({}, None, "Choose what the macro does"),
            ({"step": "resolve"}, "reply", "the requester reads it"),
            ({"step": "ask_requester"}, "reply", "the requester reads it"),
            ({"step": "close", "assign": "me"}, "step", "cannot be given"),
            ({"step": "explode"}, "step", "not a valid choice"),
            ({"note": "{agnet}"}, "note", "Did you mean {agent}?"),
            ({"minutes": 0, "step": "start"}, "minutes", "1 to 1,440"),
            ({"assign": "person"}, "assignee", "works on tickets"),
        ],
    )
    def test_with_the_field(self, admin, fields, field, words):
        with pytest.raises(Refused) as refusal:
            a_macro(admin, **fields)
        assert refusal.value.field == field
        assert words in str(refusal.value.sentence)

    def test_a_template_of_another_team_and_a_name_that_is_taken(self, admin, team):
        theirs = create_template(by=admin, via="page", name="Theirs", code="t", body_en="x", team=a_team())
        with pytest.raises(Refused, match="is for the team"):
            a_macro(admin, reply=theirs, team=team)
        a_macro(admin, note="x")
        with pytest.raises(Refused, match="of this name"):
            a_macro(admin, note="y")

    def test_leads_for_their_team_alone(self, team):
        lead = a_person(Role.LEAD, teams=[team])
        macro = create_macro(by=lead, via="page", name="Ours", note="x", team=team)
        entry = AuditEntry.objects.latest("pk")
        assert (entry.verb, entry.object_type, entry.label) == ("create", "desk.macro", "Ours")
        with pytest.raises(Refused, match="that you lead"):
            change_macro(macro, by=lead, via="page", team=None)


class TestPages:
    def test_made_and_changed_by_a_form(self, visit, admin, team, template):
        page, other = visit(admin), an_agent(team)
        given = {
            "name": "Reset", "note": "Done by {agent}", "reply": template.pk, "step": "resolve", "minutes": "１０",
            "assignee": other.pk, "add_tags": "Ａ、b", "impact": "2", "is_active": "on", "team": team.pk,
        }  # fmt: skip
        answer = page.post(reverse("desk:macro-new"), given)
        assert answer.status_code == 303, answer.content.decode()
        macro = Macro.objects.get()
        assert (macro.reply, macro.step, macro.minutes, macro.impact, macro.team) == (template, "resolve", 10, 2, team)
        assert (macro.assign, macro.assignee, macro.add_tags, macro.remove_tags) == ("person", other, ["a", "b"], [])
        address = reverse("desk:macro", args=[macro.pk])
        said = page.get(address).content.decode()
        assert f'<option value="{other.pk}" selected>' in said and 'value="a, b"' in said
        assert page.post(address, given | {"assignee": "me", "add_tags": ""}).status_code == 303
        macro.refresh_from_db()
        assert (macro.assign, macro.assignee, macro.add_tags) == ("me", None, [])
        assert "Whoever runs it" in page.get(reverse("desk:macros")).content.decode()

    def test_run_from_the_menu_of_the_ticket(self, visit, admin, agent, ticket, template):
        macro, page = a_macro(admin, reply=template, note="x"), visit(agent)
        address = reverse("desk:macros-for", args=[ticket.number])
        assert address in page.get(ticket.get_absolute_url()).content.decode()
        said = page.get(address).content.decode()
        assert f'name="macro" value="{macro.pk}"' in said and f'name="seen" value="{ticket.event_count}"' in said
        answer = page.post(address, {"macro": macro.pk, "seen": 1}, headers={"HX-Request": "true"})
        assert answer.status_code == 204 and "take-back" in answer.headers["HX-Trigger"]
        page.post(address, {"macro": macro.pk, "seen": 1})
        assert verbs(ticket).count("reply") == 1

    def test_a_refusal_is_shown_in_the_menu(self, visit, admin, agent, ticket):
        macro = a_macro(admin, step="close")
        answer = visit(agent).post(
            reverse("desk:macros-for", args=[ticket.number]),
            {"macro": macro.pk, "seen": 1},
            headers={"HX-Request": "true"},
        )
        assert answer.status_code == 422
        assert "“Does it” did nothing" in answer.content.decode()

    def test_those_of_other_teams_are_not_there(self, visit, admin, agent, ticket):
        theirs = a_macro(admin, note="x", team=a_team())
        address, page = reverse("desk:macros-for", args=[ticket.number]), visit(agent)
        assert "No macro yet" in page.get(address).content.decode()
        for chosen in (theirs.pk, "x", ""):
            answer = page.post(address, {"macro": chosen})
            assert answer.status_code == 422 and "no longer there" in answer.content.decode()

    def test_when_it_goes_out_of_sight_one_is_sent_to_the_desk(self, visit, admin, agent, ticket):
        assign(ticket, by=agent, via="page", assignee=agent)
        macro = a_macro(admin, to_team=a_team(), assign="nobody")
        answer = visit(agent).post(reverse("desk:macros-for", args=[ticket.number]), {"macro": macro.pk, "seen": 9})
        assert answer.headers["Location"] == reverse("desk:queue")

    def test_who_only_runs_it_reads_it(self, visit, admin, agent):
        macro = a_macro(admin, note="Call {requester}")
        said = visit(agent).get(reverse("desk:macro", args=[macro.pk])).content.decode()
        assert "Call {requester}" in said and "<textarea" not in said
