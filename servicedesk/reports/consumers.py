"""What reports do with events: the facts of the ticket are read anew soon."""

from collections.abc import Sequence

from servicedesk.tickets.models import TicketEvent

from . import facts


def queue_facts(events: Sequence[TicketEvent]) -> None:
    """Repeating does no harm."""
    facts.take_turns(events)
