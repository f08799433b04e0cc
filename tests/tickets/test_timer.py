"""The timer: one per person, kept in the database, rounded when it is logged; forgotten, discarded and hidden ones."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from servicedesk.people.models import AuditEntry, Role
from servicedesk.tickets.actions import (
    close_month,
    discard_timer,
    restore_timer,
    save_rounding,
    start_timer,
    stop_timer,
)
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Ticket, WorkRounding, WorkTime, WorkTimer
from servicedesk.tickets.queries import running_timer
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, a_ticket, again, an_administrator, an_agent, events_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def ticket(team):
    return a_ticket(team=team, title="The lift is stuck")


def ran(agent, ticket, **ago):
    """A timer of the agent that was started so long ago."""
    start_timer(ticket, by=agent, via="page")
    WorkTimer.objects.filter(user=agent).update(started_at=timezone.now() - timedelta(**ago))


def hide(ticket):
    Ticket.objects.filter(pk=ticket.pk).update(team=a_team(), is_confidential=True)


class TestRounding:
    @pytest.mark.parametrize(
        ("unit", "way", "measured", "logged"),
        [
            (5, "up", 0, 5), (5, "up", 17, 20), (5, "up", 20, 20), (15, "up", 16, 30), (1, "up", 0, 1),
            (1, "up", 17, 17),
            (5, "nearest", 17, 15), (5, "nearest", 18, 20), (10, "nearest", 15, 20), (10, "nearest", 2, 10),
            (6, "nearest", 8, 6), (6, "nearest", 9, 12), (30, "up", 1439, 1440), (30, "up", 9999, 1440),
        ],
    )  # fmt: skip
    def test_of_minutes(self, unit, way, measured, logged):
        assert WorkRounding(unit=unit, way=way).round(measured) == logged

    def test_is_set_by_administrators_and_audited(self, agent, ticket):
        admin = an_administrator()
        save_rounding(by=admin, via="page", unit=15, way="nearest")
        entry = AuditEntry.objects.get(verb="save_work_rounding")
        assert entry.data == {"changes": {"unit": [5, 15], "way": ["up", "nearest"]}}
        save_rounding(by=admin, via="page", unit=15, way="nearest")
        assert AuditEntry.objects.filter(verb="save_work_rounding").count() == 1
        ran(agent, ticket, minutes=22, seconds=10)
        assert stop_timer(by=agent, via="page").minutes == 15

    def test_is_not_the_leads(self):
        with pytest.raises(PermissionDenied):
            save_rounding(by=a_person(Role.LEAD), via="page", unit=1, way="up")

    @pytest.mark.parametrize("fields", [{"unit": 7, "way": "up"}, {"unit": 5, "way": "down"}])
    def test_takes_what_is_offered_alone(self, fields):
        with pytest.raises(Refused):
            save_rounding(by=an_administrator(), via="page", **fields)

    def test_on_its_page(self, visit):
        client = visit(an_administrator())
        assert 'value="5" selected' in client.get("/settings/work-rounding/").content.decode()
        assert client.post("/settings/work-rounding/", {"unit": "30", "way": "nearest"}).status_code == 303
        assert WorkRounding.objects.values_list("unit", "way").get() == (30, "nearest")
        assert client.post("/settings/work-rounding/", {"unit": "7", "way": "x"}).status_code == 422


class TestTimer:
    def test_logs_what_it_measured_rounded(self, agent, ticket):
        ran(agent, ticket, minutes=17, seconds=20)
        stop_timer(by=agent, via="page", note="on site")
        row = WorkTime.objects.get()
        assert (row.ticket, row.user, row.minutes, row.note) == (ticket, agent, 20, "on site")
        assert events_of(ticket)[-1] == ("log_work", {"minutes": 20, "worked_on": row.worked_on.isoformat()})
        assert running_timer(agent) is None

    def test_typed_minutes_stay_as_typed(self, agent, ticket):
        ran(agent, ticket, minutes=17)
        assert stop_timer(by=agent, via="page", minutes=13).minutes == 13

    def test_logs_on_the_day_on_which_it_began(self, agent, ticket):
        ran(agent, ticket, hours=9)
        began = timezone.localdate(WorkTimer.objects.get().started_at)
        assert stop_timer(by=agent, via="page").worked_on == began

    def test_started_on_another_ticket_it_logs_the_first(self, agent, ticket, team):
        ran(agent, ticket, minutes=6)
        other = a_ticket(team=team)
        timer, logged = start_timer(other, by=agent, via="page")
        assert (timer.ticket, logged.ticket, logged.minutes) == (other, ticket, 10)
        assert WorkTimer.objects.count() == 1 and timer.minutes == 0

    def test_started_twice_on_one_ticket_it_runs_on(self, agent, ticket):
        ran(agent, ticket, minutes=6)
        timer, logged = start_timer(ticket, by=agent, via="page")
        assert logged is None and timer.minutes == 6

    def test_each_person_has_their_own(self, agent, ticket, team):
        other = an_agent(team)
        ran(agent, ticket, minutes=6)
        ran(other, ticket, minutes=60)
        assert stop_timer(by=agent, via="page").minutes == 10
        assert running_timer(other).minutes == 60

    def test_is_for_those_who_work_on_the_ticket(self, ticket):
        with pytest.raises(PermissionDenied):
            start_timer(ticket, by=ticket.requester, via="page")

    def test_none_can_neither_be_stopped_nor_discarded(self, agent):
        for action in (lambda: stop_timer(by=agent, via="page"), lambda: discard_timer(by=agent)):
            with pytest.raises(TicketError, match="No timer is running"):
                action()

    def test_of_a_closed_month_runs_on(self, agent, ticket):
        ran(agent, ticket, days=40)
        began = timezone.localdate(WorkTimer.objects.get().started_at)
        close_month(began, by=an_administrator(), via="page")
        with pytest.raises(TicketError, match="is closed"):
            stop_timer(by=agent, via="page", minutes=5)
        assert running_timer(agent) is not None and not WorkTime.objects.exists()

    def test_is_read_by_two_small_statements(self, agent, ticket, django_assert_num_queries):
        ran(agent, ticket, minutes=1)
        with django_assert_num_queries(2):
            assert running_timer(agent).rounded == 5


class TestForgotten:
    def test_it_asks_for_the_real_minutes(self, agent, ticket, team):
        ran(agent, ticket, hours=10, minutes=1)
        with pytest.raises(TicketError, match="Say how long you really worked") as refusal:
            stop_timer(by=agent, via="page")
        assert (refusal.value.field, refusal.value.code) == ("minutes", "forgotten")
        with pytest.raises(TicketError, match="Say how long"):
            start_timer(a_ticket(team=team), by=agent, via="page")
        assert not WorkTime.objects.exists()
        assert stop_timer(by=agent, via="page", minutes=42).minutes == 42

    def test_up_to_ten_hours_it_is_none(self, agent, ticket):
        ran(agent, ticket, hours=9, minutes=59)
        assert stop_timer(by=agent, via="page").minutes == 600

    def test_the_pages_say_so(self, visit, agent, ticket):
        ran(agent, ticket, hours=11)
        client = visit(agent)
        assert "Say how long you really worked" in client.get(ticket.get_absolute_url()).content.decode()
        assert "Forgotten timer on" in client.get("/notices/bell/").content.decode()
        answer = client.post("/tickets/timer/", {})
        assert answer.status_code == 422 and "Please fill this in." in answer.content.decode()
        assert client.post("/tickets/timer/", {"minutes": "50"}).status_code == 303
        assert WorkTime.objects.get().minutes == 50


class TestDiscarding:
    def test_logs_nothing_and_can_be_undone(self, agent, ticket):
        ran(agent, ticket, minutes=30)
        before = events_of(ticket)
        discard_timer(by=agent)
        assert running_timer(agent) is None
        assert restore_timer(by=agent).minutes == 30
        assert events_of(ticket) == before and not WorkTime.objects.exists()

    def test_once_another_was_started_there_is_nothing_to_bring_back(self, agent, ticket, team):
        ran(agent, ticket, minutes=30)
        discard_timer(by=agent)
        start_timer(a_ticket(team=team), by=agent, via="page")
        with pytest.raises(TicketError, match="no discarded timer"):
            restore_timer(by=agent)

    def test_on_the_pages(self, visit, agent, ticket):
        ran(agent, ticket, minutes=30)
        client = visit(agent)
        told = json.loads(client.post("/tickets/timer/discard/", headers=HTMX)["HX-Trigger"])
        assert told["toast"]["undo"] == "/tickets/timer/restore/" and "timer-changed" in told
        assert client.post("/tickets/timer/restore/").status_code == 303
        assert running_timer(agent).minutes == 30
        assert client.post("/tickets/timer/restore/", headers=HTMX).status_code == 409


class TestHidden:
    """The ticket went where the person may not look while the timer ran."""

    def test_the_work_is_logged_all_the_same(self, agent, ticket):
        ran(agent, ticket, minutes=6)
        hide(ticket)
        assert stop_timer(by=again(agent), via="page").minutes == 10

    def test_pages_show_its_number_alone(self, visit, agent, ticket):
        ran(agent, ticket, minutes=6)
        hide(ticket)
        client = visit(agent)
        for path in ("/tickets/timer/", "/notices/bell/"):
            html = client.get(path).content.decode()
            assert ticket.number in html and "lift" not in html and ticket.get_absolute_url() not in html
        answer = client.post("/tickets/timer/", {}, follow=True)
        assert f"10 min was logged on {ticket.number}" in answer.content.decode()
        assert "lift" not in answer.content.decode()


class TestPages:
    def test_start_and_stop_without_scripts(self, visit, agent, ticket):
        client = visit(agent)
        start = f"/tickets/{ticket.number}/timer/"
        assert start in client.get(ticket.get_absolute_url()).content.decode()
        assert client.get(start).status_code == 200 and running_timer(agent) is None
        assert client.post(start).status_code == 303
        WorkTimer.objects.update(started_at=timezone.now() - timedelta(minutes=17, seconds=1))
        html = client.get(ticket.get_absolute_url()).content.decode()
        assert "0:17" in html and "17 min → 20 min" in html
        answer = client.post("/tickets/timer/", follow=True)
        assert f"20 min was logged on {ticket.number}" in answer.content.decode()

    def test_htmx_hears_that_it_changed(self, visit, agent, ticket):
        client = visit(agent)
        told = json.loads(client.post(f"/tickets/{ticket.number}/timer/", headers=HTMX)["HX-Trigger"])
        assert "timer-changed" in told and "ticket-changed" in told
        told = json.loads(client.post("/tickets/timer/", headers=HTMX)["HX-Trigger"])
        assert "timer-changed" in told and told["toast"]["undo"].endswith("/delete/")

    def test_the_toast_says_what_was_logged_elsewhere(self, visit, agent, ticket, team):
        ran(agent, ticket, minutes=6)
        other = a_ticket(team=team)
        told = json.loads(visit(agent).post(f"/tickets/{other.number}/timer/", headers=HTMX)["HX-Trigger"])["toast"]
        assert told["message"] == (
            f"The timer runs on {other.number}. 10 min was logged on {ticket.number}, where it ran before."
        )

    def test_another_ticket_says_where_it_runs(self, visit, agent, ticket, team):
        ran(agent, ticket, minutes=6)
        html = visit(agent).get(a_ticket(team=team).get_absolute_url()).content.decode()
        assert f"Your timer runs on {ticket.number}: 0:06" in html

    def test_without_one_the_page_says_how_to_start(self, visit, agent):
        assert "No timer is running." in visit(agent).get("/tickets/timer/").content.decode()

    def test_stopping_none_is_refused(self, visit, agent):
        answer = visit(agent).post("/tickets/timer/", {})
        assert answer.status_code == 422 and "No timer is running." in answer.content.decode()

    def test_the_bell_brings_it_and_pages_do_not(self, visit, agent, ticket):
        ran(agent, ticket, minutes=6)
        client = visit(agent)
        assert "topbar-timer" not in client.get("/desk/").content.decode()
        html = client.get("/notices/bell/").content.decode()
        assert f"Timer on {ticket.number}: 0:06" in html and ticket.get_absolute_url() in html
        mark = f"{ticket.pk}.6"
        assert f"timer={mark}" in html
        assert client.get("/notices/bell/", {"shown": "0", "timer": mark}).status_code == 204
        assert client.get("/notices/bell/", {"shown": "0", "timer": f"{ticket.pk}.5"}).status_code == 200
        assert "topbar-timer" in client.get("/notices/").content.decode()
        discard_timer(by=agent)
        assert "topbar-timer" not in client.get("/notices/bell/", {"shown": "0", "timer": mark}).content.decode()

    def test_the_palette_leads_to_it(self, visit, agent):
        assert "/tickets/timer/" in visit(agent).get("/palette/?q=timer").content.decode()
