"""How a resolved ticket is closed when one may not close it alone: a lead is asked, and decides."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from servicedesk.web.access import needs

from .. import actions
from ..forms import PlainForm, SendBackForm
from ..queries import get_ticket
from .answers import verb_page


@needs("tickets.work")
def ask_to_close(request: HttpRequest, number: str) -> HttpResponse:
    """One press: the lead of the team is asked."""
    ticket = get_ticket(request.user, number)
    return verb_page(
        request,
        ticket,
        PlainForm(request.POST if request.method == "POST" else None),
        lambda data: actions.ask_to_close(ticket, by=request.user, via="page"),
        title=_("Ask to close"),
        submit=_("Ask to close"),
        message=_("%(number)s: the lead was asked to approve closing it.") % {"number": ticket.number},
        permission="tickets.ask_to_close",
    )


@needs("tickets.work")
def send_back(request: HttpRequest, number: str) -> HttpResponse:
    ticket = get_ticket(request.user, number)
    return verb_page(
        request,
        ticket,
        SendBackForm(request.POST if request.method == "POST" else None),
        lambda data: actions.send_back(ticket, by=request.user, via="page", **data),
        title=_("Send back without closing"),
        submit=_("Send back"),
        message=_("%(number)s: closing was sent back.") % {"number": ticket.number},
        permission="tickets.work",
        draft=f"send-back-{ticket.number}",
    )
