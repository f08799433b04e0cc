"""What every source makes of its rows, and what every importer goes on from. Knows no database.

A source reads rows (`sources`), maps them to a `Draft` each ticket or says in a `Rejection` why not; `previewing`
counts what would become of them, `actions` writes them.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from servicedesk.tickets.models import Channel, Impact, Priority, Urgency
from servicedesk.tickets.workflow import TicketType

T = TypeVar("T")
MOST_LETTERS = 100  # of a number
DATE_FORMATS = {
    "ymd": "2016-02-29 13:05",
    "dmy": "29-02-2016 13:05",
    "mdy": "02-29-2016 13:05",
}
_DATES = {
    "ymd": re.compile(r"(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?"),
    "dmy": re.compile(r"(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>\d{4})"),
    "mdy": re.compile(r"(?P<m>\d{1,2})[-/.](?P<d>\d{1,2})[-/.](?P<y>\d{4})"),
}
_TIME = re.compile(r"[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?")


class Rejected(Exception):
    """A row, and the ticket it belongs to, cannot be taken; the sentence says why."""

    def __init__(self, line: int, reason: str):
        super().__init__(reason)
        self.line = line


class Rejection(NamedTuple):
    line: int
    external_id: str
    reason: str


@dataclass(frozen=True)
class Moment:
    """What held from a moment on: one row of a log. People and teams by the names that they have there.

    `said` is the word there for the status where ours means something else.
    """

    at: datetime
    status: str
    said: str = ""
    impact: int = Impact.PERSON
    urgency: int = Urgency.SOON
    priority: int = Priority.P4
    team: str = ""
    assignee: str = ""
    category: tuple[str, ...] = ()
    by: str = ""


@dataclass(frozen=True)
class Draft:
    """One ticket as its source tells it. `moments` are in their order and never empty; `line` is its first."""

    line: int
    external_id: str
    title: str
    opened_at: datetime
    requester: str
    moments: tuple[Moment, ...]
    digest: str
    entered_by: str = ""
    description: str = ""
    type: str = TicketType.INCIDENT
    channel: str = Channel.IMPORT
    resolved_at: datetime | None = None
    resolved_by: str = ""
    closed_at: datetime | None = None
    resolution: str = ""
    reopen_count: int = 0
    reassignment_count: int = 0
    made_sla: bool | None = None
    extras: dict[str, str] = field(default_factory=dict)

    @property
    def people(self) -> set[str]:
        named = {self.requester, self.entered_by, self.resolved_by}
        return (named | {one for each in self.moments for one in (each.assignee, each.by)}) - {""}

    @property
    def teams(self) -> set[str]:
        return {each.team for each in self.moments} - {""}

    @property
    def categories(self) -> set[tuple[str, ...]]:
        """Those it names and those above them."""
        named = {each.category for each in self.moments}
        return {path[:depth] for path in named for depth in range(1, len(path) + 1)}


def digest_of(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


@lru_cache(20_000)
def moment_of(text: str, date_format: str, zone: ZoneInfo) -> datetime | None:
    """A moment as a file writes it, None when it is none. What has no zone of its own is the clock of `zone`; a day
    without a time is its beginning.
    """
    found = _DATES[date_format].match(text) or _DATES["ymd"].match(text)
    if found is None:
        return None
    rest = text[found.end() :].strip()
    time = _TIME.match(f" {rest}") if rest else None
    after = rest[len(time[0]) - 1 :].strip() if time else rest
    hour, minute, second = (int(part or 0) for part in time.groups()) if time else (0, 0, 0)
    try:
        plain = datetime(int(found["y"]), int(found["m"]), int(found["d"]), hour, minute, second, tzinfo=zone)
        if not after:
            return plain.astimezone(UTC)
        offset = datetime.strptime(after.replace("Z", "+0000").replace("UTC", "+0000"), "%z").tzinfo
        return plain.replace(tzinfo=offset).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def whole(text: str, most: int = 100_000) -> int | None:
    """A count, None when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 and int(text) <= most else None


def yes_or_no(text: str) -> bool | None:
    word = text.strip().casefold()
    if word in ("true", "yes", "1", "y", "はい", "達成", "met", "○"):
        return True
    return False if word in ("false", "no", "0", "n", "いいえ", "未達成", "missed", "×") else None


def named(text: str) -> str:
    """A name with its blanks folded."""
    return " ".join(text.split())[:120]


def missing(columns: Iterable[str]) -> str:
    return _(", ").join(columns)


def chunks(each: Iterator[T], size: int) -> Iterator[list[T]]:
    """So many at a time, as they come."""
    while some := list(islice(each, size)):
        yield some
