"""Call-backs as a view of the queue: what is to be called, the next one first, and the line that says what is due."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from servicedesk.intake.queries import open_call_backs
from servicedesk.web.access import needs
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from .queue import rail
from .queue_rows import call_backs_due

PAGE_SIZE = 50


@needs("desk.use")
@require_safe
def call_backs(request: HttpRequest) -> HttpResponse:
    """Those of the person and their teams; with `?whose=all` of every ticket that they work on."""
    everybody = request.GET.get("whose") == "all"
    rows = open_call_backs(request.user, mine=not everybody)
    context = {
        "keyset": KeysetPage.of(request, rows, ["due_at", "id"], size=PAGE_SIZE),
        "everybody": everybody,
        "views": rail(request, "call-backs"),
        "here": f"{reverse('desk:call-backs')}{'?whose=all' if everybody else ''}",
    }
    return page(request, "desk/call_backs.html", context, fragment="desk/_call_backs.html")


@needs("desk.use")
@require_safe
def due(request: HttpRequest) -> HttpResponse:
    """The line above the queue, which asks for itself again every minute."""
    return page(request, "desk/_call_backs_due.html", {"due": call_backs_due(request.user)})
