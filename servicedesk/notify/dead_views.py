"""The settings page of addresses that mail does not reach."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.intake.actions import revive_dead_address
from servicedesk.web.access import needs
from servicedesk.web.editing import does
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from . import queries
from .forms import DeadAddressFilter

PAGE_SIZE = 50
MOST_TICKETS = 3


@needs("settings.change")
@require_safe
def dead_addresses(request: HttpRequest) -> HttpResponse:
    """All of them, the newest first, with whose they are, their open tickets and how many mails wait."""
    form = DeadAddressFilter(request.GET)
    keyset = KeysetPage.of(request, form.of(request.user), ["-since_at", "-id"], size=PAGE_SIZE)
    context = {
        "form": form,
        "keyset": keyset,
        "rows": queries.unreached(request.user, keyset.rows),
        "most": MOST_TICKETS,
    }
    return page(request, "notify/dead_addresses.html", context, fragment="notify/_dead_addresses.html")


@needs("settings.change")
@require_POST
def revive(request: HttpRequest, pk: int) -> HttpResponse:
    dead = queries.get_dead_address(pk)
    return does(
        request,
        partial(revive_dead_address, dead, by=request.user, via="page"),
        to=reverse("notify:dead-addresses"),
        message=_("Noted: mail reaches this address again. What waited leaves now."),
    )
