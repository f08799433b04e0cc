"""Calendars in the settings: pages, files, API and command."""

import io
import json
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from servicedesk.levels.actions import change_calendar, create_calendar
from servicedesk.levels.models import Calendar
from servicedesk.people.models import AuditEntry
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, an_administrator, an_agent
from tests.levels.test_hours import TOKYO

pytestmark = pytest.mark.django_db
DAY = "09:00-12:00, 13:00-18:00"
TYPED = {
    "name": "Osaka",
    "timezone": "Asia/Tokyo",
    "mon": "９：００～１２：００、13-18",
    "like_monday": "on",
    "holidays": "jp",
    "closed": "2026-12-30..2026-12-31",
    "special": "2026-12-28: 9-12",
    "is_active": "on",
}


@pytest.fixture
def admin():
    return an_administrator()


@pytest.fixture
def tokyo(admin):
    return create_calendar(**TOKYO, by=admin, via="page")


def usual() -> Calendar:
    return Calendar.objects.get(is_default=True)


class TestPages:
    def test_a_calendar_is_made_shown_changed_and_taken_out_of_use(self, visit, admin):
        team = a_team(name="Kansai")
        client = visit(admin)
        made = client.post("/settings/calendars/new/", TYPED | {"teams": [team.pk]})
        calendar = Calendar.objects.get(name="Osaka")
        assert made["Location"] == f"/settings/calendars/{calendar.pk}/"
        assert calendar.document == TOKYO | {"name": "Osaka"}
        listed = client.get("/settings/calendars/").content.decode()
        assert "Osaka" in listed and "Kansai" in listed and f"Mon–Fri {DAY}" in listed
        shown = client.get(made["Location"]).content.decode()
        assert f'value="{DAY}"' in shown and "2026-12-30..2026-12-31" in shown and "2026-12-28: 09:00-12:00" in shown
        assert "Closing day" in shown and "The coming two weeks" in shown
        refused = client.post(made["Location"], TYPED | {"teams": [team.pk], "is_active": ""})
        assert refused.status_code == 422 and "Still in use by: Kansai." in refused.content.decode()
        assert client.post(made["Location"], TYPED | {"is_active": ""}).status_code == 303
        calendar.refresh_from_db()
        assert not calendar.is_active
        assert AuditEntry.objects.filter(object_type="levels.calendar").latest("id").data["changes"] == {
            "is_active": [True, False],
            "teams": [["Kansai"], []],
        }
        log = client.get(reverse("desk:audit")).content.decode()
        assert "2026-12-28: 09:00-12:00" in log and "Tuesday" in log

    @pytest.mark.parametrize(
        ("typed", "field", "words"),
        [
            ({"tue": "9-12, 11-13", "like_monday": ""}, "tue", "09:00–12:00 and 11:00–13:00 overlap."),
            ({"mon": "18-9"}, "mon", "18:00–09:00 ends before it begins"),
            ({"mon": "soon"}, "mon", "hours are a list of pairs"),
            ({"mon": ""}, "mon", "nothing would ever be due"),
            ({"timezone": "Asia/Tokio"}, "timezone", "such as Asia/Tokyo"),
            ({"holidays": "XX"}, "holidays", "not known"),
            ({"closed": "2026-02-30"}, "closed", "“2026-02-30” is no day"),
            ({"closed": "2026-12-28"}, "special", "closed and has hours of its own"),
            ({"special": "2026-12-28: 9-12, 10-13"}, "special", "overlap"),
            ({"name": "本社"}, "name", "There is a calendar “本社” already."),
        ],
    )
    def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(self, visit, admin, typed, field, words):
        answer = visit(admin).post("/settings/calendars/new/", TYPED | typed)
        shown = answer.content.decode()
        assert answer.status_code == 422
        errors = shown[shown.index(f'id="id_calendar_{field}_error"') :]
        assert words in errors[:400] and "weekly." not in errors[:400] and f"{field}: " not in errors[:400]
        assert "９：００～１２：００" in shown or "mon" in typed
        assert Calendar.objects.count() == 1

    def test_when_would_it_be_due(self, visit, tokyo):
        client = visit(an_agent())
        address = f"/settings/calendars/{tokyo.pk}/due/"
        asked = {"start": "2026-12-28T11:30", "minutes": "３００"}
        part = client.get(address, asked, headers={"HX-Request": "true"}).content.decode()
        assert part.startswith('<section class="panel" id="due"')
        assert "Due Tue 29 Dec 2026, 14:30 (Asia/Tokyo)" in part and "Mon 28 Dec 2026, 11:30 – 12:00" in part
        whole = client.get(address, asked).content.decode()
        assert "<h1>Tokyo</h1>" in whole and "Due Tue 29 Dec 2026, 14:30" in whole
        for wrong in ({"minutes": "-1"}, {"start": "0001-01-01T00:00"}, {"start": "9999-12-31T23:59"}, {"start": "x"}):
            assert client.get(address, asked | wrong).status_code == 422, wrong

    def test_agents_read_and_change_nothing_and_others_stay_out(self, visit, tokyo):
        client, address = visit(an_agent()), f"/settings/calendars/{tokyo.pk}/"
        assert client.get("/settings/calendars/").status_code == 200
        shown = client.get(address).content.decode()
        assert DAY in shown and "<form" in shown and 'name="mon"' not in shown
        client.post(address, TYPED)
        tokyo.refresh_from_db()
        assert tokyo.name == "Tokyo"
        for path in ("new/", "import/"):
            assert client.post(f"/settings/calendars/{path}", TYPED).status_code == 403
        assert visit(a_person()).get(address).status_code == 403

    def test_a_file_goes_out_and_comes_back_in_after_a_look(self, visit, admin, tokyo):
        client = visit(admin)
        file = client.get(f"/settings/calendars/{tokyo.pk}/export.json")
        assert json.loads(file.content) == TOKYO
        changed = json.dumps(TOKYO | {"closed": []}).encode()
        looked = client.post("/settings/calendars/import/", {"file": SimpleUploadedFile("t.json", changed)})
        tokyo.refresh_from_db()
        assert "It replaces the calendar of this name." in looked.content.decode() and tokyo.closed != []
        done = client.post("/settings/calendars/import/", {"document": changed.decode(), "save": "1"})
        tokyo.refresh_from_db()
        assert (done.status_code, tokyo.closed, Calendar.objects.count()) == (303, [], 2)
        for content, words in ((b"{", "no JSON"), (b"\xff\xfe", "no JSON"), (b'{"wekly": 1}', "Did you mean")):
            answer = client.post("/settings/calendars/import/", {"file": SimpleUploadedFile("t.json", content)})
            assert answer.status_code == 422 and words in answer.content.decode()

    @pytest.mark.parametrize("rows", [1, 4])
    def test_the_number_of_queries_does_not_grow(self, visit, admin, rows, django_assert_num_queries):
        client = visit(admin)
        client.get("/settings/calendars/")
        for number in range(rows):
            fields = TOKYO | {"name": f"C{number}", "teams": [a_team(), a_team()]}
            create_calendar(**fields, by=admin, via="page")
        with django_assert_num_queries(8):
            client.get("/settings/calendars/")


