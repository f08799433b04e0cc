"""The steps of an incident from its page, its fields and its priority."""

import json

import pytest

from incidents.actions import (
    accept_incident,
    ask_requester_incident,
    close_incident,
    resolve_incident,
    start_incident,
)
from incidents.models import CauseCode, Incident
from servicedesk.tickets.models import Category
from tests.factories import a_person, a_service, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def incident(team):
    return an_incident(team=team)


def address(incident, verb) -> str:
    return f"/incidents/{incident.ticket.number}/{verb}/"


def fresh(incident) -> Incident:
    return Incident.objects.select_related("ticket").get(pk=incident.pk)


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


def walk(incident, agent, steps) -> None:
    ways = {
        "accept": lambda: accept_incident(incident, by=agent, via="page"),
        "start": lambda: start_incident(incident, by=agent, via="page"),
        "ask": lambda: ask_requester_incident(incident, by=agent, via="page", message="When?"),
        "resolve": lambda: resolve_incident(incident, by=agent, via="page", resolution="Done"),
        "close": lambda: close_incident(incident, by=agent, via="page"),
    }
    for step in steps:
        ways[step]()


class TestEveryStep:
    @pytest.mark.parametrize("name", STEPS)
    def test_by_a_plain_form(self, visit, agent, incident, name):
        before, data, after = STEPS[name]
        walk(incident, agent, before)
        answer = visit(agent).post(address(incident, name), data)
        assert (answer.status_code, answer.url) == (303, incident.ticket.get_absolute_url())
        assert fresh(incident).ticket.status == after

    @pytest.mark.parametrize("name", STEPS)
    def test_by_htmx(self, visit, agent, incident, name):
        before, data, after = STEPS[name]
        walk(incident, agent, before)
        answer = visit(agent).post(address(incident, name), data, headers=HTMX)
        assert answer.status_code == 204
        assert json.loads(answer["HX-Trigger"])["ticket-changed"] == {"number": incident.ticket.number}
        assert fresh(incident).ticket.status == after

    @pytest.mark.parametrize("name", STEPS)
    def test_from_a_status_that_it_does_not_leave(self, visit, agent, incident, name):
        wrong = {"resume": [], "close": [], "reopen": []}.get(name, ["resolve", "close"])
        walk(incident, agent, wrong)
        before = fresh(incident).ticket.event_count
        answer = visit(agent).post(address(incident, name), STEPS[name][1], headers=HTMX)
        assert answer.status_code == 422
        html = answer.content.decode()
        assert "is not possible" in html
        assert "Somebody may have changed it just now." in html
        assert all(typed in html for typed in STEPS[name][1].values())
        assert fresh(incident).ticket.event_count == before

    @pytest.mark.parametrize("name", STEPS)
    def test_not_yours_is_not_there(self, visit, incident, name):
        page = visit(an_agent(a_team()))
        assert page.get(address(incident, name)).status_code == 404
        assert page.post(address(incident, name), STEPS[name][1]).status_code == 404
        assert fresh(incident).ticket.status == "new"

    @pytest.mark.parametrize("name", sorted(set(STEPS) - {"close", "reopen", "cancel"}))
    def test_the_requester_takes_no_step_of_the_desk(self, visit, incident, name):
        answer = visit(incident.ticket.requester).post(address(incident, name), STEPS[name][1])
        assert answer.status_code == 403
        assert fresh(incident).ticket.status == "new"

    @pytest.mark.parametrize(("name", "sentence"), [
        ("ask_requester", "Please fill this in."),
        ("resolve", "Please fill this in."),
        ("cancel", "Say why this is cancelled; the requester will read it."),
    ])  # fmt: skip
    def test_without_what_it_asks(self, visit, agent, incident, name, sentence):
        answer = visit(agent).post(address(incident, name), {})
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert fresh(incident).ticket.status == "new"

    @pytest.mark.parametrize("name", ["ask_requester", "wait_for_vendor", "wait_until", "resolve", "reopen", "cancel"])
    def test_the_form_comes_whole_and_as_a_part(self, visit, agent, incident, name):
        walk(incident, agent, STEPS[name][0])
        page = visit(agent)
        assert "<html" in page.get(address(incident, name)).content.decode()
        assert "<html" not in page.get(address(incident, name), headers=HTMX).content.decode()


class TestRequesterSteps:
    def test_confirms_that_it_is_solved(self, visit, agent, incident):
        walk(incident, agent, ["resolve"])
        answer = visit(incident.ticket.requester).post(address(incident, "close"))
        assert answer.status_code == 303
        assert fresh(incident).ticket.status == "closed"

    def test_withdraws_without_a_reason(self, visit, incident):
        visit(incident.ticket.requester).post(address(incident, "cancel"), {})
        assert fresh(incident).ticket.status == "cancelled"

    def test_a_refusal_keeps_the_frame_of_the_portal(self, visit, agent, incident):
        answer = visit(incident.ticket.requester).post(address(incident, "close"))
        assert answer.status_code == 422
        assert 'class="portal"' in answer.content.decode()


class TestResolve:
    def test_with_a_cause_and_a_human_error(self, visit, agent, incident):
        code = CauseCode.objects.get(code="hardware")
        data = {"resolution": "New disk", "code": code.pk, "human_error": "with_effect"}
        visit(agent).post(address(incident, "resolve"), data)
        after = fresh(incident)
        assert (after.cause_code, after.human_error, after.ticket.resolution) == (code, "with_effect", "New disk")

    def test_causes_stand_in_their_groups(self, visit, agent, incident):
        html = visit(agent).get(address(incident, "resolve")).content.decode()
        assert '<optgroup label="Regrettable">' in html


