"""The columns of the queue that people choose from. Priority, number and title always stand before them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from servicedesk.tickets.filters import Complaint
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.workflow import workflow_of
from servicedesk.web import formats
from servicedesk.web.text import is_one_line, nearest


@dataclass(frozen=True)
class Column:
    """`text` is what a cell of a file says; what stands on the page is written by `queue_rows.Rows`, which reads the
    names that the column needs (`names`) for all rows at once.
    """

    label: object
    text: Callable[[Ticket], str]
    names: str = ""
    is_moment: bool = False


def _moment(value) -> str:
    return f"{formats.local(value):%Y-%m-%d %H:%M}" if value else ""


def _text_of(name: str) -> Callable[[Ticket], str]:
    return lambda ticket: str(getattr(ticket, name) or "")


def _moment_of(name: str) -> Callable[[Ticket], str]:
    return lambda ticket: _moment(getattr(ticket, name))


ALWAYS = {
    "number": Column(gettext_lazy("Number"), lambda ticket: ticket.number),
    "title": Column(gettext_lazy("Title"), lambda ticket: ticket.title),
    "priority": Column(gettext_lazy("Priority"), lambda ticket: f"P{ticket.priority}"),
}
COLUMNS = {
    "requester": Column(gettext_lazy("Requester"), lambda ticket: ticket.requester.display_name, "people"),
    "department": Column(gettext_lazy("Department"), _text_of("department"), "departments"),
    "assignee": Column(
        gettext_lazy("Assignee"), lambda ticket: ticket.assignee.display_name if ticket.assignee else "", "people"
    ),
    "team": Column(gettext_lazy("Team"), _text_of("team"), "teams"),
    "service": Column(gettext_lazy("Service"), _text_of("service"), "services"),
    "category": Column(gettext_lazy("Category"), _text_of("category"), "categories"),
    "type": Column(gettext_lazy("Type"), lambda ticket: ticket.get_type_display()),
    "channel": Column(gettext_lazy("Channel"), lambda ticket: ticket.get_channel_display()),
    "status": Column(gettext_lazy("Status"), lambda ticket: str(workflow_of(ticket.type).status(ticket.status).label)),
    "due": Column(gettext_lazy("Due"), _moment_of("due_at")),
    "age": Column(gettext_lazy("Age"), _moment_of("created_at")),
    "created": Column(gettext_lazy("Created"), _moment_of("created_at"), is_moment=True),
    "updated": Column(pgettext_lazy("date", "Changed"), _moment_of("updated_at"), is_moment=True),
    "resolved": Column(pgettext_lazy("date", "Resolved"), _moment_of("resolved_at"), is_moment=True),
    "closed": Column(pgettext_lazy("date", "Closed"), _moment_of("closed_at"), is_moment=True),
}
USUAL = ("requester", "assignee", "status", "due", "age")
MOST_COLUMNS = 10


def chosen_columns(given: Iterable[str]) -> tuple[list[str], list[Complaint]]:
    """The columns of the address in their order, the usual ones when it names none; and what it names in vain.

    Both `columns=team,due` and `columns=team&columns=due` are understood.
    """
    asked = list(dict.fromkeys(name.strip() for value in given for name in value[:400].split(",") if name.strip()))
    columns = [name for name in asked if name in COLUMNS][:MOST_COLUMNS]
    complaints = [
        Complaint(
            _("There is no column “%(value)s”; it was left out.") % {"value": name[:60]},
            "columns",
            name,
            nearest(name, COLUMNS),
        )
        for name in asked[:20]
        if name not in COLUMNS and name not in ALWAYS and is_one_line(name)
    ]
    return columns or list(USUAL), complaints
