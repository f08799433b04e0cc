"""Pages that bring tickets together and apart: merging, undoing that, moving and forwarding a message."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.web.access import needs
from servicedesk.web.errors import Refused
from servicedesk.web.pages import page

from .. import actions
from ..forms import ForwardForm, MergeForm, MoveMessageForm, PlainForm
from ..models import Comment, Ticket
from ..queries import get_comment, get_ticket
from .answers import require, verb_page


@needs("tickets.work")
def merge(request: HttpRequest, number: str) -> HttpResponse:
    """Have a ticket go on in another; asks once more when somebody would read what they could not read before."""
    ticket = get_ticket(request.user, number)
    form = MergeForm(request.POST if request.method == "POST" else None, reader=request.user, near=ticket)

    def act(data: dict) -> None:
        try:
            actions.merge(
                ticket, data["other"], by=request.user, via="page", agreed=data.get("agreed", False), tell=data["tell"]
            )
        except Refused as refusal:
            if refusal.field == "agreed":
                form.ask_agreement()
            raise

    return verb_page(
        request,
        ticket,
        form,
        act,
        title=_("Merge"),
        submit=_("Merge"),
        message=_("%(number)s was merged.") % {"number": ticket.number},
        permission="tickets.merge",
        undo=reverse("tickets:unmerge", args=[ticket.number]),
        suggestions="tickets-found",
        explain="tickets/_merging.html",
    )


@needs("tickets.work")
@require_POST
def unmerge(request: HttpRequest, number: str) -> HttpResponse:
    ticket = get_ticket(request.user, number)
    return verb_page(
        request,
        ticket,
        PlainForm(request.POST),
        lambda data: actions.unmerge(ticket, by=request.user, via="page"),
        title=_("Undo the merge"),
        submit=_("Undo the merge"),
        message=_("%(number)s is a ticket of its own again.") % {"number": ticket.number},
        permission="tickets.merge",
    )


@needs("tickets.work")
@require_safe
def message(request: HttpRequest, number: str, comment: int) -> HttpResponse:
    """What can be done with one message; 0 is the description."""
    ticket, found = _message(request, number, comment)
    require(request, "tickets.merge", ticket)
    context = {"ticket": ticket, "comment": found}
    return page(request, "tickets/message.html", context, fragment="tickets/_message.html")


@needs("tickets.work")
def move_message(request: HttpRequest, number: str, comment: int) -> HttpResponse:
    """Move one message to another ticket."""
    found = get_comment(request.user, number, comment)
    ticket = found.ticket
    bound = request.POST if request.method == "POST" else None
    return verb_page(
        request,
        ticket,
        MoveMessageForm(bound, reader=request.user, near=ticket),
        lambda data: actions.move_message(found, data["other"], by=request.user, via="page"),
        title=_("Move the message"),
        submit=_("Move"),
        message=_("The message was moved."),
        permission="tickets.merge",
        suggestions="tickets-found",
        explain="tickets/_moving.html",
        comment=found,
    )


@needs("tickets.work")
def forward(request: HttpRequest, number: str, comment: int) -> HttpResponse:
    """Send a message, or the description, to somebody outside the ticket."""
    ticket, found = _message(request, number, comment)
    form = ForwardForm(request.POST if request.method == "POST" else None, reader=request.user)
    return verb_page(
        request,
        ticket,
        form,
        lambda data: actions.forward(ticket, found, **data, by=request.user, via="page"),
        title=_("Forward"),
        submit=_("Forward"),
        message=_("It was forwarded."),
        permission="tickets.forward",
        draft=f"forward-{ticket.number}-{comment}",
        suggestions="copies-found",
        explain="tickets/_forwarding.html",
        comment=found,
    )


def _message(request: HttpRequest, number: str, comment: int) -> tuple[Ticket, Comment | None]:
    if comment == 0:
        return get_ticket(request.user, number), None
    found = get_comment(request.user, number, comment)
    return found.ticket, found
