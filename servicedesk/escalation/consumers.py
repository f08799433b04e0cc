"""What rules and the automation ledger do with events."""

from collections.abc import Sequence

from servicedesk.tickets.models import TicketEvent

from . import ledger
from .running import take_turns


def queue_turns(events: Sequence[TicketEvent]) -> None:
    """Let the rules judge these events soon (`running`)."""
    take_turns(events)


def count_savings(events: Sequence[TicketEvent]) -> None:
    """Count what was done without hands."""
    ledger.count_savings(events)
