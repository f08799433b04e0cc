"""What this app does with every event that was recorded."""

from django.db import connection

from .models import Ticket, TicketEvent
from .words import tokens

_WITH_WORDS = frozenset({"open", "reply", "note", "change", "resolve", "take_back"})


def index_words(event: TicketEvent) -> None:
    """Bring the search tokens of the event's ticket up to date. Made anew from all its texts, so repeating does no
    harm.
    """
    if event.verb in _WITH_WORDS:
        index_ticket(event.ticket)


def index_ticket(ticket: Ticket) -> None:
    public = [ticket.number, ticket.title, ticket.description, ticket.resolution]
    internal = []
    for body, is_public in ticket.comments.values_list("body", "is_public"):
        (public if is_public else internal).append(body)
    for name, is_public in ticket.attachments.values_list("name", "is_public"):
        (public if is_public else internal).append(name)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO tickets_ticketwords (ticket_id, public, internal)
            VALUES (%s, array_to_tsvector(%s), array_to_tsvector(%s))
            ON CONFLICT (ticket_id) DO UPDATE SET public = EXCLUDED.public, internal = EXCLUDED.internal
            """,
            [ticket.pk, tokens("\n".join(public)), tokens("\n".join(internal))],
        )
