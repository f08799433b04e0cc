"""The clock of a target: how much of the promised time is used up, and when the rest will be. Pure: what happened, the
hours and the minutes promised say everything, so it can be read anew at any time with the same result.

A clock runs from its first `RUN`, rests while somebody else has to act (`PAUSE` with whose turn it is) and while the
work counts as done (`STOP`), and goes on with `RUN`. Only business time counts.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from servicedesk.tickets.workflow import Side

from .hours import Hours, Interval, business_time, open_between, use_up


class Kind(StrEnum):
    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"


class State(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"


@dataclass(frozen=True)
class Turn:
    """Something that makes the clock run or rest from a moment on. `number` orders what happened at the same moment."""

    at: datetime
    number: int
    kind: Kind
    side: Side | None = None


@dataclass(frozen=True)
class Stretch:
    """A time in which the clock ran (`side` None) or rested, and the business time in it. `until` None: it still
    does.
    """

    since: datetime
    until: datetime | None
    side: Side | None
    business: timedelta


@dataclass(frozen=True)
class Reading:
    """What a clock shows. `due_at` of a pause is when it would be due if it ran on from now, of a clock
    that stopped in time if it had run on. `ran` and `rested` are the receipt: every stretch with its business time;
    `waiting` adds up the rests by whose turn it was. `at` is the moment at which it was read.
    """

    state: State
    used: timedelta
    left: timedelta
    due_at: datetime
    ran: list[Stretch]
    rested: list[Stretch]
    at: datetime

    @property
    def waiting(self) -> dict[Side, timedelta]:
        sums: dict[Side, timedelta] = defaultdict(timedelta)
        for stretch in self.rested:
            if stretch.side is not None:
                sums[stretch.side] += stretch.business
        return dict(sums)

    def intervals(self, hours: Hours) -> list[Interval]:
        """The business intervals that were counted, in the zone of the hours."""
        return [each for one in self.ran for each in open_between(hours, one.since, one.until or self.at)]

    def share(self) -> float:
        """How much of the promised time is used: 1.0 is all of it."""
        promised = self.used + self.left
        return self.used / promised if promised else 1.0


def read(hours: Hours, minutes: int, turns: Iterable[Turn], now: datetime) -> Reading:
    """The clock of `minutes` of business time at a moment. What happens after `now` has not happened yet; turns may
    come in any order. Refuses (calendar) hours that never have so many minutes. LookupError without a first turn.
    """
    past = sorted((turn for turn in turns if turn.at <= now), key=lambda turn: (turn.at, turn.number))
    if not past:
        raise LookupError("A clock that nothing started.")
    stretches = _stretches(hours, past, now)
    ran = [stretch for stretch in stretches if stretch.kind == Kind.RUN]
    promised = timedelta(minutes=minutes)
    left, due, late = promised, None, False
    for each in ran:
        since, until = each.stretch.since, each.stretch.until
        late = late or due is not None and (until or now) > since
        if due is None and (left <= each.stretch.business or until is None):
            due = use_up(hours, since, left).due_at
            # Also by a minute in which nobody works: what is due at closing time is not met in the evening.
            late = (until or now) > due
        left -= each.stretch.business
    used, last = promised - left, past[-1]
    late = late or left < timedelta(0)
    if due is None:
        due = use_up(hours, last.at if last.kind == Kind.STOP else now, left).due_at
    if late:
        state = State.MISSED
    else:
        state = {Kind.RUN: State.RUNNING, Kind.PAUSE: State.PAUSED, Kind.STOP: State.MET}[last.kind]
    rests = [each.stretch for each in stretches if each.kind != Kind.RUN]
    return Reading(state, used, max(left, timedelta(0)), due, [each.stretch for each in ran], rests, now)


@dataclass(frozen=True)
class _Part:
    kind: Kind
    stretch: Stretch


def _stretches(hours: Hours, past: list[Turn], now: datetime) -> list[_Part]:
    """Turns of the same kind and side that follow each other are one stretch."""
    kept: list[Turn] = []
    for turn in past:
        if not kept or (turn.kind, turn.side) != (kept[-1].kind, kept[-1].side):
            kept.append(turn)
    ends: list[datetime | None] = [turn.at for turn in kept[1:]]
    parts = []
    for turn, until in zip(kept, [*ends, None], strict=True):
        business = business_time(hours, turn.at, until or now)
        parts.append(_Part(turn.kind, Stretch(turn.at, until, turn.side, business)))
    return parts
