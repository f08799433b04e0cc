from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from servicedesk.desk.chains import check_all
from servicedesk.importers.actions import begin_import, discard_import, run_import, runs, upload_import, writing
from servicedesk.importers.models import Imported, TicketImport
from servicedesk.people.jobs import run_next_job
from servicedesk.people.models import AuditEntry, Job, Team, User
from servicedesk.tickets.actions import assign, note
from servicedesk.tickets.models import Category, Outbox, Ticket, TicketEvent
from servicedesk.tickets.search import search
from servicedesk.web.errors import Refused
from tests.factories import a_team, an_administrator, an_agent, an_incident

from .logs import COLUMNS, closed, log, row, still_open

pytestmark = pytest.mark.django_db
ALL_MISSING = (
    "This is no event log of ServiceNow: the columns number, incident_state, reassignment_count, reopen_count, "
    "made_sla, caller_id, opened_at, sys_updated_at, priority, assignment_group, resolved_at, closed_at are missing."
)


@pytest.fixture
def admin():
    return an_administrator(name="Ada")


def upload(by, *rows, content: bytes | None = None, zone: str = "Asia/Tokyo") -> TicketImport:
    content = content if content is not None else log(*rows)
    return upload_import("servicenow", name="log.csv", content=content, time_zone=zone, by=by, via="page")


def bring_in(by, *rows) -> TicketImport:
    return run_import(upload(by, *rows), by=by, via="page")


def tokyo(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2016, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=9)


class TestAnIncident:
    def test_has_what_its_last_row_says(self, admin):
        bring_in(admin, *closed())
        ticket = Ticket.objects.select_related("imported", "team", "assignee", "requester", "category__parent").get()
        assert (ticket.external_id, ticket.source, ticket.channel) == ("INC1", "ServiceNow", "phone")
        assert ticket.title == "Category 5 · Subcategory 9 · Symptom 7"
        assert (ticket.status, ticket.phase, ticket.priority, ticket.impact) == ("closed", "closed", 2, 2)
        assert ticket.created_at == tokyo(1, 9)
        assert ticket.resolved_at == tokyo(2, 11, 30)
        assert ticket.closed_at == tokyo(7, 12)
        assert (ticket.team.name, ticket.team.is_active) == ("Group 24", False)
        assert (str(ticket.category), str(ticket.category.parent)) == ("Subcategory 9", "Category 5")
        assert ticket.incident.cause_code is None
        imported = ticket.imported
        assert (imported.source, imported.external_id) == ("ServiceNow", "INC1")
        assert (imported.reopen_count, imported.reassignment_count, imported.made_sla) == (0, 1, False)
        assert imported.extras["closed_code"] == "code 6"

    def test_tells_what_happened_at_its_times_and_by_whom(self, admin):
        bring_in(admin, *closed())
        events = [
            (event.verb, event.at, event.by.name if event.by else None, event.via)
            for event in TicketEvent.objects.select_related("by").order_by("number")
        ]
        assert events == [
            ("open", tokyo(1, 9), "Opened by 8", "import"),
            ("assign", tokyo(1, 10), "Updated by 5", "import"),
            ("start", tokyo(1, 10), "Updated by 5", "import"),
            ("change", tokyo(1, 10, 30), "Updated by 5", "import"),
            ("ask_requester", tokyo(1, 10, 30), "Updated by 5", "import"),
            ("set_status", tokyo(1, 15), "Updated by 5", "import"),
            ("resolve", tokyo(2, 11, 30), "Resolved by 2", "import"),
            ("close", tokyo(7, 12), "Updated by 5", "import"),
        ]
        assigned = TicketEvent.objects.get(verb="assign").data["changes"]
        assert [one[1] for one in assigned["team"]] == ["Group 70", "Group 24"]
        assert assigned["assignee"] == [None, [User.objects.get(name="Resolver 6").pk]]
        assert TicketEvent.objects.get(verb="change").data["changes"] == {"priority": [3, 2]}
        assert TicketEvent.objects.get(verb="set_status").data == {
            "from": "waiting_requester", "to": "waiting_vendor", "said": "Awaiting Problem",
        }  # fmt: skip
        assert check_all(lambda done: None).broken == []

    def test_that_is_reopened_counts_what_its_source_counted(self, admin):
        rows = [
            *closed()[:5],
            row(incident_state="Active", sys_updated_at="03-03-2016 09:00", reopen_count="1"),
            row(incident_state="Resolved", sys_updated_at="04-03-2016 09:00", reopen_count="1",
                resolved_at="04-03-2016 09:00"),
        ]  # fmt: skip
        bring_in(admin, *rows)
        ticket = Ticket.objects.get()
        assert (ticket.status, ticket.reopen_count, ticket.closed_at) == ("resolved", 1, None)
        assert [event.at for event in TicketEvent.objects.filter(verb="resolve").order_by("number")] == [
            tokyo(2, 11), tokyo(4, 9),
        ]  # fmt: skip
        assert TicketEvent.objects.get(verb="reopen").at == tokyo(3, 9)

    def test_closed_without_a_moment_of_resolution_has_its_step_in_the_time_line_alone(self, admin):
        bring_in(admin, *closed(resolved_at="?"))
        assert Ticket.objects.get().resolved_at is None
        assert TicketEvent.objects.get(verb="resolve").at == tokyo(2, 11)

    def test_rows_out_of_order_and_before_the_opening_are_put_right(self, admin):
        rows = closed()
        rows[0]["sys_updated_at"] = "01-03-2016 07:00"  # before it was opened
        rows[1]["sys_updated_at"] = "01-03-2016 12:00"  # after the row that follows
        bring_in(admin, *rows)
        times = list(TicketEvent.objects.order_by("number").values_list("at", flat=True))
        assert times == sorted(times)
        assert TicketEvent.objects.get(verb="start").at == tokyo(1, 10, 30)

    def test_another_time_zone_has_other_moments(self, admin):
        run = upload(admin, *closed(), zone="America/Sao_Paulo")
        run_import(run, by=admin, via="page")
        assert Ticket.objects.get().created_at == datetime(2016, 3, 1, 12, tzinfo=UTC)

    def test_is_found_by_its_old_number_and_its_words(self, admin):
        bring_in(admin, *closed("INC777"))
        ticket = Ticket.objects.get()
        assert list(search(admin, "INC777").tickets) == [ticket]
        assert list(search(admin, "Symptom").tickets) == [ticket]

    def test_is_found_beside_a_ticket_of_ours_that_has_its_number(self, admin):
        born = an_incident().ticket
        bring_in(admin, *closed(born.number))
        assert set(search(admin, born.number).tickets) == set(Ticket.objects.all())


