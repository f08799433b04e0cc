"""The rows of the queue, ready to be written out, and the numbers beside its views.

The page shows fifty rows many times a day, so everything that is the same for many rows (status labels, badges, pages'
addresses) is made once per answer, and a row is a bundle of plain strings.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from time import monotonic

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Q, QuerySet, When
from django.urls import reverse
from django.utils import timezone
from django.utils.html import conditional_escape as escape
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from cmdb.models import Service
from servicedesk.intake.models import CallBack
from servicedesk.intake.queries import open_call_backs
from servicedesk.people.models import Department, Team, User
from servicedesk.tickets.filters import ORDERS, VIEWS
from servicedesk.tickets.models import OPEN, Category, Channel, Ticket, page_of
from servicedesk.tickets.queries import desk_tickets
from servicedesk.tickets.workflow import Phase, TicketType, workflow_of
from servicedesk.web import formats
from servicedesk.web.templatetags.web import clock_pill, priority_badge, status_pill, when

from .queue_columns import COLUMNS, USUAL

MOST_COUNTED = 100
MOST_SCANNED = 2000
_ONE_HOUR = timedelta(hours=1)


class Row:
    """One line of the queue: strings, and what is HTML is safe."""

    __slots__ = (
        "age",
        "assignee",
        "badge",
        "cells",
        "clock",
        "css",
        "created",
        "heading",
        "is_confidential",
        "is_major",
        "is_snoozed",
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

    def __init__(self, now: datetime | None = None, *, columns: Iterable[str] = USUAL, group: str = ""):
        self.now = now or timezone.now()
        self.columns = list(columns)
        self.group = group
        self._badges: dict[int, SafeString] = {}
        self._pills: dict[tuple[str, str], SafeString] = {}
        self._clocks: dict[str, SafeString] = {}
        self._names: dict[str, dict[int, str]] = {}
        self._late = _("%(time)s late")
        self._paused = _("paused")
        self._peek = reverse("tickets:peek", args=["NUMBER"])
        self._cells = [(name, _openings(name)) for name in self.columns]

    def of(self, tickets: Iterable[Ticket]) -> list[Row]:
        """The rows of these tickets, which `for_queue` read; one query for the names of each kind that columns need."""
        tickets = list(tickets)
        self._read_names(tickets)
        rows, before = [], None
        for ticket in tickets:
            row = self.row(ticket)
            if self.group:
                row.heading = self._heading(ticket)
                if row.heading == before:
                    row.heading = ""
                else:
                    before = row.heading
            rows.append(row)
        return rows

    def _read_names(self, tickets: list[Ticket]) -> None:
        """People always; of what has no assignee the team is named, so teams when there is such a ticket."""
        needed = {COLUMNS[name].names for name in self.columns} | {_GROUP_NAMES.get(self.group, "")}
        people = {ticket.requester_id for ticket in tickets} | {ticket.assignee_id for ticket in tickets} - {None}
        self._names["people"] = {
            pk: name or email
            for pk, name, email in User.objects.filter(pk__in=people).values_list("pk", "name", "email")
        }
        for kind, (model, column) in _NAMED.items():
            ids = {getattr(ticket, column) for ticket in tickets} - {None} if kind in needed else set()
            if kind == "teams" and kind not in needed:
                ids = {ticket.team_id for ticket in tickets if ticket.assignee_id is None} - {None}
            rows = model._default_manager.filter(pk__in=ids) if ids else ()
            self._names[kind] = {row.pk: str(row) for row in rows}

    def _name(self, kind: str, pk: int | None) -> str:
        return self._names[kind].get(pk, "") if pk is not None else ""

    def row(self, ticket: Ticket) -> Row:
        row = Row()
        row.pk = str(ticket.pk)
        row.css = row.heading = ""
        row.number = ticket.number
        row.url = page_of(ticket.type, ticket.number)
        row.peek = self._peek.replace("NUMBER", ticket.number)
        row.title = ticket.title
        row.requester = self._name("people", ticket.requester_id)
        row.assignee = self._name("people", ticket.assignee_id) or self._name("teams", ticket.team_id)
        row.badge = self._badge(ticket.priority)
        row.pill = self._pill(ticket.type, ticket.status)
        row.clock = self._clock(ticket)
        row.age = formats.duration(self.now - ticket.created_at, parts=1)
        row.created = ticket.created_at.isoformat()
        row.is_major = ticket.is_major
        row.is_snoozed = ticket.is_snoozed
        row.is_confidential = ticket.is_confidential
        # The only parts are escaped here, or made by a tag that escapes.
        row.cells = mark_safe("".join(self._td(name, openings, row, ticket) for name, openings in self._cells))  # noqa: S308
        return row

    def _td(self, name: str, openings: tuple[str, str], row: Row, ticket: Ticket) -> str:
        content = escape(self._cell(name, row, ticket))
        return f"{openings[bool(content)]}{content}</td>"

    def _cell(self, name: str, row: Row, ticket: Ticket) -> str:
        """What stands in a cell of a chosen column."""
        match name:
            case "requester":
                return row.requester
            case "assignee":
                return row.assignee
            case "status":
                return row.pill
            case "due":
                return row.clock
            case "age":
                return format_html('<time datetime="{}">{}</time>', row.created, row.age)
            case "type":
                return str(TicketType(ticket.type).label)
            case "channel":
                return str(Channel(ticket.channel).label)
            case "department" | "team" | "service" | "category":
                return self._name(COLUMNS[name].names, getattr(ticket, f"{name}_id"))
            case _:
                return when(getattr(ticket, f"{name}_at"), "short")

    def _heading(self, ticket: Ticket) -> str:
        match self.group:
            case "priority":
                return f"P{ticket.priority}"
            case "assignee":
                return self._name("people", ticket.assignee_id) or _("Nobody")
            case "team":
                return self._name("teams", ticket.team_id) or _("No team")
            case _:
                return self._name("services", ticket.service_id) or _("No service")

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
        if ticket.due_at is None and ticket.phase == Phase.WAITING and ticket.response_due_at is not None:
            return self._clock_pill(self._paused, "paused")
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


# Kinds of names beside people's: the model, and the column of a ticket that says which.
_NAMED = {
    "teams": (Team, "team_id"),
    "services": (Service, "service_id"),
    "categories": (Category, "category_id"),
    "departments": (Department, "department_id"),
}
_GROUP_NAMES = {"team": "teams", "service": "services"}


def _openings(name: str) -> tuple[str, str]:
    """The beginning of a column's cells, of an empty one and of one that holds something. On a phone, where there is no
    head of the table, the latter says what it is where that is not plain.
    """
    css = f"inline col-{name}" + {"assignee": " queue-assignee", "age": " number"}.get(name, "")
    plain = name in ("requester", "assignee", "status", "due")
    label = "" if plain else f' data-label="{escape(COLUMNS[name].label)}"'
    return f'<td class="{css}">', f'<td class="{css}"{label}>'


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
        "snoozed_at",
        "snoozed_until",
        "requester_id",
        "assignee_id",
        "team_id",
        "service_id",
        "category_id",
        "department_id",
        "channel",
        "resolved_at",
        "closed_at",
    )


MOST_DUE = 3


def _next_call_backs(user: User) -> list[tuple[int, datetime]]:
    """(id, time) of the next hundred call-backs of the person and their teams; read once per request."""
    kept = getattr(user, "_next_call_backs", None)
    if kept is None:
        kept = list(open_call_backs(user).values_list("pk", "due_at")[:MOST_COUNTED])
        user._next_call_backs = kept
    return kept


def call_backs_due(user: User) -> list[CallBack]:
    """The first call-backs whose time has come, and one more when there are more than are shown."""
    now = timezone.now()
    due = [pk for pk, due_at in _next_call_backs(user) if due_at <= now][: MOST_DUE + 1]
    return list(open_call_backs(user).filter(pk__in=due)) if due else []


def call_back_count(user: User) -> str:
    """How many call-backs the person and their teams promised, as it is shown."""
    number = len(_next_call_backs(user))
    return str(number) if number < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


# Who had that many, in this process alone: to ask the shared cache is a statement too.
_MANY_SECONDS = 300
_MANY_UNTIL: dict[int, float] = {}


def view_counts(user: User, saved: Mapping[str, Q] | None = None) -> dict[str, str]:
    """How many tickets each counted view has, and each of the `saved` conditions on open tickets, as it is shown, in
    one query: one pass over what is open and the person's.

    Who has more than 2,000 of these gets numbers that stop at 100 from a second query: nobody works by such numbers,
    and counting through them would cost more than the rest of the page. For some minutes they get them at once.
    """
    counted = {view.name: view.which(user) for view in VIEWS.values() if view.is_open} | dict(saved or {})
    if not user.is_agent:
        return dict.fromkeys(counted, "0")
    if _MANY_UNTIL.get(user.pk, 0) < monotonic():
        scanned, *numbers = _each_of_open(desk_tickets(user), counted)
        if scanned < MOST_SCANNED:
            return {name: str(number) for name, number in zip(counted, numbers, strict=True)}
        _MANY_UNTIL[user.pk] = monotonic() + _MANY_SECONDS
    capped = _each_capped(desk_tickets(user), counted)
    return {
        name: str(number) if number < MOST_COUNTED else f"{MOST_COUNTED - 1}+"
        for name, number in zip(counted, capped, strict=True)
    }


def _each_of_open(tickets: QuerySet[Ticket], counted: dict[str, Q]) -> tuple[int, ...]:
    """How many are open, up to 2,000, and each number among these. As an `aggregate` of the ORM it would be the same
    query, but Django compares every part of each condition with all others, which takes as long as the page's template.
    """
    which = {f"which_{name}": Case(When(one, then=1)) for name, one in counted.items()}
    sql, params = tickets.filter(OPEN).annotate(**which).values(*which)[:MOST_SCANNED].query.sql_with_params()
    numbers = ", ".join(f'count("{name}")' for name in which)
    return _one_row(f"SELECT count(*), {numbers} FROM ({sql}) AS scanned", params)  # noqa: S608 - SQL compiled by Django's ORM


def _each_capped(tickets: QuerySet[Ticket], counted: dict[str, Q]) -> tuple[int, ...]:
    """Each number up to 100: one query of which every part stops at its limit. In the order of the view, because that
    is how PostgreSQL finds the first hundred without looking at all.
    """
    parts, params = [], []
    for name, which in counted.items():
        rows = tickets.filter(which).order_by(*ORDERS[VIEWS[name].order] if name in VIEWS else ())
        try:
            sql, values = rows.values("pk")[:MOST_COUNTED].query.sql_with_params()
        except EmptyResultSet:  # such as the tickets of one's teams, without a team
            parts.append("0")
            continue
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608 - SQL compiled by Django's ORM
        params.extend(values)
    return _one_row("SELECT " + ", ".join(parts), params)


def _one_row(sql: str, params: Iterable[object]) -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()
