"""Exports by API."""

import pytest

from servicedesk.desk.models import Export
from servicedesk.people.jobs import run_next_job
from tests.factories import a_person, a_team, a_ticket, an_agent

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/exports/"


@pytest.fixture
def agent():
    return an_agent(a_team())


class TestExports:
    def test_asked_for_waited_for_fetched_deleted(self, api, agent):
        ticket = a_ticket(team=agent.teams.get(), impact=1, urgency=1)
        a_ticket(team=agent.teams.get())
        client = api(agent)
        answer = client.post(ADDRESS, {"filters": {"priority": ["1"]}, "columns": ["team"]}, format="json")
        assert answer.status_code == 202
        said = answer.json()
        assert (said["state"], said["label"], said["format"], said["file"]) == ("waiting", "All open", "csv", None)
        one = f"{ADDRESS}{said['id']}/"
        assert client.get(f"{one}download/").status_code == 404
        run_next_job()
        said = client.get(one).json()
        assert (said["state"], said["rows"], said["done"], said["total"]) == ("done", 1, 1, 1)
        content = b"".join(client.get(said["file"]).streaming_content).decode("utf-8-sig")
        assert content.splitlines()[1].startswith(f"{ticket.number},")
        assert [row["id"] for row in client.get(ADDRESS).json()] == [said["id"]]
        assert client.delete(one).status_code == 204
        assert not Export.objects.exists()

    def test_of_a_saved_view(self, api, agent):
        client = api(agent)
        view = client.post("/api/v1/views/", {"name": "Hot", "filters": {"priority": ["1"]}}, format="json").json()[
            "id"
        ]
        said = client.post(ADDRESS, {"saved": view, "format": "xlsx"}, format="json").json()
        assert (said["label"], said["format"], Export.objects.get().query) == ("Hot", "xlsx", "view=all&priority=1")
        assert client.post(ADDRESS, {"saved": view + 1}, format="json").status_code == 404

    def test_what_is_not_known_is_refused(self, api, agent):
        answer = api(agent).post(ADDRESS, {"filters": {"prority": ["1"]}}, format="json")
        assert answer.status_code == 400
        assert "Did you mean “priority”?" in answer.json()["errors"]["filters"][0]
        assert api(agent).post(ADDRESS, {"format": "exe"}, format="json").status_code == 400

    def test_those_of_others_are_not_there(self, api, agent):
        one = api(agent).post(ADDRESS, {}, format="json").json()["id"]
        other = api(an_agent(agent.teams.get()))
        assert other.get(f"{ADDRESS}{one}/").status_code == other.delete(f"{ADDRESS}{one}/").status_code == 404
        assert api(a_person()).get(ADDRESS).status_code == 403
