"""Work time by API: correcting one's own, and the timer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from servicedesk.people.models import Role
from servicedesk.tickets.actions import close_month, log_work, start_timer
from servicedesk.tickets.models import ClosedWorkMonth, Ticket, WorkTime, WorkTimer
from tests.factories import a_person, a_team, a_ticket, an_administrator, an_agent

pytestmark = pytest.mark.django_db
TIMER = "/api/v1/me/timer/"


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def ticket(team):
    return a_ticket(team=team)


def at(ticket, rest):
    return f"/api/v1/tickets/{ticket.number}/{rest}"


class TestCorrecting:
    def test_only_what_is_named_changes(self, api, agent, ticket):
        work = log_work(ticket, by=agent, via="api", minutes=20, note="called")
        answer = api(agent).patch(at(ticket, f"work-times/{work.pk}/"), {"minutes": 25}, format="json")
        assert answer.status_code == 200
        assert (answer.json()["minutes"], answer.json()["note"], answer.json()["is_closed"]) == (25, "called", False)

    def test_deleting(self, api, agent, ticket):
        work = log_work(ticket, by=agent, via="api", minutes=20)
        assert api(agent).delete(at(ticket, f"work-times/{work.pk}/")).status_code == 204
        assert not WorkTime.objects.exists()

    def test_anothers_is_refused(self, api, agent, ticket, team):
        work = log_work(ticket, by=agent, via="api", minutes=20)
        other = api(an_agent(team))
        for answer in (
            other.patch(at(ticket, f"work-times/{work.pk}/"), {"minutes": 1}, format="json"),
            other.delete(at(ticket, f"work-times/{work.pk}/")),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "not_yours")

    def test_a_closed_month_refuses(self, api, agent, ticket):
        day = timezone.localdate().replace(day=1) - timedelta(days=1)
        work = log_work(ticket, by=agent, via="api", minutes=20, worked_on=day)
        close_month(day, by=an_administrator(), via="api")
        answer = api(agent).delete(at(ticket, f"work-times/{work.pk}/"))
        assert (answer.status_code, answer.json()["code"]) == (409, "month_closed")
        assert api(agent).get(at(ticket, "work-times/")).json()["results"][0]["is_closed"] is True

    def test_of_another_ticket_it_is_not_there(self, api, agent, ticket, team):
        work = log_work(ticket, by=agent, via="api", minutes=20)
        assert api(agent).delete(at(a_ticket(team=team), f"work-times/{work.pk}/")).status_code == 404


class TestTimer:
    def test_start_look_and_stop(self, api, agent, ticket):
        client = api(agent)
        assert client.get(TIMER).status_code == 204
        begun = client.post(at(ticket, "timer/")).json()
        assert (begun["ticket"], begun["logged"]) == (ticket.number, None)
        WorkTimer.objects.update(started_at=timezone.now() - timedelta(minutes=17))
        told = client.get(TIMER).json()
        assert (told["minutes"], told["rounded"], told["is_forgotten"]) == (17, 20, False)
        stopped = client.post(f"{TIMER}stop/", {"note": "x"}, format="json")
        assert (stopped.status_code, stopped.json()["minutes"], stopped.json()["note"]) == (201, 20, "x")
        assert client.post(f"{TIMER}stop/").json()["code"] == "no_timer"

    def test_another_ticket_tells_what_was_logged(self, api, agent, ticket, team):
        start_timer(ticket, by=agent, via="api")
        begun = api(agent).post(at(a_ticket(team=team), "timer/")).json()
        assert begun["logged"]["minutes"] == 5

    def test_forgotten_it_asks_for_minutes(self, api, agent, ticket):
        start_timer(ticket, by=agent, via="api")
        WorkTimer.objects.update(started_at=timezone.now() - timedelta(hours=11))
        client = api(agent)
        assert list(client.post(f"{TIMER}stop/").json()["errors"]) == ["minutes"]
        assert client.post(f"{TIMER}stop/", {"minutes": 30}, format="json").json()["minutes"] == 30

    def test_discarding(self, api, agent, ticket):
        start_timer(ticket, by=agent, via="api")
        assert api(agent).delete(TIMER).status_code == 204
        assert api(agent).delete(TIMER).status_code == 409
        assert not WorkTime.objects.exists()

    def test_of_a_hidden_ticket_it_tells_the_number_alone(self, api, agent, ticket):
        start_timer(ticket, by=agent, via="api")
        Ticket.objects.update(team=a_team(), is_confidential=True)
        told = api(agent).get(TIMER)
        assert told.json()["ticket"] == ticket.number and ticket.title not in told.content.decode()
        assert api(agent).post(f"{TIMER}stop/").status_code == 201

    def test_is_for_those_who_work_on_tickets(self, api, ticket):
        client = api(a_person())
        assert client.get(TIMER).status_code == 403
        assert api(ticket.requester).post(at(ticket, "timer/")).status_code == 403


class TestMonths:
    MONTHS = "/api/v1/work-months/"

    @pytest.fixture
    def last(self):
        return timezone.localdate().replace(day=1) - timedelta(days=1)

    @pytest.fixture
    def lead(self, team):
        return a_person(Role.AGENT, Role.LEAD, teams=[team])

    def test_are_listed_with_what_was_logged_closed_and_reopened(self, api, agent, ticket, lead, last):
        log_work(ticket, by=agent, via="api", minutes=20, worked_on=last)
        month = f"{last:%Y-%m}"
        row = next(each for each in api(lead).get(self.MONTHS).json() if each["month"] == month)
        assert (row["minutes"], row["is_closed"], row["closed_by"]) == (20, False, None)
        closed = api(lead).post(f"{self.MONTHS}close/", {"month": month}, format="json").json()
        row = next(each for each in closed if each["month"] == month)
        assert (row["is_closed"], row["closed_by"]["id"]) == (True, lead.pk)
        admin = an_administrator()
        opened = api(admin).post(f"{self.MONTHS}reopen/", {"month": month}, format="json").json()
        assert not any(each["is_closed"] for each in opened) and not ClosedWorkMonth.objects.exists()

    def test_refuses_what_is_no_month_and_one_that_is_not_over(self, api, lead):
        for month in ("2026-13", "last", f"{timezone.localdate():%Y-%m}"):
            answer = api(lead).post(f"{self.MONTHS}close/", {"month": month}, format="json")
            assert (answer.status_code, list(answer.json()["errors"])) == (400, ["month"])

    def test_agents_close_none_and_leads_reopen_none(self, api, agent, lead, last):
        body = {"month": f"{last:%Y-%m}"}
        assert api(agent).get(self.MONTHS).status_code == 403
        assert api(agent).post(f"{self.MONTHS}close/", body, format="json").status_code == 403
        assert api(lead).post(f"{self.MONTHS}reopen/", body, format="json").status_code == 403


class TestRounding:
    ROUNDING = "/api/v1/work-rounding/"

    def test_is_read_by_agents_and_set_by_administrators(self, api, agent):
        assert api(agent).get(self.ROUNDING).json() == {"unit": 5, "way": "up"}
        new = {"unit": 15, "way": "nearest"}
        assert api(agent).put(self.ROUNDING, new, format="json").status_code == 403
        assert api(an_administrator()).put(self.ROUNDING, new, format="json").json() == new
        assert api(agent).get(self.ROUNDING).json() == new

    def test_refuses_what_is_not_on_offer(self, api):
        answer = api(an_administrator()).put(self.ROUNDING, {"unit": 7, "way": "down"}, format="json")
        assert (answer.status_code, sorted(answer.json()["errors"])) == (400, ["unit", "way"])
