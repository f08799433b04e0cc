"""Major incidents by API: one is declared, told of, handled, ended and learnt from."""

import pytest
from django.utils import timezone

from incidents.major.actions.proposing import propose_major
from servicedesk.people.models import Role
from tests.factories import a_person, a_service, a_team, an_administrator, an_agent, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


def test_from_the_declaration_to_the_lessons(api, team):
    agent, reader, service = an_agent(team), a_person(), a_service(team)
    ticket = an_incident(service=service).ticket
    desk, staff, base = api(agent), api(reader), f"/api/v1/incidents/{ticket.number}/"

    assert desk.get(f"{base}major/").json()["state"] == "none"
    refused = desk.post(f"{base}updates/", {"kind": "identified", "text_en": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_major")
    assert desk.post(f"{base}major/", {}).json()["errors"] == {"reason": ["Say why this is a major incident."]}
    major = desk.post(
        f"{base}major/", {"reason": "All stopped", "public_title_en": "No orders", "people_hit": 7}
    ).json()
    assert (major["state"], major["people_hit"], major["people_known"]) == ("running", 7, 1)
    assert major["services"] == [{"service": {"code": service.code, "name": str(service)}, "people_hit": None}]
    change = {"people_hit": None, "services": [{"service": service.code, "people_hit": 30}]}
    assert desk.patch(f"{base}major/", change).json()["people_hit"] == 30

    outage = staff.get("/api/v1/outages/").json()[0]
    assert (outage["title"], outage["is_subscribed"], outage["state"]) == ("No orders", False, None)
    address = f"/api/v1/outages/{outage['id']}/"
    assert staff.post(f"{address}subscribe/").json()["is_subscribed"] is True
    assert staff.post(f"{address}subscribe/", {"person": agent.pk}).status_code in (400, 409)
    assert desk.post(f"{address}subscribe/", {"person": reader.pk}).status_code == 200
    told = desk.post(f"{base}updates/", {"kind": "identified", "text_ja": "原因がわかりました"})
    assert told.status_code == 201 and told.json()["text"] == "原因がわかりました"
    assert staff.get(address).json()["text"] == "原因がわかりました"
    assert staff.post(f"{address}unsubscribe/").json()["is_subscribed"] is False
    assert staff.get(f"{base}major/").status_code == 404

    force = desk.post(f"{base}task-force/", {"person": agent.pk, "role": "commander"}).json()
    assert [(row["role"], row["left_at"]) for row in force] == [("commander", None)]
    assert desk.post(f"{base}leave-force/", {"member": force[0]["id"]}).json()[0]["left_at"]
    assert desk.post(f"{base}leave-force/", {"member": 10**9}).status_code == 400
    assert desk.post(f"{base}end-major/").json()["state"] == "ended"

    learnt = desk.patch(f"{base}post-mortem/", {"what_happened": "Disk full", "lessons": "Watch it"}).json()
    assert not learnt["is_finished"]
    assert "held_on" in desk.post(f"{base}finish-post-mortem/").json()["errors"]
    rest = {"held_on": str(timezone.localdate()), "cause_code": "hardware", "present": [agent.pk]}
    desk.patch(f"{base}post-mortem/", rest)
    assert desk.post(f"{base}finish-post-mortem/").json()["is_finished"] is True
    assert desk.post(f"{base}reopen-post-mortem/").json()["is_finished"] is False
    new = {"what": "Buy a disk", "owner": agent.pk, "due_on": "2030-01-01"}
    assert desk.post(f"{base}post-mortem-actions/", new).json()["actions"][0]["what"] == "Buy a disk"
    mine = desk.get("/api/v1/post-mortem-actions/").json()["results"]
    assert desk.post(f"/api/v1/post-mortem-actions/{mine[0]['id']}/finish/").json()["done_on"]
    assert desk.post(f"{base}retract-major/", {"reason": "A mistake"}).json()["state"] == "retracted"
    assert staff.get(address).status_code == 404


def test_proposals_and_settings(api, team):
    agent, admin, service = an_agent(team), an_administrator(), a_service(team)
    one, two = an_incident(service=service).ticket, an_incident(service=service).ticket
    desk = api(agent)
    assert desk.post(f"/api/v1/incidents/{one.number}/propose-major/", {"reason": "Orders"}).status_code == 204
    propose_major(two, reason="x", by=None)
    first, second = (row["id"] for row in desk.get("/api/v1/major-proposals/").json()["results"])
    assert desk.post(f"/api/v1/major-proposals/{first}/dismiss/").status_code == 204
    assert desk.post(f"/api/v1/major-proposals/{second}/accept/").json() == {"ticket": one.number, "tied": 0}
    assert desk.get("/api/v1/major-proposals/").json()["results"] == []
    assert api(a_person()).get("/api/v1/major-proposals/").status_code == 403

    settings = api(admin)
    assert settings.get("/api/v1/major-settings/").json()["reports"] == 5
    given = {"reports": 3, "within_minutes": 30, "stop_minutes": 15, "update_minutes": 20, "told": [agent.pk]}
    kept = settings.put("/api/v1/major-settings/", given | {"told_roles": [Role.REPORT_READER]}).json()
    assert (kept["reports"], kept["told"][0]["id"], kept["told_roles"]) == (3, agent.pk, ["report_reader"])
    assert settings.put("/api/v1/major-settings/", given | {"reports": 1}).status_code == 400
    assert desk.put("/api/v1/major-settings/", given).status_code == 403
