"""What pages further left show of ratings and surveys; `settings.BESIDE_PARTS` and `HOME_PARTS` name these."""

from typing import Any

from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket

from .queries.ratings import ratings_of_ticket, ratings_waiting
from .queries.surveys import surveys_waiting


def beside(ticket: Ticket, reader: User) -> dict[str, Any]:
    """Beside a ticket, for whoever works on it. One that was never closed costs nothing."""
    return {"ratings": ratings_of_ticket(ticket) if ticket.closed_at or ticket.reopen_count else []}


def home(reader: User) -> dict[str, Any]:
    """On the first page of everybody."""
    return {"surveys_waiting": surveys_waiting(reader), "ratings_waiting": ratings_waiting(reader)}
