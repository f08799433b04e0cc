"""Writes by GET: no address changes anything when it is merely opened, and every form wants its token."""

import pytest
from django.test import Client

from servicedesk.tickets.models import Ticket, TicketEvent
from tests.factories import a_service, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db

VERBS = (
    "reply note assign escalate de-escalate change priority share unshare thank watch unwatch tags items link unlink "
    "log-work work-time timer confidential convert merge unmerge"
)
STEPS = "accept start ask_requester wait_for_vendor wait_until resume resolve close reopen cancel"


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def ticket(team):
    return an_incident(service=a_service(team)).ticket


def addresses(ticket) -> list[str]:
    return [f"/tickets/{ticket.number}/{verb}/" for verb in VERBS.split()] + [
        f"/incidents/{ticket.number}/{step}/" for step in STEPS.split()
    ]


class TestGet:
    def test_changes_nothing(self, team, ticket, visit):
        client = visit(an_agent(team))
        before = (TicketEvent.objects.count(), Ticket.objects.values().get())
        for path in addresses(ticket):
            answer = client.get(path, {"to": "me", "body": "x", "resolution": "x"})
            assert answer.status_code in (200, 302, 307, 403, 404, 405), (path, answer.status_code)
        assert (TicketEvent.objects.count(), Ticket.objects.values().get()) == before


class TestForms:
    def test_from_elsewhere_are_refused(self, team, ticket):
        agent = an_agent(team)
        client = Client(enforce_csrf_checks=True)
        client.force_login(agent)
        before = TicketEvent.objects.count()
        for path in addresses(ticket):
            assert client.post(path, {"body": "x"}).status_code == 403, path
        answer = client.post("/api/v1/tickets/", {"title": "x"}, content_type="application/json")
        assert answer.status_code == 403
        assert TicketEvent.objects.count() == before

    def test_with_their_token_are_taken(self, team, ticket):
        client = Client(enforce_csrf_checks=True)
        client.force_login(an_agent(team))
        client.get(f"/tickets/{ticket.number}/reply/")
        token = client.cookies["csrftoken"].value
        answer = client.post(f"/tickets/{ticket.number}/reply/", {"body": "x", "csrfmiddlewaretoken": token})
        assert answer.status_code == 303
        assert ticket.comments.get().body == "x"
