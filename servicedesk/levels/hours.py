"""Business hours: when a site or team works, and where so many minutes of that end. Pure: no database, no clock.

Days are those of the calendar's time zone and moments are computed in UTC, so an hour that clocks skip in spring does
not count and one that they repeat in autumn counts twice. Public holidays are those of the `holidays` package.
"""

from bisect import bisect_right
from calendar import isleap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from holidays import country_holidays

from servicedesk.web.errors import Refused

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Ten years of minutes: more is a slip of the keyboard, and would have us walk through centuries.
MOST_MINUTES = 10 * 366 * 24 * 60
# After so many closed days in a row nobody is coming back.
_LONGEST_CLOSED = timedelta(days=2 * 366)
_DAY = timedelta(days=1)

Span = tuple[int, int]  # minutes since midnight, from and until; 1440 is the end of the day
Interval = tuple[datetime, datetime]


class Due(NamedTuple):
    """When minutes of business time are used up, and the intervals in which they were counted."""

    due_at: datetime
    intervals: list[Interval]


@dataclass(frozen=True)
class Hours:
    """When one works. `weekly` has the spans of Monday to Sunday; `holidays` is a country, or country and part of it
    (`JP`, `DE-BY`), "" for none; `closed` are days of one's own on which nobody works; `special` are days with hours of
    their own, which hold also on a public holiday.
    """

    name: str
    timezone: str
    weekly: tuple[tuple[Span, ...], ...]
    holidays: str = ""
    closed: frozenset[date] = frozenset()
    special: Mapping[date, tuple[Span, ...]] = field(default_factory=dict, hash=False)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """The open spans of a day, in order."""
        if day in self.special:
            return self.special[day]
        if day in self.closed or (self.holidays and day in _holidays_of(self.holidays, day.year)):
            return ()
        return self.weekly[day.weekday()]

    def intervals_from(self, start: datetime) -> Iterator[Interval]:
        """The open intervals from a moment on, in UTC, the first cut to begin no earlier. Ends after two years without
        an open minute.
        """
        last = start.astimezone(self.zone).date()
        for year in range(last.year, date.max.year):
            intervals = _intervals_of(self, year)
            for opens, closes in intervals[bisect_right(intervals, start, key=itemgetter(1)) :]:
                last = opens.date()
                yield max(opens, start), closes
            if date(year, 12, 31) - last > _LONGEST_CLOSED:
                return


@lru_cache(maxsize=500)
def _intervals_of(hours: Hours, year: int) -> tuple[Interval, ...]:
    """The open intervals of a year's days, in UTC. Kept, because clocks of thousands of tickets walk over them."""
    zone, found = hours.zone, []
    for day in (date(year, 1, 1) + timedelta(number) for number in range(366 if isleap(year) else 365)):
        for begins, ends in hours.spans_on(day):
            opens, closes = _moment(day, begins, zone), _moment(day, ends, zone)
            if opens < closes:
                found.append((opens, closes))
    return tuple(found)


def due_at(hours: Hours, start: datetime, minutes: int) -> Due:
    """When `minutes` of business time from `start` on are used up, in the zone of the hours. Those used up exactly at
    closing time are used up then, not when one opens again; none at all are used up at once.

    Refuses (field in brackets) a negative number and more than ten years of minutes (minutes), and hours that do not
    have so many minutes left (calendar).
    """
    if start.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    if not 0 <= minutes <= MOST_MINUTES:
        raise Refused(
            _("Minutes go from 0 to %(most)s (ten years).") % {"most": MOST_MINUTES}, field="minutes", code="minutes"
        )
    return use_up(hours, start, timedelta(minutes=minutes))


def use_up(hours: Hours, start: datetime, left: timedelta) -> Due:
    """The same for what is left of some minutes. Refuses hours that do not have so much left (calendar)."""
    zone, used = hours.zone, []
    if not left:
        return Due(start.astimezone(zone), [])
    for opens, closes in hours.intervals_from(start.astimezone(UTC)):
        until = min(closes, opens + left)
        used.append((opens.astimezone(zone), until.astimezone(zone)))
        left -= until - opens
        if not left:
            return Due(until.astimezone(zone), used)
    raise Refused(
        _("The calendar “%(name)s” does not have so many open minutes.") % {"name": hours.name},
        field="calendar",
        code="never",
    )


def open_between(hours: Hours, start: datetime, end: datetime) -> list[Interval]:
    """The open intervals between two moments, in the zone of the hours."""
    zone, found, last = hours.zone, [], end.astimezone(UTC)
    for opens, closes in hours.intervals_from(start.astimezone(UTC)):
        if opens >= last:
            break
        found.append((opens.astimezone(zone), min(closes, last).astimezone(zone)))
    return found


def business_time(hours: Hours, start: datetime, end: datetime) -> timedelta:
    """How much of the time between two moments one works."""
    total, last = timedelta(), end.astimezone(UTC)
    for opens, closes in hours.intervals_from(start.astimezone(UTC)):
        if opens >= last:
            break
        total += min(closes, last) - opens
    return total


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    if minute == 24 * 60:
        day, minute = day + _DAY, 0
    return datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)


@lru_cache(maxsize=500)
def _holidays_of(place: str, year: int) -> frozenset[date]:
    country, _dash, part = place.partition("-")
    return frozenset(country_holidays(country, subdiv=part or None, years=year))


def overlapping(spans: tuple[Span, ...]) -> tuple[Span, Span] | None:
    """The first two of ordered spans that overlap; spans that touch do not."""
    return next(((one, other) for one, other in pairwise(spans) if other[0] < one[1]), None)
