"""What a calendar looks like to people: its days by name, and the coming days with their open hours. Pure."""

from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from holidays import country_holidays

from .calendar_json import json_of
from .hours import Hours
from .typed import text_of

_DAY = timedelta(days=1)


class Named(NamedTuple):
    """A day on which hours are not the usual ones: why, and what is open."""

    day: date
    name: str
    hours: str


class Open(NamedTuple):
    """A day to come with its open hours; `name` is why it is not as usual."""

    day: date
    hours: str
    name: str


def days_by_name(hours: Hours, since: date, days: int = 365) -> list[Named]:
    """The public holidays, closing days and days with hours of their own from a day on."""
    until = since + timedelta(days=days)
    names = _names(hours, since, until)
    own = {day for day in (*hours.closed, *hours.special) if since <= day < until}
    return [
        Named(day, _called(hours, day, names), _hours_on(hours, day))
        for day in sorted(own | {day for day in names if since <= day < until})
    ]


def coming(hours: Hours, since: date, days: int = 14) -> list[Open]:
    """The days from one on, with their open hours."""
    names = _names(hours, since, since + timedelta(days=days))
    each = (since + number * _DAY for number in range(days))
    return [Open(day, _hours_on(hours, day), _called(hours, day, names)) for day in each]


def week_in_words(hours: Hours) -> list[tuple[str, str]]:
    """[("Mon–Fri", "09:00-12:00, 13:00-18:00"), …] with days of the same hours together; days off are left out."""
    texts = [text_of(pairs) for pairs in _week(hours)]
    found = []
    for text, group in groupby(range(7), key=texts.__getitem__):
        days = [str(WEEKDAYS_ABBR[number]) for number in group]
        if text:
            found.append((days[0] if len(days) == 1 else f"{days[0]}–{days[-1]}", text))
    return found


def _week(hours: Hours) -> list[list[list[str]]]:
    weekly = json_of(hours)["weekly"]
    return [weekly.get(day, []) for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")]


def _hours_on(hours: Hours, day: date) -> str:
    spans = hours.spans_on(day)
    text = text_of([[f"{minute // 60:02d}:{minute % 60:02d}" for minute in span] for span in spans])
    return text.replace("-", "–\u2060")  # narrow columns break between intervals alone


def _called(hours: Hours, day: date, names: dict[date, str]) -> str:
    own = ""
    if day in hours.special:
        own = _("Hours of its own")
    elif day in hours.closed:
        own = _("Closing day")
    return _(", ").join(filter(None, (names.get(day, ""), own)))


def _names(hours: Hours, since: date, until: date) -> dict[date, str]:
    language = "ja" if (get_language() or "").startswith("ja") else "en_US"
    found: dict[date, str] = {}
    for year in range(since.year, until.year + 1) if hours.holidays else ():
        found |= _names_of(hours.holidays, year, language)
    return found


@lru_cache(maxsize=200)
def _names_of(place: str, year: int, language: str) -> dict[date, str]:
    """Holidays by name; in the language of the place when the reader's is not kept."""
    country, _dash, part = place.partition("-")
    known = country_holidays(country, subdiv=part or None)
    spoken = language if language in known.supported_languages else known.default_language
    return dict(country_holidays(country, subdiv=part or None, years=year, language=spoken))
