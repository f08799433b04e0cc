"""Who asks at the desk, as addresses and fields name them, and what they asked for lately."""

from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from cmdb.queries import items_of, service_in_use
from incidents.major.queries import Outage, known_outages
from servicedesk.people.models import User
from servicedesk.people.queries import visible_people
from servicedesk.tickets.forms import PersonField
from servicedesk.tickets.models import OPEN
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.text import is_one_line

_MOST_OPEN, _MOST_CLOSED = 8, 3
_RECENT = timedelta(days=30)


def caller_typed(user: User, typed: str) -> User | None:
    """Who stands in the caller's field; None while nobody or several fit."""
    typed = typed.strip()[:200]
    if not typed or not is_one_line(typed):
        return None
    try:
        return PersonField(reader=user, required=False).clean(typed)
    except ValidationError:
        return None


def person_asked_for(request: HttpRequest) -> User | None:
    """The person whom the address names by `?for=`, when the reader may see them."""
    wanted = id_in(request, "for")
    return visible_people(request.user).filter(pk=wanted, is_active=True).first() if wanted else None


def outages_typed(user: User, typed: str) -> list[Outage]:
    """What is known of the service whose id stands in a form's field."""
    is_id = typed.isascii() and typed.isdecimal() and len(typed) < 16
    service = service_in_use(int(typed)) if is_id else None
    return known_outages(user, service) if service is not None else []


def id_in(request: HttpRequest, name: str) -> int:
    """A number in the address, 0 when there is none."""
    wanted = request.GET.get(name, "")
    return int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 16 else 0


def facts_of_caller(user: User, caller: User | None, ticked: Iterable[object] = ()) -> dict:
    """`others`: the caller's open tickets; `recent`: those that ended within 30 days; as far as the agent sees them;
    `items`: what the caller uses; `ticked`: the ids of those that the ticket is about.
    """
    if caller is None:
        return {"others": [], "recent": [], "items": []}
    theirs = visible_tickets(user).filter(requester=caller).order_by("-created_at", "-id")
    return {
        "others": list(theirs.filter(OPEN)[:_MOST_OPEN]),
        "recent": list(theirs.filter(closed_at__gte=timezone.now() - _RECENT).order_by("-closed_at")[:_MOST_CLOSED]),
        "items": items_of(user, caller),
        "ticked": {str(pk) for pk in ticked},
    }
