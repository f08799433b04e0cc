"""Call-backs on the page of a ticket: what is promised, a new promise, and what became of one."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from servicedesk.people.rules import check
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import get_ticket
from servicedesk.tickets.views.answers import verb_page
from servicedesk.web.access import signed_in
from servicedesk.web.errors import NotFound

from . import queries
from .actions import cancel_call_back, finish_call_back, miss_call_back, plan_call_back
from .call_back_forms import CallBackForm, MissedForm, NotNeededForm, ReachedForm
from .models import CallBack

_PERMISSION = "tickets.call_back"


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, number: str) -> HttpResponse:
    """Promise to call somebody back; the requester unless another one is named."""
    ticket = get_ticket(request.user, number)
    check(request.user, _PERMISSION, ticket)
    asker = ticket.requester
    form = CallBackForm(
        request.POST or None,
        ticket=ticket,
        by=request.user,
        initial={"whom": asker.display_name, "number": asker.phone or asker.extension},
    )

    def act(data: dict) -> CallBack:
        return plan_call_back(
            ticket, by=request.user, via="page", whom=data["whom"], number=data["number"], due_at=data["at"],
            note=data["note"], **form.owner(),
        )  # fmt: skip

    return verb_page(
        request, ticket, form, act, title=_("Call back"), submit=_("Promise it"), permission=_PERMISSION,
        message=_("The call-back is in the list."), draft=f"call-back-{ticket.number}",
    )  # fmt: skip


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    ticket, call_back = _of(request, number, pk)
    return verb_page(
        request, ticket, ReachedForm(request.POST or None),
        lambda data: finish_call_back(call_back, by=request.user, via="page", **data),
        title=_("%(name)s was reached") % {"name": call_back.whom}, submit=_("Reached – done"),
        permission=_PERMISSION, message=_("The call-back is done."), draft=f"call-back-done-{pk}",
    )  # fmt: skip


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def miss(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    ticket, call_back = _of(request, number, pk)
    return verb_page(
        request, ticket, MissedForm(request.POST or None),
        lambda data: miss_call_back(call_back, by=request.user, via="page", again_at=data["at"], note=data["note"]),
        title=_("%(name)s was not reached") % {"name": call_back.whom}, submit=_("Call again then"),
        permission=_PERMISSION, message=_("The call-back has a new time."),
    )  # fmt: skip


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    ticket, call_back = _of(request, number, pk)
    return verb_page(
        request, ticket, NotNeededForm(request.POST or None),
        lambda data: cancel_call_back(call_back, by=request.user, via="page", **data),
        title=_("No call-back to %(name)s") % {"name": call_back.whom}, submit=_("No longer needed"),
        permission=_PERMISSION, message=_("The call-back is struck out."),
    )  # fmt: skip


def _of(request: HttpRequest, number: str, pk: int) -> tuple[Ticket, CallBack]:
    ticket = get_ticket(request.user, number)
    check(request.user, _PERMISSION, ticket)
    call_back = queries.get_call_back(request.user, pk)
    if call_back.ticket_id != ticket.pk:
        raise NotFound
    return ticket, call_back
