"""Reply templates by API."""

import pytest

from servicedesk.desk.templates import create_template
from servicedesk.people.models import Role
from tests.factories import a_person, a_team, an_administrator, an_agent

pytestmark = pytest.mark.django_db


def test_made_read_and_changed_by_who_leads_the_team(api):
    team = a_team()
    lead = a_person(Role.LEAD, teams=[team])
    client = api(lead)
    given = {"name": "Reset", "code": "pw", "team": team.code, "body_en": "Hello {requester}"}
    made = client.post("/api/v1/templates/", given, format="json")
    assert made.status_code == 201 and made.json()["owner"]["id"] == lead.pk
    address = f"/api/v1/templates/{made.json()['id']}/"
    assert client.patch(address, {"is_active": False}, format="json").json()["is_active"] is False
    assert client.get(address).json()["body_en"] == "Hello {requester}"
    assert [row["code"] for row in client.get("/api/v1/templates/").json()["results"]] == ["pw"]


def test_says_what_is_wrong(api):
    given = {"name": "Reset", "code": "pw", "body_ja": "{nummber}"}
    answer = api(an_administrator()).post("/api/v1/templates/", given, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["body_ja"])


def test_agents_read_and_do_not_change(api):
    template = create_template(name="Reset", code="pw", body_en="Hello", by=an_administrator(), via="page")
    client = api(an_agent())
    assert client.get(f"/api/v1/templates/{template.pk}/").status_code == 200
    assert client.patch(f"/api/v1/templates/{template.pk}/", {"name": "x"}, format="json").status_code == 403
