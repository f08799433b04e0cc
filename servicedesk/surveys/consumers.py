"""What closings bring about."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from servicedesk.tickets.models import TicketEvent

from .actions.ratings import ask

# Nobody remembers what is older; it comes from an import, or from a desk that stood still.
ASKS_FOR = timedelta(days=3)


def ask_for_ratings(events: Sequence[TicketEvent]) -> None:
    """Note whom the mail about a closing asks; it must run before `notify.consumers.tell_people` writes that mail."""
    now = timezone.now()
    closed = {event.ticket_id for event in events if event.verb == "close" and event.at > now - ASKS_FOR}
    if closed:
        ask(closed, now)
