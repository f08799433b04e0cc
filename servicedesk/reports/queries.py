"""Reads of reports: the lines of a month, and the tickets behind a figure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from servicedesk.people.models import Role, User
from servicedesk.tickets.queries import seen_by

from .figures import Figure, Figures, figures, put_together
from .kpis import KPIS, WHOLE, Better, Group, Kpi, Scope, in_groups
from .measures import Largest, Number
from .models import Remark, Target
from .months import Period, Year, after, between

# So many months before it are shown beside a month.
MONTHS_BEFORE = 12


@dataclass(frozen=True)
class Line:
    """A KPI in a month: its figure, target and owner, the months before it (oldest first, the month itself last), the
    same month of last year, and the fiscal year until then, this one and the last.
    """

    kpi: type[Kpi]
    figure: Figure
    target: Target | None
    months: Sequence[tuple[date, Decimal | None]]
    last_year: Decimal | None
    so_far: Figure | None
    so_far_last_year: Figure | None
    history: Sequence[Figure | None] = ()  # the figures of `months`, with their parts
    year_before: Sequence[tuple[date, Decimal | None]] = ()  # as `months`, a year earlier; of the whole desk only

    @property
    def value(self) -> Decimal | None:
        return self.figure.value

    @property
    def before(self) -> Decimal | None:
        """The month before."""
        return self.months[-2][1]

    @property
    def is_met(self) -> bool | None:
        """Whether the target was met; None without a target, a figure, or a direction."""
        return None if self.value is None else self.would_meet(self.value)

    def would_meet(self, value: Decimal) -> bool | None:
        """Whether a value would meet the target of the month; None without a target or a direction."""
        if self.target is None or self.target.value is None or self.kpi.better == Better.NEITHER:
            return None
        return value <= self.target.value if self.kpi.better == Better.LESS else value >= self.target.value

    @property
    def parts(self) -> list[tuple[str, str, Any, Decimal | None]]:
        """(code, label, value of the column, figure) of the breakdown, in the order of the labels' codes; largest first
        where they are names.
        """
        return parts_of(self.kpi, self.figure)


def parts_of(
    kpi: type[Kpi], figure: Figure, named: Mapping[Any, tuple[str, str]] | None = None
) -> list[tuple[str, str, Any, Decimal | None]]:
    """As `Line.parts`; `named` has names that are known already."""
    if kpi.by is None:
        return []
    named = kpi.by.naming(figure.parts) if named is None else named
    found = [(*named[key], key, number.value) for key, number in figure.parts.items()]
    if kpi.by.ordered:
        return sorted(found, key=lambda part: (part[2] is None, part[2] or 0))
    return sorted(found, key=lambda part: (-(part[3] or 0), part[1]))


def names_in(lines: Sequence[Line]) -> dict[str, Mapping[Any, tuple[str, str]]]:
    """The names of the parts of all these lines by the keys of their KPIs, in the reader's language: one query for each
    kind of row that has names, not one for each line.
    """
    wanted: dict[Any, set] = defaultdict(set)
    broken_down = [(line.kpi.key, line.kpi.by.naming, line.figure) for line in lines if line.kpi.by]
    for _key, naming, figure in broken_down:
        wanted[naming].update(figure.parts)
    found = {naming: naming(values) for naming, values in wanted.items()}
    return {key: found[naming] for key, naming, _figure in broken_down}


@dataclass(frozen=True)
class Month:
    """A month of the report: `lines` by group, in the order of the report."""

    month: date
    year: Year
    scope: Scope
    groups: Mapping[Group, Sequence[Line]]

    @property
    def fiscal_year(self) -> int:
        return self.year.fiscal_year(self.month)

    @property
    def lines(self) -> list[Line]:
        return [line for lines in self.groups.values() for line in lines]


def month_of_report(year: Year, month: date, scope: Scope = WHOLE, *, exact: bool = False) -> Month:
    """All lines of a month; `exact` as in `figures`. The number of queries is the same whatever the desk has, once its
    figures are counted.
    """
    months = list(between(after(month, -MONTHS_BEFORE), month))
    so_far = year.so_far(month)
    last = Period(after(so_far.first, -12), after(so_far.last, -12))
    # Of a part of the company each month would have to be counted for a thin line, and for a sum of the last year.
    earlier = [] if scope else [after(each, -12) for each in months]
    singles = dict.fromkeys([*months, *so_far.months, *([] if scope else last.months), *earlier])
    found = figures(year, [*map(Period.of, singles), so_far, last], scope, exact=exact, whole=[last])
    by_month = {each: found[Period.of(each)] for each in singles}
    targets = targets_of(year.fiscal_year(month))
    groups = {
        group: [_line(kpi, month, months, earlier, by_month, found, so_far, last, targets.get(kpi.key)) for kpi in kpis]
        for group, kpis in in_groups().items()
    }
    shown = {group: list(_telling(lines)) for group, lines in groups.items()}
    return Month(month, year, scope, {group: lines for group, lines in shown.items() if lines})


def _line(
    kpi: type[Kpi], month: date, months: Sequence[date], earlier: Sequence[date], by_month: Mapping[date, Figures],
    found: Mapping[Period, Figures], so_far: Period, last: Period, target: Target | None,
) -> Line:  # fmt: skip
    def value(of: date) -> Decimal | None:
        figure = by_month[of].get(kpi.key)
        return figure.value if figure else None

    return Line(
        kpi=kpi, figure=by_month[month][kpi.key], target=target, months=[(each, value(each)) for each in months],
        last_year=value(after(month, -12)),
        so_far=put_together(kpi, found[so_far], (by_month[each] for each in so_far.months)),
        so_far_last_year=put_together(kpi, found[last], (by_month[each] for each in last.months))
        if earlier
        else found[last].get(kpi.key),
        history=[by_month[each].get(kpi.key) for each in months],
        year_before=[(each, value(each)) for each in earlier],
    )  # fmt: skip


def _telling(lines: Sequence[Line]) -> Iterator[Line]:
    """Those that say something: of a number that stands there already, only what breaks it down by something known."""
    told: set[int] = set()
    for line in lines:
        says_more = id(line.kpi.measure) not in told or line.target or set(line.figure.parts) - {None, ""}
        if _is_alive(line) and says_more:
            told.add(id(line.kpi.measure))
            yield line


def _is_alive(line: Line) -> bool:
    """A KPI of which there was never anything to say, and nobody asked for by a target, is no row."""
    values = [*(value for _month, value in line.months), line.so_far.value if line.so_far else None]
    return line.target is not None or any(values)


def targets_of(fiscal_year: int) -> dict[str, Target]:
    """Targets and owners of a fiscal year by KPI. One query."""
    rows = Target.objects.filter(year=fiscal_year, kpi__in=KPIS).select_related("owner")
    return {row.kpi: row for row in rows}


def target_of(key: str, fiscal_year: int) -> Target | None:
    return Target.objects.filter(kpi=key, year=fiscal_year).select_related("owner").first()


@dataclass
class Remarks:
    """What was said of a KPI in a month."""

    reason: Remark | None = None
    measure: Remark | None = None
    comments: list[Remark] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.reason or self.measure or self.comments)


def remarks_of(month: date) -> dict[str, Remarks]:
    """All remarks on a month by KPI, comments oldest first. One query."""
    found: dict[str, Remarks] = {}
    for row in Remark.objects.filter(month=month).select_related("by"):
        said = found.setdefault(row.kpi, Remarks())
        if row.kind == Remark.Kind.REASON:
            said.reason = row
        elif row.kind == Remark.Kind.MEASURE:
            said.measure = row
        else:
            said.comments.append(row)
    return found


def possible_owners() -> QuerySet[User]:
    """Those who may read reports: leads, report readers and administrators."""
    roles = (Role.LEAD, Role.REPORT_READER, Role.ADMINISTRATOR)
    return User.objects.filter(is_active=True, role_rows__role__in=roles).distinct().order_by("reading", "name", "pk")


def rows_behind(
    user: User, kpi: type[Kpi], year: Year, month: date, scope: Scope = WHOLE, part: Any = ...
) -> tuple[QuerySet, QuerySet]:
    """(all rows behind a figure, those on tickets that the person sees)."""
    rows = kpi.listed(year, Period.of(month), scope, part)
    seen = rows.filter(seen_by(user, kpi.base.to_ticket))
    return rows, seen.select_related(f"{kpi.base.to_ticket}team")


def number_of(kpi: type[Kpi], rows: QuerySet) -> Number:
    """The number that rows make, by one query."""
    if isinstance(kpi.measure, Largest):
        return kpi.measure.of_groups(rows)
    return kpi.measure.number(rows.aggregate(**kpi.measure.aggregates()))
