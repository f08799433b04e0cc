"""Person-dependence: figures of topics, whose names are shown to whom, what waits while somebody is away, proposals."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from rest_framework.test import APIClient

from servicedesk.desk.templates import create_template
from servicedesk.notify.models import Notification, OutgoingMail
from servicedesk.people.models import Absence, AuditEntry, Membership, Role
from servicedesk.reports.dependence.actions import (
    agree_on_proposal,
    change_proposal,
    drop_proposal,
    finish_proposal,
    remind_of_proposals,
    reopen_proposal,
)
from servicedesk.reports.dependence.away import if_away
from servicedesk.reports.dependence.queries import dependence, span_of
from servicedesk.reports.dependence.sentence import sentence
from servicedesk.reports.dependence.suggesting import suggest
from servicedesk.reports.dependence.topics import Key, Risk
from servicedesk.reports.models import DependenceProposal
from servicedesk.tickets.actions import log_work
from servicedesk.tickets.models import Category, Ticket
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_service, a_team, an_administrator, an_agent, an_incident
from tests.reports.test_facts import keep, resolve

pytestmark = pytest.mark.django_db
NAMES = ("Aoki Akari", "Baba Bunta", "Chiba Chie")


def days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def solve(count, by, *, days=20, minutes=0, **fields):
    """So many tickets that somebody resolved."""
    for _place in range(count):
        incident = an_incident(at=days_ago(days), **fields)
        if minutes:
            log_work(incident.ticket, by=by, via="page", minutes=minutes, worked_on=timezone.localdate())
        resolve(incident, by, at=days_ago(days) + timedelta(hours=2))


class World:
    """A team with a lead, three agents, two services; printers hang on one person, mail does not."""

    def __init__(self):
        self.team = a_team(name="Desk")
        self.lead = a_person(Role.AGENT, Role.LEAD, teams=[self.team], name="Dan Leader")
        self.team.lead = self.lead
        self.team.save()
        self.people = [an_agent(self.team, name=name, reading=name) for name in NAMES]
        self.first, self.second, self.third = self.people
        self.printing = a_service(self.team, name="印刷", name_en="Printing")
        self.mail = a_service(self.team, name="メール", name_en="Mail")
        self.paper = Category.objects.create(code="paper", name="紙", name_en="Paper")
        solve(9, self.first, minutes=60, team=self.team, service=self.printing, category=self.paper)
        solve(1, self.second, team=self.team, service=self.printing, category=self.paper)
        solve(2, self.second, team=self.team, service=self.printing)
        for person in self.people:
            solve(2, person, minutes=10, team=self.team, service=self.mail)
        keep()
        self.key = Key(self.printing.pk, self.paper.pk)
        self.whole = Key(self.printing.pk, None, True)

    def topic(self, key=None, months=6):
        return dependence(span_of(months)).topic(key or self.key)


@pytest.fixture
def world():
    with translation.override("en"):
        yield World()


def agree(world, by=None, **fields):
    return agree_on_proposal(
        **{
            "by": by or world.lead, "via": "page", "topic": world.key, "kind": "pair",
            "reason": "Nobody else knows it.", "owner": world.second,
            "due_on": timezone.localdate() + timedelta(days=30),
        } | fields
    )  # fmt: skip


class TestTopics:
    def test_figures_are_what_plain_counting_over_the_tickets_says(self, world):
        desk = dependence(span_of(6))
        counted: dict[Key, Counter] = {}
        for ticket in Ticket.objects.filter(resolved_at__isnull=False, service__isnull=False):
            by = ticket.events.filter(verb="resolve").latest("number").by_id
            for key in (Key(ticket.service_id, ticket.category_id), Key(ticket.service_id, None, True)):
                counted.setdefault(key, Counter())[by] += 1
        assert {topic.key for topic in [*desk.topics, *desk.services]} == counted.keys()
        for key, by in counted.items():
            topic, shares = desk.topic(key), [Fraction(count, sum(by.values())) for count in by.values()]
            assert dict(topic.by) == dict(by)
            assert (topic.tickets, topic.resolvers) == (sum(by.values()), len(by))
            assert float(topic.share) == pytest.approx(float(max(shares)))
            assert float(topic.effective) == pytest.approx(float(1 / sum(share**2 for share in shares)))
        printing = desk.topic(world.whole)
        assert (printing.minutes, printing.tickets) == (540, 12)

    def test_what_hangs_on_one_person_has_a_high_risk_with_its_reason_and_stands_first(self, world):
        desk = dependence(span_of(6))
        assert [topic.name for topic in desk.topics] == [
            "Printing · Paper",
            "Mail, without a category",
            "Printing, without a category",
        ]
        first = desk.topics[0]
        assert (first.risk, first.hangs_on_one) == (Risk.HIGH, True)
        assert first.reasons == ["One person resolved 90\u00a0% of it, as if 1.2 people knew it."]
        assert [topic.risk for topic in desk.topics[1:]] == [Risk.LOW, Risk.FEW]

    def test_what_people_resolved_who_are_no_longer_here_is_a_high_risk(self, world):
        for person in world.people[:2]:
            person.is_active = False
            person.save()
        mail = world.topic(Key(world.mail.pk, None))
        assert (mail.risk, mail.gone, mail.hangs_on_one) == (Risk.HIGH, 4, False)
        assert mail.reasons[0] == "67\u00a0% was resolved by people who are no longer here."
        assert "write" in {each.kind for each in suggest([mail], set())}

    def test_only_the_months_asked_for_count(self, world):
        solve(5, world.third, days=150, team=world.team, service=world.mail)
        keep()
        key = Key(world.mail.pk, None)
        assert (world.topic(key, 3).tickets, world.topic(key, 6).tickets) == (6, 11)
        assert span_of(6, datetime(2026, 8, 31, 3, tzinfo=UTC)).since == date(2026, 2, 28)

    def test_deputies_are_of_the_team_and_here_or_named_in_an_absence(self, world):
        assert world.topic().deputies == {world.second.pk}
        Membership.objects.filter(user=world.second).delete()
        assert world.topic().deputies == set()
        today = timezone.localdate()
        Absence.objects.create(user=world.first, from_on=today, until_on=today, deputy=world.third)
        assert world.topic().deputies == {world.third.pk}

    def test_templates_of_the_team_have_an_age(self, world):
        assert world.topic().templates.count == 0
        create_template(by=world.lead, via="page", name="Jam", code="jam", team=world.team, body_en="Open the flap.")
        found = world.topic().templates
        assert found.count == 1 and found.oldest == AuditEntry.objects.get(object_type="desk.replytemplate").at

    def test_queries_are_the_same_for_more_rows(self, world, django_assert_num_queries):
        with django_assert_num_queries(8):
            dependence(span_of(6))
        other = a_team()
        category = Category.objects.create(code="x", name="x")
        solve(3, an_agent(other), team=other, service=a_service(), category=category)
        keep()
        with django_assert_num_queries(8):
            dependence(span_of(6))


def bodies(client, user) -> list[str]:
    """Everything that a reader gets of topics and proposals, as page, file and API."""
    client.force_login(user)
    api = APIClient(HTTP_ACCEPT_LANGUAGE="en")
    api.force_authenticate(user)
    paths = [reverse("reports:dependence"), reverse("reports:dependence-csv"), reverse("reports:dependence-proposals")]
    found = [client.get(path) for path in (*paths, paths[0] + "?by=service")]
    found += [api.get(reverse("api:dependence")), api.get(reverse("api:dependence-proposal-list"))]
    assert {answer.status_code for answer in found} == {200}
    return [(b"".join(answer) if answer.streaming else answer.content).decode() for answer in found]


class TestNames:
    def test_administrators_see_all_and_leads_those_of_their_teams(self, client, world):
        stranger = an_agent(world.team, name="Zed Stranger")
        solve(1, stranger, team=world.team, service=world.mail)
        Membership.objects.filter(user=stranger).delete()
        keep()
        administrator = bodies(client, an_administrator())
        assert all(name in administrator[place] for name in (*NAMES, "Zed Stranger") for place in (0, 1, 4))
        lead = bodies(client, world.lead)
        assert all(name in lead[place] for name in NAMES for place in (0, 1, 4))
        assert not any("Zed Stranger" in body for body in lead)
        assert "Person A" in lead[0]

    def test_others_see_counts_and_letters_in_page_file_and_api(self, client, world):
        agree(world)
        for reader in (a_person(Role.REPORT_READER), a_person(Role.AGENT, Role.LEAD, teams=[a_team()])):
            found = bodies(client, reader)
            for body in found:
                assert not any(name in body or name.split()[0] in body for name in NAMES)
            for place in (0, 1, 4):
                assert "Person A" in found[place] and "Person C" in found[place]
            assert '"person":null' in found[4] and '"owner":null' in found[5]
            assert not re.search(r'"person":\{', found[4])

    def test_letters_are_dealt_anew(self, client, world):
        client.force_login(a_person(Role.REPORT_READER))
        rows = set()
        for _time in range(40):
            body = client.get(reverse("reports:dependence")).content.decode()
            heat = body[body.index("dependence-heat") :]
            rows.add(tuple(re.findall(r'<td class="heat-\d">(\d+)</td>', heat)[:3]))
        assert len(rows) > 1

    def test_people_stand_by_reading_and_not_by_number(self, client, world):
        client.force_login(an_administrator())
        body = client.get(reverse("reports:dependence")).content.decode()
        heat = body[body.index("dependence-heat") :]
        assert re.findall(r'<th scope="col">([^<]+)</th>', heat)[1:4] == list(NAMES)
        world.first.reading = "Zz"
        world.first.save()
        heat = client.get(reverse("reports:dependence")).content.decode()
        assert re.findall(r'<th scope="col">([^<]+)</th>', heat[heat.index("dependence-heat") :])[3] == NAMES[0]

    def test_who_is_gone_is_said_to_be(self, client, world):
        world.first.is_active = False
        world.first.save()
        client.force_login(a_person(Role.REPORT_READER))
        assert "no longer here" in client.get(reverse("reports:dependence")).content.decode()

    def test_agents_do_not_read_it(self, client, world):
        client.force_login(world.third)
        assert client.get(reverse("reports:dependence")).status_code == 403
        api = APIClient(HTTP_ACCEPT_LANGUAGE="en")
        api.force_authenticate(world.third)
        assert api.get(reverse("api:dependence")).status_code == 403

    def test_cells_begin_no_formula(self, client, world):
        world.paper.name_en = "=1+1"
        world.paper.save()
        world.printing.name_en = "=cmd"
        world.printing.save()
        client.force_login(an_administrator())
        body = b"".join(client.get(reverse("reports:dependence-csv"))).decode()
        assert "'=cmd · =1+1" in body and "\n=cmd" not in body

    def test_a_desk_without_tickets_says_so(self, client):
        client.force_login(an_administrator(language="en"))
        assert "Nothing was resolved in this time" in client.get(reverse("reports:dependence")).content.decode()

    def test_the_page_costs_the_same_for_more_rows(self, client, world, django_assert_max_num_queries):
        client.force_login(an_administrator())
        path = reverse("reports:dependence")
        client.get(path)
        with django_assert_max_num_queries(22):
            client.get(path)


class TestAway:
    def ask(self, world, person=None, reader=None, first=1, until=5):
        today = timezone.localdate()
        return if_away(
            reader or world.lead, dependence(span_of(6)), person or world.first,
            today + timedelta(days=first), today + timedelta(days=until),
        )  # fmt: skip

    def test_nothing_waits_while_a_colleague_knows_the_topic_and_is_there(self, world):
        found = self.ask(world)
        assert found.waiting == []
        assert [(each.topic.key, each.others) for each in found.covered][0] == (world.key, {world.second.pk})

    def test_absent_colleagues_do_not_count_on_their_days(self, world):
        today = timezone.localdate()
        row = Absence.objects.create(
            user=world.second, from_on=today + timedelta(days=3), until_on=today + timedelta(days=9)
        )
        waits = self.ask(world).waiting
        assert [(each.topic.key, each.days) for each in waits] == [
            (world.key, [today + timedelta(days=place) for place in (3, 4, 5)])
        ]
        assert self.ask(world).absences == [row]

    @pytest.mark.parametrize("how", ["left", "another team"])
    def test_who_left_or_works_elsewhere_covers_nothing(self, world, how):
        if how == "left":
            world.second.is_active = False
            world.second.save()
        else:
            Membership.objects.filter(user=world.second).delete()
        assert [each.topic.key for each in self.ask(world).waiting] == [world.key]

    def test_open_tickets_are_counted_for_all_and_listed_for_who_sees_them(self, world):
        Membership.objects.filter(user=world.second).delete()
        own = an_incident(team=world.team, assignee=world.first).ticket
        of_topic = an_incident(team=world.team, service=world.printing, category=world.paper).ticket
        an_incident(team=world.team, service=world.mail)
        found = self.ask(world)
        assert (found.tickets, found.own, found.seen) == (2, 1, 2)
        assert set(found.listed) == {own, of_topic}
        stranger = a_person(Role.AGENT, Role.LEAD, teams=[a_team()])
        hidden = self.ask(world, reader=stranger)
        assert (hidden.tickets, hidden.seen, list(hidden.listed)) == (2, 0, [])

    def test_load_of_deputies_is_what_they_have_open(self, world):
        an_incident(team=world.team, assignee=world.second)
        found = self.ask(world)
        assert found.load[world.second.pk] == 1 and found.load[world.third.pk] == 0

    def test_leads_ask_of_their_own_members_and_everybody_of_themselves(self, client, world):
        stranger = an_agent(a_team(), name="Zed Stranger")
        today = timezone.localdate()

        def get(reader, person):
            client.force_login(reader)
            asked = {"person": person.pk, "first": today, "until": today + timedelta(days=3)}
            return client.get(reverse("reports:dependence-away"), asked)

        assert get(world.lead, world.first).status_code == 200
        assert get(an_administrator(), stranger).status_code == 200
        assert get(world.first, world.first).status_code == 200
        for reader, person in ((world.lead, stranger), (world.first, world.second), (world.third, world.first)):
            refused = get(reader, person)
            assert refused.status_code == 422
            assert "You cannot ask this of that person." in refused.content.decode()
            assert person.name not in refused.content.decode()

    def test_colleagues_stand_under_letters_for_an_agent(self, client, world):
        client.force_login(world.first)
        today = timezone.localdate()
        asked = {"person": world.first.pk, "first": today, "until": today}
        body = client.get(reverse("reports:dependence-away"), asked).content.decode()
        assert "Baba" not in body and "Chiba" not in body and "Person A" in body

    @pytest.mark.parametrize(
        ("first", "until", "sentence"),
        [
            ("2999-02-03", "2999-02-01", "The last day is before the first."),
            ("2001-02-03", "2001-02-04", "These days are over."),
            ("2999-02-03", "3002-02-03", "Ask for a year at most."),
            ("tomorrow", "2999-02-03", "Enter a valid date."),
        ],
    )
    def test_bad_days_are_refused_and_kept(self, client, world, first, until, sentence):
        client.force_login(world.lead)
        page = client.get(
            reverse("reports:dependence-away"), {"person": world.first.pk, "first": first, "until": until}
        )
        body = page.content.decode()
        assert page.status_code == 422 and sentence in body and f'value="{first}"' in body

    def test_by_api(self, world):
        api, today = APIClient(HTTP_ACCEPT_LANGUAGE="en"), timezone.localdate()
        api.force_authenticate(world.lead)
        asked = {"person": world.first.email, "first": today, "until": today}
        found = api.get(reverse("api:dependence-away"), asked).json()
        assert [(each["code"], each["others"]) for each in found["covered"]][0] == (world.key.code, [NAMES[1]])
        assert (found["waiting"], found["tickets"], found["listed"]) == ([], 0, [])
        assert api.get(reverse("api:dependence-away"), asked | {"until": "2001-01-01"}).status_code == 400
        api.force_authenticate(world.third)
        assert api.get(reverse("api:dependence-away"), asked).status_code == 400
        own = api.get(reverse("api:dependence-away"), asked | {"person": "me"})
        assert own.status_code == 200 and "Aoki" not in own.content.decode()

    def test_asking_costs_the_same_for_more(self, world, django_assert_num_queries):
        world.lead.standing  # noqa: B018
        desk, today = dependence(span_of(6)), timezone.localdate()
        if_away(world.lead, desk, world.first, today, today)
        with django_assert_num_queries(4):
            if_away(world.lead, desk, world.first, today, today)


class TestProposals:
    def test_rules_propose_with_a_reason(self, world):
        desk = dependence(span_of(6))
        found = suggest(desk.topics, set())
        assert [(each.topic.key, each.kind) for each in found] == [(world.key, "write"), (world.key, "rotate")]
        assert all(each.reason for each in found)
        assert [each.kind for each in suggest(desk.topics, {(world.key, "write")})] == ["rotate"]
        Membership.objects.filter(user=world.second).delete()
        assert "pair" in {each.kind for each in suggest(dependence(span_of(6)).topics, set())}

    def test_one_keeps_the_figures_of_its_day(self, world):
        proposal = agree(world)
        assert (proposal.tickets, float(proposal.share), float(proposal.effective)) == (10, 0.9, 1.22)
        entry = AuditEntry.objects.get(verb="agree_on_proposal")
        assert entry.data == {
            "changes": {
                "topic": [None, "Printing · Paper"],
                "kind": [None, "pair"],
                "reason": [None, "Nobody else knows it."],
                "owner": [None, [world.second.pk, NAMES[1]]],
                "due_on": [None, proposal.due_on.isoformat()],
            }
        }
        solve(10, world.second, days=2, team=world.team, service=world.printing, category=world.paper)
        keep()
        assert float(world.topic().share) == pytest.approx(11 / 20)

    def test_progress_is_shown_beside_them(self, client, world):
        proposal = agree(world)
        solve(10, world.second, days=2, team=world.team, service=world.printing, category=world.paper)
        keep()
        client.force_login(world.lead)
        for path in (
            reverse("reports:dependence-proposals"),
            reverse("reports:dependence-proposal", args=[proposal.pk]),
        ):
            body = client.get(path).content.decode()
            assert "Spreads: the first 90\u00a0% → 55\u00a0%, like 1.2 → 2.0 people." in body

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"topic": Key(999_999, None)}, "topic"),
            ({"reason": "  "}, "reason"),
            ({"due_on": date(2001, 1, 1)}, "due_on"),
            ({"kind": "rank"}, "kind"),
        ],
    )
    def test_what_is_no_proposal_is_refused(self, world, fields, field):
        with pytest.raises(Refused) as refused:
            agree(world, **fields)
        assert refused.value.field == field and not DependenceProposal.objects.exists()

    def test_an_owner_works_at_the_desk_and_the_same_is_agreed_on_once(self, world):
        with pytest.raises(Refused) as refused:
            agree(world, owner=a_person())
        assert refused.value.field == "owner"
        agree(world)
        with pytest.raises(Refused) as refused:
            agree(world)
        assert refused.value.field == "kind"
        agree(world, kind="train")

    def test_agents_agree_on_none_and_owners_change_theirs(self, world):
        with pytest.raises(PermissionDenied):
            agree(world, by=world.third)
        proposal = agree(world)
        with pytest.raises(PermissionDenied):
            finish_proposal(proposal, by=world.third, via="page")
        later = proposal.due_on + timedelta(days=5)
        change_proposal(proposal, by=world.second, via="page", due_on=later)
        finish_proposal(proposal, by=world.second, via="page")
        assert (proposal.state, proposal.due_on) == ("done", later)
        with pytest.raises(Refused):
            drop_proposal(proposal, by=world.second, via="page", why_dropped="No time")
        reopen_proposal(proposal, by=world.lead, via="page")
        with pytest.raises(Refused):
            drop_proposal(proposal, by=world.lead, via="page", why_dropped=" ")
        drop_proposal(proposal, by=world.lead, via="page", why_dropped="No time")
        assert list(
            AuditEntry.objects.filter(object_type="reports.dependenceproposal")
            .order_by("pk")
            .values_list("verb", "data")
        )[1:] == [
            ("change", {"changes": {"due_on": [(later - timedelta(days=5)).isoformat(), later.isoformat()]}}),
            ("finish_proposal", {"changes": {"state": ["open", "done"]}}),
            ("reopen_proposal", {"changes": {"state": ["done", "open"]}}),
            ("drop_proposal", {"changes": {"state": ["open", "dropped"], "why_dropped": ["", "No time"]}}),
        ]

    def test_owners_are_reminded_once_of_each_date(self, world):
        proposal = agree(world)
        due = proposal.due_on
        assert [remind_of_proposals(due - timedelta(days=1)), remind_of_proposals(due), remind_of_proposals(due)] == [
            0,
            1,
            0,
        ]
        notice = Notification.objects.get(person=world.second, key=f"dependence.{proposal.pk}.{due}")
        assert notice.address == reverse("reports:dependence-proposal", args=[proposal.pk])
        assert notice.said.startswith("Work in pairs: Printing · Paper was to be done by")
        assert OutgoingMail.objects.filter(kind="reminder", to_user=world.second).count() == 1
        change_proposal(proposal, by=world.lead, via="page", due_on=due + timedelta(days=9))
        assert [remind_of_proposals(due + timedelta(days=8)), remind_of_proposals(due + timedelta(days=9))] == [0, 1]
        finish_proposal(proposal, by=world.lead, via="page")
        assert remind_of_proposals(due + timedelta(days=30)) == 0

    def test_administrators_are_reminded_when_the_owner_has_left(self, world):
        administrator, proposal = an_administrator(), agree(world)
        world.second.is_active = False
        world.second.save()
        assert remind_of_proposals(proposal.due_on) == 1
        assert Notification.objects.get().person == administrator

    def test_by_pages(self, client, world):
        client.force_login(world.lead)
        address = reverse("reports:dependence-proposal-new")
        shown = client.get(address, {"topic": world.key.code, "kind": "rotate"}).content.decode()
        assert "take turns in who gets it" in shown and f'value="{world.key.code}" selected' in shown
        due = timezone.localdate() + timedelta(days=3)
        given = {
            "months": 6, "topic": world.key.code, "kind": "rotate", "reason": "Take turns.",
            "owner": world.second.email, "due_on": due,
        }  # fmt: skip
        bad = client.post(address, given | {"due_on": "2001-01-01"})
        assert (
            bad.status_code == 422
            and "This date is over." in bad.content.decode()
            and "Take turns." in bad.content.decode()
        )
        assert client.post(address, given).status_code == 303
        proposal = DependenceProposal.objects.get()
        pages = {
            name: reverse(f"reports:dependence-proposal{name}", args=[proposal.pk])
            for name in ("", "-change", "-drop", "-finish", "-reopen")
        }
        changed = client.post(pages["-change"], {"reason": "Now.", "owner": world.third.email, "due_on": due})
        assert changed.status_code == 303
        assert client.post(pages["-finish"]).status_code == 303
        assert client.post(pages["-reopen"]).status_code == 303
        assert client.post(pages["-drop"], {"why_dropped": ""}).status_code == 422
        assert client.post(pages["-drop"], {"why_dropped": "Done by others"}).status_code == 303
        assert "Done by others" in client.get(pages[""]).content.decode()
        client.force_login(world.second)  # owns it no more
        assert client.get(pages[""]).status_code == 404
        client.force_login(world.third)
        assert client.get(pages[""]).status_code == 200
        client.force_login(a_person())
        assert client.get(pages[""]).status_code == 403

    def test_filters_and_empty_lists(self, client, world):
        client.force_login(world.lead)
        address = reverse("reports:dependence-proposals")
        assert "Nothing is agreed on" in client.get(address).content.decode()
        agree(world)
        assert "Work in pairs: Printing" in client.get(address).content.decode()
        assert "Nothing fits" in client.get(address + "?state=done").content.decode()
        assert "Nothing fits" in client.get(address + "?mine=on").content.decode()
        assert "Work in pairs: Printing" in client.get(address + "?state=all&kind=pair").content.decode()

    def test_the_list_costs_the_same_for_more_rows(self, client, world, django_assert_num_queries):
        agree(world)
        desk, address = client, reverse("reports:dependence-proposals")
        desk.force_login(world.lead)
        desk.get(address)
        with CaptureQueriesContext(connection) as one:
            desk.get(address)
        agree(world, kind="train", owner=world.third)
        agree(world, kind="rotate", topic=world.whole)
        with django_assert_num_queries(len(one)):
            desk.get(address)

    def test_by_api(self, world):
        api = APIClient(HTTP_ACCEPT_LANGUAGE="en")
        api.force_authenticate(world.lead)
        due = (timezone.localdate() + timedelta(days=3)).isoformat()
        given = {
            "topic": world.key.code,
            "kind": "pair",
            "reason": "Alone.",
            "owner": world.second.email,
            "due_on": due,
        }
        made = api.post(reverse("api:dependence-proposal-list"), given, format="json")
        assert made.status_code == 201, made.json()
        assert made.json()["then"] == {"tickets": 10, "share_of_first": 0.9, "effective": 1.22}
        assert made.json()["owner"] == {"id": world.second.pk, "name": NAMES[1]}
        one = reverse("api:dependence-proposal-detail", args=[made.json()["id"]])
        assert api.patch(one, {"reason": "Both."}, format="json").json()["reason"] == "Both."
        assert api.patch(one, {"state": "done"}, format="json").status_code == 400
        assert api.post(one + "finish/", {}, format="json").json()["state"] == "done"
        assert api.post(one + "finish/", {}, format="json").status_code == 409
        assert api.post(one + "reopen/", {}, format="json").json()["state"] == "open"
        assert api.post(one + "drop/", {"why_dropped": "No."}, format="json").json()["state"] == "dropped"
        assert (
            api.post(reverse("api:dependence-proposal-list"), given | {"topic": "s0"}, format="json").status_code == 400
        )
        api.force_authenticate(world.third)
        assert api.post(reverse("api:dependence-proposal-list"), given, format="json").status_code == 403
        assert api.get(one).status_code == 404

    def test_topics_by_api(self, world):
        api = APIClient(HTTP_ACCEPT_LANGUAGE="en")
        api.force_authenticate(world.lead)
        found = api.get(reverse("api:dependence"), {"months": 6}).json()
        first = found["topics"][0]
        assert (first["code"], first["risk"], first["tickets"], first["deputies"]) == (world.key.code, "high", 10, 1)
        assert [(part["label"], part["tickets"]) for part in first["people"]] == [(NAMES[0], 9), (NAMES[1], 1)]
        assert api.get(reverse("api:dependence"), {"months": 5}).status_code == 400


class TestSentence:
    def test_it_counts_and_names_nobody(self, world):
        month = timezone.localdate().replace(day=1)
        assert sentence(month) == "1 of 2 topics hangs on one person."
        finish_proposal(agree(world), by=world.lead, via="page")
        agree(world, kind="train")
        drop_proposal(agree(world, kind="write"), by=world.lead, via="page", why_dropped="No.")
        assert sentence(month) == "1 of 2 topics hangs on one person. 1 of 2 proposals is done."

    def test_there_is_none_where_nothing_happened(self):
        assert sentence(date(2016, 3, 1)) is None
