"""The palette (Ctrl+K): pages, views, tickets, people and help in one list, by what one types."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from servicedesk.people.models import User
from servicedesk.people.queries import find_people
from servicedesk.tickets.filters import VIEWS
from servicedesk.tickets.search import MOST_LETTERS, search
from servicedesk.web.access import signed_in
from servicedesk.web.text import search_key

from . import help_pages, queries
from .areas import areas_of
from .saved import address_of

_MOST_PAGES, _MOST_TICKETS, _MOST_PEOPLE = 7, 6, 4


@dataclass(frozen=True)
class Place:
    """Somewhere to go: an icon, words, what they mean, and the address."""

    icon: str
    label: str
    hint: str
    url: str


@signed_in
@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """Options for the list below the palette's box; without words the pages that one goes to most."""
    words = request.GET.get("q", "").strip()[:MOST_LETTERS]
    found = [*_tickets(request.user, words), *_pages(request.user, words), *_people(request.user, words)]
    return render(request, "desk/_palette.html", {"places": found})


def _tickets(user: User, words: str) -> list[Place]:
    if not words:
        return []
    rows = search(user, words).tickets.only("number", "type", "title")[:_MOST_TICKETS]
    return [Place("ticket", ticket.number, ticket.title, ticket.get_absolute_url()) for ticket in rows]


def _people(user: User, words: str) -> list[Place]:
    if not words or not user.may("people.see"):
        return []
    rows = find_people(user, words).filter(is_active=True).select_related("department")[:_MOST_PEOPLE]
    return [
        Place("user", row.display_name, str(row.department or ""), reverse("people:person", args=[row.pk]))
        for row in rows
    ]


def _pages(user: User, words: str) -> list[Place]:
    """The pages whose name or purpose has all the words; those that begin with them come first."""
    wanted = search_key(words).split()
    fitting = [
        place for place in _all_pages(user) if all(word in search_key(f"{place.label} {place.hint}") for word in wanted)
    ]
    fitting.sort(key=lambda place: not search_key(place.label).startswith(search_key(words)))
    return fitting[:_MOST_PAGES]


def _all_pages(user: User) -> Iterator[Place]:
    yield Place("home", _("Home"), "", reverse("desk:home"))
    if user.may("desk.use"):
        queue, desk = reverse("desk:queue"), _("Desk")
        for view in filter(attrgetter("letter"), VIEWS.values()):
            yield Place(view.icon, str(view.label), desk, f"{queue}?view={view.name}")
        for view in queries.visible_views(user):
            yield Place("bookmark", view.name, desk, address_of(view))
        if user.is_lead or user.is_administrator:
            yield Place("chart-bar", _("How the team stands"), desk, reverse("desk:lead"))
        yield Place("phone", _("Phone call"), desk, reverse("desk:call"))
        yield Place("phone", _("Call-backs"), desk, reverse("desk:call-backs"))
        yield Place("clock", _("Timer"), desk, reverse("tickets:timer"))
        yield Place("plus", _("New ticket"), desk, reverse("desk:new-ticket"))
    yield Place("plus", _("New request"), "", reverse("intake:new"))
    yield Place("inbox", _("My requests"), "", reverse("desk:my-tickets"))
    yield Place("user", _("My details"), "", reverse("people:profile"))
    for group, areas in areas_of(user):
        for area in areas:
            yield Place(area["icon"], str(area["label"]), f"{group} · {area['hint']}", area["url"])
    for slug in help_pages.SLUGS:
        page = help_pages.read(help_pages.language(), slug)
        yield Place("help-circle", page.title, _("Help"), reverse("desk:help-page", args=[slug]))
