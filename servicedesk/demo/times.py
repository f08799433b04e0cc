"""When people work: office hours in Tokyo on weekdays, and moments within them."""

import random
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")
_OPENS, _CLOSES = time(8, 45), time(18, 15)


def is_working(moment: datetime) -> bool:
    local = moment.astimezone(TOKYO)
    return local.weekday() < 5 and _OPENS <= local.time() < _CLOSES


def opening(moment: datetime) -> datetime:
    """The moment itself within office hours, else when the office opens next."""
    local = moment.astimezone(TOKYO)
    if local.time() >= _CLOSES:
        local = local + timedelta(days=1)
        local = local.replace(hour=_OPENS.hour, minute=_OPENS.minute, second=moment.second)
    elif local.time() < _OPENS:
        local = local.replace(hour=_OPENS.hour, minute=_OPENS.minute, second=moment.second)
    while local.weekday() >= 5:
        local = (local + timedelta(days=1)).replace(hour=_OPENS.hour, minute=_OPENS.minute)
    return local


def after(moment: datetime, minutes: float) -> datetime:
    """So many minutes of office time later."""
    local = opening(moment)
    left = timedelta(minutes=minutes)
    while True:
        closes = local.replace(hour=_CLOSES.hour, minute=_CLOSES.minute, second=0)
        if local + left < closes:
            return local + left
        left -= closes - local
        local = opening(closes + timedelta(minutes=1))


def moment_between(rng: random.Random, start: datetime, end: datetime, *, any_hour: bool = False) -> datetime:
    """Some moment from `start` to `end`, within office hours where the span has any, more often in the morning."""
    span = (end - start).total_seconds()
    for _try in range(60):
        moment = start + timedelta(seconds=span * rng.random())
        local = moment.astimezone(TOKYO)
        if any_hour or (is_working(moment) and (local.hour < 12 or rng.random() < 0.7)):
            break
    return moment.replace(microsecond=0)
