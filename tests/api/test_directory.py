"""The escalation directory by API: entries, contracts, and taking a ticket outside."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from servicedesk.directory.models import Contract, Entry
from servicedesk.people.models import Role
from servicedesk.tickets.actions import assign
from tests.directory.test_directory import a_contract, an_entry
from tests.factories import a_person, a_team, an_administrator, an_agent, an_incident

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

    def test_goes_out_as_json_and_comes_in_after_a_look(self, api, agent, contract):
        client, address = api(an_administrator()), "/api/v1/directory/import/"
        document = api(agent).get("/api/v1/directory/export/").json()
        (entry,) = document["entries"]
        (known,) = entry["contracts"]
        assert (entry["kind"], known["number"], known["bought"]) == ("vendor", "SN-1", 10)
        entry["phone"], new = "03-5550-1", {**known, "number": "SN-2", "hours": "24h", "channels": ["phone", "mail"]}
        entry["contracts"].append(new)
        look = client.post(f"{address}?dry_run=1", document, format="json")
        said = look.json()
        assert (look.status_code, said["created"], said["changed"], said["rejected"]) == (202, 1, 1, [])
        assert Contract.objects.count() == 1 and not Entry.objects.get().phone
        assert client.post(address, document, format="json").json()["created"] == 1
        again = SimpleUploadedFile("directory.json", json.dumps(document).encode())
        assert client.post(address, {"file": again}, format="multipart").json()["unchanged"] == 2
        made = Contract.objects.get(number="SN-2")
        assert (made.around_the_clock, made.channels, Entry.objects.get().phone) == (
            True,
            ["phone", "mail"],
            "03-5550-1",
        )
        assert api(agent).post(address, document, format="json").status_code == 403

    @pytest.mark.parametrize(
        ("given", "field", "sentence"),
        [
            ({}, "entries", "Give either"), ({"entries": 1}, "entries", "no list"),
            ({"entries": []}, "entries", "no entry"), ({"entries": [1]}, "entries", "no object"),
            ({"entries": [{"nmae": "X"}]}, "entries", "Did you mean “name”?"),
            ({"entries": [{"name": "X", "notes": {}}]}, "entries", "a text or a list"),
            ({"entries": [{"name": "X", "contracts": [{}]}]}, "entries", "needs its number"),
            ({"entries": [{"name": "A"}, {"name": "B", "kind": "friend"}]}, "lines.2", "there is no “friend”"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_refused_at_its_place_and_nothing_is_written(self, api, given, field, sentence):
        answer = api(an_administrator()).post("/api/v1/directory/import/", given, format="json")
        assert answer.status_code == 400 and sentence in answer.json()["errors"][field][0]
        assert not Entry.objects.exists()
