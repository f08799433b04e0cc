"""What came in for a ticket, on its page: mails, the original, addresses that mail does not reach; conversion,
and splitting."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from servicedesk.people.rules import check
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.permissions import works_on
from servicedesk.tickets.queries import get_comment, get_ticket
from servicedesk.tickets.views.answers import verb_page
from servicedesk.web.access import needs, signed_in
from servicedesk.web.editing import does
from servicedesk.web.errors import Refused
from servicedesk.web.pages import changed, page, wants_fragment
from servicedesk.web.text import one_line

from .. import queries
from ..actions import convert_ticket, revive_address, split_off
from ..forms import ConvertForm, SplitForm
from ..models import IncomingMail
from .frames import framed, letter_of, picture_hosts


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def dead(request: HttpRequest, number: str) -> HttpResponse:
    """Warn above the reply box that mail to the requester does not arrive, and say below it who reads a reply then; a
    POST says that it arrives again.
    """
    ticket = get_ticket(request.user, number)
    check(request.user, "tickets.work", ticket)
    if request.method == "POST":
        revive = partial(revive_address, ticket, request.POST.get("address", ""), by=request.user, via="page")
        said = _("Noted: mail reaches this address again. What waited leaves now.")
        return does(request, revive, to=ticket.get_absolute_url(), message=said)
    if not wants_fragment(request):
        return redirect(ticket)
    return page(request, "intake/_dead_box.html", {"ticket": ticket} | queries.unreached(ticket))


@signed_in
@require_safe
def message(request: HttpRequest, number: str, event: int) -> HttpResponse:
    """A message of a ticket as its mail came, all of it: for those who work on the ticket, and its writer."""
    ticket, row = _mail_of_message(request.user, number, event)
    letter = letter_of(row) if row else None
    context = {
        "ticket": ticket,
        "mail": row,
        "event": event,
        "letter": letter,
        "frame": reverse("intake:message-html", args=[ticket.number, event]),
        "hosts": picture_hosts(letter),
        "base": "base_desk.html" if works_on(request.user, ticket) else "base_portal.html",
    }
    return page(request, "intake/message.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@xframe_options_sameorigin
def message_html(request: HttpRequest, number: str, event: int) -> HttpResponse:
    """As `mail_html`, for a message of a ticket."""
    _ticket, row = _mail_of_message(request.user, number, event)
    return framed(row, with_pictures=request.method == "POST")


def _mail_of_message(user, number: str, event: int) -> tuple[Ticket, IncomingMail | None]:
    """The mail is None for a message that did not come by mail, and for an agent with whom a confidential ticket is
    shared: they read its messages, and its mails are its team's.
    """
    ticket = get_ticket(user, number)
    row = queries.mail_of_message(user, ticket, event)
    if row is None:
        check(user, "tickets.work", ticket)
    return ticket, row


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def convert(request: HttpRequest, number: str) -> HttpResponse:
    """Make a record of the other kind."""
    ticket = get_ticket(request.user, number)
    check(request.user, "tickets.convert", ticket)
    form = ConvertForm(request.POST or None, ticket=ticket)
    if request.method == "POST" and form.is_valid():
        try:
            new = convert_ticket(ticket, **form.cleaned_data, by=request.user, via="page")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            said = _("%(old)s goes on as %(new)s.") % {"old": ticket.number, "new": new.number}
            return changed(request, new, message=said)
    return page(request, "intake/convert.html", {"ticket": ticket, "form": form}, status=form.status)


@needs("tickets.work")
def split(request: HttpRequest, number: str, comment: int) -> HttpResponse:
    """Make a ticket of one message."""
    found = get_comment(request.user, number, comment)
    first_line = next((line for line in found.body.split("\n") if line.strip()), found.ticket.title)
    initial = {"title": one_line(first_line.lstrip("#>*- "), 80), "kind": found.ticket.type}
    form = SplitForm(request.POST if request.method == "POST" else None, initial=initial)
    return verb_page(
        request,
        found.ticket,
        form,
        lambda data: split_off(found, **data, by=request.user, via="page"),
        title=_("Split off"),
        submit=_("Open the ticket"),
        message=_("A ticket was opened with this message; it stands among the links."),
        permission="tickets.merge",
        explain="intake/_splitting.html",
        comment=found,
    )
