"""A ticket that an agent enters for somebody: a visit, a letter. Telephone calls have a screen of their own: `call`."""

import re
import secrets

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from servicedesk.intake.actions import receive
from servicedesk.tickets.actions import assign
from servicedesk.tickets.forms import person_text
from servicedesk.tickets.models import Channel
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.access import needs
from servicedesk.web.errors import NotNow, Refused
from servicedesk.web.pages import changed, page

from .callers import caller_typed, facts_of_caller, person_asked_for
from .forms import NewTicketForm


@needs("desk.use")
@require_http_methods(["GET", "HEAD", "POST"])
def new_ticket(request: HttpRequest) -> HttpResponse:
    """`?for=` is a person. Addresses that a telephone system may still open (`?from=`, `?channel=phone`) lead on to the
    phone log.
    """
    if request.method != "POST" and (request.GET.get("from") or request.GET.get("channel") == Channel.PHONE):
        return HttpResponseRedirect(f"{reverse('desk:call')}?{request.GET.urlencode()}")
    caller = None
    if request.method == "POST":
        key = secrets.token_urlsafe(18)
        form = NewTicketForm(request.POST, request.FILES, reader=request.user)
        if form.is_valid():
            try:
                ticket = _open(request, form.cleaned_data)
            except Refused as refusal:
                form.refuse(refusal)
                if isinstance(refusal, NotNow):
                    key = _key(request) or key
            else:
                return changed(request, ticket, message=_("%(number)s is open.") % {"number": ticket.number})
        caller = form.cleaned_data.get("requester")
        form.data = form.data.copy()
        form.data["key"] = key
    else:
        caller = person_asked_for(request)
        form = NewTicketForm(
            reader=request.user,
            initial={
                "requester": person_text(caller) if caller else "",
                "channel": Channel.DESK,
                "key": secrets.token_urlsafe(18),
            },
        )
    context = {"form": form, "draft": "new-ticket", "caller": caller}
    context |= facts_of_caller(request.user, caller, form["items"].value() or ())
    return page(request, "desk/new_ticket.html", context, status=form.status)


def _open(request: HttpRequest, data: dict):
    data = dict(data)
    data.pop("key", None)
    ticket = receive(by=request.user, via="page", language=data["requester"].language, key=_key(request), **data)
    if request.POST.get("mine") and visible_tickets(request.user).filter(pk=ticket.pk).exists():
        assign(ticket, by=request.user, via="page", assignee=request.user)
    return ticket


def _key(request: HttpRequest) -> str:
    key = request.POST.get("key", "")
    return key if re.fullmatch(r"[\w-]{10,64}", key) else ""


@needs("desk.use")
@require_safe
def caller(request: HttpRequest) -> HttpResponse:
    """The panel about the person who stands in the caller's field; empty while nobody or several fit."""
    found = caller_typed(request.user, request.GET.get("requester", ""))
    facts = facts_of_caller(request.user, found, request.GET.getlist("items"))
    return page(request, "desk/_caller.html", {"caller": found, **facts})
