"""What the queue can be narrowed by: read from the address, so that a view can be kept and passed on.

Values of one filter are alternatives, filters must all hold. A value that does not exist is left out and said so;
nothing of the address reaches the database but what is found in a table here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cmdb.models import Service
from servicedesk.people.models import Team, User
from servicedesk.people.queries import visible_people
from servicedesk.web.formats import exact
from servicedesk.web.text import is_one_line, normalise

from .models import OPEN, Category, Channel, Ticket
from .queries import desk_tickets, with_words
from .workflow import Phase, TicketType, all_statuses

DUE_SOON = timedelta(hours=4)
# What is still to be done. Written as “not resolved”, which PostgreSQL estimates well among what is not closed.
UNRESOLVED = OPEN & ~Q(phase=Phase.RESOLVED)

ORDERS = {
    "priority": ["priority", "created_at", "id"],
    "due": ["due_at", "id"],
    "created": ["-created_at", "-id"],
    "oldest": ["created_at", "id"],
    "updated": ["-updated_at", "-id"],
}


@dataclass(frozen=True)
class View:
    """A named part of the queue. `which` gives its condition for a person."""

    name: str
    label: object
    icon: str
    which: Callable[[User], Q]
    order: str = "priority"
    counted: bool = True


VIEWS = {
    view.name: view
    for view in (
        View("mine", gettext_lazy("Mine"), "user", lambda user: UNRESOLVED & Q(assignee=user)),
        View("team", gettext_lazy("My team"), "users", lambda user: UNRESOLVED & Q(team__in=user.team_ids)),
        View(
            "unassigned",
            gettext_lazy("Unassigned"),
            "user-off",
            lambda user: UNRESOLVED & Q(assignee__isnull=True),
        ),
        View(
            "due",
            gettext_lazy("Due soon"),
            "clock",
            lambda user: UNRESOLVED & Q(due_at__lt=timezone.now() + DUE_SOON),
            order="due",
        ),
        View("waiting", gettext_lazy("Waiting"), "hourglass", lambda user: OPEN & Q(phase=Phase.WAITING)),
        View("all", gettext_lazy("All open"), "inbox", lambda user: UNRESOLVED),
        View(
            "done",
            gettext_lazy("Resolved and closed"),
            "circle-check",
            lambda user: Q(phase__in=(Phase.RESOLVED, Phase.CLOSED)),
            order="updated",
            counted=False,
        ),
    )
}
START_VIEW = "team"


@dataclass(frozen=True)
class Chip:
    """One value that narrows the list, in words; `name` and `value` as in the address."""

    name: str
    label: object
    value: str
    words: str


@dataclass
class Asked:
    """What the address asks for. `tickets` is not ordered yet; `order` are the columns for a keyset page."""

    view: View
    sort: str
    order: list[str]
    tickets: QuerySet[Ticket]
    chips: list[Chip] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Found = tuple[Q, str]
"""A condition and the value in words."""


def read(user: User, query: QueryDict) -> Asked:
    """The tickets that `user` works on and that the address asks for."""
    complaints: list[str] = []
    name = query.get("view", START_VIEW)
    if name not in VIEWS:
        start = VIEWS[START_VIEW].label
        complaints.append(_("There is no view “%(value)s”; this is “%(view)s”.") % _shown(name, start))
        name = START_VIEW
    view = VIEWS[name]
    sort = query.get("sort", view.order)
    if sort not in ORDERS:
        complaints.append(_("The list cannot be sorted by “%(value)s”.") % _shown(sort))
        sort = view.order
    tickets = desk_tickets(user).filter(view.which(user))
    chips: list[Chip] = []
    for filter_name, (label, find) in FILTERS.items():
        alternatives = Q()
        for value in dict.fromkeys(value.strip() for value in query.getlist(filter_name)[:20]):
            if not value:
                continue
            found = find(user, value[:200]) if is_one_line(value) else None
            if found is None:
                complaints.append(
                    _("“%(value)s” is nothing that “%(filter)s” knows; it was left out.")
                    % (_shown(value) | {"filter": label})
                )
                continue
            condition, words = found
            alternatives |= condition
            chips.append(Chip(filter_name, label, value, words))
        if alternatives:
            tickets = tickets.filter(alternatives)
    return Asked(view, sort, ORDERS[sort], tickets, chips, complaints)


def _shown(value: str, view: object = "") -> dict:
    return {"value": value[:60], "view": view}


def _choice(field_name: str, choices: Callable[[], dict]):
    def find(user: User, value: str) -> Found | None:
        known = {str(key): (key, label) for key, label in choices().items()}
        if value not in known:
            return None
        key, label = known[value]
        return Q(**{field_name: key}), str(label)

    return find


def _priority(user: User, value: str) -> Found | None:
    level = value.upper().removeprefix("P")
    return (Q(priority=int(level)), f"P{level}") if level in ("1", "2", "3", "4") else None


def _team(user: User, value: str) -> Found | None:
    if value == "none":
        return Q(team__isnull=True), _("none")
    if value == "mine":
        return Q(team__in=user.team_ids), _("mine")
    team = Team.objects.filter(code=value).first()
    return (Q(team=team), str(team)) if team else None


def _person(field_name: str):
    def find(user: User, value: str) -> Found | None:
        if value == "none" and field_name == "assignee":
            return Q(assignee__isnull=True), _("nobody")
        if value == "me":
            return Q(**{field_name: user}), _("me")
        if not value.isascii() or not value.isdecimal() or len(value) > 15:
            return None
        person = visible_people(user).filter(pk=int(value)).first()
        return (Q(**{field_name: person}), person.display_name) if person else None

    return find


def _service(user: User, value: str) -> Found | None:
    if value == "none":
        return Q(service__isnull=True), _("none")
    service = Service.objects.filter(code=value).first()
    return (Q(service=service), str(service)) if service else None


def _category(user: User, value: str) -> Found | None:
    """A category and everything below it."""
    if value == "none":
        return Q(category__isnull=True), _("none")
    rows = list(Category.objects.all())
    chosen = next((row for row in rows if row.code == value), None)
    if chosen is None:
        return None
    return Q(category__in=below(chosen, rows)), str(chosen)


def below(chosen: Category, rows: Iterable[Category]) -> set[int]:
    """Ids of a category and of everything under it in the tree."""
    ids, before = {chosen.pk}, 0
    while len(ids) != before:
        before = len(ids)
        ids |= {row.pk for row in rows if row.parent_id in ids}
    return ids


def _tag(user: User, value: str) -> Found | None:
    return Q(pk__in=Ticket.objects.filter(tags__name=normalise(value)).values("pk")), value


def _words(user: User, value: str) -> Found | None:
    return with_words(user, value), value


def _since(user: User, value: str) -> Found | None:
    days = {"today": 0, "7d": 7, "30d": 30, "90d": 90}
    if value in days:
        day = timezone.localdate() - timedelta(days=days[value])
    else:
        try:
            day = parse_date(value)
        except ValueError:
            return None
    if day is None:
        return None
    try:
        start = timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - made aware here
    except (OverflowError, ValueError):
        return None
    return Q(created_at__gte=start), exact(day)


def _major(user: User, value: str) -> Found | None:
    return (Q(is_major=True), _("yes")) if value in ("1", "yes") else None


FILTERS: dict[str, tuple[object, Callable[[User, str], Found | None]]] = {
    "type": (gettext_lazy("Type"), _choice("type", lambda: dict(TicketType.choices))),
    "priority": (gettext_lazy("Priority"), _priority),
    "status": (gettext_lazy("Status"), _choice("status", all_statuses)),
    "phase": (gettext_lazy("Phase"), _choice("phase", lambda: dict(Phase.choices))),
    "team": (gettext_lazy("Team"), _team),
    "assignee": (gettext_lazy("Assignee"), _person("assignee")),
    "requester": (gettext_lazy("Requester"), _person("requester")),
    "service": (gettext_lazy("Service"), _service),
    "category": (gettext_lazy("Category"), _category),
    "channel": (gettext_lazy("Channel"), _choice("channel", lambda: dict(Channel.choices))),
    "tag": (gettext_lazy("Tag"), _tag),
    "words": (gettext_lazy("Words"), _words),
    "since": (gettext_lazy("Created since"), _since),
    "major": (gettext_lazy("Major incident"), _major),
}
