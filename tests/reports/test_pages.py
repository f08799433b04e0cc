"""The month page, the rows behind a figure, targets, remarks and the settings of reports: by page and by API."""

import json
import re
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from servicedesk.notify.models import Notification, OutgoingMail
from servicedesk.people.models import AuditEntry, Role
from servicedesk.reports.counting import save_report_settings
from servicedesk.reports.kpis import KPIS
from servicedesk.reports.models import Counted, MonthStamp, Remark, ReportSettings, Target
from servicedesk.reports.months import Year
from servicedesk.reports.remarks import ask_owners, asked_on, save_remarks
from servicedesk.reports.targets import Goal, read_value, save_targets, typed_value
from servicedesk.web.errors import Refused
from tests.factories import a_person, again, an_administrator, an_incident
from tests.reports.test_facts import keep
from tests.reports.test_figures import MARCH, agent, at, march, team

__all__ = ["agent", "march", "team"]
pytestmark = pytest.mark.django_db
RATE, REOPENED = "levels.resolution_met_rate", "tickets.reopened"


@pytest.fixture
def administrator():
    return an_administrator(language="en")


@pytest.fixture
def reader():
    return a_person(Role.REPORT_READER, language="en")


@pytest.fixture
def lead(team):
    return a_person(Role.AGENT, Role.LEAD, teams=[team], language="en")


def a_target(administrator, key="tickets.resolved", value=10, owner=None, year=2025):
    save_targets(year, {key: Goal(Decimal(value), owner)}, by=administrator, via="page")


def opened(client, person, address):
    client.force_login(person)
    answer = client.get(address)
    return answer.status_code, answer.content.decode()


class TestMonth:
    def test_a_missed_target_is_said_in_words_with_its_owner(self, client, march, administrator, reader):
        a_target(administrator, value=10, owner=reader)
        status, said = opened(client, reader, "/reports/2026-03/")
        assert status == 200
        assert 'class="clock clock-missed"' in said and f"Owner {reader.display_name}" in said
        assert '<a href="#kpi-tickets.resolved">Tickets resolved</a>' in said
        assert "Give the reason and what is done" in said

    def test_parts_lead_to_their_tickets_and_keep_the_filters(self, client, march, reader, team):
        _status, said = opened(client, reader, f"/reports/2026-03/?team={team.pk}")
        assert f'href="/reports/2026-03/tickets.opened/?part=4&amp;team={team.pk}"' in said
        assert "These are figures of a part of the company." in said

    def test_the_course_of_a_year_earlier_stands_in_chart_and_table(self, client, march, reader, team):
        for month in range(1, 5):
            an_incident(team=team, at=at(3, month=month).replace(year=2025))
        keep()
        _status, said = opened(client, reader, "/reports/2026-03/")
        kpi = said.partition('id="kpi-tickets.opened"')[2].partition("</article>")[0]
        assert 'class="chart-before"' in kpi and "A year ago 1." in kpi
        assert re.search(r"March 2026</th><td[^>]*>4</td><td[^>]*>1</td>", kpi)
        _status, part = opened(client, reader, f"/reports/2026-03/?team={team.pk}")
        assert 'class="chart-before"' not in part

    def test_another_month_stands_beside_it_with_the_difference(self, client, march, reader):
        status, said = opened(client, reader, "/reports/2026-03/?with=２０２６-02")
        assert status == 200
        assert "<dt>February 2026</dt><dd>1</dd><dt>Difference</dt><dd>+3</dd>" in said

    @pytest.mark.parametrize(
        ("query", "says"),
        [
            ("with=2026-13", "“2026-13” is no month."),
            ("with=2900-01", "2900-01 has not begun."),
            ("team=999999", "There is none such."),
            ("company=abc", "There is none such."),
        ],
    )
    def test_a_bad_filter_is_refused_with_a_sentence_and_what_was_typed(self, client, march, reader, query, says):
        status, said = opened(client, reader, f"/reports/2026-03/?{query}")
        assert status == 422 and says in said
        if query.startswith("with"):
            assert f'value="{query[5:]}"' in said

    def test_queries_do_not_grow_with_tickets(self, client, march, reader, team, django_assert_max_num_queries):
        client.force_login(reader)
        client.get("/reports/2026-03/")
        with django_assert_max_num_queries(60):  # some for all, one for the names of each breakdown
            client.get("/reports/2026-03/")

    def test_the_bar_leads_readers_there_and_nobody_else(self, client, agent, reader):
        assert 'href="/reports/"' in opened(client, reader, "/")[1]
        assert 'href="/reports/"' not in opened(client, agent, "/")[1]


