"""The record: opening a ticket, its events, and the one place where a status changes."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.chain import link as chain
from servicedesk.people.models import User
from servicedesk.people.rules import check

from ..errors import TicketError
from ..models import PREFIXES, ClosingRequest, Outbox, Ticket, TicketEvent
from ..workflow import Phase, TicketType, workflow_of


def lock(ticket: Ticket) -> Ticket:
    """Take the row lock of a ticket and read it anew into the same object. Call it first in every write."""
    if not _is_held(ticket):
        ticket.refresh_from_db(from_queryset=Ticket.objects.select_for_update())
    return ticket


class Apart(Exception):
    """A ticket that is held together with others was to be changed through another object than the one held."""


class Together:
    """Tickets whose row locks are held, each by one object, and the events that are still to be written of them."""

    def __init__(self, tickets: Iterable[Ticket]):
        self.tickets = {ticket.pk: ticket for ticket in tickets}
        self.events: dict[int, list[TicketEvent]] = defaultdict(list)

    def write(self, *tickets: Ticket) -> None:
        """Write the events of these tickets now."""
        _write([(ticket, self.events.pop(ticket.pk)) for ticket in tickets if ticket.pk in self.events])

    def forget(self, ticket: Ticket) -> None:
        """What was recorded of it is not written: the savepoint around it was rolled back. It is not held any more."""
        self.tickets.pop(ticket.pk, None)
        self.events.pop(ticket.pk, None)


_held: ContextVar[Together | None] = ContextVar("held", default=None)


@contextmanager
def together(tickets: Iterable[Ticket]) -> Iterator[Together]:
    """Change many tickets in the caller's transaction, in which they have just been read with their row locks.

    `lock` takes these objects as they are, and what `record` says of them is written when the block ends: three
    statements instead of three an event. Raises Apart when an action comes with another object of one of them; the
    caller then rolls back and does them one by one.
    """
    held = Together(tickets)
    before = _held.set(held)
    try:
        yield held
    finally:
        _held.reset(before)
    held.write(*held.tickets.values())


def written(event: TicketEvent) -> TicketEvent:
    """The event as a row of the database, for what refers to it."""
    held = _held.get()
    if event.pk is None and held is not None:
        held.write(held.tickets[event.ticket_id])
    return event


def _is_held(ticket: Ticket) -> bool:
    held = _held.get()
    one = held.tickets.get(ticket.pk) if held is not None else None
    if one is not None and one is not ticket:
        raise Apart(ticket.number)
    return one is not None


# What sets off everything that is recorded meanwhile; goes into each event's data.
_cause: ContextVar[dict[str, Any]] = ContextVar("cause", default={})  # noqa: B039 – never changed in place


@contextmanager
def because(**cause: Any) -> Iterator[None]:
    """Let every event recorded in the block carry this in its data, whichever action records it."""
    before = _cause.set(cause)
    try:
        yield
    finally:
        _cause.reset(before)


def permit(by: User | None, permission: str, ticket: Ticket) -> None:
    """`check`, unless the desk itself does it (`by` None): a rule acts by the right of whoever wrote it."""
    if by is not None:
        check(by, permission, ticket)


def next_number(ticket_type: str) -> str:
    """The next number of a type, `INC0000123`. Numbers of transactions that fail are lost, none is given twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [f"ticket_number_{ticket_type}"])
        return f"{PREFIXES[TicketType(ticket_type)]}{cursor.fetchone()[0]:07d}"


