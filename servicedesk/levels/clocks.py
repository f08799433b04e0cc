"""The clocks of tickets, read from what happened to them. Pure: the ticket's events, its present service, team and
priority, and the settings (`Levels`) say everything, so a clock can be read anew at any time with the same result.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.tiers import HANDED
from servicedesk.tickets.workflow import Phase, TicketType, workflow_of

from .clock import Kind, Reading, State, Turn, read
from .hours import Hours
from .models import Agreement, Calendar, Clock, Rank
from .queries import Levels

OUTSIDE = "escalate_outside"
"""A ticket was taken to a vendor: `data["agreement"]` is what the vendor promised, or None."""
UNDONE = "undo_escalation_outside"


class Happened(NamedTuple):
    """What clocks need of an event."""

    number: int
    verb: str
    at: datetime
    data: dict


@dataclass(frozen=True)
class Told:
    """A clock with where its numbers come from: what a receipt shows."""

    kind: str
    minutes: int
    hours: Hours
    calendar: Calendar | None
    rank: Rank | None
    agreement: Agreement | None
    warn_at: Sequence[int]
    turns: list[Turn]
    reading: Reading = field(compare=False)

    @property
    def is_running(self) -> bool:
        return self.turns[-1].kind == Kind.RUN

    @property
    def run(self) -> str:
        return {Kind.RUN: Clock.Run.RUNNING, Kind.PAUSE: Clock.Run.PAUSED, Kind.STOP: Clock.Run.STOPPED}[
            self.turns[-1].kind
        ]

    def passes_at(self, percent: int) -> tuple[bool, datetime]:
        """(whether so much of the target is used up, when it was or will be if the clock goes on)."""
        part = read(self.hours, self.minutes * percent // 100, self.turns, self.reading.at)
        return part.state == State.MISSED or part.left == timedelta(0), part.due_at


def verbs() -> set[str]:
    """The events by which clocks change."""
    moves = {way.name for ticket_type in TicketType for way in workflow_of(ticket_type).transitions}
    return moves | {"open", *HANDED, OUTSIDE, UNDONE}


def happened_to(ids: Iterable[int]) -> dict[int, list[Happened]]:
    """What happened to tickets, by ticket, in order: the events that move clocks. One query."""
    found: dict[int, list[Happened]] = defaultdict(list)
    rows = (
        TicketEvent.objects.filter(Q(ticket__in=list(ids)), verb__in=verbs())
        .order_by("ticket", "number")
        .values_list("ticket_id", "number", "verb", "at", "data")
    )
    for ticket_id, *rest in rows:
        found[ticket_id].append(Happened(*rest))
    return found


def clocks_of(ticket: Ticket, happened: Sequence[Happened], levels: Levels, now: datetime) -> list[Told]:
    """The clocks of a ticket: first response, resolution, and those of agreements. None without targets, and none of
    what was imported: what was promised there, and by which calendar, nobody knows here.
    """
    if ticket.is_imported:
        return []
    found = []
    level = levels.of(ticket)
    if level is not None:
        for kind, minutes, turns in (
            (Clock.Kind.RESPONSE, level.response_minutes, _until_answered(ticket, happened)),
            (Clock.Kind.RESOLUTION, level.resolution_minutes, _turns(ticket, happened)),
        ):
            found.append(_told(kind, minutes, turns, level.hours, level.calendar, level.rank, None, now))
    for agreement, turns in _agreed(ticket, happened, levels).items():
        promise = levels.promise(agreement, ticket)
        if promise is not None:
            found.append(
                _told(
                    Clock.Kind.AGREEMENT,
                    promise.minutes,
                    turns,
                    promise.hours,
                    promise.calendar,
                    None,
                    promise.agreement,
                    now,
                )
            )
    return [told for told in found if told is not None]


def _told(
    kind: str,
    minutes: int,
    turns: list[Turn],
    hours: Hours,
    calendar: Calendar | None,
    rank: Rank | None,
    agreement: Agreement | None,
    now: datetime,
) -> Told | None:
    turns = [turn for turn in turns if turn.at <= now]
    if not turns:
        return None
    source = rank or agreement
    warn_at = sorted(source.warn_at) if source else []
    return Told(kind, minutes, hours, calendar, rank, agreement, warn_at, turns, read(hours, minutes, turns, now))


def _turns(ticket: Ticket, happened: Sequence[Happened]) -> list[Turn]:
    """Of the work on a ticket: it runs from its opening, rests while somebody else has to act, stops when resolved."""
    workflow, turns = workflow_of(ticket.type), []
    for each in happened:
        status = workflow.statuses[0] if each.verb == "open" else moved_to(workflow, each)
        if status is None:
            continue
        if status.phase in (Phase.RESOLVED, Phase.CLOSED):
            turns.append(Turn(each.at, each.number, Kind.STOP))
        elif status.phase == Phase.WAITING:
            turns.append(Turn(each.at, each.number, Kind.PAUSE, status.side))
        else:
            turns.append(Turn(each.at, each.number, Kind.RUN))
    return turns


def moved_to(workflow, each: Happened):
    """The status that a transition took a ticket to."""
    name = each.data.get("to")
    is_move = any(way.name == each.verb for way in workflow.transitions)
    return workflow.status(name) if is_move and isinstance(name, str) else None


def _until_answered(ticket: Ticket, happened: Sequence[Happened]) -> list[Turn]:
    """Of the first response: it runs from the opening and stops for good with the first answer, or with the ticket.
    Waiting for a vendor is no answer.
    """
    turns = [turn for turn in _turns(ticket, happened) if turn.kind != Kind.PAUSE]
    answered = ticket.first_response_at
    if answered is None:
        return turns
    before = [turn for turn in turns if turn.at < answered]
    return [*before, Turn(answered, ticket.event_count + 1, Kind.STOP)]


def _agreed(ticket: Ticket, happened: Sequence[Happened], levels: Levels) -> dict[int, list[Turn]]:
    """Turns by agreement: of a team while the ticket is with it, of a vendor while one waits for it."""
    found: dict[int, list[Turn]] = defaultdict(list)
    stays = _stays(ticket, happened)
    for team, since, until in stays:
        agreement = levels.team_agreements.get(team)
        if agreement is not None:
            found[agreement] += _between(_turns(ticket, happened), since, until)
    outside, workflow = None, workflow_of(ticket.type)
    for each in happened:
        if each.verb == OUTSIDE:
            outside = each.data.get("agreement")
            if outside:
                found[outside].append(Turn(each.at, each.number, Kind.RUN))
        elif outside and (each.verb == UNDONE or _leaves_vendor(workflow, each)):
            found[outside].append(Turn(each.at, each.number, Kind.STOP))
            outside = None
    return found


def _leaves_vendor(workflow, each: Happened) -> bool:
    status = moved_to(workflow, each)
    return status is not None and status.name != "waiting_vendor"


def _stays(ticket: Ticket, happened: Sequence[Happened]) -> list[tuple[int, Turn, Turn | None]]:
    """(team, from when, until when) of a ticket; the first moment of a stay as a running turn, its end as a stop."""
    changes = []
    for each in happened:
        pair = (each.data.get("changes") or {}).get("team") if each.verb in HANDED else None
        if pair:
            changes.append((each, *(one[0] if one else None for one in pair)))
    if not happened:
        return []
    team = changes[0][1] if changes else ticket.team_id
    since = Turn(happened[0].at, happened[0].number, Kind.RUN)
    stays = []
    for each, _before, after in changes:
        if team is not None:
            stays.append((team, since, Turn(each.at, each.number, Kind.STOP)))
        team, since = after, Turn(each.at, each.number, Kind.RUN)
    if team is not None:
        stays.append((team, since, None))
    return stays


def _between(turns: list[Turn], since: Turn, until: Turn | None) -> list[Turn]:
    """The turns of a stay: as the work stood when it began, then what happened in it, then its end."""

    def place(turn: Turn) -> tuple[datetime, int]:
        return turn.at, turn.number

    before = [turn for turn in turns if place(turn) <= place(since)]
    first = before[-1] if before else since
    within = [turn for turn in turns if place(since) < place(turn) and (until is None or place(turn) < place(until))]
    return [Turn(since.at, since.number, first.kind, first.side), *within, *([until] if until else [])]