class TestBehind:
    def test_rows_say_number_title_dates_team_and_value(self, client, march, lead):
        status, said = opened(client, lead, "/reports/2026-03/tickets.resolve_median_hours/")
        assert status == 200
        assert '<th scope="col">Number</th>' in said and "Desk" in said and "2.0 h" in said
        assert "3 rows, of which you see 2." in said

    def test_a_part_has_its_name_and_number(self, client, march, lead):
        _status, said = opened(client, lead, "/reports/2026-03/tickets.opened/?part=4")
        assert "<h1>Tickets opened: P4" in said and '<p class="kpi-actual">4</p>' in said

    @pytest.mark.parametrize("query", ["part=zzz", "part=%00", "team=999999", "part=99999999999"])
    def test_what_is_no_part_is_not_there(self, client, march, lead, query):
        client.force_login(lead)
        assert client.get(f"/reports/2026-03/tickets.opened/?{query}").status_code == 404

    def test_the_file_has_what_one_sees_and_says_how_much_is_missing(self, client, march, lead, team):
        an_incident(team=team, at=at(21), title="=SUM(A1)")
        keep()
        client.force_login(lead)
        answer = client.get("/reports/2026-03/tickets.opened/csv/")
        lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
        assert lines[0] == "Number,Title,Opened,Resolved,Team,Tickets opened (number)"
        assert len(lines) == 1 + 4 + 1
        assert ",'=SUM(A1)," in lines[1]
        assert lines[-1] == '"1 more row, on a ticket that you do not see"'


class TestTargets:
    @pytest.mark.parametrize(
        ("key", "typed", "value"),
        [(RATE, "９５％", "0.95"), (RATE, "95.5", "0.955"), (REOPENED, "１，２００", "1200"), (REOPENED, " ", None)],
    )
    def test_are_read_as_people_type_them(self, key, typed, value):
        read = read_value(KPIS[key], typed)
        assert read == (None if value is None else Decimal(value))
        assert read_value(KPIS[key], typed_value(KPIS[key], read)) == read

    @pytest.mark.parametrize(
        ("key", "typed"), [(RATE, "many"), (RATE, "120"), (REOPENED, "-1"), (REOPENED, "1e30"), (REOPENED, "NaN"),
                           (REOPENED, "5%"), (REOPENED, "0.00001")],
    )  # fmt: skip
    def test_what_is_no_number_is_refused_by_the_name_of_its_kpi(self, key, typed):
        with pytest.raises(Refused, match=f"The target of “{KPIS[key].name}”"):
            read_value(KPIS[key], typed)

    def test_one_bad_cell_stores_nothing_and_keeps_everything(self, client, administrator, reader):
        client.force_login(administrator)
        address = reverse("reports:targets") + "?year=2026"
        given = {f"value_{REOPENED}": "３", f"owner_{REOPENED}": str(reader.pk), f"value_{RATE}": "soon"}
        answer = client.post(address, given)
        said = answer.content.decode()
        assert answer.status_code == 422 and Target.objects.count() == 0
        assert "The target of “Resolved within the target” is no number: “soon”." in said
        assert 'value="３"' in said and 'value="soon"' in said and f'<option value="{reader.pk}" selected>' in said
        answer = client.post(address, given | {f"value_{RATE}": "95%"})
        assert answer.status_code == 303
        assert {row.kpi: (row.value, row.owner) for row in Target.objects.filter(year=2026)} == {
            REOPENED: (3, reader), RATE: (Decimal("0.95"), None),
        }  # fmt: skip
        entries = AuditEntry.objects.filter(object_type="reports.target", verb="create").order_by("id")
        assert sorted(entry.data["changes"]["value"][1] for entry in entries) == ["0.95", "3"]

    def test_last_years_can_be_copied_and_hold_when_saved(self, client, administrator):
        a_target(administrator, REOPENED, 7)
        status, said = opened(client, administrator, reverse("reports:targets") + "?year=2026&copy=1")
        assert status == 200 and 'value="7"' in said and not Target.objects.filter(year=2026).exists()

    def test_an_owner_must_be_able_to_read_reports(self, administrator, agent):
        with pytest.raises(Refused, match="may not read reports"):
            a_target(administrator, REOPENED, 7, owner=agent)

    def test_a_year_that_is_none_is_refused(self, client, administrator):
        status, said = opened(client, administrator, reverse("reports:targets") + "?year=soon")
        assert status == 422 and "“soon” is no fiscal year." in said

    def test_leads_may_not_change_them(self, client, lead):
        client.force_login(lead)
        assert client.post(reverse("reports:targets"), {f"value_{REOPENED}": "1"}).status_code == 403

    def test_by_api(self, administrator, reader):
        client = APIClient()
        client.force_login(administrator)
        rows = [{"kpi": RATE, "value": "0.9", "owner": reader.pk}, {"kpi": REOPENED, "value": 3}]
        answer = client.put("/api/v1/reports/targets/2026/", {"targets": rows}, format="json")
        assert answer.status_code == 200
        assert {(row["kpi"], row["value"]) for row in answer.data} == {(RATE, 0.9), (REOPENED, 3.0)}
        for bad in ([{"kpi": RATE, "value": "soon"}], [{"kpi": RATE, "value": 2}], [rows[0], rows[0]]):
            answer = client.put("/api/v1/reports/targets/2026/", {"targets": bad}, format="json")
            assert answer.status_code in (400, 409)
        assert Target.objects.count() == 2


