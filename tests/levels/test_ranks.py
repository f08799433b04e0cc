"""Ranks, the levels of services, and agreements in the settings."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from servicedesk.levels.actions import change_agreement, change_rank, create_agreement, create_rank, set_service_levels
from servicedesk.levels.models import Agreement, Calendar, Rank, ServiceLevel
from servicedesk.levels.rank_json import Target, targets_of
from servicedesk.people.models import AuditEntry
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_service, a_team, an_administrator, an_agent

pytestmark = pytest.mark.django_db
TYPED = {
    "name": "特", "name_en": "Platinum", "warn_at": "５０％, 90", "is_active": "on",
    "p1_response": "15", "p1_resolution": "２h", "p1_around": "on", "p2_response": "30m", "p2_resolution": "4h",
    "p3_response": "4h", "p3_resolution": "2d", "p4_response": "1d", "p4_resolution": "5d",
}  # fmt: skip
TARGETS = {1: Target(15, 120, True), 2: Target(30, 240), 3: Target(240, 960), 4: Target(480, 2400)}


@pytest.fixture
def admin():
    return an_administrator()


class TestRanks:
    def test_a_rank_is_made_shown_changed_moved_and_taken_out_of_use(self, visit, admin):
        client = visit(admin)
        assert client.post("/settings/ranks/new/", TYPED).status_code == 303
        rank = Rank.objects.get(name="特")
        assert (targets_of(rank), rank.warn_at, rank.place) == (TARGETS, [50, 90], 4)
        address = f"/settings/ranks/{rank.pk}/"
        shown = client.get(address).content.decode()
        assert 'value="2d"' in shown and 'value="2h"' in shown and 'value="50, 90"' in shown
        assert client.post(address, TYPED | {"p4_resolution": "6d"}).status_code == 303
        client.post(f"{address}move/", {"up": "1"})
        assert list(Rank.objects.values_list("name_en", flat=True)) == ["Gold", "Silver", "Platinum", "Bronze"]
        service = a_service(name="VPN", name_en="VPN")
        set_service_levels({service: (rank, None)}, by=admin, via="page")
        refused = client.post(address, TYPED | {"is_active": ""})
        assert refused.status_code == 422 and "Still the rank of: VPN." in refused.content.decode()
        log = client.get(reverse("desk:audit"), {"what": "levels.rank"}).content.decode()
        assert "first response 15m, resolution 2h, around the clock" in log and "resolution 5d" in log
        assert "Platinum" in client.get("/settings/ranks/").content.decode()

    @pytest.mark.parametrize(
        ("typed", "field", "words"),
        [
            ({"p2_response": "soon"}, "p2_response", "no length of time"),
            ({"p1_resolution": "1d"}, "p1_resolution", "24h"),
            ({"p3_response": "3d"}, "p3_response", "due before the resolution"),
            ({"p4_resolution": "99999999"}, "p4_resolution", "1 minute and one year"),
            ({"p4_response": ""}, "p4_response", "Please fill this in."),
            ({"warn_at": "75, 120"}, "warn_at", "from 1 to 99"),
            ({"name": "竹"}, "name", "There is a rank “竹” already."),
        ],
    )
    def test_a_refusal_stands_at_its_field_and_saves_nothing(self, visit, admin, typed, field, words):
        answer = visit(admin).post("/settings/ranks/new/", TYPED | typed)
        shown = answer.content.decode()
        assert answer.status_code == 422 and 'value="５０％, 90"' in shown or field == "warn_at"
        assert words in shown[shown.index(f'id="id_rank_{field}_error"') :][:400]
        assert Rank.objects.count() == 3

    def test_needs_all_four_targets_and_one_usual_rank(self, admin):
        missing = {priority: target for priority, target in TARGETS.items() if priority != 3}
        usual = Rank.objects.get(is_default=True)
        for act, field in (
            (lambda: create_rank(name="x", targets=missing, by=admin, via="page"), "targets"),
            (lambda: create_rank(name="x", by=admin, via="page"), "targets"),
            (lambda: change_rank(usual, is_default=False, by=admin, via="api"), "is_default"),
            (lambda: change_rank(usual, is_active=False, by=admin, via="api"), "is_active"),
        ):
            with pytest.raises(Refused) as refused:
                act()
            assert refused.value.field == field
        gold = change_rank(Rank.objects.first(), is_default=True, by=admin, via="page")
        assert list(Rank.objects.filter(is_default=True)) == [gold]
        with pytest.raises(PermissionDenied):
            change_rank(gold, by=an_agent(), via="page")

    def test_a_file_goes_out_and_comes_back_in_after_a_look(self, visit, admin):
        client, rank = visit(admin), Rank.objects.first()
        document = json.loads(client.get(f"/settings/ranks/{rank.pk}/export.json").content)
        assert document["targets"]["P1"] == {
            "response_minutes": 15, "resolution_minutes": 120, "around_the_clock": True,
        }  # fmt: skip
        document["targets"]["P1"]["resolution_minutes"] = 180
        file = SimpleUploadedFile("r.json", json.dumps(document).encode())
        looked = client.post("/settings/ranks/import/", {"file": file}).content.decode()
        assert "It replaces the rank of this name." in looked and targets_of(rank)[1].resolution_minutes == 120
        client.post("/settings/ranks/import/", {"document": json.dumps(document), "save": "1"})
        assert targets_of(Rank.objects.get(pk=rank.pk))[1].resolution_minutes == 180
        del document["targets"]["P2"]
        bad = [document, document | {"target": {}}, document | {"targets": {"P9": {}}}, [], {"name": 3, "targets": {}}]
        for each in bad:
            file = SimpleUploadedFile("r.json", json.dumps(each).encode())
            assert client.post("/settings/ranks/import/", {"file": file}).status_code == 422

    def test_agents_read_and_others_stay_out(self, visit):
        client = visit(an_agent())
        rank = Rank.objects.first()
        assert "Gold" in client.get("/settings/ranks/").content.decode()
        shown = client.get(f"/settings/ranks/{rank.pk}/").content.decode()
        assert "around the clock" in shown and "p1_response" not in shown
        assert client.post("/settings/ranks/new/", TYPED).status_code == 403
        assert visit(a_person()).get("/settings/ranks/").status_code == 403


class TestServices:
    def test_get_rank_and_calendar_in_one_form(self, visit, admin):
        one, other = a_service(), a_service(name_en="Other")
        gold, calendar = Rank.objects.first(), Calendar.objects.get()
        client = visit(admin)
        fields = {f"rank_{one.pk}": gold.pk, f"calendar_{one.pk}": calendar.pk}
        assert client.post("/settings/service-levels/", fields).status_code == 303
        level = ServiceLevel.objects.get()
        assert (level.service, level.rank, level.calendar) == (one, gold, calendar)
        entry = AuditEntry.objects.get(verb="set_service_level")
        assert entry.data["changes"] == {
            "rank": [None, [gold.pk, "松"]],
            "calendar": [None, [calendar.pk, "本社"]],
        }
        refused = client.post("/settings/service-levels/", fields | {f"calendar_{other.pk}": calendar.pk})
        assert refused.status_code == 422 and "Other: choose its rank too" in refused.content.decode()
        client.post("/settings/service-levels/", {"save": "1"})
        assert not ServiceLevel.objects.exists()

    @pytest.mark.parametrize("rows", [1, 4])
    def test_the_number_of_queries_does_not_grow(self, visit, admin, rows, django_assert_num_queries):
        client = visit(admin)
        client.get("/settings/service-levels/")
        for _n in range(rows):
            set_service_levels({a_service(): (Rank.objects.first(), Calendar.objects.get())}, by=admin, via="page")
        with django_assert_num_queries(8):
            client.get("/settings/service-levels/")


class TestAgreements:
    FIELDS = {
        "name": "Network within a day",
        "kind": "team",
        "p2": "4h",
        "p3": "1d",
        "warn_at": "75",
        "is_active": "on",
    }

    def test_one_is_made_listed_changed_and_taken_out_of_use(self, visit, admin):
        team = a_team(name="Network")
        client = visit(admin)
        assert "No agreement yet" in client.get("/settings/agreements/").content.decode()
        assert client.post("/settings/agreements/new/", self.FIELDS | {"team": team.pk}).status_code == 303
        agreement = Agreement.objects.get()
        minutes = dict(agreement.targets.values_list("priority", "minutes"))
        assert (agreement.team, minutes) == (team, {2: 240, 3: 480})
        assert "Network within a day" in client.get("/settings/agreements/").content.decode()
        address = f"/settings/agreements/{agreement.pk}/"
        assert 'value="1d"' in client.get(address).content.decode()
        fields = self.FIELDS | {"team": team.pk, "p3": "", "is_active": "", "around_the_clock": "on"}
        look = client.post(address, fields | {"preview": "1"}).content.decode()
        assert "0 open tickets would move" in look and Agreement.objects.get().is_active
        assert client.post(address, fields).status_code == 303
        agreement.refresh_from_db()
        assert (agreement.is_active, agreement.around_the_clock, agreement.targets.count()) == (False, True, 1)
        log = client.get(reverse("desk:audit"), {"what": "levels.agreement"}).content.decode()
        assert "1d" in log

    def test_refusals(self, admin):
        team = a_team()
        kept = create_agreement(by=admin, via="page", name="Kept", kind="team", team=team, minutes={1: 30})
        for fields, field in (
            ({"minutes": {}}, "minutes"),
            ({"minutes": {1: 0}}, "minutes.P1"),
            ({"kind": "vendor"}, "team"),
            ({"team": None}, "team"),
            ({"team": team}, "team"),
            ({"name": "Kept"}, "name"),
            ({"kind": "friend"}, "kind"),
            ({"team": a_team(is_active=False)}, "team"),
        ):
            given = {"name": "New", "kind": "team", "team": a_team(), "minutes": {1: 30}} | fields
            with pytest.raises(Refused) as refused:
                create_agreement(by=admin, via="page", **given)
            assert refused.value.field == field, fields
        with pytest.raises(Refused) as refused:
            change_agreement(kept, team=a_team(), by=admin, via="page")
        assert refused.value.field == "team"
        with pytest.raises(PermissionDenied):
            change_agreement(kept, by=an_agent(), via="page")
