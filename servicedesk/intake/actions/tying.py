"""Tying what somebody began anew to the old ticket that it goes on from."""

from django.db import transaction

from servicedesk.people.models import User
from servicedesk.tickets.actions import lock, record
from servicedesk.tickets.models import Ticket, TicketLink


@transaction.atomic
def tie(new: Ticket, old: Ticket, *, by: User, via: str) -> None:
    """Tie what was begun anew to the old one, which whoever wrote may not do themselves; the second time, nothing."""
    for each in sorted((new, old), key=lambda one: one.pk):
        lock(each)
    kind = TicketLink.Kind.RELATED
    _row, made = TicketLink.objects.get_or_create(source=new, target=old, kind=kind, defaults={"by": by})
    if made:
        record(new, "link", by=by, via=via, kind=kind, other=old.number)
        record(old, "link", by=by, via=via, kind=kind, other=new.number, backward=True)
