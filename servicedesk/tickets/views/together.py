"""Working beside others, and on several devices: drafts that boxes keep by themselves, and leaving a ticket's page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from servicedesk.web.access import needs, signed_in
from servicedesk.web.errors import NotFound, Refused
from servicedesk.web.pages import changed, toast, wants_fragment

from .. import actions, presence
from ..actions.drafts import Elsewhere
from ..forms import DraftForm, note_form, reply_form
from ..models import Draft, Ticket
from ..queries import drafts_of, get_ticket
from .answers import require
from .boxes import Box, box_for, sent_box
from .detail import newest_of


def _get(request: HttpRequest, number: str, kind: str) -> Ticket:
    ticket = get_ticket(request.user, number)
    if kind not in Draft.Kind.values:
        raise NotFound
    require(request, f"tickets.{kind}", ticket)
    return ticket


@signed_in
@require_POST
def save_draft(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """What the page's script sends while somebody writes. Answers with the line below the box; with 409, and what to do
    about it, when another window changed the draft.
    """
    ticket = _get(request, number, kind)
    form = DraftForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    given = form.cleaned_data | {"turn": form.cleaned_data["turn"] or 0}
    try:
        draft = actions.save_draft(ticket, kind, by=request.user, **given)
    except Elsewhere as refusal:
        return _line(request, ticket, kind, Box(given["box"], given["base"], 0, other=refusal.draft), 409)
    except Refused:
        return HttpResponse(status=422)
    return _line(request, ticket, kind, Box(given["box"], draft.mark, 0, draft if draft.is_there else None))


def _line(request: HttpRequest, ticket: Ticket, kind: str, box: Box, status: int = 200) -> HttpResponse:
    context = {"ticket": ticket, "kind": kind, "box": box, "desk": "desk" in request.GET}
    return render(request, "tickets/_draft.html", context, status=status)


@signed_in
@require_POST
def discard_draft(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    ticket = _get(request, number, kind)
    actions.discard_draft(ticket, kind, by=request.user, body=request.POST.get("body", ""), **sent_box(request))
    undo = reverse("tickets:draft-restore", args=[ticket.number, kind])
    return _box(request, ticket, kind, message=_("The draft was discarded."), undo=undo)


@signed_in
@require_POST
def restore_draft(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    ticket = _get(request, number, kind)
    try:
        actions.restore_draft(ticket, kind, by=request.user)
    except Refused as refusal:
        if wants_fragment(request):
            return toast(HttpResponse(status=409), refusal.sentence, "danger")
        messages.error(request, refusal.sentence)
        return redirect(ticket)
    return _box(request, ticket, kind, message=_("The draft is back."))


def _box(request: HttpRequest, ticket: Ticket, kind: str, **said) -> HttpResponse:
    """The box as it stands now. The requester's page has no box that comes by itself: it is loaded anew."""
    works = request.user.may("tickets.work", ticket)
    if not (works and wants_fragment(request)):
        address = ticket.get_absolute_url() + (f"?box={kind}" if works else "")
        return changed(request, address, **said)
    box = box_for(kind, drafts_of(request.user, ticket), newest_of(ticket, works))
    make = note_form if kind == "note" else reply_form
    form = make(request.user, ticket, initial={"body": box.words})
    context = {"ticket": ticket, "form": form, "kind": kind, "box": box}
    response = changed(request, ticket, fragment="tickets/_box.html", context=context, event=None, **said)
    response["HX-Retarget"], response["HX-Reswap"] = "#composer", "outerHTML"
    return response


@needs("tickets.work")
@require_POST
def leave(request: HttpRequest, number: str) -> HttpResponse:
    """The page of a ticket was closed: whoever else has it open need not wait until that is noticed."""
    presence.leave(request.user, get_ticket(request.user, number))
    return HttpResponse(status=204)
