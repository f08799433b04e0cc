"""Figures: each is what the rows behind it say, whether counted now, kept beforehand, or put together of months."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.test import APIClient

from servicedesk.levels.actions.calendars import change_calendar
from servicedesk.levels.models import Calendar
from servicedesk.people.models import Role
from servicedesk.reports.facts import recount
from servicedesk.reports.figures import count, figures, keep_counted, put_together
from servicedesk.reports.kpis import KPIS, Scope
from servicedesk.reports.models import Counted, MonthStamp
from servicedesk.reports.months import Period, Year
from servicedesk.reports.queries import month_of_report
from servicedesk.tickets.actions import assign, log_work
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, an_administrator, an_agent, an_incident
from tests.reports.test_facts import keep, resolve

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 1)


def at(day: int, hour: int = 1, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture
def team():
    return a_team(name="Desk")


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def march(team, agent):
    """Five tickets: four opened in March, three resolved in it after 2, 4 and 60 hours, one of these handed over."""
    other = a_team(name="Network")
    for place, hours in enumerate((2, 4, None)):
        incident = an_incident(team=team, assignee=agent, at=at(3 + place))
        if hours:
            resolve(incident, agent, at=at(3 + place) + timedelta(hours=hours))
    handed = an_incident(team=team, at=at(10))
    assign(handed.ticket, by=agent, via="page", team=other, assignee=None, at=at(11))
    resolve(handed, an_agent(other), at=at(10) + timedelta(hours=60))
    an_incident(team=team, at=at(20, month=2))
    log_work(handed.ticket, by=an_agent(other), via="page", minutes=90, worked_on=date(2026, 3, 11))
    keep()


def value(figures, key):
    return figures[key].value


class TestCounting:
    def test_a_month_says_what_happened_in_it(self, march):
        found = count(Year.now(), Period.of(MARCH))
        assert value(found, "tickets.opened") == 4
        assert value(found, "tickets.resolved") == 3
        assert value(found, "tickets.reassigned") == 1
        assert value(found, "tickets.reopened") == 0
        assert value(found, "tickets.resolve_median_hours") == 4
        assert sum(number.value for number in found["tickets.opened"].parts.values()) == 4

    def test_a_scope_counts_its_own(self, march, team):
        year, period = Year.now(), Period.of(MARCH)
        assert value(count(year, period, Scope(team=team.pk)), "tickets.opened") == 3
        assert value(count(year, period, Scope(departments=(0,))), "tickets.opened") == 0

    def test_the_number_of_queries_is_the_same_whatever_there_is(self, march, team, django_assert_num_queries):
        year, period = Year.now(), Period.of(MARCH)
        with django_assert_num_queries(50, exact=False) as asked:
            count(year, period)
        before = len(asked)
        an_incident(team=team, at=at(15))
        keep()
        with django_assert_num_queries(before):
            count(year, period)


class TestPartsOfTheCompany:
    def test_the_last_year_until_then_is_the_same_counted_at_once(self, march, team, agent):
        for month in (5, 11):
            resolve(
                an_incident(team=team, assignee=agent, at=at(3).replace(year=2024, month=month)),
                agent,
                at=at(4).replace(year=2024, month=month),
            )
        an_incident(team=a_team(), at=at(3).replace(year=2024, month=6))
        keep()
        year, last = Year.now(), Period(date(2024, 4, 1), date(2025, 3, 1))
        lines = {line.kpi.key: line for line in month_of_report(year, MARCH, Scope(team=team.pk)).lines}
        assert lines["tickets.opened"].so_far_last_year.value == 2
        counted = count(year, last, Scope(team=team.pk))
        assert {key: line.so_far_last_year for key, line in lines.items()} == {key: counted[key] for key in lines}
        whole = {line.kpi.key: line for line in month_of_report(year, MARCH).lines}
        assert whole["tickets.opened"].so_far_last_year.value == 3


class TestBeforeThereWasAnything:
    @pytest.mark.parametrize("period", [Period.of(date(2026, 1, 1)), Period(date(2025, 4, 1), date(2026, 1, 1))])
    def test_figures_are_unknown_and_no_zeros(self, march, period):
        found = figures(Year.now(), [period])[period]
        assert {figure.value for figure in found.values()} == {None}
        assert set(found) == set(count(Year.now(), period)) or not period.is_month

    def test_they_are_no_months_of_a_year_so_far(self, march):
        lines = {each.kpi.key: each for each in month_of_report(Year.now(), MARCH).lines}
        line = lines["cost.without_work_share"]
        assert line.last_year is None and line.so_far_last_year.value is None
        assert line.so_far.number == line.figure.number and line.so_far.number.of == 3

    def test_they_cost_no_queries_of_their_own(self, march, django_assert_max_num_queries):
        months = [Period.of(date(2025, month, 1)) for month in range(1, 13)]
        with django_assert_max_num_queries(4):  # settings, stamps, what is kept, and since when
            figures(Year.now(), months)

    def test_work_from_before_the_tickets_is_not_before_there_was_anything(self, march, team):
        ticket = an_incident(team=team, at=at(3)).ticket
        log_work(ticket, by=an_agent(team), via="page", minutes=30, worked_on=date(2025, 11, 5))
        keep()
        MonthStamp.objects.all().delete()
        recount()
        period = Period.of(date(2025, 11, 1))
        assert value(figures(Year.now(), [period])[period], "cost.hours") == Decimal("0.5")


class TestKeptBeforehand:
    def test_kept_figures_are_the_counted_ones(self, march):
        year, period = Year.now(), Period.of(MARCH)
        while keep_counted():
            pass
        assert figures(year, [period])[period] == count(year, period)

    def test_they_are_counted_anew_when_something_changed(self, march, team):
        while keep_counted():
            pass
        year, period = Year.now(), Period.of(MARCH)
        an_incident(team=team, at=at(15))
        keep()
        assert value(figures(year, [period])[period], "tickets.opened") == 4  # a moment ago it was
        Counted.objects.update(at=at(1))
        cache.clear()
        assert value(figures(year, [period])[period], "tickets.opened") == 5
        assert keep_counted(most=100) > 0
        assert Counted.objects.get(first=MARCH, last=MARCH).figures["tickets.opened"][0] == "5"

    def test_they_are_counted_anew_when_the_business_hours_change(self, march, team):
        log_work(
            an_incident(team=team, at=at(3)).ticket,
            by=an_agent(team),
            via="page",
            minutes=30,
            worked_on=date(2026, 3, 12),
        )
        keep()
        while keep_counted(most=100):
            pass
        year, period = Year.now(), Period.of(MARCH)
        assert value(figures(year, [period], exact=True)[period], "people.closed_day_hours") == 0
        calendar = Calendar.objects.get(is_default=True)
        change_calendar(calendar, by=an_administrator(), via="page", closed=["2026-03-12"])
        assert value(figures(year, [period], exact=True)[period], "people.closed_day_hours") == Decimal("0.5")
        assert keep_counted(most=100) > 0 and keep_counted(most=100) == 0
        assert Counted.objects.get(first=MARCH, last=MARCH).figures["people.closed_day_hours"][0] == "0.5"

    def test_what_is_frozen_is_never_that_of_a_moment_ago(self, march, team):
        while keep_counted():
            pass
        year, period = Year.now(), Period.of(MARCH)
        an_incident(team=team, at=at(15))
        keep()
        assert value(figures(year, [period])[period], "tickets.opened") == 4
        assert value(figures(year, [period], exact=True)[period], "tickets.opened") == 5

    def test_months_are_put_together(self, march):
        year = Year.now()
        months = [Period.of(date(2026, 2, 1)), Period.of(MARCH)]
        span = Period(date(2026, 2, 1), MARCH)
        found = figures(year, [*months, span])
        opened = put_together(KPIS["tickets.opened"], found[span], [found[month] for month in months])
        assert opened.value == 5
        median = put_together(KPIS["tickets.resolve_median_hours"], found[span], [])
        assert median.value == 4


class TestMonths:
    def test_a_closing_day_moves_the_days_of_a_month(self):
        year = Year(closing_day=20)
        assert year.days(Period.of(MARCH)) == (date(2026, 2, 21), date(2026, 3, 21))
        assert [year.month_of(date(2026, 3, day)).month for day in (20, 21)] == [3, 4]

    def test_the_fiscal_year_begins_in_april(self):
        assert Year().so_far(MARCH) == Period(date(2025, 4, 1), MARCH)
        assert Year(first_month=1).fiscal_year(MARCH) == 2026

    @pytest.mark.parametrize("typed", ["2026-13", "26-3", "２０２６", "", "2026-03-01", "march", "1999-01"])
    def test_what_is_no_month_is_refused(self, typed):
        with pytest.raises(Refused, match="is no month. Write it as 2026-04."):
            Year().read(typed)

    def test_a_month_in_the_future_is_refused(self):
        with pytest.raises(Refused, match="2900-01 has not begun"):
            Year().read("2900-01")


class TestCommandAndApi:
    def test_both_say_the_same(self, march):
        out = StringIO()
        call_command("kpi", "2026-03", json=True, stdout=out)
        client = APIClient()
        client.force_login(a_person(Role.REPORT_READER, language="en"))
        answer = client.get("/api/v1/reports/kpi/2026-03/")
        said = json.loads(out.getvalue())
        assert answer.status_code == 200
        assert {kpi["key"]: kpi["actual"] for kpi in answer.data["kpis"]} == {
            kpi["key"]: kpi["actual"] for kpi in said["kpis"]
        }
        [opened] = [kpi for kpi in said["kpis"] if kpi["key"] == "tickets.opened"]
        assert opened | {"name": ""} == {
            "key": "tickets.opened", "group": "tickets", "name": "", "unit": "count", "actual": 4, "target": None,
            "breakdown": {"P4": 4}, "tickets_url": "/reports/2026-03/tickets.opened/",
        }  # fmt: skip

    @pytest.mark.parametrize(("typed", "says"), [("2026-99", "is no month"), ("2900-01", "has not begun")])
    def test_a_bad_month_is_refused_with_a_sentence(self, typed, says):
        with pytest.raises(CommandError, match=says):
            call_command("kpi", typed)
        client = APIClient()
        client.force_login(a_person(Role.REPORT_READER, language="en"))
        answer = client.get(f"/api/v1/reports/kpi/{typed}/")
        assert answer.status_code == 400 and says in answer.data["detail"]

    def test_an_agent_reads_none(self, team, agent):
        client = APIClient()
        client.force_login(agent)
        assert client.get("/api/v1/reports/kpi/2026-03/").status_code == 403


class TestPages:
    def test_a_month_shows_figures_that_lead_to_tickets(self, client, march, team):
        lead = a_person(Role.AGENT, Role.LEAD, teams=[team], language="en")
        client.force_login(lead)
        page = client.get(reverse("reports:month", args=["2026-03"]))
        assert page.status_code == 200
        assert 'href="/reports/2026-03/tickets.opened/"' in page.content.decode()
        behind = client.get("/reports/2026-03/tickets.opened/")
        assert "4 rows, of which you see 3." in behind.content.decode()

    def test_a_month_in_the_future_is_said_to_be_one(self, client):
        client.force_login(a_person(Role.REPORT_READER, language="en"))
        page = client.get(reverse("reports:month", args=["2900-01"]))
        assert page.status_code == 422 and "has not begun" in page.content.decode()

    def test_an_agent_may_not_read_it(self, client, agent):
        client.force_login(agent)
        assert client.get(reverse("reports:month", args=["2026-03"])).status_code == 403

    def test_a_figure_that_is_none_is_not_there(self, client):
        client.force_login(a_person(Role.REPORT_READER))
        assert client.get("/reports/2026-03/tickets.nothing/").status_code == 404
