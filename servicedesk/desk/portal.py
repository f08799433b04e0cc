"""The pages of staff that show tickets of every kind: home, and my tickets."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from incidents.major.queries import known_outages
from servicedesk.tickets.closing import to_approve
from servicedesk.tickets.plain import outlook
from servicedesk.web.access import signed_in
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from .portal_queries import heads_department, of_view, open_at_home

PAGE_SIZE = 20


@signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """“How can we help?”, what waits for the person, and what they asked for."""
    tickets = open_at_home(request.user)
    yours = [ticket for ticket in tickets if outlook(ticket).is_yours]
    context = {
        "waiting": yours,
        "running": [ticket for ticket in tickets if ticket not in yours],
        "approvals": to_approve(request.user),
        "disturbed": known_outages(request.user),
        "asked": request.session.get("asked", ""),
    }
    for part in settings.HOME_PARTS.values():
        context |= import_string(part)(request.user)
    return page(request, "portal/home.html", context | {"parts": list(settings.HOME_PARTS)})


@signed_in
@require_safe
def my_tickets(request: HttpRequest) -> HttpResponse:
    """What the person asked for, entered for others, may follow, or heads; open or done, with search."""
    view, words = request.GET.get("view") or "mine", request.GET.get("q", "")[:200]
    is_open = request.GET.get("state") != "done"
    tickets = of_view(request.user, view, is_open=is_open, words=words)
    context = {
        "keyset": KeysetPage.of(request, tickets, ["-created_at", "-id"], size=PAGE_SIZE),
        "view": view,
        "is_open": is_open,
        "words": words,
        "views": _views(request.user),
    }
    return page(request, "portal/my_tickets.html", context, fragment="portal/_my_tickets.html")


def _views(user) -> list[tuple[str, str]]:
    views = [("mine", _("My own")), ("for-others", _("Entered for others")), ("shared", _("Shared with me"))]
    return [*views, ("department", _("My department"))] if heads_department(user) else views
