"""Months as the company counts them: its time zone, its closing day, its fiscal year. Knows one row of settings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused

from .models import ReportSettings

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
FIRST_YEAR, LAST_YEAR = 2000, 2999


def company_zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def after(month: date, months: int = 1) -> date:
    """The first day of the month so many months later, or earlier."""
    place = month.year * 12 + month.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


@dataclass(frozen=True)
class Period:
    """Whole months from `first` to `last`, both by their first day, both within."""

    first: date
    last: date

    @classmethod
    def of(cls, month: date) -> "Period":
        return cls(month, month)

    @property
    def months(self) -> list[date]:
        found, month = [], self.first
        while month <= self.last:
            found.append(month)
            month = after(month)
        return found

    @property
    def is_month(self) -> bool:
        return self.first == self.last

    def __str__(self):
        return f"{self.first:%Y-%m}" if self.is_month else f"{self.first:%Y-%m}..{self.last:%Y-%m}"


@dataclass(frozen=True)
class Year:
    """The company's calendar of reports: `first_month` of the fiscal year, and the day on which a month closes."""

    first_month: int = 4
    closing_day: int = 0
    hourly_rate: int | None = None

    @classmethod
    def now(cls) -> "Year":
        """As it is set, or as built in. One query."""
        row = ReportSettings.objects.first()
        return cls(row.first_month, row.closing_day, row.hourly_rate) if row else cls()

    def days(self, period: Period) -> tuple[date, date]:
        """The first day of a period, and the day after its last."""
        return self._begins(period.first), self._begins(after(period.last))

    def _begins(self, month: date) -> date:
        return month if not self.closing_day else after(month, -1).replace(day=self.closing_day) + timedelta(days=1)

    def moments(self, period: Period) -> tuple[datetime, datetime]:
        """The first moment of a period, and the first after it."""
        first, end = self.days(period)
        return (datetime.combine(first, time(), company_zone()), datetime.combine(end, time(), company_zone()))

    def month_of(self, day: date | datetime) -> date:
        """The month to which a day or a moment belongs, by its first day."""
        if isinstance(day, datetime):
            day = day.astimezone(company_zone()).date()
        month = day.replace(day=1)
        return after(month) if self.closing_day and day.day > self.closing_day else month

    def this_month(self) -> date:
        return self.month_of(timezone.now())

    def fiscal_year(self, month: date) -> int:
        """Called by the calendar year in which it begins."""
        return month.year if month.month >= self.first_month else month.year - 1

    def so_far(self, month: date) -> Period:
        """The fiscal year of a month until that month."""
        return Period(date(self.fiscal_year(month), self.first_month, 1), month)

    def read(self, typed: str, *, future: bool = False) -> date:
        """A month as people and addresses write it, `2016-03`. Refuses what is none, and one that has not begun."""
        found = _MONTH.fullmatch(typed.strip())
        if not found or not 1 <= int(found[2]) <= 12 or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
            raise Refused(_("“%(typed)s” is no month. Write it as 2026-04.") % {"typed": typed[:20]}, field="month")
        month = date(int(found[1]), int(found[2]), 1)
        if month > self.this_month() and not future:
            raise Refused(
                _("%(month)s has not begun. The last month that can be shown is %(last)s.")
                % {"month": f"{month:%Y-%m}", "last": f"{self.this_month():%Y-%m}"},
                field="month",
            )
        return month


def between(first: date, last: date) -> Iterator[date]:
    """Months from one to another, both within."""
    yield from Period(first, last).months
