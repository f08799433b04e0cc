"""All KPIs over a busy month: each number, and each part of it, is what its list says."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings
from django.utils import translation

from servicedesk.reports import facts
from servicedesk.reports.figures import count, figures, put_together
from servicedesk.reports.kpis import KPIS, WHOLE, Scope
from servicedesk.reports.models import ReportSettings, TicketFact
from servicedesk.reports.months import Period, Year
from servicedesk.reports.queries import month_of_report
from tests.reports.a_month import a_busy_march

FEBRUARY, MARCH = Period.of(date(2026, 2, 1)), Period.of(date(2026, 3, 1))
BOTH = Period(FEBRUARY.first, MARCH.last)


@pytest.fixture(scope="module")
def march(django_db_setup, django_db_blocker, tmp_path_factory):
    """Lived once, and rolled back at the end; what a test does to it is undone after the test."""
    with django_db_blocker.unblock(), translation.override("en"), transaction.atomic():
        with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("files")):
            yield a_busy_march()
        transaction.set_rollback(True)


@pytest.fixture
def desk(march, db):
    cache.clear()
    return march


def unlike(period: Period, scope: Scope = WHOLE) -> list[tuple]:
    """(key, part, number, what its list says) of all that differ."""
    year, found = Year.now(), []
    for key, figure in count(year, period, scope).items():
        kpi = KPIS[key]
        for part, number in [(..., figure.number), *figure.parts.items()]:
            rows = list(kpi.listed(year, period, scope, part).values("pk", *kpi.measure.columns()))
            if kpi.measure.again(rows) != number:
                found.append((key, part, number, kpi.measure.again(rows)))
    return found


def said(key: str) -> dict[str, float]:
    """The parts of a figure of March by their labels."""
    [line] = [line for line in month_of_report(Year.now(), MARCH.first).lines if line.kpi.key == key]
    return {label: round(float(value), 4) for _code, label, _key, value in line.parts}


class TestLists:
    def test_every_number_is_what_its_list_says(self, desk):
        assert unlike(MARCH) == []
        assert unlike(BOTH) == []

    def test_so_it_is_in_a_scope(self, desk):
        assert unlike(MARCH, Scope(team=desk.team.pk)) == []

    def test_so_it_is_in_a_month_without_anything(self, desk):
        assert unlike(Period.of(date(2025, 3, 1))) == []

    def test_the_busy_month_has_something_of_everything(self, desk):
        assert {key for key, figure in count(Year.now(), MARCH).items() if not figure.value} == set()

    def test_facts_kept_from_what_happened_are_those_of_a_recount(self, desk):
        assert list(facts.differences()) == []
        before = count(Year.now(), MARCH)
        facts.recount()
        assert count(Year.now(), MARCH) == before


class TestNumbers:
    def test_each_says_what_the_desk_lived(self, desk):
        found = {key: round(float(figure.value), 3) for key, figure in count(Year.now(), MARCH).items()}
        expected = {
            "incidents.opened": 7, "incidents.security": 1, "incidents.major": 1, "incidents.task_forces": 1,
            "incidents.people_hit": 120, "incidents.reporting_minutes": 120, "incidents.mistakes": 2,
            "incidents.human_error_share": 0.4, "incidents.causes": 5, "incidents.caused_by_change": 1,
            "delivery.agreed": 3, "delivery.late": 2, "delivery.late_share": 0.667, "delivery.late_days": 1.5,
            "tickets.reopened": 1, "tickets.reassigned": 1, "quality.first_contact_share": 0.75,
            "quality.escalated_share": 0.125, "cost.hours": 2.667, "cost.yen": 12800, "cost.minutes_per_ticket": 53.333,
            "cost.yen_per_ticket": 4266.667, "cost.without_work_share": 0.625, "people.load_share": 0.875,
            "people.closed_day_hours": 1.5, "people.reviews": 1, "backlog.open": 4, "backlog.stale": 2,
        }  # fmt: skip
        assert {key: found[key] for key in expected} == expected

    def test_the_backlog_is_told_apart_by_age(self, desk):
        assert said("backlog.open") == {"up to 7 days": 1, "8 to 30 days": 1, "31 to 90 days": 2}

    def test_mistakes_by_their_effect(self, desk):
        assert said("incidents.mistakes") == {"yes, with effect": 1, "yes, without effect": 1}

    def test_savings_by_template_and_rule(self, desk):
        assert said("savings.hours_by_template") == {"Password": round(10 / 60, 4)}
        assert said("savings.hours_by_rule") == {"Tags": round(10 * 4 / 60, 4)}

    def test_a_breakdown_by_what_nobody_knows_is_no_second_line(self, desk):
        keys = {line.kpi.key for line in month_of_report(Year.now(), MARCH.first).lines}
        assert {"incidents.opened", "incidents.opened_by_company"} <= keys
        TicketFact.objects.update(company=None)
        facts.stamp_all()
        cache.clear()
        keys = {line.kpi.key for line in month_of_report(Year.now(), MARCH.first).lines}
        assert "incidents.opened" in keys and "incidents.opened_by_company" not in keys

    def test_without_a_rate_there_is_no_price(self, desk):
        ReportSettings.objects.update(hourly_rate=None)
        found = count(Year.now(), MARCH)
        assert [found[key].value for key in ("cost.yen", "cost.yen_per_ticket", "savings.yen")] == [None] * 3
        assert unlike(MARCH) == []
        assert not {"cost.yen", "savings.yen"} & {
            line.kpi.key for line in month_of_report(Year.now(), MARCH.first).lines
        }

    def test_what_stands_at_the_end_is_not_added_up(self, desk):
        found = figures(Year.now(), [FEBRUARY, MARCH, BOTH])
        months = [found[FEBRUARY], found[MARCH]]
        assert put_together(KPIS["backlog.open"], found[BOTH], months).value == 4
        assert put_together(KPIS["incidents.opened"], found[BOTH], months).value == 9
        assert put_together(KPIS["cost.yen"], found[BOTH], months).value == Decimal(12800)
