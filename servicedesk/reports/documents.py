"""The JSON of a month, for the command and the API."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse

from .issued.queries import issued_of
from .kpis import WHOLE, Scope, Unit, definitions_version
from .months import Year
from .queries import Line, month_of_report


def month_json(year: Year, month: date, scope: Scope = WHOLE) -> dict[str, Any]:
    """`{"month", "issued_at", "definitions_version", "kpis": [{"key", "group", "name", "unit", "actual", "target",
    "breakdown", "tickets_url"}]}`, names in the reader's language. Numbers are whole where the unit is a number, shares
    run from 0 to 1.
    """
    found, issued = month_of_report(year, month, scope), issued_of(month)
    return {
        "month": f"{month:%Y-%m}",
        "issued_at": issued.issued_at.isoformat() if issued and issued.issued_at else None,
        "definitions_version": definitions_version(),
        "kpis": [_line(line, month) for line in found.lines],
    }


def _line(line: Line, month: date) -> dict[str, Any]:
    kpi = line.kpi
    return {
        "key": kpi.key,
        "group": str(kpi.group.value),
        "name": str(kpi.name),
        "unit": str(kpi.unit.value),
        "actual": plain(line.value, kpi.unit),
        "target": plain(line.target.value if line.target else None, kpi.unit),
        "breakdown": {code: plain(value, kpi.unit) for code, _label, _key, value in line.parts},
        "tickets_url": reverse("reports:behind", args=[f"{month:%Y-%m}", kpi.key]),
    }


def plain(value: Decimal | None, unit: Unit) -> int | float | None:
    """A number as JSON has it."""
    if value is None:
        return None
    return int(value) if unit == Unit.COUNT and value == value.to_integral_value() else round(float(value), 6)
