"""What rules do with events: nothing yet but putting them in line."""

from collections.abc import Sequence

from servicedesk.tickets.models import TicketEvent

from .running import take_turns


def queue_turns(events: Sequence[TicketEvent]) -> None:
    """Let the rules judge these events soon (`running`)."""
    take_turns(events)
