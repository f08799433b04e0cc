"""Work time that people correct themselves, and months that are closed: every action allowed, refused, its events, its
pages.
"""

import json
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from servicedesk.people.models import AuditEntry, Role
from servicedesk.tickets.actions import change_work, close_month, delete_work, log_work, reopen_month
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import ClosedWorkMonth, WorkTime
from servicedesk.tickets.queries import get_work, work_months
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, a_ticket, an_administrator, an_agent, events_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team, name="Hana Sato")


@pytest.fixture
def ticket(team):
    return a_ticket(team=team)


@pytest.fixture
def last_month():
    """A day in it."""
    return timezone.localdate().replace(day=1) - timedelta(days=1)


@pytest.fixture
def work(ticket, agent):
    return log_work(ticket, by=agent, via="page", minutes=20, note="called")


def at(ticket, work=None, rest=""):
    return f"/tickets/{ticket.number}/work-time/" + (f"{work.pk}/{rest}" if work else "")


class TestCorrecting:
    def test_the_event_keeps_the_numbers_from_before(self, ticket, agent, work):
        today, day = timezone.localdate(), timezone.localdate() - timedelta(days=1)
        change_work(work, by=agent, via="page", minutes=35, worked_on=day, note="drove there")
        row = WorkTime.objects.get()
        assert (row.minutes, row.worked_on, row.note) == (35, day, "drove there")
        changes = {"minutes": [20, 35], "worked_on": [today.isoformat(), day.isoformat()], "note": None}
        assert events_of(ticket)[-1] == ("change_work", {"worked_on": today.isoformat(), "changes": changes})

    def test_nothing_changed_is_no_event(self, ticket, agent, work):
        before = events_of(ticket)
        change_work(work, by=agent, via="page", minutes=20, note="called")
        assert events_of(ticket) == before

    def test_deleting_keeps_them_in_the_event(self, ticket, agent, work):
        delete_work(work, by=agent, via="page")
        assert not WorkTime.objects.exists()
        gone = {"minutes": 20, "worked_on": timezone.localdate().isoformat()}
        assert events_of(ticket)[-1] == ("delete_work", gone)

    def test_anothers_stays_as_it_is_for_leads_and_administrators_too(self, ticket, team, work):
        lead, both = a_person(Role.LEAD, teams=[team]), a_person(Role.AGENT, Role.ADMINISTRATOR, teams=[team])
        team.lead = lead
        team.save()
        before = events_of(ticket)
        for person in (an_agent(team), lead, both):
            with pytest.raises(TicketError, match="Only Hana Sato can correct"):
                change_work(work, by=person, via="page", minutes=1)
            with pytest.raises(TicketError, match="Only Hana Sato can correct"):
                delete_work(work, by=person, via="page")
        assert WorkTime.objects.get().minutes == 20
        assert events_of(ticket) == before

    def test_is_for_those_who_work_on_the_ticket(self, ticket, work):
        with pytest.raises(PermissionDenied):
            change_work(work, by=ticket.requester, via="page", minutes=1)

    @pytest.mark.parametrize("fields", [{"minutes": 0}, {"minutes": 1441}, {"worked_on": date(2999, 1, 1)}])
    def test_what_cannot_be_is_refused(self, agent, work, fields):
        with pytest.raises(TicketError):
            change_work(work, by=agent, via="page", **fields)
        assert WorkTime.objects.get().minutes == 20

    def test_one_that_is_gone_meanwhile_is_refused(self, agent, work):
        WorkTime.objects.all().delete()
        with pytest.raises(TicketError, match="no longer there"):
            change_work(work, by=agent, via="page", minutes=1)
        with pytest.raises(TicketError, match="no longer there"):
            delete_work(work, by=agent, via="page")


