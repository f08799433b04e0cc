"""An invitation (text/calendar) as a line that a person can read: what, when, where."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from servicedesk.web.text import one_line

_MOST = 256 * 1024
_MOST_EVENTS = 10
_LINE = re.compile(r"([A-Za-z-]{1,60})((?:;[^:;\"]{0,200}(?:\"[^\"]{0,200}\")?){0,20}):(.*)")
_MOMENT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?(Z)?)?")
_DURATION = re.compile(r"P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:\d+S)?)?")
# What Windows calls the zones from which most invitations come here.
_OF_WINDOWS = {
    "Tokyo Standard Time": "Asia/Tokyo",
    "(UTC+09:00) Osaka, Sapporo, Tokyo": "Asia/Tokyo",
    "(UTC+09:00) 大阪、札幌、東京": "Asia/Tokyo",
    "Korea Standard Time": "Asia/Seoul",
    "China Standard Time": "Asia/Shanghai",
    "Singapore Standard Time": "Asia/Singapore",
    "India Standard Time": "Asia/Kolkata",
    "GMT Standard Time": "Europe/London",
    "W. Europe Standard Time": "Europe/Berlin",
    "Romance Standard Time": "Europe/Paris",
    "Eastern Standard Time": "America/New_York",
    "Pacific Standard Time": "America/Los_Angeles",
}


def in_words(text: str) -> str:
    """One line for each event: `summary · 2026-11-22 14:00–15:00 (Asia/Tokyo) · place`; "" when there is none. What is
    no plain request has its method before it, as [CANCEL].
    """
    method = zone = where = ""
    lines: list[str] = []
    event: dict[str, tuple[str, str]] | None = None
    for row in re.sub(r"\r?\n[ \t]", "", text[:_MOST].replace("\r\n", "\n")).split("\n"):
        match = _LINE.fullmatch(row.strip("\r"))
        if match is None:
            continue
        name, given, value = match[1].upper(), match[2], match[3]
        if name == "METHOD":
            method = value.strip().upper()
        elif name == "X-WR-TIMEZONE" or (name == "TZID" and not zone):
            zone = value.strip()
        elif name == "BEGIN":
            where = value.strip().upper()
            event = {} if where in ("VEVENT", "VTODO") else event
        elif name == "END" and event is not None and value.strip().upper() in ("VEVENT", "VTODO"):
            lines.append(_words(event, zone))
            event = None
            if len(lines) >= _MOST_EVENTS:
                break
        elif name == "END" and event is not None:
            where = "VEVENT"  # behind an alarm or the like in it
        elif event is not None and where in ("VEVENT", "VTODO"):
            event.setdefault(name, (given, value))
    mark = f"[{one_line(method, 20)}] " if method not in ("", "REQUEST", "PUBLISH") else ""
    return "\n".join(mark + line for line in lines if line)


def _words(event: dict[str, tuple[str, str]], zone: str) -> str:
    parts = [_said(event, "SUMMARY"), _when(event, zone), _said(event, "LOCATION")]
    return " · ".join(part for part in parts if part)


def _said(event: dict[str, tuple[str, str]], name: str) -> str:
    value = event.get(name, ("", ""))[1]
    return one_line(re.sub(r"\\(.)", lambda match: " " if match[1] in "nN" else match[1], value), 300)


def _when(event: dict[str, tuple[str, str]], zone: str) -> str:
    start, shown_zone, is_day = _moment(*event.get("DTSTART", ("", "")), zone)
    if start is None:
        return ""
    end, _zone, _is_day = _moment(*event.get("DTEND", event.get("DUE", ("", ""))), zone)
    if end is None and (length := _DURATION.fullmatch(event.get("DURATION", ("", ""))[1].strip())):
        weeks, days, hours, minutes = (int(each or 0) for each in length.groups())
        end = start + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
    if is_day:
        last = end - timedelta(days=1) if end else start
        return f"{start:%Y-%m-%d}" if last <= start else f"{start:%Y-%m-%d}–{last:%Y-%m-%d}"
    when = f"{start:%Y-%m-%d %H:%M}"
    if end is not None and end != start:
        when += f"–{end:%H:%M}" if end.date() == start.date() else f"–{end:%Y-%m-%d %H:%M}"
    return when + (f" ({shown_zone})" if shown_zone else "")


def _moment(given: str, value: str, zone: str) -> tuple[datetime | None, str, bool]:
    """(local time, name of its zone, whether it is a day without time)."""
    match = _MOMENT.match(value.strip())
    if match is None:
        return None, "", False
    year, month, day, hour, minute = (int(each or 0) for each in match.groups()[:5])
    try:
        moment = datetime(year, month, day, hour, minute)  # noqa: DTZ001 – the zone is said beside it
        if not match[7]:
            own = re.search(r";TZID=(?:\"([^\"]*)\"|([^;]*))", given, re.IGNORECASE)
            name = (own[1] or own[2] if own else zone).strip("/")
            return moment, one_line(_OF_WINDOWS.get(name, name)), match[4] is None
        name = _OF_WINDOWS.get(zone, zone)
        try:
            return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(name)).replace(tzinfo=None), name, False
        except (ValueError, OSError, KeyError):  # no such zone
            return moment, "UTC", False
    except (ValueError, OverflowError):
        return None, "", False
