"""The escalation directory by API: entries, contracts, and taking a ticket outside."""

import pytest

from servicedesk.people.models import Role
from servicedesk.tickets.actions import assign
from tests.directory.test_directory import a_contract, an_entry
from tests.factories import a_person, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return an_agent(a_team())


@pytest.fixture
def ticket(agent):
    ticket = an_incident(team=agent.teams.get()).ticket
    assign(ticket, by=agent, via="page", assignee=agent)
    return ticket


@pytest.fixture
def contract():
    return a_contract(an_entry())


class TestDirectory:
    def test_from_the_entry_to_the_referral(self, api, ticket, agent, contract):
        client, lost = api(agent), api(an_agent())
        (found,) = client.get("/api/v1/referrals/fitting/", {"ticket": ticket.number}).json()
        assert (found["name"], found["contracts"][0]["left"]) == ("Sakura Network", "10.00")
        given = {"ticket": ticket.number, "entry": contract.entry_id, "contract": contract.pk, "used": "11"}
        refused = client.post("/api/v1/referrals/", given, format="json")
        assert (refused.status_code, list(refused.json()["errors"])) == (400, ["agreed"])
        made = client.post("/api/v1/referrals/", given | {"used": "1"}, format="json")
        assert made.status_code == 201
        address = f"/api/v1/referrals/{made.json()['id']}/"
        changed = client.patch(address, {"reference": "C-1"}, format="json").json()
        assert (changed["reference"], changed["used"]) == ("C-1", "1.00")
        assert lost.get(address).status_code == 404 and lost.get("/api/v1/referrals/").json()["results"] == []
        assert client.post(f"{address}undo/", {}, format="json").json()["undone_at"]
        contract.refresh_from_db()
        assert contract.used == 0

    def test_entries_and_contracts_are_administrators(self, api, agent):
        client = api(administrator := a_person(Role.ADMINISTRATOR, Role.AGENT))
        entry = {
            "kind": "vendor",
            "name": "Momiji",
            "email": "m@momiji.example",
            "owner": "me",
            "review_on": "2027-01-01",
        }
        assert api(agent).post("/api/v1/directory/", entry, format="json").status_code == 403
        made = client.post("/api/v1/directory/", entry, format="json").json()
        assert made["owner"]["id"] == administrator.pk
        wrong = {"entry": made["id"], "number": "1", "valid_from": "2026-02-01", "valid_to": "2026-01-01"}
        refused = client.post("/api/v1/contracts/", wrong, format="json")
        assert refused.json()["errors"] == {"valid_to": ["The contract ends before it starts."]}
        good = wrong | {"valid_to": "2027-01-01", "callers": [agent.email], "unit": "hours", "bought": "12.5"}
        assert client.post("/api/v1/contracts/", good, format="json").status_code == 201
        (shown,) = api(agent).get("/api/v1/directory/", {"q": "momiji"}).json()["results"]
        assert shown["contracts"][0]["callers"][0]["id"] == agent.pk
