"""Facts of tickets: what they say after what happened, kept from events and equal to a recount."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from incidents.actions import resolve_incident
from incidents.models import CauseCode
from servicedesk.reports import facts
from servicedesk.reports.models import FactTurn, MonthStamp, TicketFact
from servicedesk.tickets.actions import assign, log_work, reply
from servicedesk.tickets.delivery import deliver_waiting
from tests.factories import a_company, a_department, a_person, a_service, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db
MARCH = datetime(2026, 3, 10, 1, tzinfo=UTC)


@pytest.fixture
def team():
    return a_team(name="Desk")


@pytest.fixture
def agent(team):
    return an_agent(team)


def keep() -> None:
    while deliver_waiting() + facts.keep_waiting():
        pass


def fact_of(ticket) -> TicketFact:
    keep()
    return TicketFact.objects.get(pk=ticket.pk)


def resolve(incident, by, at=None):
    return resolve_incident(
        incident, by=by, via="page", resolution="Restarted it.", code=CauseCode.objects.first(), at=at
    )


class TestWhatAFactSays:
    def test_of_a_ticket_that_its_first_agent_resolved(self, team, agent):
        department = a_department(a_company())
        requester = a_person(department=department, company=department.company)
        service = a_service(team)
        incident = an_incident(
            requester=requester, team=team, service=service, assignee=agent, at=MARCH, channel="phone"
        )
        log_work(incident.ticket, by=agent, via="page", minutes=25, worked_on=date(2026, 3, 10))
        resolve(incident, agent, at=MARCH + timedelta(hours=2))
        fact = fact_of(incident.ticket)
        assert (fact.opened_at, fact.resolved_at) == (MARCH, MARCH + timedelta(hours=2))
        assert (fact.team_id, fact.service_id, fact.department_id, fact.company_id) == (
            team.pk, service.pk, department.pk, department.company_id,
        )  # fmt: skip
        assert (fact.resolver_id, fact.first_contact, fact.team_changes, fact.work_minutes) == (agent.pk, True, 0, 25)
        assert fact.cause_group == CauseCode.objects.first().group
        assert fact.sides == [f"2026-03-10 work {agent.pk} 25"]

    def test_handing_over_counts_teams_and_ends_first_contact(self, team, agent):
        other = a_team()
        incident = an_incident(team=team, assignee=agent)
        assign(incident.ticket, by=agent, via="page", team=other, assignee=None)
        resolve(incident, an_agent(other, team))
        fact = fact_of(incident.ticket)
        assert (fact.team_changes, fact.first_contact) == (1, False)

    def test_a_requester_who_has_to_write_again_ends_first_contact(self, team, agent):
        incident = an_incident(team=team, assignee=agent)
        reply(incident.ticket, by=agent, via="page", body="Please restart it.")
        reply(incident.ticket, by=incident.ticket.requester, via="page", body="It is still broken.")
        resolve(incident, agent)
        fact = fact_of(incident.ticket)
        # The resolution is a word of the desk too.
        assert (fact.requester_messages, fact.desk_messages, fact.first_contact) == (1, 2, False)


class TestKeeping:
    def test_facts_kept_from_events_are_what_a_recount_says(self, team, agent):
        for place in range(3):
            incident = an_incident(team=team, at=MARCH - timedelta(days=40 * place))
            if place:
                resolve(incident, agent, at=MARCH)
        keep()
        assert TicketFact.objects.count() == 3
        assert list(facts.differences()) == []
        assert facts.recount() == 3
        assert list(facts.differences()) == []

    def test_a_changed_row_is_named_and_mended(self, team):
        incident = an_incident(team=team)
        keep()
        TicketFact.objects.update(reopen_count=7)
        assert list(facts.differences()) == [(incident.ticket.pk, {"reopen_count": (7, 0)})]
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("check_facts", stdout=out)
        assert out.getvalue() == (
            f"{incident.ticket.number}: reopen_count: kept 7, counted 0\n"
            "1 tickets differ. --mend makes their facts anew.\n"
        )
        call_command("check_facts", mend=True, stdout=StringIO())
        assert list(facts.differences()) == []

    def test_repeating_stamps_nothing(self, team):
        incident = an_incident(team=team)
        keep()
        stamps = dict(MonthStamp.objects.values_list("month", "turn"))
        assert facts.refresh([incident.ticket.pk]) == 0
        assert dict(MonthStamp.objects.values_list("month", "turn")) == stamps

    def test_a_change_stamps_the_months_in_which_the_ticket_was_open(self, team, agent):
        incident = an_incident(team=team, at=MARCH - timedelta(days=60))
        resolve(incident, agent, at=MARCH)
        keep()
        before = dict(MonthStamp.objects.values_list("month", "turn"))
        assert date(2026, 1, 1) in before and date(2026, 3, 1) in before and date(2025, 12, 1) not in before

    def test_work_stamps_its_own_month_alone(self, team, agent):
        incident = an_incident(team=team, at=timezone.now() - timedelta(days=200))
        keep()
        before = dict(MonthStamp.objects.values_list("month", "turn"))
        day = timezone.localdate() - timedelta(days=100)
        log_work(incident.ticket, by=agent, via="page", minutes=30, worked_on=day)
        fact = fact_of(incident.ticket)
        moved = {month for month, turn in MonthStamp.objects.values_list("month", "turn") if before.get(month) != turn}
        assert fact.work_minutes == 30
        assert day.replace(day=1) in moved

    def test_an_event_that_never_came_is_found(self, team):
        incident = an_incident(team=team)
        keep()
        TicketFact.objects.all().delete()
        assert facts.missing_since(timezone.now() - timedelta(days=1)) == 1
        assert list(FactTurn.objects.values_list("ticket", flat=True)) == [incident.ticket.pk]
        keep()
        assert list(facts.differences()) == []

    def test_tickets_from_before_there_were_reports_are_found(self, team):
        old = [an_incident(team=team, at=MARCH).ticket for _place in range(3)]
        keep()
        TicketFact.objects.exclude(pk=old[0].pk).delete()
        assert facts.find_without(most=1) == 1
        assert facts.find_without() == 2
        assert set(FactTurn.objects.values_list("ticket", flat=True)) == {old[1].pk, old[2].pk}
        keep()
        assert facts.find_without() == 0
