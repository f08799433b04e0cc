"""Business rules by API: documents in and out, versions, order, firings, trial."""

import pytest

from servicedesk.escalation.running import judge_waiting
from servicedesk.people.jobs import run_next_job
from servicedesk.tickets.delivery import deliver_waiting
from tests.factories import a_ticket, an_administrator, an_agent

pytestmark = pytest.mark.django_db
RULES = "/api/v1/rules/"


def test_a_rule_is_made_changed_ordered_taken_in_tried_and_says_what_it_did(api):
    admin = api(an_administrator())
    document = {"name": "Hot", "trigger": "created", "actions": [{"do": "add_tag", "tag": "hot"}]}
    wrong = admin.post(RULES, {"document": document | {"actions": [{"do": "add_tga"}]}})
    assert (wrong.status_code, wrong.json()["errors"]) == (
        400, {"actions": ["There is no action “add_tga”. Did you mean “add_tag”?"]},
    )  # fmt: skip
    made = admin.post(RULES, {"document": document, "why": "Try"})
    assert made.status_code == 201 and made.json()["document"]["actions"] == [{"do": "add_tag", "tags": ["hot"]}]
    own = f"{RULES}{made.json()['id']}/"
    changed = admin.patch(own, {"document": made.json()["document"] | {"stop": True}, "why": "Enough"})
    assert (changed.json()["version"], changed.json()["document"]["stop"]) == (2, True)
    assert [(one["number"], one["why"]) for one in admin.get(f"{own}versions/").json()] == [(2, "Enough"), (1, "Try")]
    taken = admin.post(f"{RULES}import/", {"rules": [changed.json()["document"], document | {"name": "Cold"}]})
    assert [one["name"] for one in taken.json()] == ["Hot", "Cold"]
    assert admin.post(f"{RULES}order/", {"order": [taken.json()[1]["id"]]}).status_code == 204
    assert [one["name"] for one in admin.get(RULES).json()["results"]] == ["Cold", "Hot"]
    ticket = a_ticket()
    assert admin.get("/api/v1/rule-trial/").status_code == 404
    assert admin.post("/api/v1/rule-trial/", {"document": document, "days": 1}).status_code == 202
    run_next_job()
    tried = admin.get("/api/v1/rule-trial/").json()
    assert (tried["state"], tried["tried"], tried["would_fire"]) == ("done", 1, 1)
    assert tried["tickets"] == [{"ticket": ticket.number, "changes": ["Tags: none → hot"]}]
    deliver_waiting()
    judge_waiting()
    cold = f"{RULES}{taken.json()[1]['id']}/firings/"
    agent = api(an_agent())
    assert [one["ticket"] for one in agent.get(cold).json()["results"]] == [ticket.number]
    assert agent.post(RULES, {"document": document}).status_code == 403
