"""The steps of a service request from its page, its fields and its priority."""

import json

import pytest

from requests.actions import (
    accept_service_request,
    ask_requester_service_request,
    close_service_request,
    resolve_service_request,
    start_service_request,
)
from requests.models import ServiceRequest
from tests.factories import a_service_request, a_team, an_agent, events_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def service_request(team):
    return a_service_request(team=team)


def address(service_request, verb) -> str:
    return f"/requests/{service_request.ticket.number}/{verb}/"


def fresh(service_request) -> ServiceRequest:
    return ServiceRequest.objects.select_related("ticket").get(pk=service_request.pk)


# step: (statuses walked through before, data, status after)
STEPS = {
    "accept": ([], {}, "assigned"),
    "start": (["accept"], {}, "in_progress"),
    "ask_requester": (["start"], {"message": "Since when?"}, "waiting_requester"),
    "wait_for_vendor": (["start"], {"note_text": "Case 42"}, "waiting_vendor"),
    "wait_until": (["start"], {"agreed_on": "2027-04-01", "note_text": "After the move"}, "waiting_date"),
    "resume": (["start", "ask"], {}, "in_progress"),
    "resolve": (["start"], {"resolution": "New cable"}, "resolved"),
    "close": (["resolve"], {}, "closed"),
    "reopen": (["resolve"], {"reason": "Still dead"}, "in_progress"),
    "cancel": ([], {"reason": "Asked twice"}, "cancelled"),
}


def walk(service_request, agent, steps) -> None:
    ways = {
        "accept": lambda: accept_service_request(service_request, by=agent, via="page"),
        "start": lambda: start_service_request(service_request, by=agent, via="page"),
        "ask": lambda: ask_requester_service_request(service_request, by=agent, via="page", message="When?"),
        "resolve": lambda: resolve_service_request(service_request, by=agent, via="page", resolution="Done"),
        "close": lambda: close_service_request(service_request, by=agent, via="page"),
    }
    for step in steps:
        ways[step]()


class TestEveryStep:
    @pytest.mark.parametrize("name", STEPS)
    def test_by_a_plain_form(self, visit, agent, service_request, name):
        before, data, after = STEPS[name]
        walk(service_request, agent, before)
        answer = visit(agent).post(address(service_request, name), data)
        assert (answer.status_code, answer.url) == (303, service_request.ticket.get_absolute_url())
        assert fresh(service_request).ticket.status == after

    @pytest.mark.parametrize("name", STEPS)
    def test_by_htmx(self, visit, agent, service_request, name):
        before, data, after = STEPS[name]
        walk(service_request, agent, before)
        answer = visit(agent).post(address(service_request, name), data, headers=HTMX)
        assert answer.status_code == 204
        assert json.loads(answer["HX-Trigger"])["ticket-changed"] == {"number": service_request.ticket.number}
        assert fresh(service_request).ticket.status == after

    @pytest.mark.parametrize("name", STEPS)
    def test_from_a_status_that_it_does_not_leave(self, visit, agent, service_request, name):
        wrong = {"resume": [], "close": [], "reopen": []}.get(name, ["resolve", "close"])
        walk(service_request, agent, wrong)
        before = fresh(service_request).ticket.event_count
        answer = visit(agent).post(address(service_request, name), STEPS[name][1], headers=HTMX)
        assert answer.status_code == 422
        html = answer.content.decode()
        assert "is not possible" in html
        assert "Somebody may have changed it just now." in html
        assert all(typed in html for typed in STEPS[name][1].values())
        assert fresh(service_request).ticket.event_count == before

    @pytest.mark.parametrize("name", STEPS)
    def test_not_yours_is_not_there(self, visit, service_request, name):
        page = visit(an_agent(a_team()))
        assert page.get(address(service_request, name)).status_code == 404
        assert page.post(address(service_request, name), STEPS[name][1]).status_code == 404
        assert fresh(service_request).ticket.status == "new"

    @pytest.mark.parametrize("name", sorted(set(STEPS) - {"close", "reopen", "cancel"}))
    def test_the_requester_takes_no_step_of_the_desk(self, visit, service_request, name):
        answer = visit(service_request.ticket.requester).post(address(service_request, name), STEPS[name][1])
        assert answer.status_code == 403
        assert fresh(service_request).ticket.status == "new"

    @pytest.mark.parametrize(("name", "sentence"), [
        ("ask_requester", "Please fill this in."),
        ("resolve", "Please fill this in."),
        ("cancel", "Say why this is cancelled; the requester will read it."),
    ])  # fmt: skip
    def test_without_what_it_asks(self, visit, agent, service_request, name, sentence):
        answer = visit(agent).post(address(service_request, name), {})
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert fresh(service_request).ticket.status == "new"

    @pytest.mark.parametrize("name", ["ask_requester", "wait_for_vendor", "wait_until", "resolve", "reopen", "cancel"])
    def test_the_form_comes_whole_and_as_a_part(self, visit, agent, service_request, name):
        walk(service_request, agent, STEPS[name][0])
        page = visit(agent)
        assert "<html" in page.get(address(service_request, name)).content.decode()
        assert "<html" not in page.get(address(service_request, name), headers=HTMX).content.decode()


class TestRequesterSteps:
    def test_confirms_that_it_is_solved(self, visit, agent, service_request):
        walk(service_request, agent, ["resolve"])
        answer = visit(service_request.ticket.requester).post(address(service_request, "close"))
        assert answer.status_code == 303
        assert fresh(service_request).ticket.status == "closed"

    def test_withdraws_without_a_reason(self, visit, service_request):
        visit(service_request.ticket.requester).post(address(service_request, "cancel"), {})
        assert fresh(service_request).ticket.status == "cancelled"

    def test_a_refusal_keeps_the_frame_of_the_portal(self, visit, agent, service_request):
        answer = visit(service_request.ticket.requester).post(address(service_request, "close"))
        assert answer.status_code == 422
        assert 'class="portal"' in answer.content.decode()


class TestChange:
    def test_kind_and_delivery_date(self, visit, agent, service_request):
        ticket = service_request.ticket
        page = visit(agent)
        form = page.get(address(service_request, "change")).context["form"]
        data = {
            "title": ticket.title,
            "requester": ticket.requester.email,
            "impact": ticket.impact,
            "urgency": ticket.urgency,
            "language": ticket.language,
            "kind": "request",
            "delivery_on": "2027-04-01",
            "was": form["was"].value(),
        }
        assert page.post(address(service_request, "change"), data).status_code == 303
        after = fresh(service_request)
        assert (after.kind, str(after.delivery_on)) == ("request", "2027-04-01")
        assert [verb for verb, _data in events_of(ticket)] == ["open", "change"]

    def test_an_unknown_kind(self, visit, agent, service_request):
        answer = visit(agent).post(address(service_request, "change"), {"kind": "gift"})
        assert answer.status_code == 422

    def test_not_for_others(self, visit, service_request):
        assert visit(an_agent(a_team())).get(address(service_request, "change")).status_code == 404


class TestPriority:
    def test_by_hand(self, visit, agent, service_request):
        visit(agent).post(address(service_request, "priority"), {"priority": "2", "note": "The board waits"})
        assert fresh(service_request).ticket.priority == 2

    def test_without_a_reason(self, visit, agent, service_request):
        assert visit(agent).post(address(service_request, "priority"), {"priority": "2"}).status_code == 422
