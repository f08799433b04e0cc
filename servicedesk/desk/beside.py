"""What stands beside a ticket and its own page cannot know, because it comes from apps further right."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

from incidents.major.queries import major_of, standing_of
from servicedesk.intake import queries as intake
from servicedesk.levels.clocks import happened_to
from servicedesk.levels.holdings import holdings_of
from servicedesk.levels.queries import Levels
from servicedesk.levels.receipts import read_clocks
from servicedesk.notify.queries import mails_sent_for
from servicedesk.tickets.queries import get_ticket
from servicedesk.tickets.views.answers import require
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.access import needs
from servicedesk.web.pages import page, wants_fragment


@needs("tickets.work")
@require_safe
def beside(request: HttpRequest, number: str) -> HttpResponse:
    """All panels by one request, which the page makes when it is there and after every change: each goes to its place.
    `?box=reply` also says above a new reply box which addresses mail does not reach.
    """
    ticket = get_ticket(request.user, number)
    require(request, "tickets.work", ticket)
    if not wants_fragment(request):
        return redirect(ticket)
    happened, levels = happened_to([ticket.pk])[ticket.pk], Levels()
    context = {
        "ticket": ticket,
        "call_backs": intake.call_backs_of_ticket(ticket),
        "lines": read_clocks(ticket, ours=True, happened=happened, levels=levels),
        "holdings": holdings_of(ticket, happened, levels),
        "mails": intake.mails_of_ticket(request.user, ticket),
        "original": intake.original_of(ticket),
        "calls": intake.calls_of_ticket(ticket),
        "sent": mails_sent_for(request.user, ticket),
        "box": request.GET.get("box") == "reply",
    }
    context |= intake.unreached(ticket)
    if ticket.type == TicketType.INCIDENT:
        context |= standing_of(ticket, major_of(ticket) if ticket.is_major else None)
    for part in settings.BESIDE_PARTS.values():
        context |= import_string(part)(ticket, request.user)
    return page(request, "desk/_beside.html", context | {"parts": list(settings.BESIDE_PARTS)})
