import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from xlsxwriter import Workbook

from servicedesk.importers.actions import choose_columns, delete_mapping, run_import, upload_import
from servicedesk.importers.drafts import moment_of
from servicedesk.importers.models import Mapping, TicketImport
from servicedesk.importers.tables import Chosen
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, an_administrator

pytestmark = pytest.mark.django_db
TABLE = (
    "No,Subject,Reported,Done,State,Level,Group,Who\n"
    "A-1,Printer jams,2025/11/04 09:20,2025/11/05 10:00,Done,High,Help desk,hanako@example.com\n"
    "A-2,No network,2025/11/05 13:05,,In progress,Low,Help desk,Taro\n"
)
CHOSEN = Chosen(
    columns={
        "external_id": "No", "title": "Subject", "opened_at": "Reported", "closed_at": "Done", "status": "State",
        "priority": "Level", "team": "Group", "requester": "Who",
    },
    defaults={"channel": "phone", "impact": "2"},
    words={"Done": "Closed", "High": "P1", "Low": "4"},
)  # fmt: skip


@pytest.fixture
def admin():
    return an_administrator()


def upload(by, content: str | bytes = TABLE, chosen: Chosen | None = CHOSEN, **more) -> TicketImport:
    content = content if isinstance(content, bytes) else content.encode()
    given = {"name": "t.csv", "time_zone": "Asia/Tokyo", "system": "Ledger", "chosen": chosen} | more
    return upload_import("table", content=content, by=by, via="page", **given)


class TestATable:
    def test_is_read_as_its_columns_were_chosen(self, admin):
        team, hanako = a_team(name="Help desk"), a_person(email="hanako@example.com")
        run_import(upload(admin), by=admin, via="page")
        one, two = Ticket.objects.order_by("external_id")
        assert (one.external_id, one.title, one.source, one.channel) == ("A-1", "Printer jams", "Ledger", "phone")
        assert (one.status, one.priority, one.impact, one.team, one.requester) == ("closed", 1, 2, team, hanako)
        assert one.created_at == datetime(2025, 11, 4, 0, 20, tzinfo=UTC)
        assert one.closed_at == datetime(2025, 11, 5, 1, 0, tzinfo=UTC)
        assert (two.status, two.priority, two.closed_at) == ("in_progress", 4, None)
        assert (two.requester.name, two.requester.is_reachable) == ("Taro", False)
        assert list(one.events.order_by("number").values_list("verb", flat=True)) == ["open", "set_status"]

    def test_with_a_moment_of_resolution_was_resolved_before_it_was_closed(self, admin):
        text = "No,Subject,Reported,Solved,Done\n1,A,2025-11-04,2025-11-05 10:00,2025-11-08\n"
        columns = {"external_id": "No", "title": "Subject", "opened_at": "Reported", "resolved_at": "Solved",
                   "closed_at": "Done"}  # fmt: skip
        run_import(upload(admin, text, Chosen(columns=columns)), by=admin, via="page")
        assert list(TicketEvent.objects.order_by("number").values_list("verb", flat=True)) == [
            "open", "resolve", "close",
        ]  # fmt: skip
        assert Ticket.objects.get().resolved_at == datetime(2025, 11, 5, 1, tzinfo=UTC)

    def test_of_excel_keeps_the_time_of_day(self, admin):
        out = io.BytesIO()
        with Workbook(out) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["No", "Subject", "Reported"])
            sheet.write_row(1, 0, ["7", "Printer"])
            form = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
            sheet.write_number(1, 2, 45965 + (9 * 60 + 20) / 1440, form)
        columns = {"external_id": "No", "title": "Subject", "opened_at": "Reported"}
        run_import(upload(admin, out.getvalue(), Chosen(columns=columns)), by=admin, via="page")
        assert Ticket.objects.get().created_at == datetime(2025, 11, 4, 0, 20, tzinfo=UTC)

    def test_again_changes_nothing(self, admin):
        run_import(upload(admin), by=admin, via="page")
        assert run_import(upload(admin), by=admin, via="page").counts["unchanged"] == 2

    def test_may_bring_requests(self, admin):
        chosen = Chosen(CHOSEN.columns, "ymd", {"type": "request"}, CHOSEN.words)
        run_import(upload(admin, chosen=chosen), by=admin, via="page")
        assert Ticket.objects.get(external_id="A-1").number.startswith("REQ")
        assert Ticket.objects.get(external_id="A-1").service_request.kind == "enquiry"