class TestUsualOne:
    def test_hands_over_and_never_ends(self, admin, tokyo):
        with pytest.raises(Refused) as refused:
            change_calendar(usual(), is_default=False, by=admin, via="page")
        assert refused.value.field == "is_default"
        with pytest.raises(Refused) as refused:
            change_calendar(usual(), is_active=False, by=admin, via="page")
        assert refused.value.field == "is_active"
        change_calendar(tokyo, is_default=True, by=admin, via="page")
        assert usual() == tokyo

    def test_refuses_hours_in_which_nothing_would_be_due(self, admin):
        weekly = {"mon": [["09:00", "18:00"]]}
        mondays = [(date(2026, 11, 30) + timedelta(weeks=week)).isoformat() for week in range(300)]
        with pytest.raises(Refused) as refused:
            create_calendar(**TOKYO | {"weekly": weekly, "closed": mondays, "special": {}}, by=admin, via="page")
        assert refused.value.code == "never"

    def test_only_administrators_may(self, tokyo):
        for act in (lambda by: change_calendar(tokyo, by=by, via="page"), lambda by: create_calendar(by=by, via="api")):
            with pytest.raises(PermissionDenied):
                act(an_agent())


class TestCommand:
    def test_knows_a_calendar_by_its_name(self, tokyo):
        out = io.StringIO()
        call_command(
            "due_at",
            "--calendar",
            "Tokyo",
            "--from",
            "2026-12-28T11:30+09:00",
            "--minutes",
            "300",
            "--json",
            stdout=out,
        )
        assert json.loads(out.getvalue())["due_at"] == "2026-12-29T14:30:00+09:00"
        with pytest.raises(CommandError, match="no calendar of this name"):
            call_command("due_at", "--calendar", "Kyoto", "--from", "2026-12-28T11:30+09:00", "--minutes", "300")
