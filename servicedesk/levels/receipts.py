"""What people read of a ticket's clocks: a line each on its page, and the whole receipt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.tickets.models import Ticket
from servicedesk.tickets.workflow import Side
from servicedesk.web import formats

from .clock import State, Stretch
from .clocks import Happened, Told, clocks_of, happened_to
from .hours import Interval
from .models import Clock
from .queries import Levels

# Beyond this the receipt of an old ticket says how many intervals there are more.
MOST_INTERVALS = 200


@dataclass(frozen=True)
class Line:
    """A clock in words: its name, what it shows now (words and the state of `clock_pill`)."""

    told: Told
    name: str
    words: str
    state: str

    @property
    def percent(self) -> int:
        """How much of the promised time is used; more than 100 when more is."""
        return int(self.told.reading.used / timedelta(minutes=self.told.minutes) * 100)

    @property
    def due_at(self) -> datetime | None:
        """When it is, was or would have been due; nothing while it rests in time."""
        rests = self.told.run == Clock.Run.PAUSED and self.told.reading.state != State.MISSED
        return None if rests else self.told.reading.due_at

    @property
    def target(self) -> str:
        return formats.hours(self.told.minutes)

    @property
    def used(self) -> str:
        return formats.hours(int(self.told.reading.used.total_seconds() // 60))

    @property
    def left(self) -> str:
        return formats.hours(int(self.told.reading.left.total_seconds() // 60))


@dataclass(frozen=True)
class Rest:
    """A time in which a clock did not run: for whom one waited, or "" while it counted as done."""

    since: datetime
    until: datetime | None
    whom: str
    business: str


def read_clocks(
    ticket: Ticket, *, ours: bool, happened: Sequence[Happened] | None = None, levels: Levels | None = None
) -> list[Line]:
    """The clocks of a ticket as they stand now, read from its events, which may be at hand as the settings. `ours`:
    with what was agreed among those who work on it, which is not the requester's business.
    """
    if happened is None:
        happened = happened_to([ticket.pk])[ticket.pk]
    told = clocks_of(ticket, happened, levels or Levels(), timezone.now())
    return [_line(one, ticket) for one in told if ours or one.kind != Clock.Kind.AGREEMENT]


def _line(told: Told, ticket: Ticket) -> Line:
    name = str(Clock.Kind(told.kind).label) if told.agreement is None else told.agreement.name
    words, state = _state(told, ticket)
    return Line(told, name, words, state)


def _state(told: Told, ticket: Ticket) -> tuple[str, str]:
    reading = told.reading
    if reading.state == State.MISSED:
        return _("missed"), "missed"
    if told.run == Clock.Run.STOPPED:
        # What was withdrawn or goes on elsewhere has met nothing.
        return (_("ended"), "paused") if ticket.status in ("cancelled", "merged") else (_("met"), "met")
    if told.run == Clock.Run.PAUSED:
        return _("paused"), "paused"
    left = _("%(time)s left") % {"time": formats.hours(int(reading.left.total_seconds() // 60))}
    return left, "near" if told.warn_at and reading.share() * 100 >= told.warn_at[0] else "running"


def intervals(line: Line) -> tuple[list[tuple[datetime, datetime, str]], int]:
    """(from, to, how long) of the business intervals that were counted, in the calendar's zone, the newest
    MOST_INTERVALS of them; and how many there are besides.
    """
    found: list[Interval] = line.told.reading.intervals(line.told.hours)
    shown = found[-MOST_INTERVALS:]
    return [(opens, closes, _length(closes - opens)) for opens, closes in shown], len(found) - len(shown)


def rests(line: Line) -> list[Rest]:
    """Every time it rested; that it stays done since the end is no rest."""
    return [_rest(stretch) for stretch in line.told.reading.rested if stretch.until or stretch.side]


def waiting(line: Line) -> list[tuple[str, str]]:
    """(for whom, how long) one waited, in business time."""
    return [(str(side.label), _length(time)) for side, time in line.told.reading.waiting.items() if time]


def _rest(stretch: Stretch) -> Rest:
    whom = str(Side(stretch.side).label) if stretch.side else ""
    return Rest(stretch.since, stretch.until, whom, _length(stretch.business))


def _length(time: timedelta) -> str:
    return formats.hours(int(time.total_seconds() // 60))


def plain(lines: Sequence[Line]) -> list[dict]:
    """The receipts as the API gives them."""
    return [
        {
            "clock": line.told.kind,
            "name": line.name,
            "state": line.told.reading.state,
            "rank": line.told.rank,
            "agreement": line.told.agreement,
            "calendar": line.told.calendar,
            "timezone": line.told.hours.timezone,
            "minutes": line.told.minutes,
            "used_minutes": int(line.told.reading.used.total_seconds() // 60),
            "due_at": line.told.reading.due_at,
            "waited_minutes": {
                side.value: int(time.total_seconds() // 60) for side, time in line.told.reading.waiting.items()
            },
            "pauses": [
                {
                    "since": one.since,
                    "until": one.until,
                    "side": one.side,
                    "minutes": int(one.business.total_seconds() // 60),
                }
                for one in line.told.reading.rested
            ],
            "intervals": [[opens, closes] for opens, closes in line.told.reading.intervals(line.told.hours)],
        }
        for line in lines
    ]
