"""Macros by API."""

import pytest

from servicedesk.desk.macros import create_macro
from servicedesk.desk.templates import create_template
from servicedesk.tickets.models import Ticket
from tests.factories import a_service, a_team, a_ticket, an_administrator, an_agent

pytestmark = pytest.mark.django_db


def test_made_changed_and_run(api):
    team, admin = a_team(), an_administrator()
    agent, service = an_agent(team), a_service(team)
    template = create_template(by=admin, via="page", name="Done", code="d", body_en="Done, {requester}")
    given = {
        "name": "Ends", "reply": template.pk, "step": "resolve", "minutes": 5, "service": service.code, "assign": "me",
        "add_tags": ["x"], "impact": 2,
    }  # fmt: skip
    made = api(admin).post("/api/v1/macros/", given, format="json")
    assert made.status_code == 201, made.json()
    macro = made.json()
    assert (macro["reply"], macro["service"]["code"], macro["team"]) == (template.pk, service.code, None)
    address = f"/api/v1/macros/{macro['id']}/"
    assert api(admin).patch(address, {"minutes": None}, format="json").json()["minutes"] is None
    ticket, client = a_ticket(team=team), api(agent)
    body = {"ticket": ticket.number, "seen": 1}
    first = client.post(f"{address}run/", body, format="json").json()
    assert (first["status"], first["ticket"]) == ("resolved", ticket.number)
    assert client.post(f"{address}run/", body, format="json").json()["newest_event"] == first["newest_event"]
    assert Ticket.objects.get().assignee == agent


def test_a_refusal_is_a_sentence(api):
    team = a_team()
    macro = create_macro(by=an_administrator(), via="page", name="Ends", step="close")
    body = {"ticket": a_ticket(team=team).number}
    answer = api(an_agent(team)).post(f"/api/v1/macros/{macro.pk}/run/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_status")
    assert answer.json()["detail"].startswith("“Ends” did nothing: ")


def test_a_ticket_of_others_is_not_there(api):
    macro = create_macro(by=an_administrator(), via="page", name="Ends", note="x")
    body = {"ticket": a_ticket(team=a_team()).number}
    assert api(an_agent()).post(f"/api/v1/macros/{macro.pk}/run/", body, format="json").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"), [({"name": "x", "step": "fly"}, "step"), ({"name": "x", "reply": 99}, "reply")]
)
def test_says_what_is_wrong(api, body, field):
    answer = api(an_administrator()).post("/api/v1/macros/", body, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
