"""Issuing: figures are frozen once, files say the same as they do, and what changes later is said to have changed."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from servicedesk.notify.actions import send_waiting
from servicedesk.notify.models import OutgoingMail
from servicedesk.people.jobs import run_next_job
from servicedesk.people.models import AuditEntry, Job, Role
from servicedesk.reports.facts import keep_waiting
from servicedesk.reports.figures import keep_counted
from servicedesk.reports.issued import actions, letters
from servicedesk.reports.issued.actions import WANTED, due_months, issue, issue_when_due, note_corrections, start_issue
from servicedesk.reports.issued.freezing import Frozen, hash_of, plain
from servicedesk.reports.issued.paper import write_pdf
from servicedesk.reports.issued.sharing import subscribe, unsubscribe
from servicedesk.reports.issued.sheets import write_xlsx
from servicedesk.reports.models import Correction, Counted, IssuedFile, IssuedReport, Remark, Subscriber, Target
from servicedesk.tickets.models import Ticket
from servicedesk.web.errors import NotNow, Refused
from tests.factories import a_person, a_service, a_team, an_administrator, an_agent, an_incident
from tests.reports.test_facts import keep, resolve

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 1)
LONG = "非常に長い名前のサービス" * 8


def at(day: int, hour: int = 1, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture
def team():
    return a_team(name="=1+1")


@pytest.fixture
def march(team):
    """Tickets of March by two teams: three opened, two resolved, one of them confidential."""
    agent, service = an_agent(team), a_service(team, name=LONG)
    for place, hours in enumerate((2, 30, None)):
        incident = an_incident(
            team=team, assignee=agent, service=service, at=at(3 + place), title="=1+1", description="@SUM(1)"
        )
        if hours:
            resolve(incident, agent, at=at(3 + place) + timedelta(hours=hours))
    Ticket.objects.filter(pk=incident.ticket.pk).update(is_confidential=True)
    keep()
    admin = an_administrator()
    Target.objects.create(kpi="tickets.resolve_median_hours", year=2025, value=Decimal(4), owner=admin)
    Remark.objects.create(
        month=MARCH, kpi="tickets.resolve_median_hours", kind="reason", text="<b>=HYPERLINK(1)</b>", by=admin
    )
    Remark.objects.create(month=MARCH, kpi="tickets.opened", kind="comment", text="As expected.", by=admin)
    return admin


@pytest.fixture
def quick(monkeypatch):
    """Issuing makes no real files: what they say is looked at once, in TestFiles."""
    monkeypatch.setattr(
        actions, "_WRITERS", {"xlsx": lambda report, language: b"x", "pdf": lambda report, language: b"p"}
    )


def issued(by=None) -> IssuedReport:
    return issue(MARCH, by=by, via="page")


def content(report, language, kind) -> bytes:
    return report.files.get(language=language, format=kind).file.read()


def written(report, language, kind) -> bytes:
    """The one file of a report that was issued without real ones."""
    return {"xlsx": write_xlsx, "pdf": write_pdf}[kind](report, language)


def cells_of(content: bytes) -> dict[str, list[list[str]]]:
    """Texts and numbers of each sheet's rows, read with nothing but the zip and its XML."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        shared = [
            "".join(text.text or "" for text in each.iter(f"{space}t"))
            for each in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        ]
        names = [
            each.get("name") for each in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{space}sheet")
        ]
        found = {}
        for place, name in enumerate(names, 1):
            sheet = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{place}.xml"))
            assert not list(sheet.iter(f"{space}f")), f"{name} has a formula"
            found[name] = [
                [
                    shared[int(cell.find(f"{space}v").text)] if cell.get("t") == "s" else cell.find(f"{space}v").text
                    for cell in row
                    if cell.find(f"{space}v") is not None
                ]
                for row in sheet.iter(f"{space}row")
            ]
        assert [each for each in book.namelist() if "chart" in each and each.startswith("xl/charts/chart")]
        return found


