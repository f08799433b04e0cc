"""The page of a ticket as agents see it."""

import pytest

from tests.factories import a_person, a_service_request, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db


class TestTicketPage:
    def test_an_agent_of_the_team_sees_everything_of_it(self, visit):
        team = a_team()
        agent = an_agent(team)
        for record in (an_incident(team=team), a_service_request(team=team)):
            answer = visit(agent).get(record.ticket.get_absolute_url())
            assert answer.status_code == 200
            assert record.ticket.title in answer.content.decode()

    def test_not_yours_looks_like_not_there(self, visit):
        ticket = an_incident(team=a_team()).ticket
        stranger = visit(a_person())
        theirs = stranger.get(ticket.get_absolute_url())
        nowhere = stranger.get("/incidents/INC9999999/")
        assert theirs.status_code == nowhere.status_code == 404
        assert theirs.content == nowhere.content