class TestClosedMonths:
    def test_nothing_is_logged_changed_or_deleted_in_one(self, ticket, agent, work, last_month):
        old = log_work(ticket, by=agent, via="page", minutes=10, worked_on=last_month)
        close_month(last_month, by=an_administrator(), via="page")
        before = events_of(ticket)
        for attempt in (
            lambda: log_work(ticket, by=agent, via="page", minutes=5, worked_on=last_month),
            lambda: change_work(old, by=agent, via="page", minutes=5),
            lambda: change_work(old, by=agent, via="page", worked_on=timezone.localdate()),
            lambda: change_work(work, by=agent, via="page", worked_on=last_month),
            lambda: delete_work(old, by=agent, via="page"),
        ):
            with pytest.raises(TicketError, match=f"{last_month:%B %Y} is closed. Ask an administrator") as refusal:
                attempt()
            assert refusal.value.code == "month_closed"
        assert events_of(ticket) == before
        log_work(ticket, by=agent, via="page", minutes=5)

    def test_reopened_it_takes_them_again(self, ticket, agent, last_month):
        admin = an_administrator()
        close_month(last_month, by=admin, via="page")
        reopen_month(last_month, by=admin, via="page")
        log_work(ticket, by=agent, via="page", minutes=5, worked_on=last_month)
        assert not ClosedWorkMonth.objects.exists()

    def test_both_are_in_the_audit_log_once(self, last_month):
        admin = an_administrator()
        for _turn in range(2):
            close_month(last_month, by=admin, via="page")
        for _turn in range(2):
            reopen_month(last_month, by=admin, via="page")
        entries = AuditEntry.objects.filter(object_type="tickets.closedworkmonth").order_by("id")
        assert [(entry.verb, entry.label) for entry in entries] == [
            ("close_work_month", f"{last_month:%Y-%m}"), ("reopen_work_month", f"{last_month:%Y-%m}"),
        ]  # fmt: skip

    def test_one_that_is_not_over_stays_open(self):
        with pytest.raises(Refused, match="not over yet"):
            close_month(timezone.localdate(), by=an_administrator(), via="page")

    def test_leads_close_and_only_administrators_reopen(self, agent, last_month):
        lead = a_person(Role.LEAD)
        with pytest.raises(PermissionDenied):
            close_month(last_month, by=agent, via="page")
        close_month(last_month, by=lead, via="page")
        with pytest.raises(PermissionDenied):
            reopen_month(last_month, by=lead, via="page")

    def test_hours_are_those_of_visible_tickets(self, ticket, agent, last_month):
        log_work(ticket, by=agent, via="page", minutes=45, worked_on=last_month)
        hidden = a_ticket(team=a_team(), is_confidential=True)
        WorkTime.objects.create(ticket=hidden, user=agent, minutes=600, worked_on=last_month)
        assert [(month, minutes) for month, minutes, _closed in work_months(an_administrator())] == [
            (timezone.localdate().replace(day=1), 0), (last_month.replace(day=1), 45),
        ]  # fmt: skip


