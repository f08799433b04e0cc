"""Figures: the numbers of all KPIs in a span of months. Those of the whole desk are counted beforehand (`Counted`) as
long as nothing has changed in their months; others are counted when somebody asks, and remembered for a while.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db.models import Max, Min
from django.utils import timezone

from servicedesk.levels.models import Calendar
from servicedesk.people.models import AuditEntry

from .kpis import KPIS, WHOLE, Base, By, Kpi, Scope, definitions_version
from .measures import Largest, Number
from .models import Counted, MonthStamp, TicketFact
from .months import Period, Year, between

# While a month goes on its figures change all the time: those of a moment ago will do.
FRESH = timedelta(minutes=3)
_REMEMBERED = 3600
# When all that is kept was last seen to be true.
_ALL_KEPT_AT = "figures:all-kept-at"


@dataclass(frozen=True)
class Figure:
    """The number of a KPI, and those of its parts by the values of its breakdown's column."""

    number: Number
    parts: Mapping[Any, Number] = field(default_factory=dict)

    @property
    def value(self) -> Decimal | None:
        return self.number.value


Figures = Mapping[str, Figure]


def count(year: Year, period: Period, scope: Scope = WHOLE, kpis: Collection[type[Kpi]] | None = None) -> Figures:
    """Count all KPIs, or some, in a period: one query for each base, and one for each base and breakdown."""
    wanted = list(KPIS.values() if kpis is None else kpis)
    numbers: dict[str, Number] = {}
    parts: dict[str, dict[Any, Number]] = defaultdict(dict)
    for base, own in _together(wanted, lambda kpi: kpi.base).items():
        rows = base.within(year, period, scope)
        plain = [kpi for kpi in own if not isinstance(kpi.measure, Largest)]
        found = rows.aggregate(**_aggregates(plain)) if plain else {}
        for kpi in plain:
            numbers[kpi.key] = kpi.measure.number(_own(found, plain, kpi))
        for kpi in own:
            if isinstance(kpi.measure, Largest):
                numbers[kpi.key] = kpi.measure.of_groups(rows)
                if kpi.by:
                    parts[kpi.key] = kpi.measure.of_parts(rows, kpi.by.path(base))
        for by, those in _together([kpi for kpi in plain if kpi.by], lambda kpi: kpi.by).items():
            _break_down(rows, base, by, those, parts)
    return {kpi.key: Figure(numbers[kpi.key], parts[kpi.key]) for kpi in wanted}


def _break_down(rows, base: Base, by: By, kpis: list[type[Kpi]], parts: dict[str, dict[Any, Number]]) -> None:
    path = by.path(base)
    for found in rows.values(path).annotate(**_aggregates(kpis)):
        for kpi in kpis:
            number = kpi.measure.number(_own(found, kpis, kpi))
            if number.of or (number.of is None and number.amount):
                parts[kpi.key][found[path]] = number


def _together(kpis: Iterable[type[Kpi]], by) -> dict[Any, list[type[Kpi]]]:
    found: dict[Any, list[type[Kpi]]] = defaultdict(list)
    for kpi in kpis:
        found[by(kpi)].append(kpi)
    return found


def _aggregates(kpis: list[type[Kpi]]) -> dict[str, Any]:
    return {
        f"k{place}_{name}": aggregate
        for place, kpi in enumerate(kpis)
        for name, aggregate in kpi.measure.aggregates().items()
    }


def _own(found: Mapping[str, Any], kpis: list[type[Kpi]], kpi: type[Kpi]) -> dict[str, Any]:
    place = kpis.index(kpi)
    return {name: found[f"k{place}_{name}"] for name in kpi.measure.aggregates()}


def _stamps() -> dict[date, int]:
    """The turns of all months in which anything ever happened. One query."""
    return dict(MonthStamp.objects.values_list("month", "turn"))


def _turn(stamps: Mapping[date, int], period: Period) -> int:
    return sum(stamps.get(month, 0) for month in period.months)


def figures(
    year: Year, periods: Collection[Period], scope: Scope = WHOLE, *, exact: bool = False,
    whole: Collection[Period] = (),
) -> dict[Period, Figures]:  # fmt: skip
    """The figures of several periods. Those of the whole desk that are kept cost three queries together. They are those
    of this moment, or of one less than `FRESH` ago where they are counted beforehand all the time; with `exact`, for
    what is frozen, always those of this moment. Of several months there are only the KPIs that cannot be put together
    from each, but in a scope all of the periods that are `whole`: one count instead of one for each month.
    """
    stamps = _stamps()
    wanted = {period: _turn(stamps, period) for period in periods}
    began = min(stamps, default=date.max)
    found = {period: _unknown(period) for period in periods if period.last < began}
    if not scope:
        found |= _kept(year, wanted, exact)
    for period, turn in wanted.items():
        if period in found:
            continue
        kpis = list(KPIS.values()) if scope and period in whole else _kpis_for(period)
        found[period] = count(year, period, scope, kpis) if exact else _remembered(year, period, scope, turn, kpis)
    return found


def _unknown(period: Period) -> Figures:
    """The figures of a period from before there was anything. They are no zeros: nobody counted."""
    return {kpi.key: Figure(Number(None)) for kpi in _kpis_for(period)}


