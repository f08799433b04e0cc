"""Hours of the day in somebody's time zone: until when it is quiet, and when the next summary is due."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


def end_of_quiet(now: datetime, zone: ZoneInfo, begins: time, ends: time, days: Collection[int]) -> datetime | None:
    """When the quiet hours end in which `now` lies; None when it lies in none. They begin on `days` (0 is Monday); an
    end that is not after the beginning is on the next day. Hours that follow each other at once are one.
    """
    here = moment = now.astimezone(zone)
    for _turn in range(8):
        stops = [
            datetime.combine(day if ends > begins else day + _DAY, ends, zone)
            for day in (moment.date() - _DAY, moment.date())
            if day.weekday() in days and datetime.combine(day, begins, zone) <= moment
        ]
        stops = [stop for stop in stops if stop > moment]
        if not stops:
            break
        moment = max(stops)
    return moment if moment > here else None


def next_hour(now: datetime, zone: ZoneInfo, hour: int) -> datetime:
    """The next time that it is this hour there."""
    here = now.astimezone(zone)
    today = datetime.combine(here.date(), time(hour), zone)
    return today if today > here else datetime.combine(here.date() + _DAY, time(hour), zone)
