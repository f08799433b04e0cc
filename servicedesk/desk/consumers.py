"""What the desk does with events: a parent that is resolved takes its children along."""

from collections.abc import Sequence

from servicedesk.tickets.models import TicketEvent
from servicedesk.tickets.queries import unresolved_children

from .bulk import MOST, RESOLVE, Change, start_bulk


def resolve_children(events: Sequence[TicketEvent]) -> None:
    """Begin to resolve the children of tickets that were resolved with them: a change of many tickets like any other,
    with a result for each and an undo.
    """
    for event in events:
        if event.verb != "resolve" or not event.data.get("children") or event.by is None:
            continue
        children = list(unresolved_children(event.by, event.ticket).values_list("pk", flat=True)[:MOST])
        if children:
            change = Change(end=RESOLVE, resolution=event.comment.body)
            start_bulk(children, change, by=event.by, via=event.via, parent=event.ticket)