@pytest.mark.usefixtures("quick")
class TestFreezing:
    def test_a_report_keeps_figures_words_and_remarks(self, march):
        report = issued(by=march)
        kept = {line["key"]: line for group in report.figures["groups"] for line in group["lines"]}
        assert kept["tickets.opened"]["actual"] == "3"
        assert kept["tickets.resolve_median_hours"]["actual"] == "16"
        assert kept["tickets.resolve_median_hours"]["is_met"] is False
        assert kept["tickets.opened"]["name"] == {"ja": kept["tickets.opened"]["name"]["ja"], "en": "Tickets opened"}
        assert [remark["text"] for remark in report.figures["remarks"]] == ["<b>=HYPERLINK(1)</b>", "As expected."]
        assert report.figures["year"] == {"first_month": 4, "closing_day": 0, "hourly_rate": None}
        assert report.issued_at is not None and report.by == march
        assert AuditEntry.objects.filter(verb="issue_report").count() == 1

    def test_issuing_again_gives_the_same(self, march):
        first = issued()
        second = issued()
        assert (first.pk, first.hash, first.issued_at) == (second.pk, second.hash, second.issued_at)
        assert IssuedReport.objects.count() == 1 and IssuedFile.objects.count() == len(WANTED)
        assert AuditEntry.objects.filter(verb="issue_report").count() == 1

    def test_reports_are_chained(self, march):
        first = issued()
        an_incident(team=a_team(), at=at(3, month=4))
        keep()
        second = issue(date(2026, 4, 1), by=None, via="page")
        assert (first.previous_hash, second.previous_hash) == ("", first.hash)
        again = IssuedReport.objects.get(pk=second.pk)
        assert hash_of(again) == again.hash

    def test_a_month_twice_is_refused_by_the_database(self, march):
        report = issued()
        with pytest.raises(IntegrityError), transaction.atomic():
            IssuedReport.objects.create(
                month=MARCH,
                definitions_version="x",
                figures={},
                previous_hash="y",
                hash="z",
                frozen_at=report.frozen_at,
            )

    def test_a_month_that_goes_on_is_refused(self):
        this = timezone.localdate().replace(day=1)
        with pytest.raises(Refused, match="is not over. It can be issued from"):
            issue(this, by=None, via="page")

    def test_a_month_without_anything_is_refused(self, march):
        with pytest.raises(Refused, match="Nothing was recorded in 2020-01, so there is nothing to issue."):
            issue(date(2020, 1, 1), by=None, via="page")
        assert IssuedReport.objects.count() == 0

    def test_a_reader_may_not_issue(self, march):
        from django.core.exceptions import PermissionDenied

        with pytest.raises(PermissionDenied):
            issued(by=a_person(Role.REPORT_READER))

    @pytest.mark.parametrize(
        ("value", "kept"), [(None, None), ("0", "0"), ("10", "10"), ("1.50", "1.5"), ("-0.0000001", "0")]
    )
    def test_numbers_are_always_written_the_same_way(self, value, kept):
        assert plain(None if value is None else Decimal(value)) == kept


@pytest.mark.usefixtures("quick")
class TestGoingOn:
    def test_a_killed_job_goes_on_where_it_was(self, march, monkeypatch):
        real, made = dict(actions._WRITERS), []

        def dies(report, language):
            if made:
                raise RuntimeError("killed")
            made.append(language)
            return real["xlsx"](report, language)

        monkeypatch.setitem(actions._WRITERS, "xlsx", dies)
        start_issue(MARCH, by=march, via="page")
        assert run_next_job()
        kept = IssuedReport.objects.get()
        assert (kept.issued_at, kept.files.count(), Job.objects.get().state) == (None, 1, Job.State.RUNNING)
        monkeypatch.setitem(actions._WRITERS, "xlsx", real["xlsx"])
        an_incident(team=a_team(), at=at(20))  # comes too late: the figures are frozen
        keep()
        Job.objects.update(try_after=timezone.now())
        assert run_next_job()
        after = IssuedReport.objects.get()
        assert (after.hash, after.files.count(), after.issued_at is not None) == (kept.hash, len(WANTED), True)
        job = Job.objects.get()
        assert (job.state, job.done, job.total) == (Job.State.DONE, actions.STEPS, actions.STEPS)

    def test_a_machine_without_pango_is_told_of_it_and_goes_on_later(self, march, monkeypatch):
        def cannot(report, language):
            raise NotNow("It lacks Pango.")

        real = actions._WRITERS["pdf"]
        monkeypatch.setitem(actions._WRITERS, "pdf", cannot)
        start_issue(MARCH, by=march, via="page")
        run_next_job()
        job = Job.objects.get()
        assert (job.state, job.error) == (Job.State.FAILED, "It lacks Pango.")
        monkeypatch.setitem(actions._WRITERS, "pdf", real)
        assert issued().files.count() == len(WANTED)

    def test_what_was_issued_is_not_started_again(self, march):
        issued()
        with pytest.raises(Refused, match="2026-03 was issued already."):
            start_issue(MARCH, by=march, via="page")


