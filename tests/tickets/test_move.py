"""Every transition of both processes, allowed and refused, and what `move` leaves behind."""

import pytest
from django.core.exceptions import PermissionDenied

from incidents.workflow import WORKFLOW as INCIDENTS
from requests.workflow import WORKFLOW as REQUESTS
from servicedesk.tickets.actions import lock, move, record
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_service, a_service_request, a_team, an_agent, an_incident, events_of

pytestmark = pytest.mark.django_db

MAKE = {"incident": an_incident, "request": a_service_request}
# How to get a fresh ticket into each status.
WAY = {
    "new": [],
    "assigned": ["accept"],
    "in_progress": ["start"],
    "waiting_requester": ["ask_requester"],
    "waiting_vendor": ["wait_for_vendor"],
    "waiting_date": ["wait_until"],
    "resolved": ["resolve"],
    "closed": ["resolve", "close"],
    "cancelled": ["cancel"],
    "merged": ["merge"],
}
CASES = [
    (workflow, status.name, transition)
    for workflow in (INCIDENTS, REQUESTS)
    for status in workflow.statuses
    for transition in workflow.transitions
]
every_case = pytest.mark.parametrize(
    ("workflow", "status", "transition"), CASES, ids=lambda value: getattr(value, "name", value)
)


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


def in_status(workflow, status, agent, team) -> Ticket:
    ticket = MAKE[workflow.type](service=a_service(team)).ticket
    for step in WAY[status]:
        move(ticket, step, by=agent, via="page")
    assert ticket.status == status
    return ticket


class TestTransitions:
    @pytest.mark.parametrize(
        ("workflow", "status", "transition"), CASES, ids=lambda value: getattr(value, "name", value)
    )
    def test_go_only_where_the_table_says(self, workflow, status, transition, agent, team):
        ticket = in_status(workflow, status, agent, team)
        before = events_of(ticket)
        if status in transition.sources:
            move(ticket, transition.name, by=agent, via="page")
            ticket.refresh_from_db()
            assert ticket.status == transition.target
            assert ticket.phase == workflow.status(transition.target).phase
            assert events_of(ticket) == [*before, (transition.name, {"from": status, "to": transition.target})]
        else:
            with pytest.raises(TicketError) as refusal:
                move(ticket, transition.name, by=agent, via="page")
            assert refusal.value.code == "wrong_status"
            assert str(transition.label) in str(refusal.value)
            ticket.refresh_from_db()
            assert ticket.status == status
            assert events_of(ticket) == before

    @pytest.mark.parametrize(
        ("workflow", "status", "transition"), CASES, ids=lambda value: getattr(value, "name", value)
    )
    def test_ask_for_their_permission(self, workflow, status, transition, agent, team):
        ticket = in_status(workflow, status, agent, team)
        stranger = a_person()
        with pytest.raises(PermissionDenied):
            move(ticket, transition.name, by=stranger, via="page")

    @pytest.mark.parametrize("workflow", [INCIDENTS, REQUESTS], ids=["incidents", "requests"])
    def test_of_the_requester_are_close_reopen_and_cancel(self, workflow, agent, team):
        ticket = in_status(workflow, "new", agent, team)
        may = {t.name for t in workflow.transitions if ticket.requester.may(t.permission, ticket)}
        assert may == {"close", "reopen", "cancel"}


class TestTimes:
    def test_resolving_and_closing_are_remembered_and_reopening_forgets_them(self, agent, team):
        ticket = in_status(INCIDENTS, "resolved", agent, team)
        assert ticket.resolved_at and ticket.closed_at is None
        resolved_at = ticket.resolved_at
        move(ticket, "close", by=agent, via="page")
        assert ticket.resolved_at == resolved_at and ticket.closed_at > resolved_at
        move(ticket, "reopen", by=agent, via="page")
        assert ticket.resolved_at is None and ticket.closed_at is None and ticket.reopen_count == 1

    def test_the_desk_itself_needs_no_permission(self, agent, team):
        ticket = in_status(INCIDENTS, "resolved", agent, team)
        move(ticket, "close", by=None, via="system")
        assert ticket.status == "closed" and ticket.events.last().by is None


class TestLock:
    def test_writing_with_a_stale_row_is_found(self, agent, team):
        ticket = in_status(INCIDENTS, "new", agent, team)
        stale = Ticket.objects.get(pk=ticket.pk)
        move(ticket, "accept", by=agent, via="page")
        with pytest.raises(RuntimeError, match="without its lock"):
            record(stale, "note", by=agent, via="page")

    def test_lock_reads_the_row_anew(self, agent, team):
        ticket = in_status(INCIDENTS, "new", agent, team)
        stale = Ticket.objects.get(pk=ticket.pk)
        move(ticket, "accept", by=agent, via="page")
        assert lock(stale).status == "assigned"
