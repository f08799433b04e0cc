"""Reads for the pages of staff: what somebody asked for, and what else of others they may follow."""

from django.db.models import QuerySet

from servicedesk.people.models import User
from servicedesk.tickets.models import OPEN, Ticket
from servicedesk.tickets.queries import my_tickets, scope_of, search_tickets, visible_tickets
from servicedesk.web.errors import NotFound

MOST_AT_HOME = 30


def open_at_home(user: User) -> list[Ticket]:
    """The person's own open tickets, newest first, at most 30, with what a line of the home page shows."""
    return list(_for_case(my_tickets(user).filter(OPEN))[:MOST_AT_HOME])


def of_view(user: User, view: str, *, is_open: bool, words: str = "") -> QuerySet[Ticket]:
    """The tickets of one tab of “my tickets”: `mine`, `for-others` (entered for somebody), `shared`, `department`.

    NotFound for an unknown tab, and for the department's when the person heads none.
    """
    found = search_tickets(user, words) if words.strip() else visible_tickets(user)
    match view:
        case "mine":
            found = found.filter(requester=user)
        case "for-others":
            found = found.filter(entered_by=user).exclude(requester=user)
        case "shared":
            found = found.filter(pk__in=scope_of(user).shared).exclude(requester=user)
        case "department" if scope_of(user).departments:
            found = found.filter(department__in=scope_of(user).departments, is_confidential=False)
        case _:
            raise NotFound
    found = found.filter(OPEN) if is_open else found.filter(closed_at__isnull=False)
    return _for_case(found).order_by("-created_at", "-id")


def heads_department(user: User) -> bool:
    return bool(scope_of(user).departments)


def _for_case(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return tickets.select_related("requester", "service").defer("description", "resolution")
