"""Business hours as JSON, the form in which calendars are exported and imported:

{"name": "Tokyo", "timezone": "Asia/Tokyo", "weekly": {"mon": [["09:00", "12:00"], ["13:00", "18:00"]], …},
 "holidays": "JP", "closed": ["2026-12-30", …], "special": {"2026-12-28": [["09:00", "12:00"]]}}

Days that `weekly` does not name are days off. A time is HH:MM, up to 24:00. `special` may say of a day that it has no
hours at all: [].
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _
from holidays import list_supported_countries

from servicedesk.web.errors import Refused
from servicedesk.web.text import nearest, one_line

from .hours import WEEKDAYS, Hours, Span, overlapping

FIELDS = ("name", "timezone", "weekly", "holidays", "closed", "special")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOST_DAYS = 2000


def hours_of(data: Any) -> Hours:
    """The hours that JSON states. Refuses what it cannot read with a sentence that says where (`field`)."""
    if not isinstance(data, Mapping):
        raise Refused(_("A calendar is an object with name, timezone and weekly."), code="shape")
    for name in data:
        if name not in FIELDS:
            raise _unknown(str(name), FIELDS, field=str(name))
    name = one_line(data["name"]) if isinstance(data.get("name"), str) else ""
    if not name or len(name) > 80:
        raise Refused(_("Give the calendar a name of up to 80 characters."), field="name")
    weekly = data.get("weekly")
    if not isinstance(weekly, Mapping):
        raise Refused(_("Say the hours of the week, by day: mon, tue, wed, thu, fri, sat, sun."), field="weekly")
    for day in weekly:
        if day not in WEEKDAYS:
            raise _unknown(str(day), WEEKDAYS, field="weekly")
    hours = Hours(
        name=name,
        timezone=_zone(data.get("timezone")),
        weekly=tuple(_spans(weekly.get(day, []), f"weekly.{day}") for day in WEEKDAYS),
        holidays=_place(data.get("holidays", "")),
        closed=_days(data.get("closed", [])),
        special=_special(data.get("special", {})),
    )
    both = hours.closed & set(hours.special)
    if both:
        raise Refused(
            _("%(day)s is closed and has hours of its own. Take it out of one of the two.")
            % {"day": min(both).isoformat()},
            field="special",
        )
    if not any(hours.weekly):
        raise Refused(_("There are no hours in this week: nothing would ever be due."), field="weekly")
    return hours


def json_of(hours: Hours) -> dict[str, Any]:
    """The same hours as JSON; `hours_of` reads it back."""
    return {
        "name": hours.name,
        "timezone": hours.timezone,
        "weekly": {day: _pairs(spans) for day, spans in zip(WEEKDAYS, hours.weekly) if spans},
        "holidays": hours.holidays,
        "closed": [day.isoformat() for day in sorted(hours.closed)],
        "special": {day.isoformat(): _pairs(hours.special[day]) for day in sorted(hours.special)},
    }


def _unknown(name: str, known: tuple[str, ...], *, field: str) -> Refused:
    near = nearest(name, known)
    sentence = _("A calendar knows no “%(name)s”.") % {"name": name[:80]}
    if near:
        sentence += " " + _("Did you mean “%(near)s”?") % {"near": near}
    return Refused(sentence, field=field, code="unknown")


def _zone(value: Any) -> str:
    try:
        if isinstance(value, str) and value:
            ZoneInfo(value)
            return value
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise Refused(_("Give a time zone such as Asia/Tokyo."), field="timezone")


@lru_cache(maxsize=1)
def _places() -> dict[str, list[str]]:
    return list_supported_countries(include_aliases=False)


def _place(value: Any) -> str:
    if value in ("", None):
        return ""
    country, dash, part = value.partition("-") if isinstance(value, str) else ("", "", "")
    if country not in _places() or (dash and part not in _places()[country]):
        raise Refused(
            _("The holidays of this place are not known. Give a country such as JP, or nothing."), field="holidays"
        )
    return value


def _spans(value: Any, where: str) -> tuple[Span, ...]:
    if not isinstance(value, list):
        raise _not_spans(where)
    spans = []
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2:
            raise _not_spans(where)
        begins, ends = (_minute(one, where) for one in pair)
        if begins >= ends:
            raise Refused(
                _("%(where)s: %(from)s–%(until)s ends before it begins. Hours over midnight are two pairs, up to 24:00 "
                  "and from 00:00.")
                % {"where": where, "from": pair[0], "until": pair[1]},
                field=where,
            )  # fmt: skip
        spans.append((begins, ends))
    spans.sort()
    pair = overlapping(tuple(spans))
    if pair:
        one, other = (f"{_clock(span[0])}–{_clock(span[1])}" for span in pair)
        raise Refused(
            _("%(where)s: %(one)s and %(other)s overlap.") % {"where": where, "one": one, "other": other}, field=where
        )
    return tuple(spans)


def _not_spans(where: str) -> Refused:
    return Refused(_('%(where)s: hours are a list of pairs, [["09:00", "12:00"], …].') % {"where": where}, field=where)


def _minute(value: Any, where: str) -> int:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Refused(
            _("%(where)s: “%(time)s” is no time of the day. Write 09:00.") % {"where": where, "time": str(value)[:40]},
            field=where,
        )
    return int(found[1]) * 60 + int(found[2]) if found[1] else 24 * 60


def _day(value: Any, where: str) -> date:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Refused(
        _("%(where)s: “%(day)s” is no day. Write 2026-12-30.") % {"where": where, "day": str(value)[:40]}, field=where
    )


def _days(value: Any) -> frozenset[date]:
    if not isinstance(value, list) or len(value) > MOST_DAYS:
        raise Refused(_("Closed days are a list of up to %(most)s days.") % {"most": MOST_DAYS}, field="closed")
    return frozenset(_day(one, "closed") for one in value)


def _special(value: Any) -> dict[date, tuple[Span, ...]]:
    if not isinstance(value, Mapping) or len(value) > MOST_DAYS:
        raise Refused(
            _("Special days are an object of up to %(most)s days with their hours.") % {"most": MOST_DAYS},
            field="special",
        )
    return {_day(day, "special"): _spans(spans, f"special.{day}") for day, spans in value.items()}


def _pairs(spans: tuple[Span, ...]) -> list[list[str]]:
    return [[_clock(begins), _clock(ends)] for begins, ends in spans]


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
