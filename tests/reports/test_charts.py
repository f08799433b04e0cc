"""Charts: geometry that shows what the table beside it says."""

from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.utils import translation

from servicedesk.reports.charts import _steps, bars, short, svg, trend
from servicedesk.reports.figures import Figure
from servicedesk.reports.kpis import KPIS
from servicedesk.reports.measures import Number
from servicedesk.reports.models import Target
from servicedesk.reports.months import after
from servicedesk.reports.queries import Line

MARCH = date(2026, 3, 1)


def a_line(*values, target=None, key="tickets.opened") -> Line:
    numbers = [None if value is None else Decimal(str(value)) for value in values]
    months = [(after(MARCH, place - len(numbers) + 1), value) for place, value in enumerate(numbers)]
    row = Target(kpi=key, year=2025, value=Decimal(str(target))) if target is not None else None
    return Line(KPIS[key], Figure(Number(numbers[-1])), row, months, None, None, None)


class TestTrend:
    def test_the_line_goes_from_the_first_month_to_the_last(self):
        chart = trend(a_line(0, 10, 20))
        assert chart.line == "M52 92L182 52L312 12"
        assert chart.dots == [("312", "12")]
        assert [word.text for word in chart.words] == ["0", "10", "20", "January 2026", "March 2026"]
        assert chart.target == ""

    def test_a_month_without_a_figure_is_a_gap_and_what_stands_alone_is_marked(self):
        chart = trend(a_line(10, None, 20, None, 10, 20))
        assert chart.line.count("M") == 3
        assert len(chart.dots) == 3

    def test_target_and_last_year_are_lines_of_their_own(self):
        before = [(after(MARCH, place - 13), Decimal(40)) for place in range(2)]
        chart = trend(a_line(10, 20, target=40), before=before)
        assert (chart.target, chart.before) == ("12", "M52 12L312 12")
        assert chart.description == "Last 20, lowest 10, highest 20. A year ago 40. Target 40."

    @pytest.mark.parametrize("values", [(5,), (None, None), (None, 3)])
    def test_one_month_is_no_course(self, values):
        assert trend(a_line(*values)) is None

    @pytest.mark.parametrize("values", [(0, 0), (3, 3), (0.91, 0.97), (1e6, 1.2e6), (-3, 5)])
    def test_the_scale_holds_all_values_with_few_steps(self, values):
        steps = _steps([Decimal(str(value)) for value in values])
        assert steps[0] <= Decimal(str(min(values))) and steps[-1] >= Decimal(str(max(values)))
        assert 2 <= len(steps) <= 5

    @pytest.mark.parametrize(
        ("key", "values", "words"),
        [
            ("tickets.resolve_median_hours", (20, 180), {"0", "100", "200"}),
            ("tickets.resolve_median_hours", (1, 4.2), {"0", "2.5", "5"}),
            ("cost.yen", (0, 4_000_000), {"0", "2,000k", "4,000k"}),
        ],
    )
    def test_steps_are_short(self, key, values, words):
        chart = trend(a_line(*values, key=key))
        assert {word.text for word in chart.words if word.anchor == "end" and float(word.x) < 60} == words


class TestBars:
    PARTS = [("P1", "P1", 1, Decimal(4)), ("P2", "P2", 2, Decimal(2)), ("P3", "P3", 3, None)]

    def test_a_bar_is_as_long_as_its_value(self):
        chart = bars(KPIS["tickets.opened"], self.PARTS)
        assert [float(bar.width) for bar in chart.bars] == [234, 117]
        assert chart.title == "Tickets opened by priority" and chart.rest == ""

    def test_of_many_the_first_are_shown_and_the_rest_is_said(self):
        parts = [(str(place), f"Team {place}", place, Decimal(place)) for place in range(11)]
        chart = bars(KPIS["tickets.reopened"], parts)
        assert len(chart.bars) == 8 and chart.rest == "3 more in the table"

    def test_one_part_is_no_chart(self):
        assert bars(KPIS["tickets.opened"], self.PARTS[:1]) is None

    def test_long_names_are_cut(self):
        assert short("人事総務部 給与システム運用チーム", 18) == "人事総務部 給与…"
        assert short("Accounting", 18) == "Accounting"


class TestDrawing:
    @pytest.mark.parametrize("language", ["en", "ja"])
    def test_it_has_a_name_for_screen_readers_and_no_style(self, language):
        with translation.override(language):
            html = svg(trend(a_line(1000, 2500, target=2000)))
        assert 'role="img"' in html and "<title id=" in html and "style" not in html
        assert 'viewBox="0 0 320 112"' in html and 'class="chart-target"' in html

    def test_what_people_named_is_no_markup(self):
        html = svg(bars(KPIS["tickets.opened"], [("x", "<b>&", "x", Decimal(1)), ("y", "Desk", "y", Decimal(2))]))
        assert "&lt;b&gt;&amp;" in html and "<b>" not in html
        ElementTree.fromstring(html)