@transaction.atomic(savepoint=False)
def open_ticket(ticket_type: str, *, by: User, via: str, at: datetime | None = None, **fields: Any) -> Ticket:
    """Make the core row of a new record in the first status of its process and write the event `open`.

    For the processes' own actions, which add their extension in the same transaction. `fields` are columns of `Ticket`;
    the department is the requester's. `at` is for imports and demo content.
    """
    workflow = workflow_of(ticket_type)
    first = workflow.statuses[0]
    now = at or timezone.now()
    requester = fields["requester"]
    ticket = Ticket(
        number=next_number(ticket_type),
        type=ticket_type,
        status=first.name,
        phase=first.phase,
        entered_by=by,
        department_id=requester.department_id,
        created_at=now,
        updated_at=now,
        **fields,
    )
    ticket.event_count = 1
    event = _next_event(ticket, "open", by=by, via=via, public=True, at=now, data={"channel": ticket.channel})
    ticket.event_hash = event.hash
    ticket.save(force_insert=True)
    event.ticket = ticket
    _keep(event)
    return ticket


def record(
    ticket: Ticket,
    verb: str,
    *,
    by: User | None,
    via: str,
    public: bool = False,
    at: datetime | None = None,
    **data: Any,
) -> TicketEvent:
    """Write one event and its outbox row in the caller's transaction; the caller holds the ticket's row lock.

    `public` events are on the time line of everybody who sees the ticket, others on that of those who work on it.
    `data` is JSON and never holds people's own words or files. `by` is None for the desk itself. While many tickets are
    held `together`, the event is a row only later: what refers to it asks for it `written`.
    """
    held = _held.get() if _is_held(ticket) else None
    ticket.event_count += 1
    ticket.updated_at = at or timezone.now()
    event = _next_event(ticket, verb, by=by, via=via, public=public, at=ticket.updated_at, data=data)
    if held is not None:
        ticket.event_hash = event.hash
        held.events[ticket.pk].append(event)
        return event
    # Guards against a caller without the lock: then the row has moved on and nothing matches.
    grown = Ticket.objects.filter(pk=ticket.pk, event_count=ticket.event_count - 1).update(
        event_count=ticket.event_count, event_hash=event.hash, updated_at=ticket.updated_at
    )
    if grown != 1:
        raise RuntimeError(f"{ticket.number} was written without its lock.")
    ticket.event_hash = event.hash
    _keep(event)
    return event


def _next_event(
    ticket: Ticket, verb: str, *, by: User | None, via: str, public: bool, at: datetime, data: dict[str, Any]
) -> TicketEvent:
    event = TicketEvent(
        ticket_id=ticket.pk,
        number=ticket.event_count,
        verb=verb,
        by=by,
        via=via,
        is_public=public,
        data=json.loads(json.dumps(data | _cause.get(), cls=DjangoJSONEncoder)),
        at=at,
    )
    event.hash = event_hash(ticket.number, ticket.event_hash, event)
    return event


def _keep(event: TicketEvent) -> None:
    event.save(force_insert=True)
    Outbox(event=event, created_at=event.at).save(force_insert=True)


def record_many(
    tickets: Sequence[Ticket],
    verb: str,
    *,
    by: User | None,
    via: str,
    data: Sequence[dict],
    public: bool = False,
    at: datetime | None = None,
) -> None:
    """The event of `record` for many tickets at once, `data` in their order; the caller holds all their row locks.

    Four statements however many there are. Tickets changed in thousands (a new matrix) would hold a page for minutes.
    """
    now = at or timezone.now()
    news = []
    for ticket, own in zip(tickets, data, strict=True):
        ticket.event_count += 1
        ticket.updated_at = now
        event = _next_event(ticket, verb, by=by, via=via, public=public, at=now, data=own)
        ticket.event_hash = event.hash
        news.append((ticket, [event]))
    _write(news)


