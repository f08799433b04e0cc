"""The list as a file: what is seen, without formulas, small ones at once, large ones as a job for one person."""

import io
from datetime import timedelta
from zipfile import ZipFile

import pytest
from django.core.files.storage import default_storage
from django.http import QueryDict
from django.utils import timezone
from selectolax.lexbor import LexborHTMLParser

from servicedesk.desk import exporting
from servicedesk.desk.models import Export
from servicedesk.desk.tasks import tidy_desk
from servicedesk.people.jobs import run_next_job
from servicedesk.people.models import AuditEntry, Job, UserRole
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_service, a_team, a_ticket, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team(name="First line")


@pytest.fixture
def agent(team):
    return an_agent(team)


def start(by, query="view=all", kind="csv") -> Export:
    return exporting.start_export(QueryDict(query), kind=kind, label="All open", by=by, via="page")


def lines(content: bytes) -> list[list[str]]:
    return [line.split(",") for line in content.decode("utf-8-sig").splitlines()]


def sheet(content: bytes) -> list[list[str]]:
    """The cells of a workbook's only sheet, each of which must be a text."""
    with ZipFile(io.BytesIO(content)) as book:
        page = LexborHTMLParser(book.read("xl/worksheets/sheet1.xml").decode())
    assert page.css("f") == []
    assert all(cell.attributes["t"] == "inlineStr" for cell in page.css("c"))
    return [[cell.text() for cell in row.css("c")] for row in page.css("row")]


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


class TestAtOnce:
    def test_excel_has_texts_alone(self, visit, team, agent):
        wanted = a_ticket(
            team=team, title="=HYPERLINK(0)", requester=a_person(name="＠Midori <b>"), impact=1, urgency=1
        )
        a_ticket(team=team)
        answer = visit(agent).get("/desk/export.xlsx?view=all&priority=1")
        assert answer["Content-Disposition"].endswith('.xlsx"')
        head, row = sheet(answer.content)
        assert head[:6] == ["Number", "Type", "Title", "Status", "Priority", "Requester"]
        assert row[:6] == [wanted.number, "Incident", "'=HYPERLINK(0)", "New", "P1", "'＠Midori <b>"]

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_chosen_columns_are_those_of_the_file_in_their_order(self, visit, team, agent, kind):
        ticket = a_ticket(service=a_service(team, name="Payroll", name_en="Payroll"))
        content = visit(agent).get(f"/desk/export.{kind}?view=all&columns=service,team").content
        rows = lines(content) if kind == "csv" else sheet(content)
        assert rows == [
            ["Number", "Title", "Priority", "Service", "Team"],
            [ticket.number, ticket.title, "P3", "Payroll", "First line"],
        ]

    def test_in_the_order_of_the_list_and_of_a_saved_view(self, visit, team, agent):
        from servicedesk.desk.actions import create_view

        low, high = a_ticket(team=team), a_ticket(team=team, impact=1, urgency=1)
        a_ticket(team=a_team())
        page = visit(agent)
        view = create_view(name="x", query=QueryDict("view=all&sort=oldest"), by=agent, via="page")
        for query, wanted in (("view=all", [high, low]), (f"saved={view.pk}", [low, high])):
            rows = lines(page.get(f"/desk/export.csv?{query}").content)
            assert [row[0] for row in rows[1:]] == [ticket.number for ticket in wanted]

    def test_a_long_list_leads_to_the_background(self, visit, team, agent, monkeypatch):
        monkeypatch.setattr(exporting, "MOST_AT_ONCE", 1)
        a_ticket(team=team)
        page = visit(agent)
        assert page.get("/desk/export.xlsx?view=all").status_code == 200
        a_ticket(team=team)
        answer = page.get("/desk/export.xlsx?view=all&after=x")
        assert answer["Location"] == "/desk/exports/?view=all&format=xlsx"
        html = page.get(answer["Location"]).content.decode()
        assert "“All open” as a file" in html and 'value="xlsx" checked' in html

    @pytest.mark.parametrize("rows", [1, 3])
    def test_queries_are_the_same_however_many_rows(self, visit, team, agent, rows, django_assert_num_queries):
        for _turn in range(rows):
            a_ticket(team=team, service=a_service(team), requester=a_person())
        page = visit(agent)
        page.get("/desk/export.xlsx?view=all")
        with django_assert_num_queries(7):
            page.get("/desk/export.xlsx?view=all")


