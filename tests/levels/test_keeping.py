"""The clocks of tickets: kept as things happen, swept as time passes, told once."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.actions import (
    ask_requester_incident,
    reopen_incident,
    resolve_incident,
    resume_incident,
    start_incident,
    wait_for_vendor_incident,
    wait_until_incident,
)
from servicedesk.levels.clocks import clocks_of, happened_to
from servicedesk.levels.keeping import keep_clocks, keep_missing, sweep, tell
from servicedesk.levels.models import (
    Agreement,
    AgreementTarget,
    Calendar,
    Clock,
    Mark,
    Rank,
    ServiceLevel,
    TeamCalendar,
)
from servicedesk.levels.queries import Levels, hours_for
from servicedesk.priorities.actions import override_priority
from servicedesk.tickets.actions import assign, de_escalate, escalate, record, reply
from servicedesk.tickets.actions.core import lock
from servicedesk.tickets.actions.steps import go_on_some
from servicedesk.tickets.delivery import deliver_waiting
from tests.factories import a_service, a_team, an_agent, an_incident, events_of
from tests.levels.test_hours import at

pytestmark = pytest.mark.django_db


def shown(ticket, kind="resolution") -> Clock:
    return Clock.objects.get(ticket=ticket, kind=kind)


@pytest.fixture
def friday():
    """Friday the 20th of November 2026, 16:00; Monday is 勤労感謝の日."""
    with time_machine.travel(at("2026-11-20T16:00"), tick=False) as clock:
        yield clock


class TestFollowing:
    """P3 of the usual rank: the first response within 8 hours of business, the resolution within 24."""

    def test_a_clock_rests_over_a_holiday_and_goes_on(self, friday):
        team = a_team()
        agent = an_agent(team)
        incident = an_incident(team=team, impact=4, urgency=1)
        ticket = incident.ticket
        assert (ticket.response_due_at, ticket.due_at) == (at("2026-11-24T16:00"), at("2026-11-26T16:00"))
        friday.move_to(at("2026-11-20T17:00"))
        ask_requester_incident(incident, by=agent, via="page", message="Which printer?")
        deliver_waiting()
        resolution, response = shown(ticket), shown(ticket, "response")
        assert (resolution.run, resolution.due_at, resolution.used_seconds) == ("paused", None, 3600)
        assert (response.run, response.stopped_at, response.missed_at) == ("stopped", timezone.now(), None)
        ticket.refresh_from_db()
        assert ticket.due_at is None
        friday.move_to(at("2026-11-25T10:00"))
        reply(ticket, by=ticket.requester, via="page", body="The one on the third floor.")
        deliver_waiting()
        ticket.refresh_from_db()
        # 1 of 24 hours is used; 23 from Wednesday 10:00 on: 7 that day, 8 on Thursday, 8 on Friday.
        assert ticket.due_at == at("2026-11-27T18:00")
        assert shown(ticket).waited == {"requester": 10 * 3600}
        resolve_incident(incident, by=agent, via="page", resolution="New cable.")
        deliver_waiting()
        assert (shown(ticket).run, shown(ticket).missed_at, shown(ticket).due_at) == ("stopped", None, ticket.due_at)
        friday.move_to(at("2026-11-26T10:00"))
        reopen_incident(incident, by=agent, via="page", reason="Silent again.")
        deliver_waiting()
        assert (shown(ticket).run, shown(ticket).due_at) == ("running", at("2026-11-30T18:00"))

    def test_a_vendor_rests_the_resolution_and_not_the_response(self, friday):
        team = a_team()
        incident = an_incident(team=team, impact=4, urgency=1)
        wait_for_vendor_incident(incident, by=an_agent(team), via="page")
        deliver_waiting()
        assert (shown(incident.ticket).run, shown(incident.ticket, "response").run) == ("paused", "running")

    def test_an_agreed_date_rests_it_and_is_gone_on_with_by_the_desk(self, friday):
        team = a_team()
        incident = an_incident(team=team, impact=4, urgency=1)
        agreed = {"agreed_on": date(2026, 12, 1), "note_text": "After the move."}
        wait_until_incident(incident, by=an_agent(team), via="page", **agreed)
        deliver_waiting()
        assert shown(incident.ticket).run == "paused"
        assert (go_on_some(date(2026, 11, 30)), go_on_some(date(2026, 12, 1)), go_on_some(date(2026, 12, 1))) == (
            0,
            1,
            0,
        )
        friday.move_to(at("2026-12-01T00:00"))
        incident.ticket.refresh_from_db()
        assert incident.ticket.status == "in_progress"
        assert [verb for verb, _data in events_of(incident.ticket)] == ["open", "wait_until", "note", "resume"]

    def test_the_service_and_the_team_decide_rank_and_hours(self, friday):
        night = Calendar.objects.create(
            name="Night shift", timezone="Asia/Tokyo", weekly={"sat": [["00:00", "24:00"]], "sun": [["00:00", "24:00"]]}
        )
        gold = Rank.objects.get(name_en="Gold")
        service, team = a_service(), a_team()
        ServiceLevel.objects.create(service=service, rank=gold)
        TeamCalendar.objects.create(team=team, calendar=night)
        incident = an_incident(service=service, team=team, impact=4, urgency=1)
        # P3 of gold: 4 hours and 16 hours, of a team that works at weekends.
        assert (incident.ticket.response_due_at, incident.ticket.due_at) == (
            at("2026-11-21T04:00"),
            at("2026-11-21T16:00"),
        )
        assert hours_for(incident.ticket).name == "Night shift"
        assign(incident.ticket, by=an_agent(team), via="page", team=a_team())
        deliver_waiting()
        incident.ticket.refresh_from_db()
        assert incident.ticket.due_at == at("2026-11-25T16:00")
        ServiceLevel.objects.filter(service=service).update(calendar=night)
        keep_clocks([incident.ticket.pk])
        assert shown(incident.ticket).due_at == at("2026-11-21T16:00")

    def test_another_priority_counts_from_the_opening_with_its_pauses(self, friday):
        team = a_team()
        agent = an_agent(team)
        incident = an_incident(team=team, impact=4, urgency=1)
        wait_for_vendor_incident(incident, by=agent, via="page")
        friday.move_to(at("2026-11-25T10:00"))
        resume_incident(incident, by=agent, via="page")
        override_priority(incident.ticket, by=agent, via="page", priority=2, note="The board asks.")
        deliver_waiting()
        clock = shown(incident.ticket)
        assert (clock.minutes, clock.due_at) == (480, at("2026-11-25T18:00") + timedelta(hours=15, minutes=60))

    def test_is_the_same_however_often_it_is_made(self, friday):
        team = a_team()
        incident = an_incident(team=team, impact=4, urgency=1)
        start_incident(incident, by=an_agent(team), via="page")
        deliver_waiting()
        before = list(Clock.objects.order_by("id").values())
        assert keep_clocks([incident.ticket.pk]) == 0
        assert list(Clock.objects.order_by("id").values()) == before

    def test_open_tickets_without_clocks_get_them(self, friday):
        ticket = an_incident(impact=4, urgency=1).ticket
        assert Clock.objects.count() == 0
        assert (keep_missing(), Clock.objects.filter(ticket=ticket).count()) == (1, 2)
        assert keep_missing() == 0


class TestAgreements:
    def test_a_team_has_a_clock_while_a_ticket_is_with_it(self, friday):
        second = a_team(tier=2)
        first = a_team(next_team=second)
        agreement = Agreement.objects.create(name="Network", kind="team", team=second, warn_at=[50])
        AgreementTarget.objects.create(agreement=agreement, priority=3, minutes=240)
        incident = an_incident(team=first, impact=4, urgency=1)
        agent = an_agent(first, second)
        deliver_waiting()
        assert not Clock.objects.filter(kind="agreement").exists()
        escalate(incident.ticket, by=agent, via="page", reason="Needs the switch.")
        deliver_waiting()
        clock = shown(incident.ticket, "agreement")
        assert (clock.run, clock.started_at, clock.due_at) == ("running", timezone.now(), at("2026-11-24T11:00"))
        friday.move_to(at("2026-11-20T17:00"))
        wait_for_vendor_incident(incident, by=agent, via="page")
        deliver_waiting()
        assert (shown(incident.ticket, "agreement").run, shown(incident.ticket, "agreement").used_seconds) == (
            "paused",
            3600,
        )
        assign(incident.ticket, by=agent, via="page", team=first)
        deliver_waiting()
        assert shown(incident.ticket, "agreement").run == "stopped"
        escalate(incident.ticket, by=agent, via="page", reason="Still the switch.")
        deliver_waiting()
        assert shown(incident.ticket, "agreement").run == "paused"
        de_escalate(incident.ticket, by=agent, via="page", reason="It is the cable.")
        deliver_waiting()
        assert shown(incident.ticket, "agreement").run == "stopped"

    def test_a_vendor_has_one_from_when_the_ticket_is_outside_until_it_is_back(self, friday):
        agreement = Agreement.objects.create(name="Vendor", kind="vendor")
        AgreementTarget.objects.create(agreement=agreement, priority=3, minutes=60)
        team = a_team()
        agent = an_agent(team)
        incident = an_incident(team=team, impact=4, urgency=1)
        record(lock(incident.ticket), "escalate_outside", by=agent, via="page", agreement=agreement.pk)
        wait_for_vendor_incident(incident, by=agent, via="page")
        deliver_waiting()
        clock = shown(incident.ticket, "agreement")
        assert (clock.run, clock.due_at) == ("running", at("2026-11-20T17:00"))
        friday.move_to(at("2026-11-20T16:30"))
        resume_incident(incident, by=agent, via="page")
        deliver_waiting()
        clock = shown(incident.ticket, "agreement")
        assert (clock.run, clock.used_seconds, clock.missed_at) == ("stopped", 1800, None)

    def test_that_of_a_vendor_ends_when_the_ticket_is_taken_back_while_one_waits_for_another(self, friday):
        agreement = Agreement.objects.create(name="Vendor", kind="vendor")
        AgreementTarget.objects.create(agreement=agreement, priority=3, minutes=60)
        team = a_team()
        agent = an_agent(team)
        incident = an_incident(team=team, impact=4, urgency=1)
        wait_for_vendor_incident(incident, by=agent, via="page")
        record(lock(incident.ticket), "escalate_outside", by=agent, via="page", agreement=agreement.pk)
        record(lock(incident.ticket), "undo_escalation_outside", by=agent, via="page")
        deliver_waiting()
        assert (incident.ticket.status, shown(incident.ticket, "agreement").run) == ("waiting_vendor", "stopped")


class TestSweep:
    def test_warns_once_each_and_tells_of_the_miss(self, friday):
        ticket = an_incident(impact=4, urgency=1).ticket
        deliver_waiting()
        clock = shown(ticket, "response")
        # 75 % of 8 hours: 2 on Friday, 4 on Tuesday.
        assert (clock.warn_at, clock.warn_percent) == (at("2026-11-24T14:00"), 75)
        assert sweep() == 0
        friday.move_to(at("2026-11-24T14:00"))
        assert (sweep(), sweep(), tell(), tell()) == (1, 0, 1, 0)
        clock.refresh_from_db()
        assert (clock.warned, clock.warn_percent) == (75, 90)
        friday.move_to(at("2026-11-24T16:00"))
        assert (sweep(), tell()) == (1, 1)
        clock.refresh_from_db()
        assert (clock.missed_at, clock.warned) == (None, 90)
        friday.move_to(at("2026-11-24T16:01"))
        assert (sweep(), sweep(), tell()) == (1, 0, 1)
        clock.refresh_from_db()
        assert clock.missed_at == at("2026-11-24T16:00")
        told = [(verb, data["clock"], data["percent"]) for verb, data in events_of(ticket) if "percent" in data]
        assert told == [
            ("near_target", "response", 75),
            ("near_target", "response", 90),
            ("miss_target", "response", 100),
        ]

    def test_a_resting_clock_is_not_missed(self, friday):
        team = a_team()
        incident = an_incident(team=team, impact=4, urgency=1)
        ask_requester_incident(incident, by=an_agent(team), via="page", message="Which one?")
        deliver_waiting()
        friday.move_to(at("2027-02-01T10:00"))
        assert sweep() == 0

    def test_what_was_missed_long_ago_is_kept_and_not_told(self, friday):
        incident = an_incident(impact=4, urgency=1)
        friday.move_to(at("2027-02-01T10:00"))
        keep_missing()
        assert shown(incident.ticket).missed_at == at("2026-11-26T16:00")
        assert (Mark.objects.count(), tell()) == (2, 0)

    def test_after_a_higher_priority_only_the_last_warning_is_given(self, friday):
        team = a_team()
        incident = an_incident(team=team, impact=4, urgency=4)
        deliver_waiting()
        friday.move_to(at("2026-11-24T15:20"))
        override_priority(incident.ticket, by=an_agent(team), via="page", priority=3, note="Now it hurts.")
        deliver_waiting()
        assert sweep() == 1
        assert Mark.objects.get().percent == 90


class TestReading:
    def test_many_tickets_cost_no_more_reads(self, django_assert_num_queries, friday):
        tickets = [an_incident(impact=4, urgency=1).ticket for _n in range(3)]
        for some in (tickets[:1], tickets):
            with django_assert_num_queries(3):
                levels, happened = Levels(), happened_to([ticket.pk for ticket in some])
                assert [len(clocks_of(one, happened[one.pk], levels, timezone.now())) for one in some] == [2] * len(
                    some
                )
