"""What the queue can be narrowed by: read from the address, so that a view can be kept and passed on.

Values of one filter are alternatives, filters must all hold. A value that does not exist is left out and said so;
nothing of the address reaches the database but what is found in a table here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cmdb.models import Item, Service
from cmdb.queries import items_numbered
from servicedesk.people.models import Team, User
from servicedesk.people.queries import visible_people
from servicedesk.web.formats import exact
from servicedesk.web.text import is_one_line, nearest, normalise

from .models import OPEN, Category, Channel, Ticket
from .queries import about_item, desk_tickets, with_words
from .workflow import Phase, TicketType, all_statuses

DUE_SOON = timedelta(hours=4)
# What is still to be done. Written as “not resolved”, which PostgreSQL estimates well among what is not closed.
UNRESOLVED = OPEN & ~Q(phase=Phase.RESOLVED)


def awake() -> Q:
    """What is not snoozed: never was, or its time has come."""
    return Q(snoozed_at__isnull=True) | Q(snoozed_until__lte=timezone.now())


def _snoozed() -> Q:
    return Q(snoozed_at__isnull=False) & (Q(snoozed_until__isnull=True) | Q(snoozed_until__gt=timezone.now()))


ORDERS = {
    "priority": ["priority", "created_at", "id"],
    "due": ["due_at", "id"],
    "created": ["-created_at", "-id"],
    "oldest": ["created_at", "id"],
    "updated": ["-updated_at", "-id"],
}


@dataclass(frozen=True)
class View:
    """A named part of the queue. `which` gives its condition for a person; `letter` goes there after g, and what has
    none stands in no list of views. What holds closed tickets too (`is_open` False) is not counted.
    """

    name: str
    label: object
    icon: str
    letter: str
    which: Callable[[User], Q]
    order: str = "priority"
    is_open: bool = True


VIEWS = {
    view.name: view
    for view in (
        View("mine", gettext_lazy("Mine"), "user", "m", lambda user: UNRESOLVED & Q(assignee=user) & awake()),
        View(
            "team",
            gettext_lazy("My team"),
            "users",
            "t",
            lambda user: UNRESOLVED & Q(team__in=user.team_ids) & awake(),
        ),
        View(
            "unassigned",
            gettext_lazy("Unassigned"),
            "user-off",
            "u",
            lambda user: UNRESOLVED & Q(assignee__isnull=True) & awake(),
        ),
        View(
            "due",
            gettext_lazy("Due soon"),
            "clock",
            "s",
            lambda user: UNRESOLVED & Q(due_at__lt=timezone.now() + DUE_SOON) & awake(),
            order="due",
        ),
        View(
            "waiting", gettext_lazy("Waiting"), "hourglass", "w", lambda user: OPEN & Q(phase=Phase.WAITING) & awake()
        ),
        View(
            "snoozed",
            gettext_lazy("Snoozed"),
            "moon",
            "z",
            lambda user: OPEN & _snoozed(),
            order="updated",
        ),
        View("all", gettext_lazy("All open"), "inbox", "a", lambda user: UNRESOLVED),
        View(
            "done",
            gettext_lazy("Resolved and closed"),
            "circle-check",
            "c",
            lambda user: Q(phase__in=(Phase.RESOLVED, Phase.CLOSED)),
            order="updated",
            is_open=False,
        ),
        View("every", gettext_lazy("Everything"), "list", "", lambda user: Q(), order="created", is_open=False),
    )
}
START_VIEW = "team"


def add_view(view: View, *, before: str) -> None:
    """A view that needs what stands further right; its module `stale` states it."""
    known = dict(VIEWS)
    VIEWS.clear()
    for name, one in known.items():
        if name == before:
            VIEWS[view.name] = view
        VIEWS[name] = one


@dataclass(frozen=True)
class Group:
    """What the list can be divided by. `column` comes first in the order, along an index; `is_open` says that only what
    is open has one.
    """

    label: object
    column: str
    is_open: bool = False


GROUPS = {
    "priority": Group(gettext_lazy("Priority"), "priority", is_open=True),
    "team": Group(gettext_lazy("Team"), "team_id"),
    "assignee": Group(gettext_lazy("Assignee"), "assignee_id"),
    "service": Group(gettext_lazy("Service"), "service_id"),
}


@dataclass(frozen=True)
class Chip:
    """One value that narrows the list, in words; `name` and `value` as in the address."""

    name: str
    label: object
    value: str
    words: str


@dataclass(frozen=True)
class Complaint:
    """What of the address is not known, as a sentence. `near` is the nearest that is: a name of a filter when `value`
    is empty, else a value of `name`.
    """

    sentence: str
    name: str
    value: str = ""
    near: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} {_('Did you mean “%(near)s”?') % {'near': self.near}}" if self.near else self.sentence


@dataclass
class Asked:
    """What the address asks for. `which` is the condition on the tickets of the desk, `tickets` what it leaves, not
    ordered yet; `order` are the columns for a keyset page.
    """

    view: View
    sort: str
    group: str
    order: list[str]
    which: Q
    tickets: QuerySet[Ticket]
    chips: list[Chip] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)


class Known:
    """What values of filters name, looked up for several queries at once: one read of each table, whatever they ask."""

    def __init__(self, user: User, queries: Iterable[QueryDict]):
        self.user = user
        self._queries = list(queries)

    def _given(self, *names: str) -> set[str]:
        values = (value for query in self._queries for name in names for value in values_of(query, name))
        return {value for value in values if is_one_line(value)}

    @cached_property
    def teams(self) -> dict[str, Team]:
        return {team.code: team for team in Team.objects.filter(code__in=self._given("team"))}

    @cached_property
    def services(self) -> dict[str, Service]:
        return {service.code: service for service in Service.objects.filter(code__in=self._given("service"))}

    @cached_property
    def categories(self) -> list[Category]:
        return list(Category.objects.all())

    @cached_property
    def items(self) -> dict[str, Item]:
        return items_numbered(self.user, self._given("item"))

    @cached_property
    def people(self) -> dict[int, User]:
        ids = {int(value) for value in self._given("assignee", "requester") if _is_id(value)}
        return visible_people(self.user).in_bulk(ids)


def values_of(query: QueryDict, name: str) -> list[str]:
    """The values of a filter in the address, each once; at most 20, of at most 200 letters."""
    given = (value.strip()[:200] for value in query.getlist(name)[:20])
    return list(dict.fromkeys(value for value in given if value))


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= 15


Found = tuple[Q, str]
"""A condition and the value in words."""


@dataclass(frozen=True)
class Filter:
    """`find` gives the condition of a value, None when there is no such value; `names` the values to choose from."""

    label: object
    find: Callable[[Known, str], Found | None]
    names: Callable[[], Iterable[str]] = tuple


def read(user: User, query: QueryDict, *, known: Known | None = None, also: Iterable[str] = ()) -> Asked:
    """The tickets that `user` works on and that the address asks for. `also` are names that mean something to the
    caller; any other that is no filter is complained about.
    """
    known = known or Known(user, [query])
    complaints = _unknown_names(query, {*FILTERS, *_SHAPE, *also})
    name = query.get("view", START_VIEW)
    if name not in VIEWS:
        sentence = _("There is no view “%(value)s”; this is “%(view)s”.") % _shown(name, VIEWS[START_VIEW].label)
        complaints.append(Complaint(sentence, "view", name, nearest(name, VIEWS)))
        name = START_VIEW
    view = VIEWS[name]
    sort = query.get("sort") or view.order
    if sort not in ORDERS:
        sentence = _("The list cannot be sorted by “%(value)s”.") % _shown(sort)
        complaints.append(Complaint(sentence, "sort", sort, nearest(sort, ORDERS)))
        sort = view.order
    group = query.get("group", "")
    if group and (group not in GROUPS or (GROUPS[group].is_open and not view.is_open)):
        sentence = _("The list cannot be grouped by “%(value)s”.") % _shown(group)
        complaints.append(Complaint(sentence, "group", group, nearest(group, GROUPS)))
        group = ""
    which = view.which(user)
    chips: list[Chip] = []
    for filter_name, one in FILTERS.items():
        alternatives = Q()
        for value in values_of(query, filter_name):
            found = one.find(known, value) if is_one_line(value) else None
            if found is None:
                complaints.append(_unknown_value(filter_name, one, value))
                continue
            condition, words = found
            alternatives |= condition
            chips.append(Chip(filter_name, one.label, value, words))
        if alternatives:
            which &= alternatives
    order = _grouped(group, view) if group else ORDERS[sort]
    return Asked(view, sort, group, order, which, desk_tickets(user).filter(which), chips, complaints)


_SHAPE = ("view", "sort", "group")


def _grouped(group: str, view: View) -> list[str]:
    """Within a group by priority, of what is closed the newest first: what the indexes have."""
    inside = ["priority", "created_at", "id"] if view.is_open else ["-created_at", "-id"]
    return list(dict.fromkeys([GROUPS[group].column, *inside]))


def _unknown_names(query: QueryDict, names: set[str]) -> list[Complaint]:
    return [
        Complaint(
            _("There is no filter “%(value)s”; it was left out.") % _shown(name), name, near=nearest(name, FILTERS)
        )
        for name in list(query)[:20]
        if name not in names and is_one_line(name)
    ]


def _unknown_value(name: str, one: Filter, value: str) -> Complaint:
    sentence = _("“%(value)s” is nothing that “%(filter)s” knows; it was left out.") % (
        _shown(value) | {"filter": one.label}
    )
    return Complaint(sentence, name, value, nearest(value, one.names()))


def mended(query: QueryDict, complaint: Complaint) -> QueryDict:
    """The address with the nearest known name or value in place of the one complained about."""
    better = query.copy()
    if complaint.value:
        values = [
            complaint.near if value.strip() == complaint.value else value for value in query.getlist(complaint.name)
        ]
        better.setlist(complaint.name, values)
    else:
        better.setlist(complaint.near, better.getlist(complaint.near) + better.pop(complaint.name, []))
    return better


def _shown(value: str, view: object = "") -> dict:
    return {"value": value[:60], "view": view}


def _choice(label, field_name: str, choices: Callable[[], dict]) -> Filter:
    def find(known: Known, value: str) -> Found | None:
        values = {str(key): (key, label) for key, label in choices().items()}
        if value not in values:
            return None
        key, label = values[value]
        return Q(**{field_name: key}), str(label)

    return Filter(label, find, lambda: map(str, choices()))


def _priority(known: Known, value: str) -> Found | None:
    level = value.upper().removeprefix("P")
    return (Q(priority=int(level)), f"P{level}") if level in ("1", "2", "3", "4") else None


def _team(known: Known, value: str) -> Found | None:
    if value == "none":
        return Q(team__isnull=True), _("none")
    if value == "mine":
        return Q(team__in=known.user.team_ids), _("mine")
    team = known.teams.get(value)
    return (Q(team=team.pk), str(team)) if team else None


def _person(field_name: str):
    def find(known: Known, value: str) -> Found | None:
        if value == "none" and field_name == "assignee":
            return Q(assignee__isnull=True), _("nobody")
        if value == "me":
            return Q(**{field_name: known.user.pk}), _("me")
        person = known.people.get(int(value)) if _is_id(value) else None
        return (Q(**{field_name: person.pk}), person.display_name) if person else None

    return find


def _service(known: Known, value: str) -> Found | None:
    if value == "none":
        return Q(service__isnull=True), _("none")
    service = known.services.get(value)
    return (Q(service=service.pk), str(service)) if service else None


def _category(known: Known, value: str) -> Found | None:
    """A category and everything below it."""
    if value == "none":
        return Q(category__isnull=True), _("none")
    chosen = next((row for row in known.categories if row.code == value), None)
    if chosen is None:
        return None
    return Q(category__in=below(chosen, known.categories)), str(chosen)


def _codes(model) -> Callable[[], list[str]]:
    return lambda: list(model.objects.values_list("code", flat=True))


def below(chosen: Category, rows: Iterable[Category]) -> set[int]:
    """Ids of a category and of everything under it in the tree."""
    ids, before = {chosen.pk}, 0
    while len(ids) != before:
        before = len(ids)
        ids |= {row.pk for row in rows if row.parent_id in ids}
    return ids


def _tag(known: Known, value: str) -> Found | None:
    return Q(pk__in=Ticket.objects.filter(tags__name=normalise(value)).values("pk")), value


def _item(known: Known, value: str) -> Found | None:
    item = known.items.get(value)
    return (about_item(item), str(item)) if item else None


def _words(known: Known, value: str) -> Found | None:
    return with_words(known.user, value), value


_DAYS = {"today": 0, "7d": 7, "30d": 30, "90d": 90}


def _day(value: str, later: int = 0) -> tuple[date, datetime] | None:
    """A day and its first moment, or that of `later` days after; None when it is none."""
    try:
        day = timezone.localdate() - timedelta(days=_DAYS[value]) if value in _DAYS else parse_date(value)
        if day is None:
            return None
        start = day + timedelta(days=later)
        return day, timezone.make_aware(datetime(start.year, start.month, start.day))  # noqa: DTZ001 - made aware here
    except (OverflowError, ValueError):
        return None


def _since(known: Known, value: str) -> Found | None:
    found = _day(value)
    return (Q(created_at__gte=found[1]), exact(found[0])) if found else None


def _until(known: Known, value: str) -> Found | None:
    found = _day(value, later=1)
    return (Q(created_at__lt=found[1]), exact(found[0])) if found else None


def _resolved(known: Known, value: str) -> Found | None:
    """By the time of the last change, too, which has the index: nothing is resolved without being changed."""
    found = _day(value)
    return (Q(resolved_at__gte=found[1], updated_at__gte=found[1]), exact(found[0])) if found else None


def _due(known: Known, value: str) -> Found | None:
    now = timezone.now()
    match value:
        case "late":
            return Q(due_at__lt=now), _("late")
        case "today":
            return Q(due_at__gte=now, due_at__lt=_day("today", later=1)[1]), _("today")  # type: ignore[index]
    return None


def _unchanged(known: Known, value: str) -> Found | None:
    if not (value.isascii() and value.isdecimal() and 1 <= len(value) <= 3 and int(value)):
        return None
    words = ngettext("%(count)d day", "%(count)d days", int(value)) % {"count": int(value)}
    return Q(updated_at__lt=timezone.now() - timedelta(days=int(value))), words


def _reopened(known: Known, value: str) -> Found | None:
    return (Q(reopen_count__gt=0), _("yes")) if value in ("1", "yes") else None


def _major(known: Known, value: str) -> Found | None:
    return (Q(is_major=True), _("yes")) if value in ("1", "yes") else None


FILTERS: dict[str, Filter] = {
    "type": _choice(gettext_lazy("Type"), "type", lambda: dict(TicketType.choices)),
    "priority": Filter(gettext_lazy("Priority"), _priority, lambda: ("P1", "P2", "P3", "P4")),
    "status": _choice(gettext_lazy("Status"), "status", all_statuses),
    "phase": _choice(gettext_lazy("Phase"), "phase", lambda: dict(Phase.choices)),
    "team": Filter(gettext_lazy("Team"), _team, _codes(Team)),
    "assignee": Filter(gettext_lazy("Assignee"), _person("assignee"), lambda: ("me", "none")),
    "requester": Filter(gettext_lazy("Requester"), _person("requester"), lambda: ("me",)),
    "service": Filter(gettext_lazy("Service"), _service, _codes(Service)),
    "category": Filter(gettext_lazy("Category"), _category, _codes(Category)),
    "channel": _choice(gettext_lazy("Channel"), "channel", lambda: dict(Channel.choices)),
    "tag": Filter(gettext_lazy("Tag"), _tag),
    "item": Filter(gettext_lazy("Affected item"), _item),
    "words": Filter(gettext_lazy("Words"), _words),
    "since": Filter(gettext_lazy("Created since"), _since, lambda: _DAYS),
    "until": Filter(gettext_lazy("Created until"), _until, lambda: _DAYS),
    "resolved": Filter(gettext_lazy("Resolved since"), _resolved, lambda: _DAYS),
    "due": Filter(gettext_lazy("Due"), _due, lambda: ("late", "today")),
    "unchanged": Filter(gettext_lazy("Unchanged for (days)"), _unchanged, lambda: ("3", "5", "10")),
    "reopened": Filter(gettext_lazy("Reopened"), _reopened, lambda: ("yes",)),
    "major": Filter(gettext_lazy("Major incident"), _major, lambda: ("yes",)),
}