class TestRemarks:
    def test_the_owner_writes_reason_and_measure_in_their_place(self, client, march, administrator, reader):
        a_target(administrator, owner=reader)
        client.force_login(reader)
        address = reverse("reports:remark", args=["2026-03", "tickets.resolved"])
        assert "<html" not in client.get(address, HTTP_HX_REQUEST="true").content.decode()
        given = {"reason": "Two were ill.", "measure": "A deputy."}
        answer = client.post(address, given, HTTP_HX_REQUEST="true")
        assert answer.status_code == 200 and "Two were ill." in answer.content.decode()
        answer = client.post(address, given | {"reason": "Three were ill.", "comment": "See you."})
        assert (answer.status_code, answer.url) == (303, "/reports/2026-03/#kpi-tickets.resolved")
        assert {(row.kind, row.text, row.by) for row in Remark.objects.all()} == {
            ("reason", "Three were ill.", reader), ("measure", "A deputy.", reader), ("comment", "See you.", reader),
        }  # fmt: skip
        verbs = AuditEntry.objects.filter(object_type="reports.remark").order_by("id").values_list("verb", flat=True)
        assert list(verbs) == ["create", "create", "change", "create"]

    def test_other_readers_comment_and_explain_nothing(self, client, march, administrator, reader):
        a_target(administrator, owner=a_person(Role.REPORT_READER))
        client.force_login(reader)
        address = reverse("reports:remark", args=["2026-03", "tickets.resolved"])
        assert client.post(address, {"reason": "Not mine.", "comment": "Hm."}).status_code == 403
        assert not Remark.objects.exists()
        client.post(address, {"comment": "Hm."})
        assert list(Remark.objects.values_list("kind", "text")) == [("comment", "Hm.")]
        client = APIClient()
        client.force_login(again(reader))
        answer = client.put("/api/v1/reports/remarks/2026-03/tickets.resolved/", {"reason": "Mine."}, format="json")
        assert answer.status_code == 403

    def test_nothing_written_is_refused(self, client, march, reader):
        client.force_login(reader)
        answer = client.post(reverse("reports:remark", args=["2026-03", REOPENED]), {"comment": " "})
        assert answer.status_code == 422 and "Write something first." in answer.content.decode()

    def test_empty_words_take_a_reason_away(self, lead):
        save_remarks(KPIS[REOPENED], MARCH, by=lead, via="page", reason="So it was.")
        save_remarks(KPIS[REOPENED], MARCH, by=lead, via="page", reason="")
        assert not Remark.objects.exists()

    def test_by_api(self, march, lead):
        client = APIClient()
        client.force_login(lead)
        answer = client.put(
            f"/api/v1/reports/remarks/2026-03/{REOPENED}/", {"reason": "So it was.", "comment": "Hm."}, format="json"
        )
        assert [(row["kind"], row["text"]) for row in answer.data] == [("reason", "So it was."), ("comment", "Hm.")]
        assert len(client.get("/api/v1/reports/remarks/2026-03/").data) == 2
        assert client.put("/api/v1/reports/remarks/2026-03/no.such/", {}, format="json").status_code == 404


