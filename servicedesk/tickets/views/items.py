"""Which configuration items a ticket is about, and which tickets are about an item."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cmdb.models import Item, ItemState
from cmdb.queries import find_items, get_item
from servicedesk.web.access import needs
from servicedesk.web.pages import page

from .. import actions
from ..forms import LAST_OF_SEVERAL, ItemsForm, PlainForm
from ..queries import get_ticket, tickets_of_item
from .answers import require, verb_page

_MOST = 12
_MOST_TICKETS = 20


@needs("tickets.work")
def items(request: HttpRequest, number: str) -> HttpResponse:
    """Name further items."""
    ticket = get_ticket(request.user, number)
    require(request, "tickets.change", ticket)
    form = ItemsForm(request.POST if request.method == "POST" else None, reader=request.user, ticket=ticket)
    return verb_page(
        request,
        ticket,
        form,
        lambda data: actions.add_items(ticket, data["items"], by=request.user, via="page"),
        title=_("Affected items"),
        submit=_("Add"),
        message=_("The affected items were saved."),
        permission="tickets.change",
        suggestions="items-found",
    )


@needs("tickets.work")
@require_POST
def add_item(request: HttpRequest, number: str, item: int) -> HttpResponse:
    """Name one item by one press."""
    ticket = get_ticket(request.user, number)
    require(request, "tickets.change", ticket)
    found = get_item(request.user, item)
    return verb_page(
        request,
        ticket,
        PlainForm(request.POST),
        lambda data: actions.add_items(ticket, [found], by=request.user, via="page"),
        title=_("Affected items"),
        submit=_("Add"),
        message=_("%(item)s was added.") % {"item": found},
        undo=reverse("tickets:item-remove", args=[ticket.number, found.pk]),
        permission="tickets.change",
    )


@needs("tickets.work")
@require_POST
def remove_item(request: HttpRequest, number: str, item: int) -> HttpResponse:
    ticket = get_ticket(request.user, number)
    require(request, "tickets.change", ticket)
    found = get_item(request.user, item)
    is_retired = found.state == ItemState.RETIRED  # which is not added again
    return verb_page(
        request,
        ticket,
        PlainForm(request.POST),
        lambda data: actions.remove_item(ticket, found, by=request.user, via="page"),
        title=_("Affected items"),
        submit=_("Take away"),
        message=_("%(item)s was taken away.") % {"item": found},
        undo=None if is_retired else reverse("tickets:item-add", args=[ticket.number, found.pk]),
        permission="tickets.change",
    )


@needs("tickets.work")
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Suggestions while items are typed: of several the words after the last comma count. A filter (`item`) may ask for
    what is retired, too.
    """
    before, words = LAST_OF_SEVERAL.fullmatch(request.GET.get("more", "")[:2000]).groups()
    words = (words or request.GET.get("item", "")).strip()[:200]
    found = find_items(request.user, words) if words else Item.objects.none()
    if "item" not in request.GET:
        found = found.exclude(state=ItemState.RETIRED)
    rows = [(before + item.number, item) for item in found[:_MOST]]
    return page(request, "tickets/_items_found.html", {"found": rows})


@needs("tickets.work")
@require_safe
def of_item(request: HttpRequest, item: int) -> HttpResponse:
    """The tickets that name an item, as far as the reader works on them; a part of the item's page."""
    found = get_item(request.user, item)
    tickets = tickets_of_item(request.user, found, most=_MOST_TICKETS + 1)
    context = {"item": found, "tickets": tickets[:_MOST_TICKETS], "has_more": len(tickets) > _MOST_TICKETS}
    return page(request, "tickets/of_item.html", context, fragment="tickets/_of_item.html")
