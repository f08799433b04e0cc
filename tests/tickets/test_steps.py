"""The steps that incidents and service requests share."""

import pytest

from incidents.actions import reopen_incident, resolve_incident
from servicedesk.tickets.actions import reply
from tests.factories import a_service, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def incident(team):
    return an_incident(service=a_service(team))


class TestResolution:
    def test_of_each_time_is_kept_and_the_latest_is_the_tickets(self, incident, agent):
        resolve_incident(incident, by=agent, via="page", resolution="Paper added.")
        reopen_incident(incident, by=incident.ticket.requester, via="page", reason="Still silent")
        resolve_incident(incident, by=agent, via="page", resolution="Cable replaced.")
        said = incident.ticket.comments.filter(event__verb="resolve").order_by("event").values_list("body", flat=True)
        assert list(said) == ["Paper added.", "Cable replaced."]
        assert incident.ticket.resolution == "Cable replaced."

    def test_is_the_first_response_when_nobody_answered_before(self, incident, agent):
        resolve_incident(incident, by=agent, via="page", resolution="Paper added.")
        assert incident.ticket.first_response_at == incident.ticket.resolved_at

    def test_leaves_an_earlier_first_response_alone(self, incident, agent):
        reply(incident.ticket, by=agent, body="We look at it.", via="page")
        first = incident.ticket.first_response_at
        resolve_incident(incident, by=agent, via="page", resolution="Paper added.")
        assert incident.ticket.first_response_at == first

    @pytest.mark.parametrize("path", ["requester", "agent"])
    def test_of_each_time_is_shown_where_it_was_said(self, incident, agent, path, visit):
        resolve_incident(incident, by=agent, via="page", resolution="Paper added.")
        reopen_incident(incident, by=incident.ticket.requester, via="page", reason="Still silent")
        resolve_incident(incident, by=agent, via="page", resolution="Cable replaced.")
        someone = agent if path == "agent" else incident.ticket.requester
        page = visit(someone).get(incident.ticket.get_absolute_url(), follow=True).content.decode()
        assert page.index("Paper added.") < page.index("Still silent") < page.index("Cable replaced.")
