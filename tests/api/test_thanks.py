"""Thanking the desk by program."""

import pytest

from incidents.actions import resolve_incident
from tests.factories import a_person, a_service, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db


class TestThank:
    @pytest.fixture
    def agent(self):
        return an_agent(a_team())

    @pytest.fixture
    def ticket(self, agent):
        incident = an_incident(service=a_service(agent.teams.get()))
        resolve_incident(incident, by=agent, via="page", resolution="Paper added.")
        return incident.ticket

    def test_is_kept_once_and_moves_nothing(self, api, ticket):
        client, address = api(ticket.requester), f"/api/v1/tickets/{ticket.number}/thank/"
        for _time in range(2):
            answer = client.post(address, {"word": "Great"})
            assert answer.status_code == 200 and answer.json()["status"] == "resolved"
        assert ticket.events.filter(verb="thank").count() == 1
        said = client.get(f"/api/v1/tickets/{ticket.number}/comments/").json()["results"]
        assert said[-1]["body"] == "Great"

    def test_refuses_as_everywhere(self, api, ticket, agent):
        address = f"/api/v1/tickets/{ticket.number}/thank/"
        assert api(agent).post(address, {}).status_code == 403
        assert api(a_person()).post(address, {}).status_code == 404
        assert api(ticket.requester).post(address, {"word": "x" * 301}).status_code == 400
        assert api(ticket.requester).post(address, {"words": "x"}).status_code == 400

    def test_is_refused_while_nothing_is_solved(self, api):
        ticket = an_incident(service=a_service(a_team())).ticket
        answer = api(ticket.requester).post(f"/api/v1/tickets/{ticket.number}/thank/", {})
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_status")
