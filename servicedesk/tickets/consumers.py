"""What this app does with every event that was recorded."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import connection

from .models import TicketEvent
from .words import tokens

_WITH_WORDS = frozenset(
    {"open", "reply", "note", "change", "resolve", "take_back", "move_message"} | {"forward", "answer_from_outside"}
)


def index_words(events: Sequence[TicketEvent]) -> None:
    """Bring the search tokens of the events' tickets up to date. Made anew from all their texts, so repeating does no
    harm.
    """
    index_tickets({event.ticket_id for event in events if event.verb in _WITH_WORDS})


def index_tickets(ids: Iterable[int]) -> None:
    """The search tokens of these tickets, by two statements. Rows are written in the order of their ids, so that two
    workers never wait for each other in a circle.
    """
    wanted = sorted(ids)
    if not wanted:
        return
    public: defaultdict[int, list[str]] = defaultdict(list)
    internal: defaultdict[int, list[str]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id, concat_ws(E'\\n', number, external_id, title, description, resolution), TRUE
            FROM tickets_ticket WHERE id = ANY(%(ids)s)
            UNION ALL SELECT ticket_id, body, is_public FROM tickets_comment
                WHERE ticket_id = ANY(%(ids)s) AND moved_to_id IS NULL
            UNION ALL SELECT ticket_id, name, is_public FROM tickets_attachment WHERE ticket_id = ANY(%(ids)s)
            """,
            {"ids": wanted},
        )
        for ticket_id, text, is_public in cursor.fetchall():
            (public if is_public else internal)[ticket_id].append(text)
        values = [(each, tokens("\n".join(public[each])), tokens("\n".join(internal[each]))) for each in wanted]
        cursor.execute(
            f"""
            INSERT INTO tickets_ticketwords (ticket_id, public, internal)
            VALUES {", ".join(["(%s, array_to_tsvector(%s), array_to_tsvector(%s))"] * len(values))}
            ON CONFLICT (ticket_id) DO UPDATE SET public = EXCLUDED.public, internal = EXCLUDED.internal
            """,  # noqa: S608 – only placeholders are put in
            [each for row in values for each in row],
        )
