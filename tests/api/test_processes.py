"""Incidents and service requests by API: every transition, done and refused, with its events."""

import pytest

from incidents.models import CauseCode
from incidents.workflow import WORKFLOW as INCIDENTS
from requests.workflow import WORKFLOW as REQUESTS
from servicedesk.api import router
from tests.factories import a_service, a_service_request, a_team, an_agent, an_incident, events_of

pytestmark = pytest.mark.django_db

ASSIGNED = ("assign", "accept")
# What to hand in, the status afterwards, the verbs of the events, and what is refused: (body, field) or None for a
# transition that needs nothing.
STEPS = {
    "accept": ({}, "assigned", ASSIGNED, None),
    "start": ({}, "in_progress", (*ASSIGNED, "start"), None),
    "ask_requester": ({"message": "Which?"}, "waiting_requester", ("ask_requester", "reply"), ({}, "message")),
    "wait_for_vendor": ({"note": "Ordered"}, "waiting_vendor", ("wait_for_vendor", "note"), None),
    "wait_until": (
        {"agreed_on": "2027-04-01"},
        "waiting_date",
        ("wait_until",),
        ({"agreed_on": "2020-01-01"}, "agreed_on"),
    ),
    "resolve": ({"resolution": "Done"}, "resolved", ("resolve",), ({"resolution": ""}, "resolution")),
    "cancel": ({"reason": "Twice"}, "cancelled", ("cancel", "reply"), ({}, "reason")),
}
LATER = {
    "resume": ("wait_for_vendor", {}, {}, "in_progress", None),
    "close": ("resolve", {"resolution": "Done"}, {}, "closed", None),
    "reopen": ("resolve", {"resolution": "Done"}, {"reason": "Not yet"}, "in_progress", ({}, "reason")),
}


@pytest.fixture(params=["incidents", "requests"])
def case(request, api):
    """(client of an agent of the team, client of the requester, ticket, address)."""
    team = a_team()
    make = an_incident if request.param == "incidents" else a_service_request
    ticket = make(service=a_service(team)).ticket
    return api(an_agent(team)), api(ticket.requester), ticket, f"/api/v1/{request.param}/{ticket.number}/"


class TestTransitions:
    @pytest.mark.parametrize("name", STEPS)
    def test_done(self, case, name):
        desk, _requester, ticket, address = case
        body, status, verbs, _refused = STEPS[name]
        answer = desk.post(f"{address}{name}/", body)
        assert answer.status_code == 200
        assert answer.json()["status"] == status
        assert tuple(verb for verb, _data in events_of(ticket)) == ("open", *verbs)

    @pytest.mark.parametrize("name", LATER)
    def test_done_later(self, case, name):
        desk, _requester, ticket, address = case
        first, first_body, body, status, _refused = LATER[name]
        desk.post(f"{address}{first}/", first_body)
        answer = desk.post(f"{address}{name}/", body)
        assert (answer.status_code, answer.json()["status"]) == (200, status)
        assert name in [verb for verb, _data in events_of(ticket)]

    @pytest.mark.parametrize("name", [name for name, step in STEPS.items() if step[3]])
    def test_refused_without_what_it_asks_for(self, case, name):
        desk, _requester, ticket, address = case
        body, field = STEPS[name][3]
        answer = desk.post(f"{address}{name}/", body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert events_of(ticket) == [("open", {"channel": "portal"})]

    @pytest.mark.parametrize("name", LATER)
    def test_refused_in_the_wrong_status(self, case, name):
        desk, _requester, _ticket, address = case
        answer = desk.post(f"{address}{name}/", LATER[name][2])
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_status")

    @pytest.mark.parametrize("name", ["accept", "start", "ask_requester", "wait_for_vendor", "resolve"])
    def test_the_desks_own_are_not_for_the_requester(self, case, name):
        _desk, requester, ticket, address = case
        assert requester.post(f"{address}{name}/", STEPS[name][0]).status_code == 403
        assert events_of(ticket) == [("open", {"channel": "portal"})]

    def test_the_requester_withdraws_without_a_reason(self, case):
        _desk, requester, _ticket, address = case
        assert requester.post(f"{address}cancel/").json()["status"] == "cancelled"

    def test_every_transition_of_the_workflow_has_its_address(self):
        names = {url.name for url in router.urls}
        for kind, workflow in (("incident", INCIDENTS), ("request", REQUESTS)):
            for transition in workflow.transitions:
                prefix = "ticket" if transition.apart else kind
                assert f"{prefix}-{transition.name.replace('_', '-')}" in names

    def test_get_does_nothing(self, case):
        desk, _requester, ticket, address = case
        assert desk.get(f"{address}start/").status_code == 405
        assert events_of(ticket) == [("open", {"channel": "portal"})]


class TestIncident:
    @pytest.fixture
    def incident(self):
        return an_incident(service=a_service(a_team()))

    def test_resolve_keeps_the_cause_for_the_desk(self, api, incident):
        CauseCode.objects.create(code="cx", group="other", name="不明", name_en="Unknown")
        agent, address = an_agent(incident.ticket.service.team), f"/api/v1/incidents/{incident.ticket.number}/"
        body = {"resolution": "Done", "cause_code": "cx", "human_error": "without_effect"}
        answer = api(agent).post(f"{address}resolve/", body).json()
        assert (answer["cause_code"], answer["human_error"]) == ("cx", "without_effect")
        theirs = api(incident.ticket.requester).get(address).json()
        assert (theirs["cause_code"], theirs["human_error"], theirs["resolution"]) == (None, "", "Done")

    def test_change_and_what_it_refuses(self, api, incident):
        agent, address = an_agent(incident.ticket.service.team), f"/api/v1/incidents/{incident.ticket.number}/change/"
        assert api(agent).post(address, {"is_security": True}).json()["is_security"] is True
        assert events_of(incident.ticket)[-1] == ("change", {"changes": {"is_security": [False, True]}})
        assert list(api(agent).post(address, {"cause_code": "none"}).json()["errors"]) == ["cause_code"]
        assert api(incident.ticket.requester).post(address, {"is_security": True}).status_code == 403

    def test_cause_codes_are_listed(self, api, incident):
        CauseCode.objects.create(code="cy", group="other", name="不明", name_en="Unknown", is_active=False)
        codes = [row["code"] for row in api(incident.ticket.requester).get("/api/v1/cause-codes/").json()]
        assert "cy" not in codes


class TestServiceRequest:
    def test_change_and_what_it_refuses(self, api):
        ticket = a_service_request(service=a_service()).ticket
        agent, address = an_agent(ticket.service.team), f"/api/v1/requests/{ticket.number}/change/"
        assert api(agent).post(address, {"delivery_on": "2030-04-01"}).json()["delivery_on"] == "2030-04-01"
        assert list(api(agent).post(address, {"delivery_on": "soon"}).json()["errors"]) == ["delivery_on"]
        assert api(ticket.requester).post(address, {"kind": "request"}).status_code == 403
