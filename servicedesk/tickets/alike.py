"""Tickets that may be about the same as another one."""

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F

from servicedesk.people.models import User

from .models import OPEN, Ticket
from .queries import visible_tickets
from .words import any_of

_LOOKED_AT = 400


def alike_tickets(user: User, ticket: Ticket, *, most: int = 5) -> list[Ticket]:
    """Open tickets that the person sees and that are like this one: those of the same requester, newest first, then
    those with words of the title among the newest 400 of its team (of all when it has none). Three short queries,
    however many tickets there are.
    """
    rows = visible_tickets(user).filter(OPEN).exclude(pk=ticket.pk).only("number", "title", "type", "status")
    found = list(rows.filter(requester=ticket.requester_id).order_by("-created_at", "-id")[: most - 2])
    words = any_of(ticket.title)
    if words:
        near = rows.filter(team=ticket.team_id) if ticket.team_id else rows
        newest = near.order_by("-created_at", "-id").values_list("pk", flat=True)[:_LOOKED_AT]
        query = SearchQuery(words, search_type="raw", config="simple")
        with_words = rows.filter(pk__in=list(newest), words__public=query).exclude(pk__in=[each.pk for each in found])
        rank = SearchRank(F("words__public"), query)
        found += with_words.annotate(rank=rank).order_by("-rank", "-pk")[: most - len(found)]
    return found
