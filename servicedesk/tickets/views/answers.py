"""What all verbs of a ticket do the same: show a form, run the action, answer."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused
from servicedesk.web.formats import exact
from servicedesk.web.forms import ActionForm
from servicedesk.web.pages import changed, htmx_redirect, is_htmx, page, safe_next, wants_fragment

from ..closing import begin_anew
from ..errors import TooLate
from ..models import Ticket
from ..queries import visible_tickets


def done(
    request: HttpRequest, ticket: Ticket, *, message=None, undo: str | None = None, part: str = "", worked: bool = False
) -> HttpResponse:
    """After a write: plain forms go to the ticket, there to `part`, or to `next` when it is ours; htmx gets the event
    `ticket-changed`, on which open pages fetch what changed. Who no longer sees the ticket is sent to the desk and told
    so; who `worked` on it before and now only follows it gets the page of those who do.
    """
    if not visible_tickets(request.user).filter(pk=ticket.pk).exists():
        message = _("%(number)s is now with others, who alone see it.") % {"number": ticket.number}
        return _go(request, reverse("desk:queue") if request.user.is_agent else "/", message)
    if worked and not request.user.may("tickets.work", ticket):
        return _go(request, ticket.get_absolute_url(), message)
    if wants_fragment(request):
        return changed(request, None, detail={"number": ticket.number}, message=message, undo=undo)
    return changed(request, safe_next(request, ticket.get_absolute_url() + part), message=message, undo=undo)


def _go(request: HttpRequest, address: str, message) -> HttpResponse:
    response = changed(request, address, message=message)
    return htmx_redirect(address) if is_htmx(request) else response


def begun_anew(request: HttpRequest, late: TooLate, form: ActionForm) -> HttpResponse | None:
    """What came too late for an old ticket is a new one, and there the person goes. None when that was refused, which
    the form says then.
    """
    try:
        new = begin_anew(late, by=request.user, via="page")
    except Refused as refusal:
        refusal.field = None
        form.refuse(refusal)
        return None
    said = {"old": late.ticket.number, "when": exact(late.ticket.closed_at), "new": new.number}
    message = _("%(old)s is over since %(when)s. What you wrote is now the new request %(new)s, which is tied to it.")
    return _go(request, new.get_absolute_url(), message % said)


def require(request: HttpRequest, permission: str, ticket: Ticket) -> None:
    """The person sees the ticket; may they do this to it? PermissionDenied when not."""
    if not request.user.may(permission, ticket):
        raise PermissionDenied(_("You do not have the right to do this. Ask your lead or an administrator."))


def verb_page(
    request: HttpRequest,
    ticket: Ticket,
    form: ActionForm,
    act: Callable[[dict], object],
    *,
    title,
    submit,
    message=None,
    permission: str,
    undo: str | Callable[[Any], str] | None = None,
    draft: str = "",
    template: str = "tickets/verb.html",
    danger: bool = False,
    **context,
) -> HttpResponse:
    """The form of one verb: GET shows it, POST runs `act` with the cleaned data. A refusal comes back on the form with
    422 and everything that was typed. `draft` is the key under which a browser keeps what is half written. `message`
    and `undo` may be made of what the action returned.
    """
    require(request, permission, ticket)
    worked = request.user.may("tickets.work", ticket)
    if request.method == "POST" and form.is_valid():
        try:
            result = act(form.cleaned_data)
        except TooLate as late:
            if (response := begun_anew(request, late, form)) is not None:
                return response
        except Refused as refusal:
            form.refuse(refusal)
        else:
            message, undo = (each(result) if callable(each) else each for each in (message, undo))
            return done(request, ticket, message=message, undo=undo, worked=worked)
    context |= {
        "ticket": ticket,
        "form": form,
        "title": title,
        "submit": submit,
        "draft": draft,
        "danger": danger,
        "action": request.get_full_path(),
        "frame": "base_desk.html" if request.user.may("tickets.work") else "base_portal.html",
    }
    return page(request, template, context, fragment="tickets/_verb.html", status=form.status)
