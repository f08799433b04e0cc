"""Tags of the templates of reports."""

from typing import Any

from django import template
from django.utils.http import urlencode

from servicedesk.reports import shown, words
from servicedesk.reports.kpis import Kpi

register = template.Library()


@register.simple_tag
def figure(value, kpi: type[Kpi]) -> str:
    """A number in the unit of its KPI."""
    return words.figure(value, kpi.unit)


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
