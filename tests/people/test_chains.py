"""The audit log and the tickets' events cannot be altered unseen."""

import ast
from datetime import date

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from incidents.actions import start_incident
from servicedesk.desk.audit_words import SETTINGS_VERBS, TICKET_VERBS
from servicedesk.desk.chains import check_all
from servicedesk.people.actions import audit, audit_many, create_absence, create_company, create_person
from servicedesk.people.actions.core import Change
from servicedesk.people.jobs import run_next_job
from servicedesk.people.models import AuditEntry, Job, Role
from servicedesk.tickets.models import TicketEvent
from servicedesk.tickets.sentences import _SENTENCES
from tests.factories import a_person, a_team, a_ticket, an_administrator, an_agent, an_incident

pytestmark = pytest.mark.django_db


def past_the_guard(table: str, sql: str, *params) -> None:
    """What somebody with the rights of the database's owner could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        cursor.execute(sql, params)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")


@pytest.fixture
def entries():
    admin = an_administrator()
    for n in range(3):
        create_company(by=admin, via="page", code=f"c{n}", name=f"Company {n}")
    return list(AuditEntry.objects.order_by("pk"))


@pytest.fixture
def ticket():
    team = a_team()
    incident = an_incident(team=team)
    start_incident(incident, by=an_agent(team), via="page")
    return incident.ticket


class TestGuard:
    @pytest.mark.parametrize("table", ["people_auditentry", "tickets_ticketevent"])
    @pytest.mark.parametrize("sql", ["UPDATE {} SET verb = 'x'", "DELETE FROM {}"])
    def test_the_database_itself_refuses_to_change_entries(self, table, sql, entries, ticket):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM tickets_outbox")
            cursor.execute(sql.format(table))


class TestWhole:
    def test_what_the_desk_wrote_fits(self, entries, ticket):
        found = check_all()
        assert (found.broken, found.entries) == ([], 3 + TicketEvent.objects.count())
        assert found.chains == 1 + 1

    def test_many_entries_at_once_are_one_chain(self):
        people = [a_person() for _n in range(3)]
        audit_many([Change(person, "change", {"n": n}) for n, person in enumerate(people)], by=None, via="command")
        audit(people[0], "change", by=None, via="command", text="日本語", number=1.5, nothing=None)
        assert check_all().broken == []

    def test_the_command_says_so(self, entries, capsys):
        call_command("check_chains")
        assert "3 entries in 1 chains, 0 broken" in capsys.readouterr().out


class TestAuditLog:
    def broken(self) -> list[tuple]:
        return [(one["chain"], one["place"], one["reason"]) for one in check_all().broken]

    def test_an_altered_entry_is_found(self, entries):
        past_the_guard("people_auditentry", "UPDATE people_auditentry SET verb = 'x' WHERE id = %s", entries[1].pk)
        assert self.broken() == [("audit", str(entries[1].pk), "altered")]

    def test_an_entry_altered_with_its_hash_breaks_the_next(self, entries):
        past_the_guard("people_auditentry", "UPDATE people_auditentry SET hash = 'x' WHERE id = %s", entries[1].pk)
        assert self.broken() == [("audit", str(entries[1].pk), "altered")]

    @pytest.mark.parametrize(("gone", "place"), [(0, 1), (1, 2)])
    def test_a_missing_entry_is_found(self, entries, gone, place):
        past_the_guard("people_auditentry", "DELETE FROM people_auditentry WHERE id = %s", entries[gone].pk)
        assert self.broken() == [("audit", str(entries[place].pk), "missing")]

    def test_a_cut_tail_is_found(self, entries):
        past_the_guard("people_auditentry", "DELETE FROM people_auditentry WHERE id = %s", entries[2].pk)
        assert self.broken() == [("audit", str(entries[1].pk), "cut")]

    def test_an_emptied_log_is_found(self, entries):
        past_the_guard("people_auditentry", "DELETE FROM people_auditentry")
        assert self.broken() == [("audit", "0", "gone")]

    def test_the_command_fails(self, entries, capsys):
        past_the_guard("people_auditentry", "UPDATE people_auditentry SET verb = 'x' WHERE id = %s", entries[1].pk)
        with pytest.raises(SystemExit):
            call_command("check_chains")
        assert f"audit: entry {entries[1].pk}: an entry was altered" in capsys.readouterr().out


class TestEvents:
    def broken(self) -> list[tuple]:
        return [(one["chain"], one["place"], one["reason"]) for one in check_all().broken]

    def tamper(self, sql: str, *params) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM tickets_outbox")
        past_the_guard("tickets_ticketevent", sql, *params)

    @pytest.mark.parametrize(
        "change",
        ["verb = 'x'", "by_id = NULL", "via = 'api'", "is_public = NOT is_public", "data = '{}'", "at = at + '1 s'"],
    )
    def test_every_altered_column_is_found(self, ticket, change):
        assert ticket.events.get(number=2).by_id is not None
        self.tamper(f"UPDATE tickets_ticketevent SET {change} WHERE ticket_id = %s AND number = 2", ticket.pk)
        assert self.broken() == [(ticket.number, "2", "altered")]

    def test_only_the_first_broken_link_of_a_chain_is_told(self, ticket):
        other = a_ticket()
        self.tamper("UPDATE tickets_ticketevent SET verb = 'x'")
        assert self.broken() == [(ticket.number, "1", "altered"), (other.number, "1", "altered")]

    def test_a_missing_event_is_found(self, ticket):
        self.tamper("DELETE FROM tickets_ticketevent WHERE ticket_id = %s AND number = 1", ticket.pk)
        assert self.broken() == [(ticket.number, "1", "missing")]

    def test_a_cut_tail_is_found(self, ticket):
        last = ticket.events.count()
        self.tamper("DELETE FROM tickets_ticketevent WHERE ticket_id = %s AND number = %s", ticket.pk, last)
        assert self.broken() == [(ticket.number, str(last - 1), "cut")]

    def test_a_ticket_without_any_event_is_found(self, ticket):
        self.tamper("DELETE FROM tickets_ticketevent WHERE ticket_id = %s", ticket.pk)
        assert self.broken() == [(ticket.number, "0", "gone")]

    def test_an_event_put_in_past_the_desk_is_found(self, ticket):
        count = ticket.events.count()
        TicketEvent.objects.create(ticket=ticket, number=count + 1, verb="reply", via="page", hash="0" * 64)
        assert self.broken() == [(ticket.number, str(count + 1), "altered")]


class TestCheckOfAPage:
    def test_runs_in_the_background_and_keeps_its_result(self, visit, ticket):
        client = visit(an_administrator())
        assert client.post("/settings/audit/check/").status_code == 303
        assert client.post("/settings/audit/check/").status_code == 303
        assert Job.objects.count() == 1
        assert (
            "hx-trigger" in client.get("/settings/audit/check/state/", headers={"HX-Request": "true"}).content.decode()
        )
        assert run_next_job()
        assert not run_next_job()
        check = Job.objects.get()
        assert (check.state, check.result, check.percent) == ("done", {"broken": []}, 100)
        assert "entries fit" in client.get("/settings/audit/").content.decode()

    def test_shows_what_is_broken(self, visit, entries):
        past_the_guard("people_auditentry", "UPDATE people_auditentry SET verb = 'x' WHERE id = %s", entries[1].pk)
        client = visit(an_administrator())
        client.post("/settings/audit/check/")
        run_next_job()
        assert "1 chain is broken" in client.get("/settings/audit/").content.decode()


class TestAuditPage:
    def test_only_administrators_read_it(self, visit):
        for address in ("/settings/audit/", "/settings/audit/export/", "/settings/audit/check/state/"):
            assert visit(an_agent()).get(address).status_code == 403

    def test_filters_by_who_what_verb_and_through(self, visit, entries):
        admin = an_administrator(email="other@example.com")
        create_company(by=admin, via="api", code="other", name="Otherwise")
        client = visit(admin)
        for query in ("who=other@example.com", "number=otherw", "via=api", "what=people.company&via=api"):
            shown = client.get(f"/settings/audit/?{query}").content.decode()
            assert "Otherwise" in shown and "Company 1" not in shown, query
        assert "Company 1" in client.get("/settings/audit/?verb=create").content.decode()
        assert "Nothing fits" in client.get("/settings/audit/?verb=delete").content.decode()
        assert "Nothing fits" in client.get("/settings/audit/?until=2001-01-01").content.decode()
        assert "Nothing fits" in client.get("/settings/audit/?since=nonsense").content.decode()

    def test_says_verbs_and_values_in_words(self, visit):
        admin = an_administrator(language="ja")
        agent = create_person(
            by=admin, via="page", name="小林 翔", email="sho@example.com", language="en", roles=[Role.AGENT]
        )
        create_absence(agent, by=admin, via="page", from_on=date(2026, 12, 3), until_on=date(2026, 12, 6))
        shown = visit(admin).get("/settings/audit/").content.decode()
        for words in ("休みの登録", "2026年12月3日(木)", "担当者", "英語"):
            assert words in shown, words
        for code in ("<code>", "create_absence</", "from_on", "2026-12-03", ">agent<"):
            assert code not in shown, code
        exported = b"".join(visit(admin).get("/settings/audit/export/").streaming_content).decode()
        assert "create_absence" in exported and "2026-12-03" in exported

    def test_has_words_for_every_verb_that_is_recorded(self):
        written = set()
        for app in ("servicedesk", "incidents", "requests", "cmdb"):
            for path in (settings.BASE_DIR / app).rglob("*.py"):
                for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                    if not isinstance(call, ast.Call) or len(call.args) < 2:
                        continue
                    name, verb = getattr(call.func, "id", ""), call.args[1]
                    if name in ("audit", "write_audit") and isinstance(verb, ast.Constant):
                        written.add(verb.value)
                    elif name == "_decide":
                        written.add(call.args[2].value)
        assert {"create", "retry", "check_chains", "save_priority_matrix"} <= written
        assert written <= SETTINGS_VERBS.keys()
        assert _SENTENCES.keys() <= TICKET_VERBS.keys()

    def test_shows_events_of_visible_tickets_only(self, visit, ticket):
        secret = a_ticket(is_confidential=True)
        shown = visit(an_administrator()).get("/settings/audit/?of=tickets").content.decode()
        assert ticket.number in shown
        assert secret.number not in shown
        exported = visit(an_administrator()).get(f"/settings/audit/export/?of=tickets&number={secret.number}")
        assert secret.number not in b"".join(exported.streaming_content).decode()

    def test_the_export_holds_no_formula_and_says_when_it_is_cut(self, visit, entries, monkeypatch):
        monkeypatch.setattr("servicedesk.desk.audit.MOST_EXPORTED", 2)
        admin = an_administrator(name="=1+1", email="f@example.com")
        create_company(by=admin, via="page", code="x", name="@SUM")
        content = b"".join(visit(admin).get("/settings/audit/export/").streaming_content).decode()
        assert "'=1+1" in content and "'@SUM" in content
        assert "There is more. Narrow the filter" in content
        assert len(content.splitlines()) == 4

    def test_the_number_of_queries_does_not_grow(self, visit, django_assert_max_num_queries):
        client = visit(an_administrator())
        for n in (1, 3):
            for _one in range(n):
                an_incident()
                create_company(by=None, via="page", code=f"q{n}{_one}", name="Q")
            for of in ("settings", "tickets"):
                with django_assert_max_num_queries(16):
                    client.get(f"/settings/audit/?of={of}")
