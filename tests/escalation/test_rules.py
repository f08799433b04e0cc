"""Business rules: what sets them off, one meaning of their conditions, what they do, once each, and never for ever."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from incidents.major.models import MajorProposal
from servicedesk.connectors.http import Answer, Trouble
from servicedesk.desk.templates import create_template
from servicedesk.escalation import conditions, doings, triggers, webhooks
from servicedesk.escalation.actions import change_rule, create_rule, import_rules, move_rule
from servicedesk.escalation.documents import differences, read, whole_of
from servicedesk.escalation.models import Firing, Rotation, Rule, Turn, WebhookCall
from servicedesk.escalation.running import find_missed, judge_waiting
from servicedesk.escalation.timing import sweep
from servicedesk.escalation.trial import try_document
from servicedesk.notify.models import Notification
from servicedesk.people.models import Absence
from servicedesk.tickets.actions import assign, escalate, reply, set_tags
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Category, Comment, Ticket, TicketEvent
from servicedesk.web.errors import Refused
from tests.factories import (
    a_company,
    a_department,
    a_person,
    a_service,
    a_team,
    a_ticket,
    an_administrator,
    an_agent,
    an_item,
    events_of,
)  # fmt: skip

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return an_administrator(name="Aiko")


def a_rule(admin, *actions, on="created", when=None, **more) -> Rule:
    document = {
        "name": more.pop("name", f"Rule {Rule.objects.count()}"),
        "trigger": on if isinstance(on, dict) else {"on": on},
        "conditions": when or {},
        "actions": list(actions),
    }
    return create_rule(by=admin, via="page", document=document | more)


def run() -> None:
    """What the workers do until nothing waits."""
    for _round in range(60):
        if not deliver_waiting() + judge_waiting():
            return
    raise AssertionError("it goes round in circles")


def now(ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


class TestARuleFires:
    def test_a_new_ticket_goes_to_its_team_and_says_which_rule_did_it_and_why(self, admin):
        network = a_team(code="network", name="Network")
        rule = a_rule(
            admin,
            {"do": "assign_team", "team": "network"},
            {"do": "raise", "field": "urgency"},
            {"do": "note", "text": "Ring the switch room about {number}."},
            when={"all": [{"field": "words", "has": ["ＷｉＦｉ", "無線"]}, {"none": [{"field": "vip", "is": True}]}]},
        )
        ticket = a_ticket(title="wifi is slow", description="", team=a_team(code="desk", name="Desk"))
        other = a_ticket(title="The printer jams")
        run()
        ticket = now(ticket)
        assert (ticket.team, ticket.urgency, now(other).team) == (network, 2, None)
        firing = Firing.objects.get()
        assert (firing.rule, firing.version.number, firing.event.verb, firing.minutes) == (rule, 1, "open", 10)
        assert [doings.change_words(change) for change in firing.changes] == [
            "Team: Desk → Network",
            "Urgency: 3 – There is a way around → 2 – Work is badly hindered",
            f"Internal note: Ring the switch room about {ticket.number}.",
        ]
        assert [(conditions.words_of(one["leaf"]), one["held"], conditions.now_words(one)) for one in firing.held] == [
            ("Words in title or text: one of “wifi”, “無線”", True, ""),
            ("VIP: yes", False, "no"),
        ]
        by_rule = [(verb, data["rule"]) for verb, data in events_of(ticket) if "rule" in data]
        assert by_rule == [("assign", [rule.pk, 1]), ("change", [rule.pk, 1]), ("note", [rule.pk, 1])]
        note = Comment.objects.get(ticket=ticket)
        assert (note.author, note.author_name, note.body) == (
            None,
            "The desk",
            f"Ring the switch room about {ticket.number}.",
        )

    def test_every_trigger_is_set_off_by_its_events_and_by_no_others(self, admin):
        team = a_team()
        agent, asker = an_agent(team), a_person()
        for name, on in {
            "made": "created",
            "moved": {"on": "changed", "fields": ["assignee"]},
            "asked": {"on": "message", "from": "requester"},
            "said": {"on": "message", "from": "desk"},
            "taken": {"on": "status", "status": ["assigned"]},
        }.items():
            a_rule(admin, {"do": "add_tag", "tags": [name]}, on=on)

        def tags() -> set[str]:
            run()
            return {tag.name for tag in ticket.tags.all()}

        ticket = a_ticket(team=team, requester=asker)
        assert tags() == {"made"}
        reply(ticket, by=asker, via="page", body="Is anybody there?")
        assert tags() == {"made", "asked"}
        assign(now(ticket), by=agent, via="page", assignee=agent)
        assert tags() == {"made", "asked", "moved", "taken"}
        reply(now(ticket), by=agent, via="page", body="I am.")
        assert tags() == {"made", "asked", "moved", "taken", "said"}

    def test_what_would_do_nothing_is_no_firing_and_an_event_is_judged_once(self, admin):
        a_rule(admin, {"do": "add_tag", "tag": "new"})
        ticket = a_ticket()
        set_tags(ticket, by=an_agent(), via="page", tags=["new"])
        run()
        assert not Firing.objects.exists()
        event = TicketEvent.objects.get(ticket=ticket, verb="open")
        a_rule(admin, {"do": "note", "text": "Once."}, name="Once")
        Rule.objects.update(since=event.at)
        for judged in (1, 0):  # the second time the firing is there: the whole turn is undone, and waits
            Turn.objects.filter(pk=event.pk).update(judged_at=None)
            assert judge_waiting() == judged
        assert Firing.objects.count() == 1
        assert Comment.objects.filter(ticket=ticket).count() == 1

    def test_a_process_that_dies_in_a_turn_loses_nothing_and_doubles_nothing(self, admin, monkeypatch):
        a_rule(admin, {"do": "note", "text": "Hello."})
        ticket = a_ticket()
        deliver_waiting()
        with monkeypatch.context() as broken:
            broken.setattr(Turn, "save", lambda *args, **kwargs: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                judge_waiting()
        assert (Firing.objects.count(), Comment.objects.count()) == (0, 0)
        run()
        assert (Firing.objects.count(), Comment.objects.filter(ticket=ticket).count()) == (1, 1)

    def test_rules_are_asked_in_their_order_and_one_may_stop_the_others(self, admin):
        a_rule(admin, {"do": "add_tag", "tag": "first"}, name="First", stop=True)
        a_rule(admin, {"do": "add_tag", "tag": "second"}, name="Second")
        ticket = a_ticket()
        run()
        assert [tag.name for tag in ticket.tags.all()] == ["first"]
        move_rule(Rule.objects.get(name="Second"), 1, by=admin, via="page")
        later = a_ticket()
        run()
        assert [tag.name for tag in later.tags.all()] == ["first", "second"]

    def test_rules_that_set_each_other_off_end_and_say_so_once(self, admin, settings):
        settings.RULE_FIRINGS_PER_HOUR = 6
        for name, team in (("There", a_team(code="one")), ("Back", a_team(code="two"))):
            a_rule(
                admin, {"do": "assign_team", "team": team.code}, name=name, on={"on": "changed", "fields": ["team"]},
                when={"none": [{"field": "team", "is": team.code}]},
            )  # fmt: skip
        ticket = a_ticket()
        assign(ticket, by=an_agent(), via="page", team=a_team())
        run()
        assert Firing.objects.count() == 6
        assert [data["most"] for verb, data in events_of(ticket) if verb == "rules_paused"] == [6]

    def test_what_happened_before_a_rule_was_there_or_while_it_was_off_sets_nothing_off(self, admin):
        before = a_ticket()
        rule = a_rule(admin, {"do": "add_tag", "tag": "x"})
        run()
        change_rule(rule, by=admin, via="page", document=whole_of(rule) | {"is_active": False}, why="Holidays")
        during = a_ticket()
        change_rule(rule, by=admin, via="page", document=whole_of(rule) | {"is_active": True})
        run()
        after = a_ticket()
        run()
        assert [ticket.tags.count() for ticket in (before, during, after)] == [0, 0, 1]
        off, on = rule.versions.get(number=2), rule.versions.get(number=3)
        assert (off.by, off.why, list(differences(off.whole, on.whole))) == (admin, "Holidays", ["Switched on."])

    def test_events_that_never_came_to_the_rules_are_found(self, admin):
        a_rule(admin, {"do": "add_tag", "tag": "x"})
        ticket = a_ticket()
        deliver_waiting()
        Turn.objects.all().delete()
        assert find_missed() == 0  # too young to be missed
        later = timezone.now() + timedelta(minutes=3)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(timezone, "now", lambda: later)
            assert find_missed() == TicketEvent.objects.count()
            assert find_missed() == 0
            judge_waiting()
        assert ticket.tags.count() == 1


class TestWhatRulesDo:
    def test_each_action_is_the_usual_one_by_the_desk_itself_and_done_only_where_something_changes(self, admin):
        second = a_team(code="second", name="Second")
        lead = an_agent(second, name="Lea")
        first = a_team(code="first", name="First", next_team=second, lead=lead)
        asker, agent = a_person(name="Anna", language="en"), an_agent(second, email="ken@example.com")
        other, _service = a_ticket(), a_service(second, code="vpn", name_en="VPN")
        Category.objects.create(code="remote", name="Remote")
        create_template(by=admin, via="page", name="Asks", code="ask", body_en="Hello {requester}, {agent}.")
        rule = a_rule(
            admin,
            {"do": "set", "field": "service", "to": "vpn"},
            {"do": "set", "field": "category", "to": "remote"},
            {"do": "set", "field": "priority", "to": "P1"},
            {"do": "escalate", "to": "manager", "reason": "Twelve people wait."},
            {"do": "escalate"},
            {"do": "add_watcher", "person": "ken@example.com"},
            {"do": "reply", "template": "ask"},
            {"do": "assign_person", "person": "KEN@example.com"},
            {"do": "step", "to": "start"},
            {"do": "link", "ticket": other.number},
            {"do": "notify", "whom": ["assignee", "lead"], "text": "Look at this."},
            {"do": "propose_major", "reason": "Orders stand still."},
            {"do": "webhook", "url": "https://hooks.example.com/x?y=1"},
        )  # fmt: skip
        Rule.objects.update(since=timezone.now() + timedelta(seconds=1))
        ticket = a_ticket(team=first, requester=asker)
        event = ticket.events.get()
        Rule.objects.update(since=event.at)
        run()
        ticket = now(ticket)
        assert (ticket.service.code, ticket.category.code, ticket.priority, ticket.team, ticket.assignee) == (
            "vpn", "remote", 1, second, agent,
        )  # fmt: skip
        assert (ticket.status, ticket.first_response_at) == ("in_progress", None)
        assert set(ticket.watchers.all()) == {lead, agent}
        assert [event.verb for event in ticket.events.order_by("number") if event.by_id is None] == [
            "change", "change", "override_priority", "add_watcher", "note", "escalate", "note",
            "escalate", "add_watcher", "reply",
            "assign", "accept", "start", "link", "tell", "propose_major",
        ]  # fmt: skip
        firing = Firing.objects.get(ticket=ticket)
        assert len(firing.changes) == 13 and not any("refused" in change for change in firing.changes)
        words = " / ".join(doings.change_words(change) for change in firing.changes)
        assert "Priority: P4 → P1" in words and "Assignee: nobody →" in words
        reply_mail = ticket.mails_out.get(kind="reply", to_user=asker)
        assert "Hello Anna, Second." in reply_mail.text
        assert reply_mail.headers["Auto-Submitted"] == "auto-generated"
        told = Notification.objects.filter(ticket=ticket, kind="told")
        assert set(told.values_list("person", flat=True)) == {agent.pk}
        assert "Twelve people wait." in ticket.mails_out.get(kind="escalated", to_user=lead).text
        assert MajorProposal.objects.get(ticket=ticket).reason == "Orders stand still."
        call = WebhookCall.objects.get()
        assert json.loads(call.body)["ticket"]["number"] == ticket.number and "Anna" not in call.body
        # The same event a second time, for a rule of another name: everything is so already, but for what speaks.
        again = a_rule(admin, *whole_of(rule)["actions"][:6], name="Again")
        Rule.objects.filter(pk=again.pk).update(since=event.at)
        Turn.objects.filter(pk=event.pk).update(judged_at=None)
        Firing.objects.filter(event=event).update(rule=again)
        Firing.objects.all().delete()
        Rule.objects.filter(pk=rule.pk).update(is_active=False)
        run()
        assert not Firing.objects.exists()

    def test_people_are_found_by_who_is_here_and_has_least_or_by_turns(self, admin):
        team = a_team(code="desk")
        busy, free, away = (an_agent(team, name=name) for name in ("Busy", "Free", "Away"))
        Absence.objects.create(user=away, from_on=timezone.localdate(), until_on=timezone.localdate())
        for _one in range(2):
            a_ticket(team=team, assignee=busy)
        a_rule(
            admin, {"do": "assign_person", "how": "least_loaded"}, name="Least", when=[{"field": "urgency", "is": 1}]
        )
        a_rule(
            admin, {"do": "assign_person", "how": "round_robin", "team": "desk"}, name="Turns",
            when=[{"field": "urgency", "is": 2}],
        )  # fmt: skip
        taken = []
        for urgency in (1, 1, 1, 2, 2, 2):
            ticket = a_ticket(team=team, urgency=urgency)
            run()
            taken.append(now(ticket).assignee.name)
        assert taken[:2] == ["Free", "Free"]
        assert taken[2] in ("Busy", "Free") and away.name not in taken
        assert set(taken[3:5]) == {"Busy", "Free"} and taken[5] == taken[3]
        assert Rotation.objects.get().team == team


class TestTime:
    def test_business_minutes_since_something_fire_once_for_each_moment(self, admin, monkeypatch):
        monday = timezone.datetime.fromisoformat("2026-11-30T17:30:00+09:00")
        asker, agent = a_person(), an_agent()
        monkeypatch.setattr(timezone, "now", lambda: monday - timedelta(days=3))
        a_rule(
            admin, {"do": "add_tag", "tag": "late"}, {"do": "note", "text": "An hour."},
            on={"on": "time", "minutes": 60, "since": "message"}, when=[{"field": "unanswered", "at_least": 1}],
        )  # fmt: skip
        monkeypatch.setattr(timezone, "now", lambda: monday)
        ticket, silent = a_ticket(requester=asker, team=None), a_ticket()
        reply(ticket, by=asker, via="page", body="Hello?", at=monday)
        # Half an hour until closing, and half an hour of the next morning.
        for moment, fired in (
            ("2026-11-30T20:00:00+09:00", 0), ("2026-12-01T09:29:00+09:00", 0), ("2026-12-01T09:30:00+09:00", 1),
            ("2026-12-01T12:00:00+09:00", 0),
        ):  # fmt: skip
            monkeypatch.setattr(timezone, "now", lambda: timezone.datetime.fromisoformat(moment))  # noqa: B023
            assert (moment, sweep()) == (moment, fired)
        assert Firing.objects.get().since == monday and silent.tags.count() == 0
        reply(now(ticket), by=agent, via="page", body="Yes.")
        reply(now(ticket), by=asker, via="page", body="Hello again?")
        monkeypatch.setattr(timezone, "now", lambda: timezone.datetime.fromisoformat("2026-12-01T14:30:00+09:00"))
        assert (sweep(), Firing.objects.count()) == (1, 2)


class TestTrial:
    def test_what_was_escalated_goes_back_as_predicted_where_there_is_a_way_and_nowhere_else(self, admin, visit):
        second = a_team(code="second", name="Second", tier=2)
        first = a_team(code="first", name="First", next_team=second)
        other = a_team(code="other", name="Other")
        up, direct, elsewhere = (a_ticket(team=team) for team in (first, second, other))
        agent = an_agent(second)
        escalate(up, by=None, via="rule", reason="Hard.")
        assign(up, by=agent, via="page", assignee=agent)
        assign(elsewhere, by=None, via="rule", team=second)
        document = {
            "name": "Back", "trigger": {"on": "changed", "fields": ["tags"]}, "conditions": {},
            "actions": [{"do": "de_escalate"}],
        }  # fmt: skip
        for ticket in (up, direct, elsewhere):
            set_tags(ticket, by=None, via="rule", tags=["easy"])
        predicted = dict(try_document(document, 1, reader=admin)["tickets"])
        back = {"do": "de_escalate", "field": "team", "from": "second"}
        assert predicted == {
            up.pk: [back | {"to": "first", "id": first.pk}], elsewhere.pk: [back | {"to": "other", "id": other.pk}],
        }  # fmt: skip
        # What the rule did before counts as well, in the trial as live.
        round_trip = [
            {"do": "assign_team", "team": "first"},
            {"do": "escalate"},
            {"do": "de_escalate", "team": "first"},
        ]
        tried = try_document(document | {"actions": round_trip}, 1, reader=admin)["tickets"]
        assert [[change["do"] for change in changes] for _pk, changes in tried] == [
            ["assign_team", "escalate", "de_escalate"]
        ] * 3
        rule = create_rule(by=admin, via="page", document=document)
        Rule.objects.update(since=up.created_at)
        run()
        assert {firing.ticket_id: firing.changes for firing in Firing.objects.all()} == predicted
        assert [(now(ticket).team, now(ticket).assignee) for ticket in (up, direct, elsewhere)] == [
            (first, None), (second, None), (other, None),
        ]  # fmt: skip
        verbs = list(up.events.order_by("number").values_list("verb", flat=True))
        assert verbs[-2:] == ["note", "de_escalate"] and up.events.last().data["rule"] == [rule.pk, 1]
        assert "Back" in up.comments.order_by("-pk").first().body
        with pytest.raises(Refused, match="knows no “nowhere”"):
            create_rule(
                by=admin,
                via="page",
                document=document | {"name": "x", "actions": [{"do": "de_escalate", "team": "nowhere"}]},
            )
        create_rule(by=admin, via="page", document=document | {"name": "Up", "actions": [{"do": "escalate"}]})
        page = visit(admin)
        assert "They ask the same and do opposite things" in page.get("/settings/rules/findings/").text
        form = page.get(f"/settings/rules/{rule.pk}/change/").text
        assert "De-escalate" in form and "to the team that escalated it last" in form

    def test_it_predicts_what_the_live_run_then_does_and_writes_nothing(self, admin, tmp_path, capsys):
        network = a_team(code="network", lead=an_agent(email="lead@example.com"))
        for name in ("Ken", "Mei"):
            an_agent(network, name=name, email=f"{name.lower()}@example.com")
        department = a_department(a_company(code="jp"), code="sales")
        below = a_department(department.company, code="sales-east", parent=department)
        document = {
            "name": "Network of sales",
            "trigger": "created",
            "conditions": {"any": [{"field": "department", "is": "jp/sales"}, {"field": "item", "is": "SW-1"}]},
            "actions": [
                {"do": "assign_person", "how": "round_robin", "team": "network"},
                {"do": "set", "field": "urgency", "to": 1},
                {"do": "add_tag", "tag": "sales"},
            ],
            "minutes_saved": 7,
        }
        an_item(number="SW-1")
        tickets = [
            a_ticket(requester=a_person(department=one), team=network) for one in (department, below, None, department)
        ]
        events, before = TicketEvent.objects.count(), list(Ticket.objects.order_by("pk").values())
        found = try_document(document, 1, reader=admin)
        assert (found["tried"], found["would_fire"], found["minutes_saved"]) == (4, 3, 21)
        assert dict(found["mails"]) == {"ken@example.com": 2, "mei@example.com": 1}
        assert (TicketEvent.objects.count(), list(Ticket.objects.order_by("pk").values())) == (events, before)
        assert not Firing.objects.exists() and not Rotation.objects.exists()
        path = tmp_path / "rule.json"
        path.write_text(json.dumps(document))
        call_command("try_rule", str(path), "--days", "30", "--json")
        printed = json.loads(capsys.readouterr().out)
        assert {**printed, "seconds": 0} == {"tried": 4, "would_fire": 3, "minutes_saved": 21, "seconds": 0}

        create_rule(by=admin, via="page", document=document)
        Rule.objects.update(since=TicketEvent.objects.earliest("at").at)
        run()
        fired = {firing.ticket_id: firing.changes for firing in Firing.objects.all()}
        assert [list(pair) for pair in sorted(fired.items())] == [[pk, changes] for pk, changes in found["tickets"]]
        assert [now(ticket).tags.count() for ticket in tickets] == [1, 1, 0, 1]


class TestAWrongRuleIsRefused:
    @pytest.mark.parametrize(
        ("part", "field", "sentence"),
        [
            ({"nmae": "x"}, "document", "A rule has no “nmae”. Did you mean “name”?"),
            ({"name": " "}, "name", "Give it a name of up to 80 letters."),
            ({"trigger": "creatd"}, "trigger", "The trigger knows no “creatd”. Did you mean “created”?"),
            ({"trigger": {"on": "time"}}, "trigger", "Minutes are a number from 1 to 5270400."),
            (
                {"conditions": {"all": [{"field": "priorty", "is": "P1"}]}}, "conditions",
                "There is no field “priorty”. Did you mean “priority”?",
            ),
            (
                {"conditions": [{"field": "team", "is": "netwrok"}]}, "conditions",
                "“Team” knows no “netwrok”. Did you mean “network”?",
            ),
            (
                {"conditions": [{"field": "priority", "is": "P5"}]}, "conditions",
                "“Priority” knows no “P5”. Did you mean “P4”?",
            ),
            (
                {"conditions": [{"field": "age", "is": 5}]}, "conditions",
                "“Age in minutes” is asked by one of: at_least, at_most.",
            ),
            ({"conditions": {"any": []}}, "conditions", "A group needs at least one condition."),
            (
                {"conditions": {"all": [{"all": [{"all": [{"all": [{"all": [{"all": []}]}]}]}]}]}}, "conditions",
                "Groups go at most 5 deep.",
            ),
            ({"actions": []}, "actions", "A rule does 1 to 20 things."),
            (
                {"actions": [{"do": "asign_team", "team": "network"}]}, "actions",
                "There is no action “asign_team”. Did you mean “assign_team”?",
            ),
            (
                {"actions": [{"do": "note", "text": "{nmber}"}]}, "actions",
                "There is no {nmber} here. Did you mean {number}?",
            ),
            (
                {"actions": [{"do": "webhook", "url": "file:///etc/passwd"}]}, "actions",
                "This is no address that begins with https:// or http://.",
            ),
            (
                {"active_from": "2026-12-02T00:00+09:00", "active_until": "2026-12-01T00:00+09:00"}, "active_until",
                "A rule ends after it begins.",
            ),
        ],
    )  # fmt: skip
    def test_with_the_part_and_what_was_probably_meant(self, admin, part, field, sentence):
        a_team(code="network")
        good = {"name": "x", "trigger": "created", "actions": [{"do": "add_tag", "tag": "x"}]}
        with pytest.raises(Refused) as refusal:
            create_rule(by=admin, via="page", document=good | part)
        assert (refusal.value.field, str(refusal.value)) == (field, sentence)
        assert not Rule.objects.exists()

    def test_a_list_is_taken_in_whole_or_not_at_all_and_what_is_exported_comes_in_again(self, admin):
        rule = a_rule(admin, {"do": "note", "text": "Hello."}, on={"on": "message", "from": "desk"}, stop=True)
        whole = whole_of(rule)
        assert read(whole) == whole
        with pytest.raises(Refused, match="“Other”: There is no action"):
            import_rules(
                [whole | {"stop": False}, {**whole, "name": "Other", "actions": [{"do": "x"}]}], by=admin, via="api"
            )
        assert Rule.objects.get().document["stop"] is True
        import_rules([whole, {**whole, "name": "Other"}], by=admin, via="api")
        assert [each.version for each in Rule.objects.order_by("place")] == [1, 1]

    def test_signs_that_cannot_be_kept_do_no_harm(self, admin):
        strange = "a\x00b\ud800"
        document = {
            "name": strange, "trigger": "created",
            "conditions": [{"field": "words", "has": strange}, {"field": "tags", "is": strange}],
            "actions": [{"do": "note", "text": strange}, {"do": "add_tag", "tag": strange}],
        }  # fmt: skip
        assert create_rule(by=admin, via="api", document=document).name == "ab"
        for action in ({"do": strange}, {"do": "add_watcher", "person": strange}, {strange: strange, "do": "note"}):
            with pytest.raises(Refused) as refusal:
                create_rule(by=admin, via="api", document=document | {"name": "x", "actions": [action]})
            assert str(refusal.value).encode()

    def test_the_command_says_what_is_wrong(self, tmp_path):
        path = tmp_path / "rule.json"
        path.write_text('{"name": }')
        with pytest.raises(CommandError, match="This is no JSON: line 1, column 10."):
            call_command("try_rule", str(path))


class TestEveryField:
    def test_each_kind_of_value_becomes_a_question_that_the_database_answers(self, admin):
        team = a_team(code="desk")
        asker = a_person(is_vip=True, email="vip@example.com", company=a_company(code="jp"))
        ticket = a_ticket(team=team, requester=asker, service=a_service(team, code="mail"), channel="mail")
        set_tags(ticket, by=an_agent(team), via="page", tags=["hot"])
        deliver_waiting()
        for leaf, expected in (
            ({"field": "kind", "is": "incident"}, True),
            ({"field": "channel", "is_not": ["mail"]}, False),
            ({"field": "service", "is": ["mail", "none"]}, True),
            ({"field": "category", "is": "none"}, True),
            ({"field": "words", "has_all": ["ＰＲＩＮＴＥＲ", "silent"]}, True),
            ({"field": "words", "has_all": ["printer", "loud"]}, False),
            ({"field": "requester", "is": "VIP@example.com"}, True),
            ({"field": "company", "is": "jp"}, True),
            ({"field": "vip", "is": True}, True),
            ({"field": "guest", "is": "yes"}, False),
            ({"field": "language", "is": "en"}, True),
            ({"field": "impact", "is": [3]}, True),
            ({"field": "status", "is": "new"}, True),
            ({"field": "phase", "is": "closed"}, False),
            ({"field": "waiting_on", "is": "desk"}, True),
            ({"field": "waiting_on", "is": "requester"}, False),
            ({"field": "team", "is_not": "desk"}, False),
            ({"field": "assignee", "is": "none"}, True),
            ({"field": "tags", "is": "ＨＯＴ"}, True),
            ({"field": "age", "at_most": 5}, True),
            ({"field": "clock", "is": "response_missed"}, False),
            ({"field": "response_used", "at_most": 50}, True),
            ({"field": "resolution_used", "at_least": 50}, False),
            ({"field": "reopened", "at_least": 1}, False),
            ({"field": "unanswered", "at_most": 0}, True),
            ({"field": "confidential", "is": False}, True),
            ({"field": "major", "is": True}, False),
        ):
            tree = conditions.read([leaf])
            assert (leaf, Ticket.objects.filter(conditions.q_of(tree)).exists()) == (leaf, expected)
            assert conditions.held(tree, ticket)[0]["held"] is expected
            assert conditions.words_of(tree["all"][0])
        yes, no = ({"field": "business_hours", "is": one} for one in (True, False))
        assert Ticket.objects.filter(conditions.q_of(conditions.read({"any": [yes, no]}))).count() == 1
        assert set(triggers.KINDS) == {"created", "changed", "message", "status", "time"}


class TestCallsOfOtherSystems:
    def test_are_signed_tried_again_and_given_up_where_it_is_for_good(self, admin, monkeypatch):
        rule = a_rule(admin, {"do": "webhook", "url": "https://hooks.example.com/x"})
        a_ticket()
        run()
        answers, asked = [Trouble("timeout"), Answer(503, {}, b"", ""), Answer(204, {}, b"", "")], []

        def send(method, url, *, headers, content, **more):
            asked.append((method, url, headers, content))
            answer = answers.pop(0)
            if isinstance(answer, Trouble):
                raise answer
            return answer

        monkeypatch.setattr(webhooks, "send", send)
        for state in ("waiting", "waiting", "sent"):
            assert webhooks.send_waiting() == 1
            WebhookCall.objects.update(try_after=timezone.now())
            assert WebhookCall.objects.get().state == state
        assert webhooks.send_waiting() == 0
        method, url, headers, content = asked[0]
        good = webhooks.signature(rule.webhook_secret, headers["X-Madoguchi-Timestamp"], content.decode())
        assert (method, url, headers["X-Madoguchi-Signature"]) == ("POST", "https://hooks.example.com/x", good)
        assert {each[2]["X-Madoguchi-Delivery"] for each in asked} == {str(WebhookCall.objects.get().pk)}
        WebhookCall.objects.update(state="waiting")
        answers.append(Trouble("private"))
        webhooks.send_waiting()
        assert WebhookCall.objects.get().state == "failed"
