"""The rows of the queue, ready to be written out, and the numbers beside its views.

The page shows fifty rows many times a day, so everything that is the same for many rows (status labels, badges, pages'
addresses) is made once per answer, and a row is a bundle of plain strings.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from servicedesk.intake.models import CallBack
from servicedesk.intake.queries import due_call_backs, open_call_backs
from servicedesk.people.models import Team, User
from servicedesk.tickets.filters import VIEWS
from servicedesk.tickets.models import OPEN, Ticket, page_of
from servicedesk.tickets.queries import desk_tickets
from servicedesk.tickets.workflow import Phase, workflow_of
from servicedesk.web import formats
from servicedesk.web.templatetags.web import clock_pill, priority_badge, status_pill

MOST_COUNTED = 100
MOST_SCANNED = 2000
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
        "is_confidential",
        "is_major",
        "number",
        "peek",
        "pk",
        "requester",
        "pill",
        "title",
        "url",
    )


class Rows:
    """Makes rows, keeping what many of them share. One per answer, for one language and moment."""

    def __init__(self, now: datetime | None = None):
        self.now = now or timezone.now()
        self._badges: dict[int, SafeString] = {}
        self._pills: dict[tuple[str, str], SafeString] = {}
        self._clocks: dict[str, SafeString] = {}
        self._people: dict[int, str] = {}
        self._teams: dict[int, str] = {}
        self._late = _("%(time)s late")
        self._peek = reverse("tickets:peek", args=["NUMBER"])

    def of(self, tickets: Iterable[Ticket]) -> list[Row]:
        """The rows of these tickets, which `for_queue` read; two queries for the names of people and teams."""
        tickets = list(tickets)
        people = {ticket.requester_id for ticket in tickets} | {ticket.assignee_id for ticket in tickets} - {None}
        teams = {ticket.team_id for ticket in tickets if ticket.assignee_id is None} - {None}
        self._people = {
            pk: name or email
            for pk, name, email in User.objects.filter(pk__in=people).values_list("pk", "name", "email")
        }
        self._teams = {team.pk: str(team) for team in Team.objects.filter(pk__in=teams)} if teams else {}
        return [self.row(ticket) for ticket in tickets]

    def row(self, ticket: Ticket) -> Row:
        row = Row()
        row.pk = str(ticket.pk)
        row.css = ""
        row.number = ticket.number
        row.url = page_of(ticket.type, ticket.number)
        row.peek = self._peek.replace("NUMBER", ticket.number)
        row.title = ticket.title
        row.requester = self._people.get(ticket.requester_id, "")
        row.assignee = (
            self._people.get(ticket.assignee_id, "") if ticket.assignee_id else self._teams.get(ticket.team_id, "")
        )
        row.badge = self._badge(ticket.priority)
        row.pill = self._pill(ticket.type, ticket.status)
        row.clock = self._clock(ticket)
        row.age = formats.duration(self.now - ticket.created_at, parts=1)
        row.created = ticket.created_at.isoformat()
        row.is_major = ticket.is_major
        row.is_confidential = ticket.is_confidential
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

    def _clock(self, ticket: Ticket) -> SafeString | str:
        if ticket.due_at is None or ticket.phase in (Phase.RESOLVED, Phase.CLOSED):
            return ""
        left = ticket.due_at - self.now
        if left.total_seconds() < 0:
            return self._clock_pill(self._late % {"time": formats.clock_left(-left)}, "missed")
        return self._clock_pill(formats.clock_left(left), "near" if left < _ONE_HOUR else "running")

    def _clock_pill(self, label: str, state: str) -> SafeString:
        """`clock_pill` with all but its words made once per state."""
        if state not in self._clocks:
            self._clocks[state] = clock_pill("{}", state)
        return mark_safe(self._clocks[state].replace("{}", escape(label)))  # noqa: S308 - the only part is escaped


def for_queue(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """The columns that a row needs. No joins: names of fifty people are read faster than joined to all candidates."""
    return tickets.only(
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
        "requester_id",
        "assignee_id",
        "team_id",
    )


MOST_DUE = 3


def call_backs_due(user: User) -> list[CallBack]:
    """The first call-backs whose time has come, and one more when there are more than are shown."""
    return list(due_call_backs(user)[: MOST_DUE + 1])


def call_back_count(user: User) -> str:
    """How many call-backs the person and their teams promised, as it is shown."""
    number = open_call_backs(user)[:MOST_COUNTED].count()
    return str(number) if number < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


def view_counts(user: User) -> dict[str, str]:
    """How many tickets each counted view has, as it is shown, in one query: one pass over what is open and the
    person's.

    Who has more than 2,000 of these gets numbers that stop at 100 from a second query: nobody works by such numbers,
    and counting through them would cost more than the rest of the page.
    """
    counted = {view.name: view.which(user) for view in VIEWS.values() if view.counted}
    numbers = (
        desk_tickets(user)
        .filter(OPEN)[:MOST_SCANNED]
        .aggregate(scanned=Count("pk"), **{name: Count("pk", filter=which) for name, which in counted.items()})
    )
    if numbers.pop("scanned") < MOST_SCANNED:
        return {name: str(number) for name, number in numbers.items()}
    capped = _each_capped(desk_tickets(user), counted)
    return {name: str(number) if number < MOST_COUNTED else f"{MOST_COUNTED - 1}+" for name, number in capped.items()}


def _each_capped(tickets: QuerySet[Ticket], counted: dict[str, Q]) -> dict[str, int]:
    """Each number up to 100: one query of which every part stops at its limit."""
    parts, params = [], []
    for which in counted.values():
        sql, values = tickets.filter(which).values("pk")[:MOST_COUNTED].query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608 - SQL compiled by Django's ORM
        params.extend(values)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), params)
        return dict(zip(counted, cursor.fetchone(), strict=True))