class TestPages:
    def test_a_few_minutes_at_one_press_with_undo(self, visit, ticket, agent):
        client = visit(agent)
        answer = client.post(f"/tickets/{ticket.number}/log-work/", {"minutes": "15"}, headers=HTMX)
        row, told = WorkTime.objects.get(), json.loads(answer["HX-Trigger"])["toast"]
        assert (row.minutes, row.worked_on) == (15, timezone.localdate())
        assert told["message"] == "15 min was logged."
        client.post(told["undo"], headers=HTMX)
        assert not WorkTime.objects.exists()

    def test_the_panel_offers_to_correct_ones_own_alone(self, visit, ticket, team, agent, work):
        other = log_work(ticket, by=an_agent(team), via="page", minutes=5)
        html = visit(agent).get(ticket.get_absolute_url()).content.decode()
        assert at(ticket, work) in html and at(ticket, other) not in html
        for few in (5, 15, 30):
            assert f'value="{few}"' in html

    def test_of_a_closed_month_it_offers_nothing(self, visit, ticket, agent, last_month):
        old = log_work(ticket, by=agent, via="page", minutes=5, worked_on=last_month)
        close_month(last_month, by=an_administrator(), via="page")
        html = visit(agent).get(ticket.get_absolute_url()).content.decode()
        assert at(ticket, old) not in html and "The month is closed" in html

    def test_correcting_without_scripts(self, visit, ticket, agent, work):
        client = visit(agent)
        assert 'value="20"' in client.get(at(ticket, work)).content.decode()
        answer = client.post(at(ticket, work), {"minutes": "30", "worked_on": "", "note": ""})
        assert answer.status_code == 303
        row = WorkTime.objects.get()
        assert (row.minutes, row.worked_on, row.note) == (30, timezone.localdate(), "")
        html = client.get(ticket.get_absolute_url()).content.decode()
        assert "Hana Sato corrected their work time of" in html and "20 min → 30 min" in html

    def test_deleting_without_scripts(self, visit, ticket, agent, work):
        client = visit(agent)
        assert "20 min" in client.get(at(ticket, work, "delete/")).content.decode()
        assert WorkTime.objects.exists()
        assert client.post(at(ticket, work, "delete/")).status_code == 303
        assert not WorkTime.objects.exists()
        assert "Hana Sato deleted their work time of" in client.get(ticket.get_absolute_url()).content.decode()

    def test_a_refusal_stands_on_the_form(self, visit, ticket, agent, last_month):
        old = log_work(ticket, by=agent, via="page", minutes=5, worked_on=last_month)
        close_month(last_month, by=an_administrator(), via="page")
        answer = visit(agent).post(at(ticket, old), {"minutes": "30"})
        assert answer.status_code == 422 and "Ask an administrator" in answer.content.decode()

    def test_anothers_is_refused_with_a_sentence(self, visit, ticket, team, work):
        client = visit(an_agent(team))
        for rest in ("", "delete/"):
            answer = client.post(at(ticket, work, rest), {"minutes": "1"}, follow=True)
            assert "Only Hana Sato can correct" in answer.content.decode()
            assert client.get(at(ticket, work, rest), headers=HTMX).status_code == 409
        assert WorkTime.objects.get().minutes == 20

    def test_of_another_ticket_it_is_not_there(self, visit, team, agent, work):
        other = a_ticket(team=team)
        assert visit(agent).get(at(other, work)).status_code == 404

    def test_the_panel_by_itself(self, visit, ticket, agent, work):
        client = visit(agent)
        assert client.get(at(ticket)).status_code == 302
        assert 'id="side-work-time"' in client.get(at(ticket), headers=HTMX).content.decode()
        assert client.get(at(a_ticket(team=a_team())), headers=HTMX).status_code == 404


class TestMonthsPage:
    def test_closing_and_the_undo_of_administrators(self, visit, ticket, agent, last_month):
        for _turn in range(3):
            log_work(ticket, by=agent, via="page", minutes=1000, worked_on=last_month)
        client = visit(an_administrator(name="Ai Admin"))
        assert "50 h" in client.get("/settings/work-months/").content.decode()
        answer = client.post("/settings/work-months/close/", {"month": f"{last_month:%Y-%m}"}, follow=True)
        html = answer.content.decode()
        assert "Closed by Ai Admin" in html and f"/settings/work-months/reopen/?month={last_month:%Y-%m}" in html
        client.post(f"/settings/work-months/reopen/?month={last_month:%Y-%m}")
        assert not ClosedWorkMonth.objects.exists()

    def test_a_lead_closes_and_sees_no_way_to_reopen(self, visit, last_month):
        client = visit(a_person(Role.LEAD))
        html = client.post(
            "/settings/work-months/close/", {"month": f"{last_month:%Y-%m}"}, follow=True
        ).content.decode()
        assert ClosedWorkMonth.objects.get().month == last_month.replace(day=1)
        assert "Reopen" not in html and "reopen" not in html

    @pytest.mark.parametrize("month", ["", "x", "2026-13", "\x00", "2999-01"])
    def test_what_is_no_month_is_refused(self, visit, month):
        html = visit(an_administrator()).post("/settings/work-months/close/", {"month": month}, follow=True).content
        assert b"Choose a month." in html or b"not over yet" in html
        assert not ClosedWorkMonth.objects.exists()

    def test_costs_the_same_for_any_number_of_months(self, visit, ticket, agent, last_month):
        client, counts = visit(an_administrator()), []
        client.get("/settings/work-months/")
        for _turn in range(2):
            log_work(ticket, by=agent, via="page", minutes=5, worked_on=last_month)
            ClosedWorkMonth.objects.create(month=last_month.replace(day=1), closed_by=agent)
            last_month = last_month.replace(day=1) - timedelta(days=1)
            with CaptureQueriesContext(connection) as seen:
                client.get("/settings/work-months/")
            counts.append(len(seen))
        assert counts[0] == counts[1]

    def test_a_work_time_is_found_with_its_state(self, ticket, agent, work):
        assert get_work(ticket, work.pk).is_closed is False