class TestPeopleTeamsAndCategories:
    def test_people_cannot_sign_in_and_have_no_address(self, admin):
        bring_in(admin, *closed())
        person = User.objects.get(name="Caller 1")
        assert not person.is_active
        assert not person.has_usable_password()
        assert not person.is_reachable
        assert person.email.endswith("@import.invalid")

    def test_one_of_a_name_is_made_once(self, admin):
        bring_in(admin, *closed("INC1"))
        bring_in(admin, *closed("INC2"))
        assert User.objects.filter(name="Caller 1").count() == 1
        assert Team.objects.filter(name="Group 24").count() == 1
        assert Category.objects.filter(name="Subcategory 9").count() == 1

    def test_a_team_that_is_called_so_is_taken(self, admin):
        team = a_team(name="group 24")
        bring_in(admin, *closed())
        assert Ticket.objects.get().team == team

    def test_a_code_that_is_taken_is_not_taken_again(self, admin):
        Category.objects.create(code="Category 5", name="Others")
        bring_in(admin, *closed())
        made = Category.objects.get(name="Category 5")
        assert made.code.startswith("import-")
        assert Category.objects.get(name="Subcategory 9").parent == made

    def test_what_was_made_is_in_the_audit_log(self, admin):
        bring_in(admin, *still_open())
        made = AuditEntry.objects.filter(verb="create", data__import=True)
        assert set(made.values_list("label", flat=True)) == {
            "Caller 1", "Opened by 8", "Updated by 5", "Group 70", "Category 5", "Subcategory 9",
        }  # fmt: skip
        of_run = AuditEntry.objects.filter(object_type="importers.ticketimport").order_by("pk")
        assert list(of_run.values_list("verb", flat=True)) == ["upload_import", "apply_import"]