def _kept(year: Year, wanted: Mapping[Period, int], exact: bool) -> dict[Period, Figures]:
    rows = Counted.objects.filter(
        first__in={period.first for period in wanted}, last__in={period.last for period in wanted},
        version=definitions_version(),
    )  # fmt: skip
    fresh = timezone.now() - FRESH
    was_true = (cache.get(_ALL_KEPT_AT) or fresh) > fresh
    since = _hours_changed_at() if exact else None
    kept = {Period(row.first, row.last): row for row in rows}

    def will_do(period: Period, row: Counted, turn: int) -> bool:
        if exact:
            return row.turn == turn and not _is_of_before(year, period, row.at, since)
        return was_true or row.turn == turn or row.at > fresh

    return {
        period: from_json(kept[period].figures)
        for period, turn in wanted.items()
        if period in kept and will_do(period, kept[period], turn)
    }


def _kpis_for(period: Period) -> list[type[Kpi]]:
    """Of several months those alone that cannot be put together from the figures of each."""
    return [kpi for kpi in KPIS.values() if period.is_month or not kpi.measure.adds_up]


def _remembered(year: Year, period: Period, scope: Scope, turn: int, kpis: Collection[type[Kpi]]) -> Figures:
    key = f"figures:{definitions_version()}:{year}:{period}:{len(kpis)}:{scope}:{turn}".replace(" ", "")
    found = cache.get(key)
    if found is None:
        found = to_json(count(year, period, scope, kpis))
        cache.set(key, found, _REMEMBERED if period.last < year.this_month() else FRESH.total_seconds())
    return from_json(found)


def put_together(kpi: type[Kpi], span: Figures, months: Iterable[Figures]) -> Figure | None:
    """The figure of a KPI over several months: counted as a whole where it must be, else the sum of its months."""
    if not kpi.measure.adds_up:
        return span.get(kpi.key)
    numbers, parts = [], defaultdict(list)
    for each in months:
        figure = each.get(kpi.key)
        if figure is not None:
            numbers.append(figure.number)
            for key, number in figure.parts.items():
                parts[key].append(number)
    if not numbers:
        return None
    return Figure(_sum(numbers), {key: _sum(those) for key, those in parts.items()})


def _sum(numbers: list[Number]) -> Number:
    known = [number for number in numbers if number.amount is not None]
    if not known:
        return numbers[-1]
    of = None if known[0].of is None else sum(number.of or 0 for number in known)
    return Number(sum((number.amount or Decimal(0) for number in known), Decimal(0)), of)


def to_json(found: Figures) -> dict[str, list]:
    """As a row of the database or of the cache keeps figures."""

    def plain(number: Number) -> list:
        return [None if number.amount is None else str(number.amount), number.of]

    return {
        key: [*plain(figure.number), [[part, *plain(number)] for part, number in figure.parts.items()]]
        for key, figure in found.items()
    }


def from_json(kept: Mapping[str, list]) -> dict[str, Figure]:
    def number(amount: str | None, of: int | None) -> Number:
        return Number(None if amount is None else Decimal(amount), of)

    return {
        key: Figure(number(amount, of), {part: number(*rest) for part, *rest in parts})
        for key, (amount, of, parts) in kept.items()
    }


def first_month(year: Year) -> date | None:
    """The first month in which anything was opened or resolved."""
    ends = TicketFact.objects.aggregate(opened=Min("opened_at"), resolved=Min("resolved_at"))
    first = min(filter(None, ends.values()), default=None)
    return None if first is None else year.month_of(first)


def keep_counted(most: int = 24) -> int:
    """Count beforehand what is out of date: the newest months first, each with its fiscal year until then; returns how
    many spans were counted. Repeating does nothing until something changes.
    """
    year = Year.now()
    first = first_month(year)
    if first is None:
        return 0
    months = list(between(first, year.this_month()))[::-1]
    periods = [period for month in months for period in dict.fromkeys((Period.of(month), year.so_far(month)))]
    began, stamps = timezone.now(), _stamps()
    kept = {Period(row.first, row.last): row for row in Counted.objects.defer("figures")}
    since, done = _hours_changed_at(), 0
    for period in periods:
        turn = _turn(stamps, period)
        row = kept.get(period)
        is_good = row and row.version == definitions_version() and not _is_of_before(year, period, row.at, since)
        if is_good and (row.turn == turn or timezone.now() - row.at < FRESH / 3):
            continue
        if done == most:
            return done
        counted = to_json(count(year, period, WHOLE, _kpis_for(period)))
        Counted.objects.update_or_create(
            first=period.first, last=period.last,
            defaults={"turn": turn, "version": definitions_version(), "figures": counted, "at": timezone.now()},
        )  # fmt: skip
        done += 1
    cache.set(_ALL_KEPT_AT, began, FRESH.total_seconds())
    return done


def _hours_changed_at() -> datetime | None:
    """When somebody last changed a calendar: they say on which days nobody works. One query."""
    return AuditEntry.objects.filter(object_type=Calendar._meta.label_lower).aggregate(at=Max("at"))["at"]


def _is_of_before(year: Year, period: Period, moment: datetime, hours_changed_at: datetime | None) -> bool:
    """Whether figures of a moment are those of a span that was still going on, so that what stands at its end has
    changed, or those of other business hours.
    """
    if hours_changed_at and moment <= hours_changed_at:
        return True
    return moment < year.moments(period)[1] <= timezone.now()
