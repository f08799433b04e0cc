"""What a KPI is: a small class that says what it counts, in words and as a query."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from django.db.models import Q, QuerySet, TextChoices
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from ..measures import Measure
from ..months import Period, Year


class Group(TextChoices):
    """The chapters of the report, in their order."""

    TICKETS = "tickets", pgettext_lazy("KPI group", "Volume")
    INCIDENTS = "incidents", pgettext_lazy("KPI group", "Incidents")
    DELIVERY = "delivery", pgettext_lazy("KPI group", "Delivery")
    LEVELS = "levels", pgettext_lazy("KPI group", "Service levels")
    QUALITY = "quality", pgettext_lazy("KPI group", "Quality")
    COST = "cost", pgettext_lazy("KPI group", "Cost")
    SAVINGS = "savings", pgettext_lazy("KPI group", "Automation")
    PEOPLE = "people", pgettext_lazy("KPI group", "People")
    BACKLOG = "backlog", pgettext_lazy("KPI group", "Backlog")


class Unit(TextChoices):
    COUNT = "count", pgettext_lazy("unit", "number")
    SHARE = "share", pgettext_lazy("unit", "share")
    HOURS = "hours", pgettext_lazy("unit", "hours")
    DAYS = "days", pgettext_lazy("unit", "days")
    MINUTES = "minutes", pgettext_lazy("unit", "minutes")
    YEN = "yen", pgettext_lazy("unit", "yen")
    POINTS = "points", pgettext_lazy("unit", "points")


class Better(StrEnum):
    """The direction in which a KPI is good."""

    LESS = "less"
    MORE = "more"
    NEITHER = "neither"


@dataclass(frozen=True)
class Scope:
    """Which part of the company is meant, by ids; everything where they are None. `departments` are one and all below
    it.
    """

    company: int | None = None
    departments: tuple[int, ...] | None = None
    service: int | None = None
    team: int | None = None

    def __bool__(self):
        return self != WHOLE

    def q(self, to_fact: str) -> Q:
        """What that asks of rows from which a prefix such as `ticket__fact__` leads to the facts."""
        found = Q()
        for name, wanted in (("company", self.company), ("service", self.service), ("team", self.team)):
            if wanted is not None:
                found &= Q(**{f"{to_fact}{name}": wanted})
        if self.departments is not None:
            found &= Q(**{f"{to_fact}department__in": self.departments})
        return found


WHOLE = Scope()


@dataclass(frozen=True)
class Base:
    """The rows that a KPI counts in a period: `rows(year, period)`. `to_fact` leads from a row to the facts of its
    ticket, `to_ticket` to the ticket.
    """

    name: str
    rows: Callable[[Year, Period], QuerySet]
    to_fact: str = ""
    to_ticket: str = "ticket__"

    def within(self, year: Year, period: Period, scope: Scope) -> QuerySet:
        return self.rows(year, period).filter(scope.q(self.to_fact)).order_by()


@dataclass(frozen=True)
class By:
    """By what a number is broken down: a column of the base's facts, or, with `own`, of the rows themselves. `naming`
    makes of the column's values a stable word for programs and a label for people. `ordered`: the values have an order
    of their own, else the largest part comes first.
    """

    name: str
    label: Promise | str
    column: str
    naming: Callable[[Iterable[Any]], Mapping[Any, tuple[str, str]]]
    own: bool = False
    ordered: bool = False

    def path(self, base: Base) -> str:
        return self.column if self.own else f"{base.to_fact}{self.column}"


class Kpi:
    """One figure of the report. Subclasses say all of these; `KPIS` finds them by that. `formula` says in words what
    the base and the measure do. `is_told`: the sentences of the month name it however rare it is.
    """

    key: ClassVar[str]
    group: ClassVar[Group]
    name: ClassVar[Promise | str]
    meaning: ClassVar[Promise | str]
    formula: ClassVar[Promise | str]
    unit: ClassVar[Unit]
    better: ClassVar[Better] = Better.NEITHER
    base: ClassVar[Base]
    measure: ClassVar[Measure]
    by: ClassVar[By | None] = None
    is_told: ClassVar[bool] = False

    @classmethod
    def listed(cls, year: Year, period: Period, scope: Scope, part: Any = ...) -> QuerySet:
        """The rows behind the number, or behind one part of it. Their measure is the number."""
        rows = cls.measure.listed(cls.base.within(year, period, scope))
        if part is not ... and cls.by is not None:
            path = cls.by.path(cls.base)
            rows = rows.filter(**({f"{path}__isnull": True} if part is None else {path: part}))
        return rows

    @classmethod
    def said(cls) -> str:
        """Everything that decides the number, for the version of the definitions."""
        return f"{cls.key} {cls.unit} {cls.base.name} {cls.measure.said()} {cls.by.name if cls.by else ''}"