class TestOnceMore:
    def test_unchanged_rows_do_nothing(self, admin):
        bring_in(admin, *closed(), *still_open())
        before = list(Ticket.objects.order_by("pk").values_list("pk", "updated_at", "event_hash"))
        run = bring_in(admin, *closed(), *still_open())
        assert run.counts == {"created": 0, "changed": 0, "left": 0, "rejected": 0, "unchanged": 2}
        assert list(Ticket.objects.order_by("pk").values_list("pk", "updated_at", "event_hash")) == before

    def test_what_was_added_there_is_added_here(self, admin):
        bring_in(admin, *still_open())
        more = row(number="INC2", incident_state="Resolved", sys_updated_at="02-03-2016 10:00",
                   resolved_at="02-03-2016 10:00")  # fmt: skip
        run = bring_in(admin, *still_open(), more)
        assert run.counts["changed"] == 1
        ticket = Ticket.objects.get()
        assert (ticket.status, ticket.resolved_at) == ("resolved", tokyo(2, 10))
        verbs = list(TicketEvent.objects.order_by("number").values_list("verb", flat=True))
        assert verbs == ["open", "start", "resolve", "import_again"]
        assert check_all(lambda done: None).broken == []
        assert bring_in(admin, *still_open(), more).counts["unchanged"] == 1

    def test_a_past_that_is_told_otherwise_is_said_and_left(self, admin):
        bring_in(admin, *still_open())
        other = still_open()
        other[1]["sys_updated_at"] = "01-03-2016 23:00"
        run = bring_in(admin, *other)
        assert (run.counts["left"], run.counts["rejected"]) == (1, 0)
        assert run.rejected == [
            [2, "INC2", "Its past is told otherwise than when it was imported; the ticket stays as it is."]
        ]
        assert TicketEvent.objects.get(verb="start").at == tokyo(1, 10)

    def test_what_somebody_worked_on_here_is_said_and_left(self, admin):
        bring_in(admin, *still_open())
        team = Team.objects.get(name="Group 70")
        Team.objects.update(is_active=True)
        agent = an_agent(team)
        note(Ticket.objects.get(), by=agent, via="page", body="Seen.")
        more = row(number="INC2", incident_state="Resolved", sys_updated_at="02-03-2016 10:00")
        run = bring_in(admin, *still_open(), more)
        assert run.rejected == [[2, "INC2", "Somebody has worked on the ticket here since; it stays as it is."]]

    def test_a_job_that_was_killed_goes_on(self, admin, monkeypatch):
        monkeypatch.setattr(runs, "AT_ONCE", 1)
        run, calls = upload(admin, *closed("INC1"), *closed("INC2"), *closed("INC3")), []

        def dies(done, total):
            calls.append((done, total))
            if done == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_import(run, by=admin, via="page", progress=dies)
        assert Ticket.objects.count() == 2
        run = run_import(TicketImport.objects.get(pk=run.pk), by=admin, via="page")
        assert Ticket.objects.count() == 3
        assert run.counts["created"] == 3
        assert calls == [(1, 3), (2, 3)]

    def test_a_chunk_that_fails_is_not_half_there(self, admin, monkeypatch):
        def fails(ids):
            raise RuntimeError

        monkeypatch.setattr(writing, "_consumers", lambda: [fails])
        with pytest.raises(RuntimeError):
            bring_in(admin, *closed())
        assert not Ticket.objects.exists()
        assert not User.objects.filter(name="Caller 1").exists()


class TestRefusals:
    def test_a_broken_date_leaves_out_its_incident_alone(self, admin):
        rows = closed("INC1")
        rows[2]["sys_updated_at"] = "31-02-2016 09:00"
        run = bring_in(admin, *rows, *still_open())
        assert [ticket.external_id for ticket in Ticket.objects.all()] == ["INC2"]
        assert run.rejected == [
            [4, "INC1", "sys_updated_at: “31-02-2016 09:00” is no moment; it is written as 29-02-2016 13:05."]
        ]

    @pytest.mark.parametrize(
        ("cells", "reason"),
        [
            ({"incident_state": "-100"}, "The state “-100” is not known."),
            ({"priority": "7 - Odd"}, "priority: “7 - Odd” is not known."),
            ({"reopen_count": "many"}, "reopen_count: “many” is no count."),
            ({"made_sla": "perhaps"}, "made_sla: “perhaps” is not known."),
            ({"opened_at": "?"}, "opened_at is missing."),
            ({"sys_updated_at": "?"}, "sys_updated_at is missing."),
            ({"number": "?"}, "It has no number."),
            ({"number": "X" * 101}, "The number is longer than 100 letters."),
        ],
    )
    def test_a_row_that_cannot_be_read_says_why(self, admin, cells, reason):
        run = upload(admin, row(**cells))
        assert [(line, why) for line, _number, why in run.rejected] == [(2, reason)]
        assert run.counts == {"rejected": 1}

    def test_rows_of_a_number_that_do_not_stand_together(self, admin):
        run = upload(admin, row(number="INC1"), row(number="INC2"), row(number="INC1"))
        assert run.rejected == [[4, "INC1", "The rows of this number do not stand together: it began in line 2."]]

    @pytest.mark.parametrize(
        ("content", "zone", "sentence"),
        [
            (b"email,name\na@example.com,A\n", "Asia/Tokyo", ALL_MISSING),
            (b"", "Asia/Tokyo", "The file is empty. Its first line has the names of the columns."),
            (log(), "Asia/Tokyo", "The file has no rows beside its first line."),
            (log(row()), "Mars/Olympus", "There is no time zone “Mars/Olympus”. Write one as Asia/Tokyo."),
        ],
    )
    def test_a_file_that_is_something_else_is_refused_whole(self, admin, content, zone, sentence):
        with pytest.raises(Refused) as refused:
            upload(admin, content=content, zone=zone)
        assert str(refused.value) == sentence
        assert not TicketImport.objects.exists()

    def test_only_administrators_import(self, admin):
        run, agent = upload(admin, *closed()), an_agent()
        for act in (lambda: upload(agent, *closed()), lambda: begin_import(run, by=agent, via="page"),
                    lambda: discard_import(run, by=agent, via="page")):  # fmt: skip
            with pytest.raises(PermissionDenied):
                act()
        assert not Ticket.objects.exists()

    def test_what_has_ended_is_not_begun_again(self, admin):
        run = bring_in(admin, *closed())
        with pytest.raises(Refused, match="This import has ended: imported"):
            begin_import(run, by=admin, via="page")
        with pytest.raises(Refused, match="This import has ended: imported"):
            discard_import(run, by=admin, via="page")
        assert bytes(TicketImport.objects.get().content) == b""


