"""Which configuration items a ticket is about."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cmdb.models import Item, ItemState
from cmdb.queries import visible_items
from servicedesk.people.models import User
from servicedesk.people.rules import check

from ..errors import TicketError
from ..models import Ticket, TicketItem
from .core import lock, record

MOST_ITEMS = 50


@transaction.atomic
def set_items(
    ticket: Ticket,
    *,
    by: User,
    via: str,
    items: Iterable[Item],
    at: datetime | None = None,
    permitted: bool = False,
) -> Ticket:
    """Make these the items that the ticket is about, at most 50. Does nothing when nothing would change.

    Refuses (field items) an item that is not there for `by`, and a retired one that the ticket has not already.
    `permitted`: the caller has asked for the permission as part of another action.
    """
    lock(ticket)
    if not permitted:
        check(by, "tickets.change", ticket)
    wanted = {item.pk: item for item in items}
    if len(wanted) > MOST_ITEMS:
        raise TicketError(_("A ticket names at most %(most)d items.") % {"most": MOST_ITEMS}, field="items")
    had = {item.pk: item for item in ticket.items.all()}
    added = sorted((item for pk, item in wanted.items() if pk not in had), key=_number)
    removed = sorted((item for pk, item in had.items() if pk not in wanted), key=_number)
    if not added and not removed:
        return ticket
    _refuse_unfit(added, by)
    TicketItem.objects.filter(ticket=ticket, item__in=removed).delete()
    more = {"at": at} if at else {}
    TicketItem.objects.bulk_create([TicketItem(ticket=ticket, item=item, by=by, **more) for item in added])
    record(ticket, "set_items", by=by, via=via, at=at, added=_kept(added), removed=_kept(removed))
    return ticket


@transaction.atomic
def add_items(
    ticket: Ticket, items: Iterable[Item], *, by: User, via: str, at: datetime | None = None, permitted: bool = False
) -> Ticket:
    """Name further items; refuses as `set_items`."""
    lock(ticket)
    return set_items(ticket, by=by, via=via, items=[*ticket.items.all(), *items], at=at, permitted=permitted)


@transaction.atomic
def remove_item(ticket: Ticket, item: Item, *, by: User, via: str) -> Ticket:
    """Take an item away; nothing happens when the ticket does not name it."""
    lock(ticket)
    return set_items(ticket, by=by, via=via, items=ticket.items.exclude(pk=item.pk))


def _refuse_unfit(items: Iterable[Item], by: User) -> None:
    """Look at the rows anew: what is at hand may be older than what somebody just wrote."""
    known = visible_items(by).in_bulk([item.pk for item in items])
    for item in items:
        if item.pk not in known:
            raise TicketError(_("There is no such item."), field="items")
        if known[item.pk].state == ItemState.RETIRED:
            raise TicketError(
                _("%(item)s is retired. Choose what is used in its place.") % {"item": known[item.pk]}, field="items"
            )


def _number(item: Item) -> str:
    return item.number


def _kept(items: Iterable[Item]) -> list[list]:
    """How the event keeps them: id, and the number of that day."""
    return [[item.pk, item.number] for item in items]
