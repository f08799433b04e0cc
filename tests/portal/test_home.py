"""Home: what waits for the person, what they asked for, and which services are disturbed."""

import pytest

from incidents.actions import ask_requester_incident, close_incident, resolve_incident
from tests.factories import a_person, a_service, a_team, again, an_agent, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return again(an_agent(team))


@pytest.fixture
def service(team):
    return a_service(team)


@pytest.fixture
def hanako():
    return a_person(name="佐藤 花子")


class TestHome:
    def test_it_asks_how_we_can_help(self, visit, hanako):
        html = visit(hanako).get("/").content.decode()

        assert "How can we help?" in html
        assert '<textarea class="ask-box"' in html
        assert 'action="/new/"' in html

    def test_open_requests_with_state_next_step_and_time(self, visit, hanako, service):
        ticket = an_incident(requester=hanako, service=service).ticket

        html = visit(hanako).get("/").content.decode()

        assert ticket.title in html
        assert "We have received it." in html
        assert f'datetime="{ticket.response_due_at.isoformat()}"' in html

    def test_a_question_of_the_desk_waits_for_the_person(self, visit, hanako, service, agent):
        incident = an_incident(requester=hanako, service=service)
        ask_requester_incident(incident, by=agent, via="page", message="Which floor?")

        answer = visit(hanako).get("/")

        assert answer.context["waiting"] == [incident.ticket]
        assert answer.context["running"] == []
        assert "Read and answer" in answer.content.decode()

    def test_what_is_resolved_is_asked_about_and_closed_from_here(self, visit, hanako, service, agent):
        incident = an_incident(requester=hanako, service=service)
        resolve_incident(incident, by=agent, via="page", resolution="A new roller.")
        client = visit(hanako)

        html = client.get("/").content.decode()
        closed = client.post(f"/incidents/{incident.ticket.number}/close/", {"next": "/"})

        assert "Yes, it is solved" in html
        assert f'/incidents/{incident.ticket.number}/close/"' in html
        assert (closed.status_code, closed["Location"]) == (303, "/")
        incident.ticket.refresh_from_db()
        assert incident.ticket.status == "closed"

    def test_what_is_over_or_of_others_is_not_shown(self, visit, hanako, service, agent):
        mine, theirs = an_incident(requester=hanako, service=service), an_incident(service=service)
        resolve_incident(mine, by=agent, via="page", resolution="A new roller.")
        close_incident(mine, by=agent, via="page")

        html = visit(hanako).get("/").content.decode()

        assert mine.ticket.title not in html
        assert theirs.ticket.title not in html

    def test_with_nothing_open_it_says_what_would_be_here(self, visit, hanako):
        assert "Nothing is open." in visit(hanako).get("/").content.decode()

    def test_agents_find_the_way_to_the_desk_and_others_do_not(self, visit, hanako, agent):
        assert "To the desk" in visit(agent).get("/").content.decode()
        assert "To the desk" not in visit(hanako).get("/").content.decode()

    def test_queries_do_not_grow_with_the_tickets(self, visit, hanako, service, django_assert_max_num_queries):
        client = visit(hanako)
        an_incident(requester=hanako, service=service)
        client.get("/")
        with django_assert_max_num_queries(12) as few:
            client.get("/")
        for _ in range(2):
            an_incident(requester=hanako, service=a_service())

        with django_assert_max_num_queries(12) as many:
            client.get("/")

        assert len(few) == len(many)

    def test_who_is_not_signed_in_is_asked_to(self, client):
        assert client.get("/").status_code == 302
