"""Calendars, ranks and agreements by API."""

import pytest

from servicedesk.levels.actions import create_calendar
from servicedesk.levels.models import Rank
from servicedesk.tickets.delivery import deliver_waiting
from tests.factories import a_person, a_service, a_team, an_administrator, an_agent, an_incident
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


class TestRanks:
    TARGETS = [
        {"priority": priority, "response_minutes": 30, "resolution_minutes": 60 * priority, "around_the_clock": False}
        for priority in (1, 2, 3, 4)
    ]

    def test_are_made_changed_and_tried_without_writing(self, api, admin):
        ticket = an_incident(impact=4, urgency=1).ticket
        deliver_waiting()
        client = api(admin)
        made = client.post("/api/v1/ranks/", {"name": "特", "targets": self.TARGETS}, format="json").json()
        assert (made["targets"], made["place"], made["is_default"]) == (self.TARGETS, 4, False)
        usual = Rank.objects.get(is_default=True)
        address = f"/api/v1/ranks/{usual.pk}/"
        tried = client.patch(f"{address}?dry_run=1", {"targets": self.TARGETS}, format="json")
        moves = tried.json()["moves"]
        assert (tried.status_code, moves["tickets"], moves["earlier"]) == (202, 1, 1)
        assert {row["clock"] for row in moves["clocks"]} == {"response", "resolution"}
        assert moves["clocks"][0]["ticket"]["number"] == ticket.number
        assert client.get(address).json()["targets"] != self.TARGETS
        assert client.patch(address, {"targets": self.TARGETS}, format="json").json()["targets"] == self.TARGETS
        refused = client.patch(address, {"targets": self.TARGETS[:3]}, format="json").json()
        assert list(refused["errors"]) == ["targets"]
        assert api(an_agent()).get("/api/v1/ranks/").status_code == 200
        assert api(an_agent()).patch(address, {}, format="json").status_code == 403

    def test_services_have_one(self, api, admin):
        service, gold = a_service(), Rank.objects.first()
        client, address = api(admin), f"/api/v1/service-levels/{service.code}/"
        body = client.patch(address, {"rank": gold.pk}, format="json").json()
        assert (body["rank"]["id"], body["calendar"], body["service"]["code"]) == (gold.pk, None, service.code)
        assert client.get("/api/v1/service-levels/").json()["results"] == [body]
        assert client.patch(address, {"rank": 999}, format="json").status_code == 400
        assert client.patch(address, {"rank": None}, format="json").json()["rank"] is None
        assert client.patch(f"{address}?dry_run=1", {"rank": gold.pk}, format="json").json()["moves"]["tickets"] == 0


def test_agreements_are_made_tried_and_changed(api, admin):
    client, team = api(admin), a_team()
    ticket = an_incident(team=team, impact=3, urgency=1).ticket
    targets = [{"priority": 2, "minutes": 240}]
    given = {"name": "Network", "kind": "team", "team": team.code, "targets": targets}
    made = client.post("/api/v1/agreements/", given, format="json").json()
    assert (made["team"]["code"], made["targets"], made["calendar"]) == (team.code, targets, None)
    address = f"/api/v1/agreements/{made['id']}/"
    tried = client.patch(f"{address}?dry_run=1", {"is_active": False}, format="json")
    moves = tried.json()["moves"]
    assert (tried.status_code, moves["tickets"], moves["ended"]) == (202, 1, 1)
    (clock,) = moves["clocks"]
    assert (clock["ticket"]["number"], clock["agreement"], clock["new_due_at"]) == (ticket.number, "Network", None)
    assert client.get(address).json()["is_active"] is True
    assert client.patch(address, {"is_active": False}, format="json").json()["is_active"] is False
    assert list(client.patch(address, {"targets": []}, format="json").json()["errors"]) == ["minutes"]
    assert api(an_agent()).get(address).status_code == 200
    assert api(a_person()).get(address).status_code == 403
