"""Hours, days and minutes as people type them, to what the JSON form has and back. What cannot be read as a time is
handed on as it was typed: `calendar_json` says what is wrong with it.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.web import formats
from servicedesk.web.errors import Refused

from .hours import Hours

BUSINESS_DAY = 8 * 60
MOST_LINES = 2000
# Whatever stands between two times or days; the long vowel mark is what an input method writes for a dash.
_DASHES = re.compile(r"\s*(?:\.\.|[~〜∼‐‑‒–—―−ー-]|から)\s*")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2})|時(?:(\d{1,2})分?)?)?")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_MINUTES = re.compile(
    r"(?:(?P<d>\d{1,4})\s*(?:d|days?|営業日|日))?\s*(?:(?P<h>\d{1,6})\s*(?:h|hours?|時間))?\s*"
    r"(?:(?P<m>\d{1,9})\s*(?:m|mins?|minutes?|分)?)?"
)


def plain(text: str) -> str:
    """Full-width digits and signs as usual ones."""
    return unicodedata.normalize("NFKC", text).strip()


def pairs_of(text: str) -> list[list[str]]:
    """`9:00～12:00、13-18` → [["09:00", "12:00"], ["13:00", "18:00"]]."""
    parts = [part.strip() for part in re.split(r"[,、;/\n]", plain(text))]
    return [[_clock(one) for one in _DASHES.split(part)] for part in parts if part]


def text_of(pairs: Iterable[Iterable[str]]) -> str:
    return ", ".join("-".join(pair) for pair in pairs)


def days_of(text: str) -> list[str]:
    """Days and ranges of days, one a line, as ISO days in order."""
    found: set[str] = set()
    for line in filter(None, (one.strip() for one in plain(text).splitlines())):
        first, _dash, rest = _first_day(line)
        if not rest:
            found.add(first)
            continue
        last, _none, more = _first_day(rest)
        try:
            begin, end = date.fromisoformat(first), date.fromisoformat(last)
        except ValueError:
            more = line
        if more:
            found.add(line)  # no day; calendar_json says so
            continue
        if end < begin or (end - begin).days > MOST_LINES:
            raise Refused(
                _("“%(line)s” ends before it begins, or is years long.") % {"line": line[:40]}, field="closed"
            )
        found |= {(begin + timedelta(days=number)).isoformat() for number in range((end - begin).days + 1)}
    return sorted(found)


def text_of_days(days: Iterable[str]) -> str:
    """The same days with those that follow each other as a range, one a line."""
    ranges: list[list[date]] = []
    for day in sorted(date.fromisoformat(one) for one in days):
        if ranges and day - ranges[-1][-1] == timedelta(days=1):
            ranges[-1].append(day)
        else:
            ranges.append([day])
    return "\n".join(
        group[0].isoformat() if len(group) == 1 else f"{group[0].isoformat()}..{group[-1].isoformat()}"
        for group in ranges
    )


def special_of(text: str) -> dict[str, list[list[str]]]:
    """`2026-12-28: 9:00-12:00`, one a line; a day without hours is closed."""
    found: dict[str, list[list[str]]] = {}
    for line in filter(None, (one.strip() for one in plain(text).splitlines())):
        day, _dash, hours = _first_day(line)
        if day in found:
            raise Refused(_("%(day)s is there twice.") % {"day": day}, field="special")
        found[day] = pairs_of(hours)
    return found


def text_of_special(special: Mapping[str, Iterable[Iterable[str]]]) -> str:
    return "\n".join(f"{day}: {text_of(special[day])}".strip() for day in sorted(special))


def minutes_of(text: str, *, field: str, around_the_clock: bool = False) -> int:
    """`30`, `30m`, `4h`, `1h30m`, `2d`; a day is a business day of eight hours. Refuses (field) what is none of these,
    and days around the clock, where a day is no eight hours.
    """
    typed = plain(text).casefold().replace(",", "")
    found = _MINUTES.fullmatch(typed) if typed else None
    if found is None or not any(found.groups()):
        raise Refused(
            _("“%(typed)s” is no length of time. Write 30m, 4h or 2d, or minutes.") % {"typed": text[:40]}, field=field
        )
    days, hours, minutes = (int(found[name] or 0) for name in "dhm")
    if days and around_the_clock:
        raise Refused(_("Around the clock a day is no business day of 8 hours. Write hours, such as 24h."), field=field)
    return days * BUSINESS_DAY + hours * 60 + minutes


def text_of_minutes(minutes: int, *, around_the_clock: bool = False) -> str:
    """The shortest text that `minutes_of` reads as the same."""
    days, rest = (0, minutes) if around_the_clock else divmod(minutes, BUSINESS_DAY)
    hours, rest = divmod(rest, 60)
    return "".join(f"{number}{unit}" for number, unit in ((days, "d"), (hours, "h"), (rest, "m")) if number) or "0m"


def words_of_minutes(minutes: int, *, around_the_clock: bool = False) -> str:
    """The same length for reading: `2 business days`, `4 h`, `1 h 30 min`."""
    days, rest = (0, minutes) if around_the_clock else divmod(minutes, BUSINESS_DAY)
    shorter = formats.hours(rest) if rest >= 60 else formats.duration(rest)
    if not days:
        return shorter
    longer = ngettext("%(count)d business day", "%(count)d business days", days) % {"count": days}
    return _("%(longer)s %(shorter)s") % {"longer": longer, "shorter": shorter} if rest else longer


def moment_of(value: Any, hours: Hours) -> datetime:
    """A moment as ISO text; without a zone it is one where the calendar is."""
    try:
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=hours.zone)
        moment.astimezone(hours.zone), moment.astimezone(UTC)  # the first and last days of time have no other zone
    except (TypeError, ValueError, OverflowError):
        raise Refused(
            _("“%(from)s” is no moment. Write 2026-12-28T11:30+09:00.") % {"from": str(value)[:40]}, field="from"
        ) from None
    return moment


def percentages_of(text: str) -> list[int]:
    """`75, 90 %` → [75, 90]."""
    found = re.split(r"[\s,、%]+", plain(text))
    try:
        return sorted({int(one) for one in found if one})
    except ValueError:
        raise Refused(_("Write percentages such as 75, 90."), field="warn_at") from None


def _clock(typed: str) -> str:
    found = _CLOCK.fullmatch(typed.strip())
    return f"{int(found[1]):02d}:{int(found[2] or found[3] or 0):02d}" if found else typed.strip()


def _first_day(line: str) -> tuple[str, str, str]:
    """(the day at the beginning of a line, what divides, the rest); a line that begins with none is the day."""
    found = _DAY.match(line)
    if found is None:
        return line, "", ""
    rest = line[found.end() :].strip()
    sign = re.match(r"\s*(?:\.\.|[~〜∼‐‑‒–—―−ー:-]|から)\s*", rest)
    day = f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}"
    return (day, sign[0], rest[sign.end() :]) if sign else (day, "", rest)
