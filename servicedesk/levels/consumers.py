"""What service levels do with events: whatever moves a clock makes the ticket's clocks anew."""

from collections.abc import Sequence
from functools import cache

from servicedesk.tickets.models import TicketEvent

from .clocks import verbs
from .keeping import keep_clocks

# What one says may be the first response (a note too, of a call with the requester), and taking it back undoes that;
# another priority or service has other targets.
_ALSO = frozenset({"reply", "note", "take_back", "change", "override_priority", "apply_matrix"})


@cache
def _moving() -> frozenset[str]:
    return frozenset(verbs()) | _ALSO


def move_clocks(events: Sequence[TicketEvent]) -> None:
    """Repeating does no harm: a clock is read from all that happened."""
    ids = {event.ticket_id for event in events if event.verb in _moving()}
    if ids:
        keep_clocks(ids)