class TestTheJob:
    def test_writes_in_the_background_and_says_how_far_it_is(self, admin):
        run = upload(admin, *closed(), *still_open())
        begin_import(run, by=admin, via="page")
        assert run_next_job()
        run.refresh_from_db()
        job = Job.objects.get(kind="import_tickets")
        assert (job.state, job.done, job.total) == ("done", 2, 2)
        assert (run.state, run.counts["created"]) == ("done", 2)

    def test_that_runs_is_not_thrown_away(self, admin):
        run = upload(admin, *closed())
        begin_import(run, by=admin, via="page")
        with pytest.raises(Refused, match="It is being imported just now"):
            discard_import(run, by=admin, via="page")


class TestTheCommand:
    @pytest.fixture
    def file(self, tmp_path):
        path = tmp_path / "log.csv"
        path.write_bytes(log(*closed(), *still_open()))
        return path

    def run(self, *words, **options) -> str:
        out = StringIO()
        call_command("import_tickets", *words, **{"source": "servicenow", "stdout": out} | options)
        return out.getvalue()

    def test_says_what_it_did(self, db, file):
        said = self.run(str(file))
        assert "2 new, 0 changed, 0 as before, 0 changed there and left here, 0 refused." in said
        assert "2 tickets in" in said
        assert TicketImport.objects.get().by is None

    def test_a_dry_run_writes_nothing(self, db, file):
        said = self.run(str(file), dry_run=True)
        assert said.splitlines() == [
            "2 new, 0 changed, 0 as before, 0 changed there and left here, 0 refused.",
            "Would be made for them: 5 people, who cannot sign in; 2 teams and 2 categories, out of use.",
            "Opened from 2016-03-01T00:00:00+00:00 to 2016-03-01T00:00:00+00:00 (UTC).",
            "Nothing was written.",
        ]
        assert not (Ticket.objects.exists() or TicketImport.objects.exists() or User.objects.exists())

    def test_refused_rows_are_in_a_file_and_in_the_exit_code(self, db, file):
        file.write_bytes(log(*closed(), row(number="INC9", opened_at="soon")))
        with pytest.raises(SystemExit) as ended:
            self.run(str(file))
        assert ended.value.code == 3
        lines = (file.parent / "log.csv.rejected.csv").read_text(encoding="utf-8-sig").splitlines()
        assert lines == [
            "Line,Number there,Reason",
            "8,INC9,opened_at: “soon” is no moment; it is written as 29-02-2016 13:05.",
        ]
        assert Ticket.objects.count() == 1

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"timezone": "Tokyo/Asia"}, "There is no time zone “Tokyo/Asia”. Write one as Asia/Tokyo."),
            ({"source": "table"}, "Name a saved mapping with --mapping. There are: –."),
        ],
    )
    def test_a_wrong_word_is_a_sentence(self, db, file, options, sentence):
        with pytest.raises(CommandError) as refused:
            self.run(str(file), **options)
        assert str(refused.value) == sentence

    def test_a_missing_file_is_a_sentence(self, db):
        with pytest.raises(CommandError, match="There is no file nowhere.csv"):
            self.run("nowhere.csv")

    def test_other_columns_are_a_sentence(self, db, file):
        file.write_bytes(log(row(), columns=COLUMNS[:5]))
        with pytest.raises(CommandError, match="This is no event log of ServiceNow: the columns made_sla"):
            self.run(str(file))
        assert not Ticket.objects.exists()


def test_nothing_of_it_waits_for_a_consumer(admin):
    bring_in(admin, *closed(), *still_open())
    assert not Outbox.objects.exists()
    assert Imported.objects.count() == 2


def test_an_agent_goes_on_with_what_was_open(admin):
    bring_in(admin, *still_open())
    Team.objects.update(is_active=True)
    agent = an_agent(Team.objects.get(name="Group 70"))
    ticket = Ticket.objects.get()
    assign(ticket, by=agent, via="page", assignee=agent)
    assert Ticket.objects.get().assignee == agent
    assert Outbox.objects.count() == 1
