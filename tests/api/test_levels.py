"""Calendars, ranks and agreements by API."""

import pytest

from servicedesk.levels.actions import create_calendar
from tests.factories import a_person, a_team, an_administrator, an_agent
from tests.levels.test_hours import TOKYO

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return an_administrator()


class TestCalendars:
    def test_makes_reads_and_changes_in_the_form_of_the_file(self, api, admin):
        team = a_team()
        client = api(admin)
        made = client.post("/api/v1/calendars/", TOKYO | {"teams": [team.code]}, format="json").json()
        assert {name: made[name] for name in TOKYO} == TOKYO and [one["code"] for one in made["teams"]] == [team.code]
        address = f"/api/v1/calendars/{made['id']}/"
        body = client.patch(address, {"closed": [], "is_default": True}, format="json").json()
        assert (body["closed"], body["is_default"], body["teams"]) == ([], True, made["teams"])
        asked = {"from": "2026-12-28T11:30+09:00", "minutes": 300}
        due = api(an_agent()).get(f"{address}due/", asked).json()
        assert due["due_at"] == "2026-12-29T14:30:00+09:00"
        assert due["intervals"][0] == ["2026-12-28T11:30:00+09:00", "2026-12-28T12:00:00+09:00"]
        assert [row["name"] for row in api(an_agent()).get("/api/v1/calendars/").json()["results"]] == ["Tokyo", "本社"]

    def test_refuses_with_the_field(self, api, admin):
        tokyo = create_calendar(**TOKYO, by=admin, via="page")
        client, address = api(admin), f"/api/v1/calendars/{tokyo.pk}/"
        body = {"weekly": {"mon": [["09:00", "12:30"], ["12:00", "13:00"]]}}
        assert list(client.patch(address, body, format="json").json()["errors"]) == ["weekly.mon"]
        assert list(client.get(f"{address}due/", {"from": "soon", "minutes": 1}).json()["errors"]) == ["from"]
        assert api(an_agent()).patch(address, {}, format="json").status_code == 403
        assert api(a_person()).get(address).status_code == 403
        assert client.get("/api/v1/calendars/999/").status_code == 404