class TestAsAJob:
    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_is_made_handed_out_and_told(self, visit, team, agent, kind):
        tickets = [a_ticket(team=team, title="+1") for _turn in range(3)]
        page = visit(agent)
        answer = page.post("/desk/exports/?view=all", {"format": kind}, follow=True)
        html = answer.content.decode()
        assert "Waiting for its turn" in html and 'hx-trigger="every 2s"' in html
        export = Export.objects.get()
        assert page.get(f"/desk/exports/{export.pk}/").status_code == 404
        assert run_next_job()
        html = page.get("/desk/exports/").content.decode()
        assert "3 tickets" in html and "every 2s" not in html
        answer = page.get(f"/desk/exports/{export.pk}/")
        content = body(answer)
        rows = lines(content) if kind == "csv" else sheet(content)
        assert [row[0] for row in rows[1:]] == [ticket.number for ticket in tickets]
        assert rows[1][2] == "'+1"
        assert f'.{kind}"' in answer["Content-Disposition"] and answer["X-Content-Type-Options"] == "nosniff"
        assert AuditEntry.objects.get().verb == "export"

    def test_progress_is_kept_on_the_way(self, team, agent, monkeypatch):
        monkeypatch.setattr(exporting, "_STEP", 2)
        for _turn in range(5):
            a_ticket(team=team)
        start(agent)
        told = []
        exporting.export_as_job(Job.objects.get(), lambda done, total: told.append((done, total)))
        assert told == [(0, 5), (2, 5), (4, 5), (5, 5)]

    def test_stops_at_the_most_and_says_so(self, visit, team, agent, monkeypatch):
        monkeypatch.setattr(exporting, "MOST_ROWS", 2)
        for _turn in range(3):
            a_ticket(team=team)
        export = start(agent)
        run_next_job()
        export.refresh_from_db()
        assert (export.rows, export.is_cut) == (2, True)
        assert "more tickets than a file takes" in visit(agent).get("/desk/exports/").content.decode()

    def test_what_may_be_seen_is_asked_when_it_is_made(self, team, agent):
        a_ticket(team=a_team())
        ticket = a_ticket(team=team)
        export = start(agent)
        ticket.is_confidential = True
        ticket.team = a_team()
        ticket.save()
        run_next_job()
        export.refresh_from_db()
        assert (export.rows, len(lines(export.file.read()))) == (0, 1)

    def test_who_is_no_agent_any_more_gets_nothing(self, visit, team, agent):
        a_ticket(team=team)
        export = start(agent)
        UserRole.objects.all().delete()
        run_next_job()
        export.refresh_from_db()
        assert not export.file and Job.objects.get().state == "failed"
        assert visit(agent).get(f"/desk/exports/{export.pk}/").status_code == 403

    def test_done_twice_it_is_there_once(self, team, agent):
        a_ticket(team=team)
        export = start(agent)
        run_next_job()
        export.refresh_from_db()
        name = export.file.name
        exporting.export_as_job(Job.objects.get(), lambda done, total: None)
        export.refresh_from_db()
        assert export.file.name == name

    def test_deleted_while_it_waits_nothing_is_left(self, visit, team, agent, django_capture_on_commit_callbacks):
        a_ticket(team=team)
        export = start(agent)
        visit(agent).post(f"/desk/exports/{export.pk}/delete/")
        assert run_next_job()
        assert Job.objects.get().state == "done"
        assert not Export.objects.exists()

    def test_deleted_while_it_is_written_the_file_goes(self, team, agent, monkeypatch):
        a_ticket(team=team)
        export = start(agent)
        monkeypatch.setattr(exporting, "write_file", lambda *given: Export.objects.all().delete()[0])
        exporting.export_as_job(Job.objects.get(), lambda done, total: None)
        assert not Export.objects.exists()
        assert default_storage.listdir(f"exports/{timezone.now():%Y/%m}")[1] == [], export

    def test_files_go_after_a_week(self, team, agent, django_capture_on_commit_callbacks):
        a_ticket(team=team)
        export = start(agent)
        run_next_job()
        export.refresh_from_db()
        with django_capture_on_commit_callbacks(execute=True):
            tidy_desk()
        assert default_storage.exists(export.file.name)
        Export.objects.update(created_at=timezone.now() - timedelta(days=7, minutes=1))
        with django_capture_on_commit_callbacks(execute=True):
            tidy_desk()
        assert not default_storage.exists(export.file.name) and not Export.objects.exists()

    def test_not_more_than_ten_nor_of_another_kind(self, visit, agent):
        for _turn in range(10):
            Export.objects.create(owner=agent, format="csv", label="x")
        answer = visit(agent).post("/desk/exports/?view=all", {"format": "csv"})
        assert answer.status_code == 422
        assert "You have ten exports." in answer.content.decode()
        Export.objects.all().delete()
        with pytest.raises(Refused, match="no such kind"):
            start(agent, kind="exe")

    def test_those_of_others_are_not_there(self, visit, team, agent):
        export = start(an_agent(team))
        page = visit(agent)
        assert page.get(f"/desk/exports/{export.pk}/").status_code == 404
        assert page.post(f"/desk/exports/{export.pk}/delete/").status_code == 404
        assert "No exports yet" in page.get("/desk/exports/").content.decode()

    @pytest.mark.parametrize("many", [1, 3])
    def test_queries_are_the_same_however_many_files(self, visit, agent, many, django_assert_num_queries):
        for _turn in range(many):
            start(agent)
        page = visit(agent)
        page.get("/desk/exports/")
        with django_assert_num_queries(12):
            page.get("/desk/exports/")
