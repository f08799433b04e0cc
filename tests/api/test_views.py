"""Saved views by API."""

import pytest

from servicedesk.desk.models import SavedView
from servicedesk.people.models import Role
from tests.factories import a_person, a_team, a_ticket, an_agent

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/views/"


@pytest.fixture
def team():
    return a_team(code="first")


@pytest.fixture
def agent(team):
    return an_agent(team)


def create(client, **fields):
    return client.post(ADDRESS, {"name": "Hot", "filters": {"priority": ["1"]}} | fields, format="json")


class TestViews:
    def test_created_read_changed_deleted_restored(self, api, agent):
        client = api(agent)
        answer = create(client, sort="due", columns=["team", "due"], group="", density="compact")
        assert answer.status_code == 201
        said = answer.json()
        assert {name: said[name] for name in ("name", "team", "view", "filters", "sort", "columns", "is_pinned")} == {
            "name": "Hot", "team": None, "view": "all", "filters": {"priority": ["1"]}, "sort": "due",
            "columns": ["team", "due"], "is_pinned": True,
        }  # fmt: skip
        assert said["url"].endswith(f"/desk/?saved={said['id']}")
        one = f"{ADDRESS}{said['id']}/"
        changed = client.patch(one, {"filters": {"type": ["request"]}, "is_pinned": False}, format="json").json()
        assert (changed["filters"], changed["sort"], changed["columns"], changed["is_pinned"]) == (
            {"type": ["request"]}, "due", ["team", "due"], False,
        )  # fmt: skip
        assert [row["id"] for row in client.get(ADDRESS).json()["results"]] == [said["id"]]
        assert client.delete(one).status_code == 204
        assert client.get(one).status_code == 404
        assert client.post(f"{one}restore/", {}, format="json").json()["name"] == "Hot"

    @pytest.mark.parametrize(("fields", "field", "sentence"), [
        ({"filters": {"prority": ["1"]}}, "filters", "it was left out. Did you mean “priority”?"),
        ({"filters": {"status": ["resolvd"]}}, "status", "Did you mean “resolved”?"),
        ({"columns": ["weight"]}, "columns.0", "is not a valid choice"),
        ({"nam": "x"}, "nam", "Did you mean “name”?"),
    ])  # fmt: skip
    def test_what_is_not_known_is_refused_with_the_nearest(self, api, agent, fields, field, sentence):
        answer = create(api(agent), **fields)
        assert answer.status_code == 400
        assert sentence in answer.json()["errors"][field][0]

    def test_its_tickets_come_in_its_order_and_widen_nothing(self, api, team, agent):
        low, high = a_ticket(team=team), a_ticket(team=team, impact=1, urgency=1)
        a_ticket(team=a_team())
        client = api(agent)
        one = create(client, filters={}).json()["id"]
        rows = client.get(f"{ADDRESS}{one}/tickets/").json()["results"]
        assert [row["number"] for row in rows] == [high.number, low.number]

    def test_what_is_missing_is_said(self, api, agent):
        gone = a_team(code="gone")
        client = api(agent)
        one = create(client, filters={"team": ["gone"]}).json()["id"]
        gone.delete()
        assert client.get(f"{ADDRESS}{one}/").json()["missing"] == [
            "“gone” is nothing that “Team” knows; it was left out."
        ]

    def test_a_lead_gives_and_takes_back_and_members_only_read(self, api, team, agent):
        lead = a_person(Role.AGENT, Role.LEAD, teams=[team])
        one = create(api(lead), team="first").json()["id"]
        client = api(agent)
        assert client.get(f"{ADDRESS}{one}/").json()["team"]["code"] == "first"
        assert client.patch(f"{ADDRESS}{one}/", {"name": "x"}, format="json").status_code == 403
        assert create(client, team="first").json()["errors"]["team"] == [
            "Who leads the team decides which views it has."
        ]
        assert api(lead).patch(f"{ADDRESS}{one}/", {"team": None}, format="json").json()["team"] is None
        assert SavedView.objects.get(pk=one).owner == lead
        assert api(agent).get(f"{ADDRESS}{one}/").status_code == 404

    def test_not_for_staff_nor_to_write_with_a_token_that_reads(self, api, by_token, agent):
        assert api(a_person()).get(ADDRESS).status_code == 403
        client = by_token(agent, "read")
        assert client.get(ADDRESS).status_code == 200
        assert create(client).status_code == 403

    @pytest.mark.parametrize("many", [1, 3])
    def test_queries_are_the_same_however_many(self, api, agent, many, django_assert_num_queries):
        for turn in range(many):
            a_team(code=f"x{turn}")
            SavedView.objects.create(owner=agent, name=f"v{turn}", base="all", filters={"team": [f"x{turn}"]})
        client = api(agent)
        client.get(ADDRESS)
        with django_assert_num_queries(7):
            assert len(client.get(ADDRESS).json()["results"]) == many
