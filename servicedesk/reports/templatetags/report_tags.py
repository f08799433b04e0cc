"""Tags of the templates of reports."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from servicedesk.reports import words
from servicedesk.reports.kpis import Kpi, Unit

register = template.Library()


@register.simple_tag
def figure(value, kpi: type[Kpi]) -> str:
    """A number in the unit of its KPI."""
    return words.figure(value, kpi.unit)


@register.simple_tag
def ticket_of(row, kpi: type[Kpi]) -> Any:
    """The ticket of a row behind a figure."""
    found = row
    for name in kpi.base.to_ticket.rstrip("_").split("__"):
        found = getattr(found, name)
    return found


@register.simple_tag
def counts_as(row, kpi: type[Kpi]) -> str:
    """What a row adds to the figure: 1, yes or no of a share, or its own value."""
    columns = kpi.measure.columns()
    if not columns:
        return "1"
    value = getattr(row, columns[0])
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None or kpi.unit in (Unit.COUNT, Unit.SHARE):
        return str(value)
    return words.figure(value / getattr(kpi.measure, "per", 1), kpi.unit)
