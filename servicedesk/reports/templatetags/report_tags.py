"""Tags of the templates of reports."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import escape, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe

from servicedesk.reports import charts, shown, words
from servicedesk.reports.kpis import Kpi
from servicedesk.reports.queries import Line
from servicedesk.web import formats

register = template.Library()


@register.simple_tag
def figure(value, kpi: type[Kpi]) -> str:
    """A number in the unit of its KPI."""
    return words.figure(value, kpi.unit)


@register.filter
def drawn(chart: charts.Chart) -> SafeString:
    """A chart as an inline SVG."""
    return charts.svg(chart)


@register.simple_tag
def course_rows(line: Line) -> SafeString:
    """The months of a figure as rows of a table: month, figure, and where it is known the same month a year earlier.
    Written in Python, because a page has a thousand of them.
    """
    earlier = [value for _month, value in line.year_before]
    rows = []
    for place, (month, value) in enumerate(line.months):
        cells = [value, earlier[place]] if earlier else [value]
        written = "".join(f'<td class="number">{escape(words.figure(each, line.kpi.unit))}</td>' for each in cells)
        rows.append(f'<tr><th scope="row">{escape(formats.month(month))}</th>{written}</tr>')
    return mark_safe("".join(rows))  # noqa: S308 – all cells are escaped


@register.simple_tag
def part_rows(shown_line: shown.Shown) -> SafeString:
    """The parts of a figure as rows of a table, each leading to its tickets."""
    kpi = shown_line.line.kpi
    behind = reverse("reports:behind", args=[f"{shown_line.month:%Y-%m}", kpi.key])
    return format_html_join(
        "", '<tr><th scope="row">{}</th><td class="number"><a href="{}">{}</a></td></tr>',
        (
            (label, behind + part_query(part, shown_line.query), words.figure(value, kpi.unit))
            for _code, label, part, value in shown_line.parts
        ),
    )  # fmt: skip


@register.simple_tag
def ticket_of(row, kpi: type[Kpi]) -> Any:
    """The ticket of a row behind a figure."""
    return shown.ticket_of(row, kpi)


@register.simple_tag
def counts_as(row, kpi: type[Kpi]) -> str:
    """What a row adds to the figure."""
    return shown.counts_as(row, kpi)


@register.filter
def part_query(part, query: str) -> str:
    """The query that leads to a part of a figure, beside the filters that are kept."""
    word = urlencode({"part": "none" if part is None else part})
    return f"?{word}&{query}" if query else f"?{word}"
