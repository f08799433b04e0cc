"""Business days: the days of a calendar on which one works at all. Pure: no database, no clock."""

from datetime import date, datetime, time, timedelta

from servicedesk.levels.hours import Hours

_DAY = timedelta(days=1)
# After so many closed days in a row nobody is coming back.
_LONGEST_CLOSED = 2 * 366


def business_days_after(hours: Hours, moment: datetime, days: int) -> datetime | None:
    """When the n-th business day after the day of a moment ends: at closing time, in the zone of the hours. None when
    the calendar has no such day.
    """
    day = _nth_after(hours, moment, days)
    return closes_on(hours, day) if day is not None else None


def business_days_before(hours: Hours, moment: datetime, days: int) -> datetime | None:
    """The beginning of the day before which something must have happened for n whole business days to have ended since:
    `before < business_days_before(…, moment, n)` just when `business_days_after(…, before, n) <= moment`.
    """
    day, left, closed = moment.astimezone(hours.zone).date(), days, 0
    while closed <= _LONGEST_CLOSED:
        if hours.spans_on(day):
            closed = 0
            if closes_on(hours, day) <= moment:
                left -= 1
                if left == 0:
                    return datetime.combine(day, time(), hours.zone)
        closed += 1
        day -= _DAY
    return None


def next_business_day(hours: Hours, day: date) -> date | None:
    """The first day from this one on, on which one works."""
    for _turn in range(_LONGEST_CLOSED):
        if hours.spans_on(day):
            return day
        day += _DAY
    return None


def opens_after(hours: Hours, moment: datetime, days: int) -> datetime | None:
    """When the n-th business day after the day of a moment begins; None when the calendar has no such day."""
    day = _nth_after(hours, moment, days)
    return opens_on(hours, day) if day is not None else None


def opens_from(hours: Hours, day: date) -> datetime | None:
    """When the first business day from this day on begins; None when the calendar has none."""
    opens = next_business_day(hours, day)
    return opens_on(hours, opens) if opens is not None else None


def _nth_after(hours: Hours, moment: datetime, days: int) -> date | None:
    """The n-th business day after the day of a moment."""
    day = moment.astimezone(hours.zone).date()
    for _turn in range(days):
        found = next_business_day(hours, day + _DAY)
        if found is None:
            return None
        day = found
    return day


def opens_on(hours: Hours, day: date) -> datetime:
    """When one begins to work on a business day."""
    return _at(hours, day, hours.spans_on(day)[0][0])


def closes_on(hours: Hours, day: date) -> datetime:
    """When one ends on a business day."""
    return _at(hours, day, hours.spans_on(day)[-1][1])


def _at(hours: Hours, day: date, minute: int) -> datetime:
    if minute == 24 * 60:
        day, minute = day + _DAY, 0
    return datetime.combine(day, time(minute // 60, minute % 60), hours.zone)
