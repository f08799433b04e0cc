"""The pages that change a ticket's fields and its priority, for every process to use under its own address."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from servicedesk.tickets.models import Ticket
from servicedesk.tickets.views.answers import verb_page

from .actions import change_ticket, override_priority
from .change_forms import ChangeForm, PriorityForm
from .queries import effective_grid


def change_page(
    request: HttpRequest,
    ticket: Ticket,
    form_class: type[ChangeForm] = ChangeForm,
    *,
    own: dict | None = None,
    save_own: Callable | None = None,
) -> HttpResponse:
    """Change fields of the core and, by `save_own(**fields)`, of the process, in one transaction."""
    data = request.POST if request.method == "POST" else None
    form = form_class(data, reader=request.user, ticket=ticket, own=own)

    @transaction.atomic
    def act(_cleaned: dict) -> None:
        changes = form.changes()
        core = {name: value for name, value in changes.items() if name not in (own or {})}
        if core:
            change_ticket(ticket, by=request.user, via="page", **core)
        rest = {name: value for name, value in changes.items() if name not in core}
        if rest and save_own is not None:
            save_own(**rest)

    return verb_page(
        request,
        ticket,
        form,
        act,
        title=_("Change"),
        submit=_("Save"),
        message=_("%(number)s was changed.") % {"number": ticket.number},
        permission="tickets.change",
        suggestions="people-found",
    )


def priority_page(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Set the priority by hand with a reason, or give it back to the matrix."""
    initial = PriorityForm.initial_of(ticket)
    form = PriorityForm(request.POST, initial=initial) if request.method == "POST" else PriorityForm(initial=initial)
    return verb_page(
        request,
        ticket,
        form,
        lambda data: override_priority(ticket, by=request.user, via="page", **data),
        title=_("Priority"),
        submit=_("Save"),
        message=_("The priority of %(number)s was set.") % {"number": ticket.number},
        permission="priorities.override",
        by_matrix=effective_grid(ticket.service).get((ticket.impact, ticket.urgency)),
        explain="priorities/_matrix_says.html",
    )
