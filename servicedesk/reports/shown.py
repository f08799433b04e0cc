"""What stands on the pages of reports: a line of the month with its charts, and a row behind a figure as cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket
from servicedesk.web.formats import exact

from . import charts, words
from .kpis import Group, Kpi, Unit
from .queries import Line, Month, Remarks, names_in, parts_of


@dataclass(frozen=True)
class Shown:
    """A line of the month page. `parts` are as `Line.parts` has them; `other` is the same line in the month that stands
    beside it; `query` keeps the filters in its links.
    """

    line: Line
    parts: Sequence[tuple[str, str, Any, Decimal | None]]
    other: Line | None
    remarks: Remarks
    explains: bool
    month: date
    query: str

    @cached_property
    def trend(self) -> charts.Chart | None:
        return charts.trend(self.line, before=self.line.year_before)

    @cached_property
    def bars(self) -> charts.Chart | None:
        return charts.bars(self.line.kpi, self.parts)

    @property
    def difference(self) -> str:
        """From the other month to this one, with its sign; of shares in points."""
        if self.other is None or self.line.value is None or self.other.value is None:
            return words.NOTHING
        return words.difference(self.line.value - self.other.value, self.line.kpi.unit)


def shown_month(
    found: Month, other: Month | None, remarks: Mapping[str, Remarks], user: User, query: str
) -> list[tuple[Group, Sequence[Shown]]]:
    """The groups of a month page with their lines."""
    beside = {line.kpi.key: line for line in other.lines} if other else {}
    names = names_in(found.lines)

    def shown(line: Line) -> Shown:
        said = remarks.get(line.kpi.key, Remarks())
        may = user.may("reports.explain", line.target)
        parts = parts_of(line.kpi, line.figure, names.get(line.kpi.key))
        return Shown(line, parts, beside.get(line.kpi.key), said, may, found.month, query)

    return [(group, [shown(line) for line in lines]) for group, lines in found.groups.items()]


# --- rows behind a figure -------------------------------------------------------------------------------------------


def ticket_of(row: Any, kpi: type[Kpi]) -> Ticket:
    found = row
    for name in kpi.base.to_ticket.rstrip("_").split("__"):
        found = getattr(found, name)
    return found


def counts_as(row: Any, kpi: type[Kpi]) -> str:
    """What a row adds to the figure: 1, yes or no of a share, or its own value."""
    columns = kpi.measure.columns()
    if not columns:
        return "1"
    value = getattr(row, columns[0])
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None or kpi.unit in (Unit.COUNT, Unit.SHARE):
        return words.NOTHING if value is None else str(value)
    return words.figure(Decimal(str(value)) / getattr(kpi.measure, "per", 1), kpi.unit)


def columns_of(kpi: type[Kpi]) -> list[str]:
    return [_("Number"), _("Title"), _("Opened"), _("Resolved"), _("Team"), f"{kpi.name} ({kpi.unit.label})"]


def row_of(row: Any, kpi: type[Kpi]) -> list[str]:
    ticket = ticket_of(row, kpi)
    opened, resolved = ticket.created_at, ticket.resolved_at
    team = str(ticket.team) if ticket.team else ""
    return [ticket.number, ticket.title, exact(opened), exact(resolved), team, counts_as(row, kpi)]