def change_data(incident, **changes) -> dict:
    ticket = fresh(incident).ticket
    requester = ticket.requester
    return {
        "title": ticket.title,
        "requester": f"{requester.display_name} <{requester.email}>",
        "service": ticket.service_id or "",
        "category": ticket.category_id or "",
        "impact": ticket.impact,
        "urgency": ticket.urgency,
        "language": ticket.language,
        "was": json.dumps(
            {
                "title": ticket.title,
                "requester": f"{requester.display_name} <{requester.email}>",
                "service": str(ticket.service_id or ""),
                "category": str(ticket.category_id or ""),
                "impact": str(ticket.impact),
                "urgency": str(ticket.urgency),
                "language": ticket.language,
                "cause_code": "",
                "human_error": "",
                "caused_by_change": "False",
                "is_security": "False",
            }
        ),
    } | changes


class TestChange:
    def test_fields_of_the_core_and_of_the_incident_together(self, visit, agent, team, incident):
        service = a_service(team)
        category = Category.objects.create(code="net", name="ネットワーク")
        person = a_person(name="Real Requester")
        data = change_data(
            incident,
            title="Better words",
            requester=person.email,
            service=service.pk,
            category=category.pk,
            impact=1,
            urgency=1,
            is_security="on",
        )
        answer = visit(agent).post(address(incident, "change"), data)
        assert answer.status_code == 303
        after = fresh(incident)
        ticket = after.ticket
        assert (ticket.title, ticket.requester, ticket.service, ticket.category) == (
            "Better words",
            person,
            service,
            category,
        )
        assert (ticket.impact, ticket.urgency, ticket.priority) == (1, 1, 1)
        assert after.is_security

    def test_nothing_changed_writes_nothing(self, visit, agent, incident):
        answer = visit(agent).post(address(incident, "change"), change_data(incident))
        assert answer.status_code == 303
        assert fresh(incident).ticket.event_count == incident.ticket.event_count

    def test_an_empty_title_is_refused(self, visit, agent, incident):
        answer = visit(agent).post(address(incident, "change"), change_data(incident, title=" "))
        assert answer.status_code == 422
        assert "Please fill this in." in answer.content.decode()

    def test_a_closed_one_is_refused_by_its_sentence(self, visit, agent, incident):
        data = change_data(incident, title="Too late")
        walk(incident, agent, ["resolve", "close"])
        answer = visit(agent).post(address(incident, "change"), data, headers=HTMX)
        assert answer.status_code == 422
        assert "is closed. Reopen it first." in answer.content.decode()
        assert "Too late" in answer.content.decode()

    def test_what_somebody_else_changed_meanwhile_is_not_set_back(self, visit, agent, incident):
        data = change_data(incident, title="Mine")
        other = visit(agent)
        other.post(address(incident, "change"), change_data(incident, impact=1))
        visit(agent).post(address(incident, "change"), data)
        assert (fresh(incident).ticket.title, fresh(incident).ticket.impact) == ("Mine", 1)

    def test_the_same_field_is_not_overwritten_unseen(self, visit, agent, incident):
        data = change_data(incident, title="Mine")
        page = visit(agent)
        page.post(address(incident, "change"), change_data(incident, title="Theirs"))
        answer = page.post(address(incident, "change"), data)
        assert answer.status_code == 422
        html = answer.content.decode()
        assert "Somebody changed this meanwhile to “Theirs”. Save again to keep yours." in html
        again = data | {"was": change_data(incident)["was"]}
        assert page.post(address(incident, "change"), again).status_code == 303
        assert fresh(incident).ticket.title == "Mine"

    def test_a_made_up_memory_of_the_form_does_no_harm(self, visit, agent, incident):
        for was in ("", "x", "[]", "{}", '{"title": 5}'):
            answer = visit(agent).post(address(incident, "change"), change_data(incident, was=was))
            assert answer.status_code in (303, 422)

    def test_not_for_others(self, visit, incident):
        assert visit(an_agent(a_team())).get(address(incident, "change")).status_code == 404
        assert visit(incident.ticket.requester).get(address(incident, "change")).status_code == 403


class TestPriority:
    def test_by_hand_with_a_reason_and_back(self, visit, agent, incident):
        page = visit(agent)
        page.post(address(incident, "priority"), {"priority": "1", "note": "Month end"})
        ticket = fresh(incident).ticket
        assert (ticket.priority, ticket.priority_reason, ticket.priority_note) == (1, "manual", "Month end")
        page.post(address(incident, "priority"), {"priority": "", "note": ""})
        assert fresh(incident).ticket.priority_reason == "matrix"

    def test_without_a_reason(self, visit, agent, incident):
        answer = visit(agent).post(address(incident, "priority"), {"priority": "1", "note": ""})
        assert answer.status_code == 422
        assert "Say why the matrix does not fit here." in answer.content.decode()

    def test_shows_what_the_matrix_says(self, visit, agent, incident):
        assert "from the matrix" in visit(agent).get(address(incident, "priority")).content.decode()

    def test_not_for_others(self, visit, incident):
        assert visit(an_agent(a_team())).post(address(incident, "priority"), {"priority": "1"}).status_code == 404
