"""How a resolved ticket is closed when one may not close it alone: asking a lead, and what the page says of it."""

from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.web.access import needs

from .. import actions
from ..closing import approvers, asker_of, may_approve, may_close, missing_to_close, request_of, rule_of
from ..forms import PlainForm, SendBackForm
from ..models import ClosingRequest, Ticket
from ..queries import get_ticket
from ..workflow import Phase
from .answers import verb_page


@dataclass(frozen=True)
class Closing:
    """What stands between a resolved ticket and its end, for somebody who works on it. `missing` are sentences;
    `waits_for` those who may approve while `request` waits.
    """

    missing: list[str] = field(default_factory=list)
    request: ClosingRequest | None = None
    may_approve: bool = False
    may_ask: bool = False
    waits_for: list[User] = field(default_factory=list)

    @property
    def is_free(self) -> bool:
        """Whether the person closes it by one press as any step."""
        return not (self.missing or self.request or self.may_ask)


def closing_of(user: User, ticket: Ticket) -> Closing | None:
    """None while there is nothing to close."""
    if ticket.phase != Phase.RESOLVED:
        return None
    rule, request = rule_of(ticket), request_of(ticket)
    missing = missing_to_close(ticket, rule)
    if request is None:
        return Closing(missing, may_ask=not missing and not may_close(user, ticket, rule, None))
    waits_for = approvers(ticket, asker_of(request) or 0)
    return Closing(missing, request, may_approve(user, ticket, asked_by=asker_of(request)), waits_for=waits_for)


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
