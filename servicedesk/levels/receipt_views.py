"""The receipt of a ticket's clocks."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from servicedesk.tickets.queries import get_ticket
from servicedesk.web.access import signed_in
from servicedesk.web.pages import page

from .receipts import intervals, read_clocks, rests, waiting


@signed_in
@require_safe
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Where every minute of the clocks comes from. Whoever sees the ticket sees its targets: they are goals of both
    sides.
    """
    ticket = get_ticket(request.user, number)
    works = request.user.may("tickets.work", ticket)
    clocks = [(line, *intervals(line), rests(line), waiting(line)) for line in read_clocks(ticket, ours=works)]
    frame = "base_desk.html" if request.user.may("tickets.work") else "base_portal.html"
    return page(request, "levels/receipt.html", {"ticket": ticket, "clocks": clocks, "frame": frame})
