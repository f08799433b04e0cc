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
    public: list[str] = []
    internal: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT concat_ws(E'\\n', number, title, description, resolution), TRUE
            FROM tickets_ticket WHERE id = %(pk)s
            UNION ALL SELECT body, is_public FROM tickets_comment WHERE ticket_id = %(pk)s
            UNION ALL SELECT name, is_public FROM tickets_attachment WHERE ticket_id = %(pk)s
            """,
            {"pk": ticket.pk},
        )
        for text, is_public in cursor.fetchall():
            (public if is_public else internal).append(text)
        cursor.execute(
            """
            INSERT INTO tickets_ticketwords (ticket_id, public, internal)
            VALUES (%s, array_to_tsvector(%s), array_to_tsvector(%s))
            ON CONFLICT (ticket_id) DO UPDATE SET public = EXCLUDED.public, internal = EXCLUDED.internal
            """,
            [ticket.pk, tokens("\n".join(public)), tokens("\n".join(internal))],
        )
