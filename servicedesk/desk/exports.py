"""The queue as a file."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from servicedesk.people.csvfiles import write
from servicedesk.web import formats
from servicedesk.web.access import needs

from .queries import visible_views
from .queue import Shown, read
from .queue_columns import ALWAYS, COLUMNS

MOST_EXPORTED = 5_000
# What a file has when nobody chose columns.
EVERYTHING = (
    "number", "type", "title", "status", "priority", "requester", "department", "team", "assignee", "service",
    "category", "channel", "created", "due", "resolved", "closed",
)  # fmt: skip
_COLUMNS = ALWAYS | COLUMNS


def columns_of(shown: Shown) -> list[str]:
    """The columns that the list shows; all of them when nobody chose any."""
    return ["number", "title", "priority", *shown.columns] if shown.query.get("columns") else list(EVERYTHING)


def for_export(shown: Shown):
    related = ("requester__department", "department", "assignee", "team", "service", "category")
    tickets = shown.asked.tickets.select_related(*related).defer("description", "resolution")
    return tickets.order_by(*shown.asked.order)


@needs("desk.use")
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The list as a CSV file for spreadsheets, up to 5,000 rows, in its order."""
    shown = read(request, list(visible_views(request.user)))
    columns = [_COLUMNS[name] for name in columns_of(shown)]
    rows = ([column.text(ticket) for column in columns] for ticket in for_export(shown)[:MOST_EXPORTED])
    content = b"".join(write([str(column.label) for column in columns], rows))
    name = f"queue-{formats.local(timezone.now()):%Y%m%d-%H%M}.csv"
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