@pytest.mark.usefixtures("quick")
class TestByItself:
    def test_it_is_due_on_the_first_business_day(self, march):
        # 1 April 2026 is a Wednesday; work begins in the morning, Tokyo time.
        assert due_months(datetime(2026, 3, 31, 14, tzinfo=UTC)) == []
        assert due_months(datetime(2026, 3, 31, 15, 1, tzinfo=UTC)) == []
        assert due_months(datetime(2026, 4, 1, 3, tzinfo=UTC)) == [MARCH]

    def test_a_desk_that_stood_still_notices_later(self, march):
        assert due_months(datetime(2026, 4, 20, 3, tzinfo=UTC)) == [MARCH]
        issued()
        assert due_months(datetime(2026, 4, 20, 3, tzinfo=UTC)) == []
        assert due_months(datetime(2026, 6, 20, 3, tzinfo=UTC)) == [date(2026, 4, 1), date(2026, 5, 1)]

    def test_it_begins_one_job_and_after_a_failure_waits(self, march):
        now = datetime(2026, 4, 20, 3, tzinfo=UTC)
        assert [issue_when_due(now), issue_when_due(now)] == [1, 0]
        Job.objects.update(state=Job.State.FAILED, ended_at=now)
        assert issue_when_due(now + timedelta(minutes=30)) == 0
        assert issue_when_due(now + timedelta(minutes=90)) == 1

    def test_before_the_first_business_day_of_a_weekend_it_waits(self, march):
        # 1 and 2 August 2026 are Saturday and Sunday.
        issue(MARCH, by=None, via="page")
        assert date(2026, 7, 1) not in due_months(datetime(2026, 8, 2, 5, tzinfo=UTC))
        assert date(2026, 7, 1) in due_months(datetime(2026, 8, 3, 5, tzinfo=UTC))


@pytest.mark.usefixtures("quick")
class TestFiles:
    @pytest.mark.parametrize("language", ["ja", "en"])
    def test_excel_says_the_frozen_figures(self, march, language):
        report = issued()
        frozen = Frozen.of(report, language)
        sheets = cells_of(written(report, language, "xlsx"))
        names = list(sheets)
        assert len(names) == len(frozen.groups) + 2
        rows = {row[1]: row for row in sheets[names[0]] if len(row) > 3}
        for line in frozen.lines:
            if line.value is not None:
                assert Decimal(str(float(line.value))) == Decimal(rows[line.name][3]), line.key
        for (_name, lines), sheet in zip(frozen.groups, names[1:-1], strict=True):
            for line in lines:
                for part in line.parts:
                    assert any(row and row[0] == safe(part.label) for row in sheets[sheet]), (line.key, part.label)

    def test_raw_data_has_a_row_for_each_ticket_that_is_not_confidential(self, march):
        report = issued()
        raw = list(cells_of(written(report, "en", "xlsx")).values())[-1]
        hushed = Ticket.objects.get(is_confidential=True)
        numbers = {row[0] for row in raw[1:]}
        assert numbers == set(Ticket.objects.filter(is_confidential=False).values_list("number", flat=True))
        assert hushed.number not in numbers
        assert "@SUM(1)" not in json.dumps(raw) and "=1+1" not in {cell for row in raw for cell in row}

    def test_what_people_typed_never_begins_a_formula(self, march):
        report = issued()
        cells = [cell for rows in cells_of(written(report, "en", "xlsx")).values() for row in rows for cell in row]
        assert "'=1+1" in cells  # the team
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]

    @pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
    @pytest.mark.parametrize(
        ("language", "title"), [("ja", "サービスデスク月次KPI報告書"), ("en", "Monthly report of the")]
    )
    def test_pdf_says_the_frozen_figures(self, march, language, title):
        report = issued()
        text = read(written(report, language, "pdf"))
        frozen = Frozen.of(report, language)
        assert text.count("\f") >= len(frozen.groups) + 3  # cover, summary, chapters, meanings
        assert title in text and report.hash in text
        words = re.sub(r"\s", "", text)
        for line in frozen.lines:
            assert re.sub(r"\s", "", line.name) in words
        assert "<b>=HYPERLINK(1)</b>" in text  # as it was typed, and nothing that acts
        # It breaks into lines, between which the text of a PDF has the other columns.
        assert re.sub(r"\s", "", LONG)[:12] in words or not any(
            LONG in part.label for line in frozen.lines for part in line.parts
        )

    def test_a_changed_file_or_figure_is_found(self, march):
        report = issued()
        out = StringIO()
        call_command("check_reports", stdout=out)
        assert out.getvalue() == "All issued reports and files are as they were issued.\n"
        file = report.files.first()
        with file.file.storage.open(file.file.name, "wb") as stream:
            stream.write(b"other")
        IssuedReport.objects.filter(pk=report.pk).update(figures=report.figures | {"fiscal_year": 1999})
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("check_reports", stdout=out)
        assert out.getvalue().splitlines() == [
            "2026-03: the figures are not those of its hash",
            f"{file.name}: the file is gone or changed",
        ]


def safe(label: str) -> str:
    return f"'{label}" if label.startswith("=") else label


def read(content: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True)
    return done.stdout.decode()