class TestAskingOwners:
    def test_each_is_asked_once_on_the_first_business_day_with_all_of_theirs(self, march, administrator, reader):
        a_target(administrator, "tickets.resolved", 10, owner=reader)
        a_target(administrator, "tickets.reassigned", 0, owner=reader)
        day = asked_on(Year.now(), MARCH)
        assert ask_owners(date(2026, 3, 31)) == 0
        assert [ask_owners(day), ask_owners(day)] == [1, 0]
        notice = Notification.objects.get(person=reader)
        assert "2 targets were missed" in notice.said and notice.address == "/reports/2026-03/"
        mail = OutgoingMail.objects.get(to_user=reader)
        assert "Tickets resolved: 3, target 10" in mail.text
        assert "/reports/2026-03/#kpi-tickets.reassigned" in mail.text

    def test_nobody_is_asked_for_what_is_met_or_explained(self, march, administrator, reader):
        a_target(administrator, "tickets.resolved", 10, owner=reader)
        a_target(administrator, "tickets.reassigned", 5, owner=reader)
        save_remarks(KPIS["tickets.resolved"], MARCH, by=reader, via="page", reason="Two were ill.")
        assert ask_owners(asked_on(Year.now(), MARCH)) == 0

    def test_administrators_are_asked_when_the_owner_has_left(self, march, administrator, reader):
        a_target(administrator, "tickets.resolved", 10, owner=reader)
        reader.is_active = False
        reader.save()
        assert ask_owners(asked_on(Year.now(), MARCH)) == 1
        assert Notification.objects.get().person == administrator


class TestSettings:
    def test_a_change_makes_all_figures_out_of_date(self, client, march, administrator):
        Counted.objects.create(first=MARCH, last=MARCH, turn=1, version="x", figures={})
        before = dict(MonthStamp.objects.values_list("month", "turn"))
        client.force_login(administrator)
        address = reverse("counting:settings")
        answer = client.post(address, {"first_month": "1", "closing_day": "２０", "hourly_rate": "4,000"})
        assert answer.status_code == 303
        row = ReportSettings.objects.get()
        assert (row.first_month, row.closing_day, row.hourly_rate) == (1, 20, 4000)
        assert not Counted.objects.exists()
        assert all(turn == before[month] + 1 for month, turn in MonthStamp.objects.values_list("month", "turn"))
        entry = AuditEntry.objects.get(object_type="reports.reportsettings")
        assert entry.data["changes"] == {"first_month": [4, 1], "closing_day": [0, 20], "hourly_rate": [None, 4000]}
        assert "Closing day" in client.get(address).content.decode()

    @pytest.mark.parametrize("day", ["29", "-1", "last"])
    def test_a_day_that_not_all_months_have_is_refused(self, client, administrator, day):
        client.force_login(administrator)
        answer = client.post(reverse("counting:settings"), {"first_month": "4", "closing_day": day})
        assert answer.status_code == 422 and f'value="{day}"' in answer.content.decode()
        assert not ReportSettings.objects.exists()

    def test_without_a_difference_nothing_is_written(self, administrator):
        save_report_settings(by=administrator, via="page", first_month=4, closing_day=0)
        assert not ReportSettings.objects.exists() and not AuditEntry.objects.filter(verb="change").exists()

    def test_by_api(self, administrator, lead):
        client = APIClient()
        client.force_login(administrator)
        given = {"first_month": 10, "closing_day": 15, "hourly_rate": None}
        assert client.put("/api/v1/reports/settings/", given, format="json").data == given
        client.force_login(lead)
        assert json.loads(client.get("/api/v1/reports/settings/").content) == given
        assert client.put("/api/v1/reports/settings/", given, format="json").status_code == 403
