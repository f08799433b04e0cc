"""The sentences of a month: each rule on figures made up for it."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from servicedesk.reports.figures import Figure
from servicedesk.reports.kpis import KPIS, WHOLE, Group
from servicedesk.reports.measures import Number
from servicedesk.reports.models import Target
from servicedesk.reports.months import Year, after, between
from servicedesk.reports.queries import Line, Month
from servicedesk.reports.saying import sentences

MARCH = date(2026, 3, 1)
STEADY = [100] * 12


def a_figure(value, parts=None, of=None) -> Figure:
    def number(amount, whole):
        return Number(None if amount is None else Decimal(str(amount)), whole)

    return Figure(
        number(value, of), {key: number(*(part if of else (part, None))) for key, part in (parts or {}).items()}
    )


def a_line(key: str, values, target=None, so_far=None, **parts) -> Line:
    """`values` are those of the last months, the month itself last; what is missing before them is unknown. `now` and
    `then` are its parts and those of the month before. Of a share, values are per cent of 100 tickets.
    """
    kpi = KPIS[key]
    of = 100 if kpi.unit == "share" else None
    values = [*[None] * (13 - len(values)), *values]
    history = [None if value is None else a_figure(value, of=of) for value in values]
    history[-1] = a_figure(values[-1], parts.get("now"), of)
    history[-2] = None if values[-2] is None else a_figure(values[-2], parts.get("then"), of)
    months = list(between(after(MARCH, -12), MARCH))
    return Line(
        kpi=kpi, figure=history[-1], target=None if target is None else Target(kpi=key, value=Decimal(str(target))),
        months=[(month, each.value if each else None) for month, each in zip(months, history)],
        last_year=history[0].value if history[0] else None,
        so_far=a_figure(so_far[0]) if so_far else None, so_far_last_year=a_figure(so_far[1]) if so_far else None,
        history=history,
    )  # fmt: skip


def said(*lines: Line) -> list[str]:
    found = sentences(Month(MARCH, Year(), WHOLE, {Group.TICKETS: lines}))
    return [sentence.replace("\u00a0", " ") for sentence in found]


class TestWhatChanged:
    def test_against_the_month_before_with_the_part_it_came_from_and_why_it_matters(self):
        line = a_line("tickets.opened", [100, 150], now={1: 60, 4: 90}, then={1: 15, 4: 85})
        [only] = said(line)
        assert only == (
            "Tickets opened: 150, 50 % more than the month before (100). Most of it by priority: P1 (+45). "
            "How much was asked of the desk."
        )

    def test_against_last_year_where_that_is_more(self):
        [only] = said(a_line("tickets.opened", [200, *[None] * 10, 110, 100]))
        assert only.startswith("Tickets opened: 100, 50 % less than the same month of last year (200).")

    def test_against_the_average_of_the_months_before(self):
        [only] = said(a_line("tickets.opened", [None, *[50, 60] * 5, 115, 130]))
        assert only.startswith("Tickets opened: 130, 115 % more than the average of the months before (60).")

    def test_a_share_in_points(self):
        now, then = {1: (4, 20), 4: (80, 80)}, {1: (10, 20), 4: (80, 80)}
        [only] = said(a_line("levels.resolution_met_rate", [90, 84], now=now, then=then))
        assert only.startswith(
            "Resolved within the target: 84.0 %, 6.0 points less than the month before (90.0 %). "
            "Most of it by priority: P1 (−6.0 points)."
        )

    @pytest.mark.parametrize(
        ("key", "values"),
        [
            ("tickets.opened", [*STEADY, 119]),  # not a fifth
            ("incidents.opened", [3, 7]),  # more than double, but four only
            ("levels.resolution_met_rate", [90, 94]),  # four points
        ],
    )
    def test_what_is_little_is_not_said(self, key, values):
        assert said(a_line(key, values)) == ["No figure changed much against the months before."]

    def test_many_times_as_much_is_no_per_cent(self):
        [only] = said(a_line("tickets.opened", [17, 393]))
        assert only.startswith("Tickets opened: 393, 23 times the month before (17).")
        [only] = said(a_line("backlog.open", [0, 0, 0, 1, 1, 2, 29]))  # 0.7 on average
        assert only.startswith("Open at the end: 29, 29 times the average of the months before (1).")

    def test_nothing_before_is_no_per_cent(self):
        [only] = said(a_line("tickets.opened", [0, 12]))
        assert only.startswith("Tickets opened: 12, and nothing in comparison with the month before.")

    def test_one_part_alone_explains_nothing(self):
        [only] = said(a_line("tickets.opened", [100, 150], now={4: 150}, then={4: 100}))
        assert "Most of it" not in only

    def test_one_number_is_said_once_however_it_is_broken_down(self):
        lines = [a_line(key, [10, 30]) for key in ("incidents.opened", "incidents.opened_by_team")]
        assert len(said(*lines)) == 1


class TestTargets:
    def test_missed_once(self):
        [only] = said(a_line("levels.resolution_met_rate", [92, 88], target="0.9"))
        assert only.startswith("Resolved within the target: target missed, 88.0 % instead of 90.0 %. How often")

    def test_missed_for_months(self):
        [only] = said(a_line("levels.resolution_met_rate", [95, 88, 89, 88], target="0.9"))
        assert only.startswith(
            "Resolved within the target: target missed for 3 months in a row, 88.0 % instead of 90.0 %."
        )

    def test_met_is_not_said(self):
        assert said(a_line("levels.resolution_met_rate", [92, 91], target="0.9")) == [
            "No figure changed much against the months before."
        ]

    def test_beyond_three_the_others_are_named(self):
        keys = ("tickets.reopened", "tickets.reassigned", "incidents.opened", "backlog.open", "delivery.late")
        found = said(*(a_line(key, [9], target=1) for key in keys))
        assert len(found) == 4
        assert found[-1].startswith("2 further targets were missed: ")
        assert said(*(a_line(key, [9], target=1) for key in keys[:4]))[-1].startswith("Another target was missed: ")


class TestWhatGoesOn:
    def test_a_slow_rise_over_months(self):
        [only] = said(a_line("backlog.open", [100, 100, 110, 120, 130]))
        assert only.startswith("Open at the end: risen for 3 months in a row, from 100 to 130.")

    def test_a_change_says_that_it_goes_on(self):
        [only] = said(a_line("backlog.open", [100, 60, 40, 20]))
        assert " It has fallen for 3 months in a row. " in only

    def test_the_fiscal_year_against_the_last(self):
        [only] = said(a_line("tickets.opened", [*STEADY, 105], so_far=(1200, 900)))
        assert only.startswith("Fiscal year so far, Tickets opened: 1,200, 33 % more than a year before (900).")


class TestWhatIsTold:
    def test_a_major_incident_however_rare(self):
        [only] = said(a_line("incidents.major", [0, 1]))
        assert only.startswith("Major incidents: 1 (the month before 0, a year ago –).")

    def test_six_at_most_the_weightiest_first(self):
        keys = (
            "tickets.opened", "tickets.resolved", "incidents.opened", "backlog.open", "savings.count",
            "delivery.late", "incidents.mistakes", "incidents.major",
        )  # fmt: skip
        found = said(*(a_line(key, [10, 40]) for key in keys), a_line("tickets.reopened", [9], target=1))
        assert len(found) == 6
        assert found[0].startswith("Tickets reopened: target missed") and found[1].startswith("Major incidents: 40")
        assert said(*(a_line(key, [10, 40]) for key in keys)) == said(*(a_line(key, [10, 40]) for key in keys))

    def test_nothing_recorded_says_nothing(self):
        assert said() == []

    def test_in_japanese(self):
        with translation.override("ja"):
            [only] = said(a_line("tickets.opened", [100, 150], now={1: 60, 4: 90}, then={1: 15, 4: 85}))
        assert "150" in only