class TestChoosing:
    def test_a_table_waits_for_its_columns(self, admin):
        run = upload(admin, chosen=None)
        assert run.state == "columns"
        choose_columns(run, CHOSEN, by=admin, via="page", save_as="Old ledger")
        assert (run.state, run.counts) == ("preview", {"created": 2})
        mapping = Mapping.objects.get()
        assert (mapping.name, mapping.system, mapping.words["Done"]) == ("Old ledger", "Ledger", "Closed")
        again = upload(admin, chosen=None, mapping=mapping, system="")
        assert (again.state, again.system, again.counts) == ("preview", "Ledger", {"created": 2})
        delete_mapping(mapping, by=admin, via="page")
        assert not Mapping.objects.exists()

    @pytest.mark.parametrize(
        ("chosen", "sentence"),
        [
            (Chosen(), "Choose the columns of: Number there, Title, Opened."),
            (Chosen({**CHOSEN.columns, "team": "Squad"}), "This file has other columns: Squad is missing."),
            (Chosen({**CHOSEN.columns, "colour": "No"}), "There is no field “colour”."),
            (Chosen(CHOSEN.columns, "stardate"), "Choose how dates are written."),
            (Chosen(CHOSEN.columns, "ymd", {"priority": "urgent"}), "Priority: “urgent” is not known."),
        ],
    )
    def test_what_cannot_be_read_by_is_refused(self, admin, chosen, sentence):
        with pytest.raises(Refused) as refused:
            upload(admin, chosen=chosen)
        assert str(refused.value) == sentence

    @pytest.mark.parametrize("system", ["", "servicenow"])
    def test_a_table_has_a_system_of_its_own(self, admin, system):
        with pytest.raises(Refused):
            upload(admin, system=system)


class TestRows:
    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            (",X,2025/11/04 09:20", "Number there is missing."),
            ("A-1,,2025/11/04 09:20", "Title is missing."),
            ("A-1,X,yesterday", "Opened: “yesterday” is no moment; it is written as 2016-02-29 13:05."),
            ("A-1,X,2025/11/04 09:20,2025/11/01", "It ended before it was opened."),
            ("A-1,X,2025/11/04 09:20,,Lost", "Status: “Lost” is not known."),
            ("A-1,X,2025/11/04 09:20,,Merged", "Status: “Merged” is not known."),
            ("A-1,X,2025/11/04 09:20,,Done,Huge", "Priority: “Huge” is not known."),
        ],
    )
    def test_that_cannot_be_read_say_why(self, admin, line, reason):
        run = upload(admin, TABLE.split("\n")[0] + "\n" + line + "\n")
        assert [why for _line, _number, why in run.rejected] == [reason]

    def test_of_one_number_count_once(self, admin):
        run = upload(admin, TABLE + "A-1,Again,2025/11/04 09:20\n")
        assert run.rejected == [[4, "A-1", "The same number stands in line 2."]]


class TestMoments:
    @pytest.mark.parametrize(
        ("text", "form", "hour"),
        [
            ("29-02-2016 13:05", "dmy", 4),
            ("29.2.2016 13:05:30", "dmy", 4),
            ("02/29/2016 13:05", "mdy", 4),
            ("2016年2月29日 13:05", "ymd", 4),
            ("2016-02-29T13:05Z", "dmy", 13),
            ("2016-02-29T13:05:00+01:00", "ymd", 12),
        ],
    )
    def test_are_read_as_they_are_written(self, text, form, hour):
        found = moment_of(text, form, ZoneInfo("Asia/Tokyo"))
        assert (found.day, found.hour, found.minute) == (29, hour, 5)

    @pytest.mark.parametrize("text", ["30-02-2016 10:00", "29-02-2016 25:00", "29-02-2016 10:00 noon", "soon", "1"])
    def test_that_are_none(self, text):
        assert moment_of(text, "dmy", ZoneInfo("Asia/Tokyo")) is None
