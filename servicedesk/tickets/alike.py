"""Tickets that may be about the same as another one."""

from django.contrib.postgres.search import SearchRank
from django.db.models import BooleanField, ExpressionWrapper, F, Q

from servicedesk.people.models import User

from .models import OPEN, Ticket, TicketItem
from .queries import visible_tickets, worked_on_by
from .words import Asked, any_of

_LOOKED_AT = 400
_MOST_OF_ITEMS = 2


def alike_tickets(user: User, ticket: Ticket, *, most: int = 5) -> list[Ticket]:
    """Open tickets that the person sees and that are like this one: two that name the same item (`same_items` has its
    number), first those of the same requester; then those of the same requester, newest first; then those with words of
    the title among the newest 400 of its team (of all when it has none). A few short queries, however many tickets
    there are.
    """
    rows = visible_tickets(user).filter(OPEN).exclude(pk=ticket.pk).only("number", "title", "type", "status")
    found = _with_same_items(user, ticket, rows)
    theirs = rows.filter(requester=ticket.requester_id).exclude(pk__in=[each.pk for each in found])
    found += theirs.order_by("-created_at", "-id")[: most - 2 - len(found)]
    words = any_of(ticket.title)
    if words:
        near = rows.filter(team=ticket.team_id) if ticket.team_id else rows
        newest = near.order_by("-created_at", "-id").values_list("pk", flat=True)[:_LOOKED_AT]
        query = Asked(words)
        with_words = rows.filter(pk__in=list(newest), words__public=query).exclude(pk__in=[each.pk for each in found])
        rank = SearchRank(F("words__public"), query)
        found += with_words.annotate(rank=rank).order_by("-rank", "-pk")[: most - len(found)]
    return found


def _with_same_items(user: User, ticket: Ticket, rows) -> list[Ticket]:
    """Those that name an item of this ticket, as far as the person works on them."""
    items = dict(ticket.items.values_list("pk", "number"))
    if not items:
        return []
    ties = TicketItem.objects.filter(item__in=items)
    same = rows.filter(worked_on_by(user), pk__in=ties.values("ticket"))
    theirs = ExpressionWrapper(Q(requester=ticket.requester_id), output_field=BooleanField())
    found = list(same.annotate(theirs=theirs).order_by("-theirs", "-created_at", "-id")[:_MOST_OF_ITEMS])
    named: dict[int, list[str]] = {}
    for pk, item in ties.filter(ticket__in=found).order_by("item__number").values_list("ticket", "item"):
        named.setdefault(pk, []).append(items[item])
    for each in found:
        each.same_items = named[each.pk]
    return found
