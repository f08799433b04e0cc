"""Who had a ticket: a panel on its page."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from servicedesk.people.rules import check
from servicedesk.tickets.queries import get_ticket
from servicedesk.web.access import signed_in
from servicedesk.web.pages import page

from .holdings import holdings_of


@signed_in
@require_safe
def holdings(request: HttpRequest, number: str) -> HttpResponse:
    """For those who work on the ticket: it names people and says how long each had it."""
    ticket = get_ticket(request.user, number)
    check(request.user, "tickets.work", ticket)
    context = {"ticket": ticket, "holdings": holdings_of(ticket)}
    return page(request, "levels/holdings.html", context, fragment="levels/_holdings.html")