@pytest.mark.usefixtures("quick")
class TestCorrections:
    def test_what_changes_later_is_noted_once_and_again_when_it_changes(self, march, team):
        report = issued()
        assert note_corrections() == 0
        agent = an_agent(team)
        late = an_incident(team=team, assignee=agent, at=at(9))
        keep()
        Counted.objects.all().delete()
        while keep_counted():
            pass
        noted = note_corrections()
        assert noted > 0 and note_corrections() == 0
        assert Correction.objects.get(kpi="tickets.opened").value == "4"
        resolve(late, agent, at=at(10))
        keep()
        Counted.objects.all().delete()
        assert note_corrections() > 0
        assert Correction.objects.get(kpi="tickets.resolved").value == "3"
        assert IssuedReport.objects.get(pk=report.pk).figures == report.figures


@pytest.mark.usefixtures("quick")
class TestMails:
    def test_each_subscriber_gets_one_in_their_language_with_the_pdf(self, march, mailoutbox, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        german, japanese = a_person(Role.LEAD, language="en"), a_person(Role.REPORT_READER, language="ja")
        for person in (german, japanese):
            subscribe(person, by=person, via="page")
        report = issued()
        assert letters.tell_subscribers(report) == 0  # whoever goes on doubles nothing
        mails = {mail.to_user: mail for mail in OutgoingMail.objects.filter(kind="report")}
        assert set(mails) == {german, japanese}
        assert mails[german].subject == "Monthly report of the service desk: March 2026"
        assert "2026年3月の月次報告書を発行しました。" in mails[japanese].text
        assert "/reports/issued/2026-03/" in mails[german].text
        assert send_waiting() == 2
        files = {mail.to[0]: mail.attachments for mail in mailoutbox}
        [attached] = files[japanese.email]
        assert attached.filename == "report-2026-03-ja.pdf"
        assert attached.content == content(report, "ja", "pdf")

    def test_a_file_that_is_too_large_stays_on_the_page(self, march, monkeypatch):
        monkeypatch.setattr(letters, "MOST_ATTACHED_BYTES", 0)
        subscribe(march, by=march, via="page")
        issued()
        assert OutgoingMail.objects.get(kind="report").attached == []

    def test_who_lost_the_right_gets_none(self, march, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        one, other = a_person(Role.LEAD), a_person(Role.LEAD)
        for person in (one, other):
            subscribe(person, by=march, via="page")
        one.role_rows.all().delete()
        issued()
        assert [mail.to_user for mail in OutgoingMail.objects.filter(kind="report")] == [other]
        other.role_rows.all().delete()
        assert send_waiting() == 0
        assert OutgoingMail.objects.get(kind="report").error == "not_visible"

    def test_who_may_not_read_reports_is_not_added(self, march):
        agent = an_agent()
        with pytest.raises(Refused, match="may not read reports"):
            subscribe(agent, by=march, via="page")
        assert Subscriber.objects.count() == 0

    def test_leaving_is_noted(self, march):
        subscribe(march, by=march, via="page")
        unsubscribe(march, by=march, via="page")
        unsubscribe(march, by=march, via="page")
        verbs = list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))
        assert verbs[-2:] == ["subscribe_reports", "unsubscribe_reports"]


class TestCommand:
    def test_it_names_the_files_and_writes_copies(self, march, tmp_path):
        """With real files, from the command to the disk."""
        out = StringIO()
        call_command("issue_report", "2026-03", out=str(tmp_path / "reports"), stdout=out)
        said = out.getvalue()
        names = [f"report-2026-03-{language}.{kind}" for language in ("en", "ja") for kind in ("pdf", "xlsx")]
        assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == names
        assert all(name in said for name in names)
        for name, begins in zip(names, (b"%PDF-", b"PK") * 2, strict=True):
            assert (tmp_path / "reports" / name).read_bytes().startswith(begins)
        assert said.startswith(f"0 of {actions.STEPS}\n") and "2026-03: issued " in said

    @pytest.mark.parametrize(
        ("typed", "says"),
        [("2026-99", "is no month"), ("2900-01", "has not begun"), ("2020-01", "Nothing was recorded in 2020-01")],
    )
    def test_a_month_that_cannot_be_issued_is_a_clear_error(self, march, typed, says):
        with pytest.raises(CommandError, match=says):
            call_command("issue_report", typed, stdout=StringIO())

    @pytest.mark.usefixtures("quick")
    def test_facts_that_wait_are_read_first(self, team, march):
        an_incident(team=team, at=at(12))
        from servicedesk.tickets.delivery import deliver_waiting

        while deliver_waiting():
            pass
        kept = {line["key"]: line for group in issued().figures["groups"] for line in group["lines"]}
        assert kept["tickets.opened"]["actual"] == "4"
        assert keep_waiting() == 0