def _write(news: Sequence[tuple[Ticket, list[TicketEvent]]]) -> None:
    """Write new events of tickets, which count and name them already; the caller holds all their row locks."""
    if not news:
        return
    rows = [(one.pk, one.event_count, one.event_hash, one.updated_at, len(events)) for one, events in news]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE tickets_ticket t SET event_count = n.count, event_hash = n.hash, updated_at = n.at
            FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::timestamptz[], %s::int[])
                AS n(id, count, hash, at, more)
            WHERE t.id = n.id AND t.event_count = n.count - n.more
            """,
            [*map(list, zip(*rows, strict=True))],
        )
        if cursor.rowcount != len(rows):
            raise RuntimeError("Tickets were written without their locks.")
    events = [event for _ticket, own in news for event in own]
    TicketEvent.objects.bulk_create(events)
    Outbox.objects.bulk_create([Outbox(event=event, created_at=event.at) for event in events])


def event_hash(number: str, previous: str, event: TicketEvent) -> str:
    """The hash that an event must have, given the ticket's number, the hash before it and its own fields."""
    return chain(
        previous,
        {
            "ticket": number,
            "number": event.number,
            "verb": event.verb,
            "by": event.by_id,
            "via": event.via,
            "public": event.is_public,
            "data": event.data,
            "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        },
    )


_MOVED = (
    "status", "phase", "resolved_at", "closed_at", "closes_at", "confirmed_at", "snoozed_at", "snoozed_until",
    "reopen_count",
)  # fmt: skip


@transaction.atomic
def move(
    ticket: Ticket,
    name: str,
    *,
    by: User | None,
    via: str,
    at: datetime | None = None,
    permitted: bool = False,
    back_to: str = "",
    **data: Any,
) -> TicketEvent:
    """Take a ticket along one transition of its process. The only place where status and phase change.

    In this order: row lock; permission (unless `by` is None, the desk itself, or the caller has `permitted` it as
    part of another action); the transition must leave the present status, otherwise TicketError; status, phase,
    `resolved_at`, `closed_at` and `reopen_count`; the event, public, named as the transition, which is returned.
    `back_to` is the status to which a transition that restores goes.
    """
    lock(ticket)
    transition = ticket.workflow.transition(name)
    if not permitted:
        permit(by, transition.permission, ticket)
    if ticket.status not in transition.sources:
        raise TicketError(
            _("“%(action)s” is not possible: %(number)s is “%(status)s”. Somebody may have changed it just now.")
            % {"action": transition.label, "number": ticket.number, "status": ticket.status_label},
            code="wrong_status",
        )
    before, now = ticket.status, at or timezone.now()
    status = ticket.workflow.status(back_to if transition.restores and back_to else transition.target)
    was = ticket.phase
    ticket.status, ticket.phase = status.name, status.phase
    if transition.restores:
        ticket.closed_at = None
    elif status.phase == Phase.RESOLVED:
        ticket.resolved_at = now
    if status.phase == Phase.CLOSED:
        ticket.closed_at = now
    elif was in (Phase.RESOLVED, Phase.CLOSED) and status.phase != Phase.RESOLVED and not transition.restores:
        ticket.resolved_at = ticket.closed_at = None
        ticket.reopen_count += 1
    if was == Phase.RESOLVED:
        ClosingRequest.objects.filter(pk=ticket.pk).delete()
    ticket.closes_at = ticket.confirmed_at = None  # when it closes is said by `priorities.closing`
    if status.phase in (Phase.RESOLVED, Phase.CLOSED):
        ticket.snoozed_at = ticket.snoozed_until = None
    ticket.save(update_fields=_MOVED)
    return record(ticket, name, by=by, via=via, public=True, at=now, **{"from": before, "to": ticket.status, **data})


def stand(ticket: Ticket, status: str) -> None:
    """Let a ticket stand as it stood in another system; saved by `importing` alone, with the events that tell of it."""
    found = ticket.workflow.status(status)
    ticket.status, ticket.phase = found.name, found.phase


def named(obj: Model | None) -> list | None:
    """How events keep a reference: id and what it was called then."""
    return None if obj is None else [obj.pk, getattr(obj, "code", None) or str(obj.pk)]


def person_ref(user: User | None) -> list | None:
    """A person in event data is an id only: names may have to be erased one day."""
    return None if user is None else [user.pk]
