"""What waits for a person's approval: closings that somebody asked for."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from servicedesk.tickets.closing import to_approve
from servicedesk.web.access import needs
from servicedesk.web.pages import page

from .queue import rail


@needs("desk.use")
@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    """Longest waiting first, with one press to approve each."""
    context = {"approvals": to_approve(request.user), "views": rail(request, "approvals")}
    return page(request, "desk/approvals.html", context, fragment="desk/_approvals.html")
