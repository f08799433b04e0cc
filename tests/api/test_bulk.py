"""Changes of many tickets by API."""

import pytest

from servicedesk.people.jobs import run_next_job
from servicedesk.tickets.models import Ticket
from tests.factories import a_service, a_team, a_ticket, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


def test_changes_tells_and_undoes(api, team):
    agent = an_agent(team)
    tickets, hidden = [a_ticket(team=team), a_ticket(team=team)], a_ticket(team=a_team())
    service = a_service(team)
    body = {
        "tickets": [t.number for t in (*tickets, hidden)], "assignee": agent.pk, "service": service.code,
        "add_tags": ["x"], "other": tickets[0].number,
    }  # fmt: skip
    client = api(agent)
    started = client.post("/api/v1/bulk/", body, format="json")
    assert (started.status_code, started.json()["state"], started.json()["may_be_undone"]) == (202, "waiting", False)
    while run_next_job():
        pass
    told = client.get(f"/api/v1/bulk/{started.json()['id']}/").json()
    assert (told["state"], told["may_be_undone"]) == ("done", True)
    # A ticket cannot be tied to itself: nothing of the change is done to it.
    assert [(row["ticket"], row["outcome"]) for row in told["rows"]] == [
        (tickets[0].number, "refused"),
        (tickets[1].number, "done"),
    ]
    changed = Ticket.objects.get(pk=tickets[1].pk)
    assert (changed.assignee, changed.service) == (agent, service)
    assert Ticket.objects.get(pk=tickets[0].pk).assignee is None
    assert client.post(f"/api/v1/bulk/{told['id']}/undo/", {}, format="json").status_code == 202
    while run_next_job():
        pass
    assert client.get(f"/api/v1/bulk/{told['id']}/").json()["rows"][1]["outcome"] == "undone"
    assert Ticket.objects.get(pk=tickets[1].pk).assignee is None


@pytest.mark.parametrize(
    "body, field",
    [({}, "tickets"), ({"tickets": [], "impact": 9}, "impact"), ({"tickets": ["x"], "end": "explode"}, "end")],
)
def test_says_what_is_wrong(api, team, body, field):
    answer = api(an_agent(team)).post("/api/v1/bulk/", body, format="json")
    assert answer.status_code == 400 and list(answer.json()["errors"]) == [field]
