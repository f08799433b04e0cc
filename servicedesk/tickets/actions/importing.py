"""Tickets that lived in another system: their rows and their past, written in bulk.

What is told here happened elsewhere and long ago. Its events are chained as any other, carry `via` import and have no
row in the outbox: no consumer hears of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from servicedesk.people.models import User

from ..models import IMPORT, PREFIXES, Ticket, TicketEvent
from ..workflow import TicketType
from .core import _next_event

Past = Sequence["Step"]
_COLUMNS = (
    "event_count", "event_hash", "updated_at", "status", "phase", "team", "assignee", "category", "impact", "urgency",
    "priority", "priority_note", "title", "description", "resolution", "resolved_at", "closed_at", "reopen_count",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One thing that happened there, as an event is kept."""

    verb: str
    at: datetime
    by: User | None = None
    public: bool = True
    data: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def open_imported(told: Sequence[tuple[Ticket, Past]]) -> list[Ticket]:
    """Write new tickets, which have all but their numbers, and what happened to them, oldest first. Four statements
    however many there are.
    """
    for ticket_type in {ticket.type for ticket, _past in told}:
        these = [ticket for ticket, _past in told if ticket.type == ticket_type]
        for ticket, number in zip(these, _next_numbers(ticket_type, len(these)), strict=True):
            ticket.number = number
    events = [(ticket, _chained(ticket, past)) for ticket, past in told]
    tickets = Ticket.objects.bulk_create([ticket for ticket, _past in told])
    _keep(events)
    return tickets


@transaction.atomic
def continue_imported(told: Sequence[tuple[Ticket, Past]]) -> None:
    """Write what happened since to tickets that were imported before; the caller holds their row locks and has set
    their columns.
    """
    _keep([(ticket, _chained(ticket, past)) for ticket, past in told])
    Ticket.objects.bulk_update([ticket for ticket, _past in told], _COLUMNS)


def _next_numbers(ticket_type: str, count: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [f"ticket_number_{ticket_type}", count])
        return [f"{PREFIXES[TicketType(ticket_type)]}{number:07d}" for (number,) in cursor.fetchall()]


def _chained(ticket: Ticket, past: Past) -> list[TicketEvent]:
    events = []
    for step in past:
        ticket.event_count += 1
        ticket.updated_at = step.at
        event = _next_event(ticket, step.verb, by=step.by, via=IMPORT, public=step.public, at=step.at, data=step.data)
        ticket.event_hash = event.hash
        events.append(event)
    return events


def _keep(told: Sequence[tuple[Ticket, list[TicketEvent]]]) -> None:
    for ticket, events in told:
        for event in events:
            event.ticket = ticket
    TicketEvent.objects.bulk_create([event for _ticket, events in told for event in events], batch_size=2000)
