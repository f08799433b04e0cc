"""The rows of the queue, ready to be written out, and the numbers beside its views.

The page shows fifty rows many times a day, so everything that is the same for many rows (status labels, badges, pages'
addresses) is made once per answer, and a row is a bundle of plain strings.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.tickets.filters import VIEWS
from servicedesk.tickets.models import Ticket, page_of
from servicedesk.tickets.queries import desk_tickets
from servicedesk.tickets.workflow import Phase, workflow_of
from servicedesk.web import formats
from servicedesk.web.templatetags.web import clock_pill, priority_badge, status_pill

MOST_COUNTED = 1000
_ONE_HOUR = timedelta(hours=1)


class Row:
    """One line of the queue: strings, and what is HTML is safe."""

    __slots__ = (
        "age",
        "assignee",
        "badge",
        "clock",
        "css",
        "created",
        "flags",
        "number",
        "peek",
        "pk",
        "requester",
        "status",
        "title",
        "url",
    )


class Rows:
    """Makes rows, keeping what many of them share. One per answer, for one language and moment."""

    def __init__(self, now: datetime | None = None):
        self.now = now or timezone.now()
        self._badges: dict[int, SafeString] = {}
        self._pills: dict[tuple[str, str], SafeString] = {}
        self._peek = reverse("tickets:peek", args=["NUMBER"])

    def of(self, tickets: Iterable[Ticket]) -> list[Row]:
        return [self.row(ticket) for ticket in tickets]

    def row(self, ticket: Ticket, css: str = "") -> Row:
        row = Row()
        row.pk = str(ticket.pk)
        row.css = css
        row.number = ticket.number
        row.url = page_of(ticket.type, ticket.number)
        row.peek = self._peek.replace("NUMBER", ticket.number)
        row.title = ticket.title
        row.requester = ticket.requester.display_name
        holder = ticket.assignee or ticket.team
        row.assignee = str(holder) if holder else ""
        row.badge = self._badge(ticket.priority)
        row.status = self._pill(ticket.type, ticket.status)
        row.clock = self._clock(ticket)
        row.age = formats.short_when(ticket.created_at, self.now)
        row.created = ticket.created_at.isoformat()
        row.flags = ticket.is_major or ticket.is_confidential
        return row

    def _badge(self, priority: int) -> SafeString:
        if priority not in self._badges:
            self._badges[priority] = priority_badge(priority)
        return self._badges[priority]

    def _pill(self, ticket_type: str, status: str) -> SafeString:
        key = ticket_type, status
        if key not in self._pills:
            known = workflow_of(ticket_type).status(status)
            self._pills[key] = status_pill(known.label, known.phase)
        return self._pills[key]

    def _clock(self, ticket: Ticket) -> str:
        if ticket.due_at is None or ticket.phase in (Phase.RESOLVED, Phase.CLOSED):
            return ""
        left = ticket.due_at - self.now
        if left.total_seconds() < 0:
            return clock_pill(_("%(time)s late") % {"time": formats.clock_left(-left)}, "missed")
        return clock_pill(formats.clock_left(left), "near" if left < _ONE_HOUR else "running")


def for_queue(tickets):
    """The columns that a row needs, and no more of the people and teams than their names."""
    return tickets.select_related("requester", "assignee", "team").only(
        "number",
        "type",
        "title",
        "priority",
        "status",
        "phase",
        "created_at",
        "updated_at",
        "due_at",
        "is_major",
        "is_confidential",
        "requester__name",
        "requester__email",
        "assignee__name",
        "assignee__email",
        "team__name",
    )


def view_counts(user: User) -> dict[str, int]:
    """How many tickets each view has, up to 1,000, all in one query; each part stops counting at its limit."""
    parts, params, names = [], [], []
    tickets = desk_tickets(user)
    for view in VIEWS.values():
        if not view.counted:
            continue
        sql, values = tickets.filter(view.which(user)).values("pk")[:MOST_COUNTED].query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608 - SQL compiled by Django's ORM
        params.extend(values)
        names.append(view.name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), params)
        return dict(zip(names, cursor.fetchone(), strict=True))


def shown_count(count: int) -> str:
    return f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count)
