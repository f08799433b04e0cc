"""On the page of a ticket: whom to turn to, taking it outside, and what became of that."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people.models import User
from servicedesk.tickets.actions.talk import MOST_LETTERS
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import get_ticket
from servicedesk.tickets.views.answers import done, require, verb_page
from servicedesk.tickets.views.detail import newest_of
from servicedesk.web.access import needs
from servicedesk.web.errors import NotFound, Refused
from servicedesk.web.pages import page, toast, wants_fragment

from .. import queries
from ..actions import amend_referral, escalate_outside, undo_referral
from ..forms import AmendForm, OutsideForm
from ..letters import whole, words
from ..models import Contract, Referral
from ..permissions import callable_contracts

MOST_FITTING = 5
_PERMISSION = "tickets.forward"


@needs("tickets.work")
@require_safe
def for_ticket(request: HttpRequest, number: str) -> HttpResponse:
    """The entries that fit, the most specific first, and what was taken outside already."""
    ticket = _ticket(request, number)
    fitting = list(queries.fitting(request.user, ticket)[: MOST_FITTING + 1])
    context = {
        "ticket": ticket,
        "rows": [(entry, _why(ticket, entry)) for entry in fitting[:MOST_FITTING]],
        "more": len(fitting) > MOST_FITTING,
        "referrals": [(each, _may_undo(request.user, each)) for each in queries.referrals_of(ticket)],
    }
    return page(request, "directory/for_ticket.html", context, fragment="directory/_for_ticket.html")


def _why(ticket: Ticket, entry) -> str:
    if entry.near == queries.ITEM:
        return _("for an affected item")
    if entry.near == queries.SERVICE:
        return _("for %(name)s") % {"name": ticket.service}
    if entry.near == queries.CATEGORY:
        return _("for %(name)s") % {"name": ticket.category}
    return _("for everything")


def _may_undo(user: User, referral: Referral) -> bool:
    return referral.undone_at is None and (referral.by_id == user.pk or user.is_lead)


@needs("tickets.work")
@require_safe
def choose(request: HttpRequest, number: str) -> HttpResponse:
    """Every entry in use, those that fit first, to escalate to one that nobody thought of."""
    ticket = _ticket(request, number)
    fitting = list(queries.fitting(request.user, ticket))
    others = queries.find_entries(request.user).exclude(pk__in=[entry.pk for entry in fitting])
    context = {"ticket": ticket, "fitting": fitting, "others": others}
    return page(request, "directory/choose.html", context, fragment="directory/_choose.html")


@needs("tickets.work")
def escalate(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take the ticket to this entry; `?contract=` says under which of its contracts, or none."""
    ticket = _ticket(request, number)
    entry = queries.get_entry(request.user, pk)
    contracts = [each for each in entry.contracts.all() if each.is_valid]
    allowed = callable_contracts(request.user, contracts)
    contract = _chosen(request, allowed)
    initial = {"seen": newest_of(ticket, True), "contact": entry.contact, "send": bool(entry.address)}
    if entry.address:
        initial["body"] = words(ticket, entry, contract, request.user)
    if contract is not None:
        initial["used"] = 1 if contract.unit == Contract.Unit.INCIDENTS else 0
    form = OutsideForm(request.POST or None, initial=initial, entry=entry, contract=contract)
    context = {
        "entry": entry, "contract": contract, "contracts": contracts, "allowed": allowed,
        "explain": "directory/_escalating.html", "buttons": "directory/_preview_button.html" if entry.address else "",
    }  # fmt: skip
    if contracts and not allowed:
        context |= {"ticket": ticket, "frame": "base_desk.html", "title": _("Escalate outside")}
        return page(request, "directory/not_callable.html", context, fragment="directory/_not_callable.html")
    if request.method == "POST" and "preview" in request.POST and form.is_valid():
        context["preview"] = whole(ticket, entry, contract, request.user, request.POST.get("body", "")[:MOST_LETTERS])
        return _shown(request, ticket, form, **context)

    def act(data: dict) -> Referral:
        return _asking(form, partial(escalate_outside, ticket, entry, contract=contract), request, data)

    return verb_page(
        request, ticket, form, act, title=_("Escalate outside"), submit=_("Escalate"), permission=_PERMISSION,
        message=_("%(number)s was taken to %(name)s.") % {"number": ticket.number, "name": entry},
        undo=lambda referral: reverse("directory:undo", args=[ticket.number, referral.pk]),
        draft=f"outside-{ticket.number}-{pk}", **context,
    )  # fmt: skip


def _shown(request: HttpRequest, ticket: Ticket, form: OutsideForm, **context) -> HttpResponse:
    """The form as it stands, with a look at the mail."""
    context |= {
        "ticket": ticket, "form": form, "title": _("Escalate outside"), "submit": _("Escalate"),
        "action": request.get_full_path(), "frame": "base_desk.html",
    }  # fmt: skip
    return page(request, "tickets/verb.html", context, fragment="tickets/_verb.html")


def _asking(form, act, request: HttpRequest, data: dict):
    """Do it; when it would use more than is left, ask whether that is meant."""
    try:
        return act(**data, by=request.user, via="page")
    except Refused as refusal:
        if refusal.field == "agreed":
            form.ask_agreement()
        raise


def _chosen(request: HttpRequest, contracts: list[Contract]) -> Contract | None:
    """The contract that the address names; without a word the first of which something is left."""
    wanted = request.GET.get("contract", "")
    if wanted:
        return next((each for each in contracts if str(each.pk) == wanted), None)
    return next((each for each in contracts if not each.is_used_up), contracts[0] if contracts else None)


@needs("tickets.work")
def amend(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Add their number, or the hours that it took."""
    ticket, referral = _referral(request, number, pk)
    initial = {"contact": referral.contact, "reference": referral.reference, "used": referral.used}
    form = AmendForm(request.POST or None, initial=initial, contract=referral.contract)
    return verb_page(
        request, ticket, form, lambda data: _asking(form, partial(amend_referral, referral), request, data),
        title=_("Escalation to %(name)s") % {"name": referral.entry}, submit=_("Save"), permission=_PERMISSION,
    )  # fmt: skip


@needs("tickets.work")
@require_POST
def undo(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    ticket, referral = _referral(request, number, pk)
    try:
        undo_referral(referral, by=request.user, via="page")
    except Refused as refusal:
        if wants_fragment(request):
            return toast(HttpResponse(status=409), refusal.sentence, "danger")
        messages.error(request, refusal.sentence)
        return redirect(ticket)
    message = _("Taken back. The contract has back what it gave.") if referral.contract_id else _("Taken back.")
    if referral.to_address:
        message += " " + _("The mail stays sent: write to them.")
    return done(request, ticket, message=message)


def _ticket(request: HttpRequest, number: str) -> Ticket:
    ticket = get_ticket(request.user, number)
    require(request, _PERMISSION, ticket)
    return ticket


def _referral(request: HttpRequest, number: str, pk: int) -> tuple[Ticket, Referral]:
    ticket = _ticket(request, number)
    referral = queries.get_referral(request.user, pk)
    if referral.ticket_id != ticket.pk:
        raise NotFound
    return ticket, referral
