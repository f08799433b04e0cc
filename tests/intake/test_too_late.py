"""A word about a ticket that is over: it reopens within days, and later begins a new ticket that is tied to it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.actions import close_incident, resolve_incident
from servicedesk.people.actions import create_token
from servicedesk.tickets.models import ReopeningRule, Ticket, TicketLink
from tests.factories import a_person, a_service, an_agent, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def hana():
    return a_person(name="Hana")


@pytest.fixture
def agent():
    return an_agent()


@pytest.fixture
def closed(hana, agent):
    """Closed four days ago."""
    incident = an_incident(requester=hana, service=a_service(agent.teams.get()), title="The printer is silent")
    resolve_incident(incident, by=agent, via="page", resolution="A new roller.")
    close_incident(incident, by=hana, via="page")
    Ticket.objects.filter(pk=incident.pk).update(closed_at=timezone.now() - timedelta(days=4))
    return Ticket.objects.get(pk=incident.pk)


def new_one(closed) -> Ticket:
    assert Ticket.objects.get(pk=closed.pk).status == "closed"
    new = Ticket.objects.exclude(pk=closed.pk).get()
    assert TicketLink.objects.filter(source=new, target=closed, kind="related").count() == 1
    return new


class TestInTime:
    @pytest.mark.parametrize("verb", ["reply", "reopen"])
    def test_a_word_reopens(self, visit, hana, closed, verb):
        address = f"/tickets/{closed.number}/reply/" if verb == "reply" else f"{closed.get_absolute_url()}reopen/"
        assert visit(hana).post(address, {"body": "Silent again", "reason": "Silent again"}).status_code == 303
        closed.refresh_from_db()
        assert closed.status == "in_progress"
        assert closed.comments.filter(body="Silent again", is_public=True).count() == 1


class TestTooLate:
    @pytest.fixture(autouse=True)
    def rule(self):
        ReopeningRule.objects.filter(pk="incident").update(days=3)

    @pytest.mark.parametrize("verb", ["reply", "reopen"])
    def test_by_page_it_is_a_new_ticket_and_the_person_is_told(self, visit, hana, closed, verb):
        visitor = visit(hana)
        page = visitor.get(closed.get_absolute_url()).content.decode()
        assert "What you write begins a new request" in page
        address = f"/tickets/{closed.number}/reply/" if verb == "reply" else f"{closed.get_absolute_url()}reopen/"
        for _turn in range(2):  # a double press
            answer = visitor.post(address, {"body": "Silent again", "reason": "Silent again"}, follow=True)
        new = new_one(closed)
        assert (new.title, new.description, new.requester) == ("The printer is silent", "Silent again", hana)
        assert (new.service, new.team) == (closed.service, closed.team)
        text = answer.content.decode()
        assert answer.redirect_chain[-1][0] == new.get_absolute_url()
        assert f"What you wrote is now the new request {new.number}" in text

    def test_thanks_stay_thanks(self, visit, hana, closed):
        visit(hana).post(f"/tickets/{closed.number}/reply/", {"body": "Thank you!"})
        assert Ticket.objects.count() == 1
        assert closed.comments.filter(body="Thank you!").exists()

    def test_by_api_the_answer_is_the_new_ticket(self, client, hana, closed):
        _token, secret = create_token(hana, name="t", scopes=["read", "tickets"], days=1, via="page")
        headers = {"Authorization": f"Bearer {secret}"}
        address = f"/api/v1/tickets/{closed.number}/comments/"
        answer = client.post(address, {"body": "Silent again"}, content_type="application/json", headers=headers)
        assert (answer.status_code, answer.json()["number"]) == (202, new_one(closed).number)

    def test_the_desk_reopens_at_any_time(self, visit, agent, closed):
        visit(agent).post(f"{closed.get_absolute_url()}reopen/", {"reason": "Silent again"})
        closed.refresh_from_db()
        assert closed.status == "in_progress"
