"""Sort, filter and format parameters: only what is on our lists reaches the database."""

import pytest

from tests.factories import a_service, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db

NASTY = [
    "password",
    "requester__password",
    "-requester__password",
    "1; DROP TABLE tickets_ticket",
    "?",
    "(SELECT 1)",
    "\x00",
    "９９",
]
NAMES = [
    "sort",
    "view",
    "team",
    "assignee",
    "service",
    "category",
    "status",
    "phase",
    "type",
    "priority",
    "tag",
    "after",
    "before",
    "created",
    "q",
]


@pytest.fixture
def team():
    return a_team()


class TestParameters:
    @pytest.mark.parametrize("name", NAMES)
    def test_of_the_queue_are_left_out_when_unknown(self, name, team, visit):
        an_incident(service=a_service(team), title="Printer is silent")
        client = visit(an_agent(team))
        for value in NASTY:
            answer = client.get("/desk/", {name: value})
            assert answer.status_code == 200, (name, value)
            assert client.get("/desk/export.csv", {name: value}).status_code == 200, (name, value)

    @pytest.mark.parametrize("name", [*NAMES, "cursor", "format", "page_size", "requester__password", "ordering"])
    def test_of_the_api_are_answered_with_a_sentence(self, name, team, visit):
        client = visit(an_agent(team))
        for value in NASTY:
            answer = client.get("/api/v1/tickets/", {name: value})
            assert answer.status_code in (200, 400, 404), (name, value)
            assert "password" not in answer.content.decode() or "password" in (name + value)

    def test_that_are_known_work(self, team, visit):
        ticket = an_incident(service=a_service(team)).ticket
        page = visit(an_agent(team)).get("/desk/", {"sort": "created", "priority": str(ticket.priority)})
        assert ticket.number in page.content.decode()

    @pytest.mark.parametrize("path", ["/tickets/people/", "/people/suggest/", "/tickets/find/", "/search/"])
    def test_of_pickers_and_search_take_any_character(self, path, team, visit):
        assert visit(an_agent(team)).get(path, {"q": "a\x00b"}).status_code in (200, 404)
