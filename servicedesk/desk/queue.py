"""The queue: views, filters, rows, and what has happened since it was opened."""

import time
from typing import NamedTuple

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cmdb.models import Service
from servicedesk.people.models import User
from servicedesk.people.queries import agents
from servicedesk.people.rules import allowed
from servicedesk.tickets import filters
from servicedesk.tickets.closing import to_approve
from servicedesk.tickets.models import Channel, Priority, TicketEvent
from servicedesk.tickets.queries import (
    categories,
    desk_tickets,
    last_event_id,
    numbers_meant,
    teams_to_assign,
    visible_tickets,
)
from servicedesk.tickets.workflow import TicketType, all_statuses
from servicedesk.web.access import needs
from servicedesk.web.editing import does
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page, safe_next

from .actions import NAMES, choose_density, is_shown_by
from .callers import id_in
from .models import Density, SavedView
from .queries import density_of, visible_views
from .queue_columns import COLUMNS, chosen_columns
from .queue_rows import Rows, call_back_count, call_backs_due, for_queue, view_counts

PAGE_SIZE = 50
# An open page learns of this many events at a time, and remembers this many new tickets.
_MOST_EVENTS = 500
_MOST_NEW = 100
# Of the pinned views, those that can be counted along the indexes of open tickets, up to this many, have a number.
_MOST_COUNTED_VIEWS = 20
_PLACE = ("after", "before", "since_event", "shown", "fresh", "format", "counted", "stale")
# The numbers beside the views of an open page are counted again with each so many-th asking at the earliest: after a
# minute, and later where many ask.
_COUNT_EACH = 6
# Open queues ask every ten seconds; when more than sixty people have one open, as rarely that all together ask about
# six times a second.
_ASKED_A_SECOND = 6


class Shown(NamedTuple):
    """What an address shows. `query` is all of it in words, also when the address only names a saved view."""

    query: QueryDict
    saved: SavedView | None
    asked: filters.Asked
    columns: list[str]
    complaints: list[filters.Complaint]

    @property
    def label(self) -> str:
        return self.saved.name if self.saved else str(self.asked.view.label)

    @property
    def current(self) -> str:
        """Which line of the rail it is."""
        return f"saved_{self.saved.pk}" if self.saved else self.asked.view.name


def read(user: User, given: QueryDict, views: list[SavedView]) -> Shown:
    """What the address asks for. `saved=7` alone shows the view 7 of `views`; with filters beside it the address
    counts, and the view is the one that was begun from.
    """
    query, saved, complaints = given.copy(), None, []
    named = query.get("saved", "")
    if named:
        saved = next((view for view in views if str(view.pk) == named), None)
        if saved is None:
            query.pop("saved")
            complaints.append(filters.Complaint(_("This saved view is not there, or it is not yours."), "saved"))
        elif not NAMES & query.keys():
            for name, values in saved.as_query().lists():
                query.setlist(name, values)
    asked = filters.read(user, query, also={*NAMES, *_PLACE, "saved"})
    columns, unknown = chosen_columns(query.getlist("columns"))
    return Shown(query, saved, asked, columns, complaints + asked.complaints + unknown)


@needs("desk.use")
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    views = list(visible_views(request.user))
    shown = read(request.user, request.GET, views)
    asked, query = shown.asked, shown.query
    newest = last_event_id()
    keyset = KeysetPage.of(request, for_queue(asked.tickets), asked.order, size=PAGE_SIZE)
    usual = density_of(request.user)
    density = query.get("density", "")
    plain = is_plain(shown)
    context = {
        "asked": asked,
        "label": shown.label,
        "keyset": keyset,
        "rows": Rows(columns=shown.columns, group=asked.group).of(keyset),
        "columns": [(name, COLUMNS[name].label) for name in shown.columns],
        "span": len(shown.columns) + 3,
        "oob": False,
        "views": rail(request, shown.current, views),
        "narrowed": without_place(query),
        "poll": poll(query, newest, [ticket.pk for ticket in keyset], [], int(time.time()), False),
        "chips": [(chip, _without(query, chip)) for chip in asked.chips],
        "complaints": [(one.sentence, one.near, _mended(query, one)) for one in shown.complaints],
        "is_filtered": bool(asked.chips),
        "is_plain": plain,
        "saved": shown.saved,
        "may_keep": bool(shown.saved and not plain and allowed(request.user, "views.change", shown.saved)),
        "density": density if density in Density.values else usual,
        "densities": [(value, label, value == usual) for value, label in Density.choices],
        "due": call_backs_due(request.user),
    }
    return page(request, "desk/queue.html", context, fragment="desk/_queue.html")


def is_plain(shown: Shown) -> bool:
    """Whether the address shows a saved or a shipped view as it is, so that there is nothing to save."""
    if shown.saved:
        return is_shown_by(shown.saved, shown.query)
    return is_shown_by(SavedView(base=shown.asked.view.name), shown.query)


def _mended(query: QueryDict, complaint: filters.Complaint) -> str:
    return without_place(filters.mended(query, complaint)) if complaint.near else ""


def rail(request: HttpRequest, current: str, views: list[SavedView] | None = None) -> list[dict]:
    """The views with their numbers, for the rail; then the pinned ones that people saved, under whose they are."""
    if views is None:
        views = list(visible_views(request.user))
    pinned = [view for view in views if view.place is not None]
    counts = view_counts(request.user, _conditions(request.user, pinned))
    address = reverse("desk:queue")
    lines = [
        {
            "label": view.label,
            "icon": view.icon,
            "url": f"{address}?view={view.name}",
            "count": counts.get(view.name, ""),
            "is_current": view.name == current,
            "key": view.letter,
        }
        for view in filters.VIEWS.values()
        if view.letter
    ]
    approvals = len(to_approve(request.user))
    others = [("call-backs", _("Call-backs"), "phone", call_back_count(request.user), "b")]
    if approvals or current == "approvals":
        others.append(("approvals", _("Approvals"), "user-check", str(approvals), ""))
    lines += [
        {
            "label": label,
            "icon": icon,
            "url": reverse(f"desk:{name}"),
            "count": count,
            "is_current": current == name,
            "key": key,
        }
        for name, label, icon, count, key in others
    ]
    before = None
    for number, view in enumerate(pinned, 1):
        whose = str(view.team) if view.team else _("My views")
        lines.append(
            {
                "label": view.name,
                "icon": "users" if view.team else "bookmark",
                "url": f"{address}?saved={view.pk}",
                "count": counts.get(f"saved_{view.pk}", ""),
                "is_current": f"saved_{view.pk}" == current,
                "key": str(number) if number < 10 else "",
                "title": whose if whose != before else "",
            }
        )
        before = whose
    return lines


def _conditions(user, pinned: list[SavedView]) -> dict[str, Q]:
    """Conditions of the pinned views that are counted: not those that hold closed tickets or search for words, which no
    index of open tickets answers.
    """
    queries = {
        f"saved_{view.pk}": view.as_query() for view in pinned[:_MOST_COUNTED_VIEWS] if "words" not in view.filters
    }
    known = filters.Known(user, queries.values())
    asked = {name: filters.read(user, query, known=known, also=NAMES) for name, query in queries.items()}
    return {name: one.which for name, one in asked.items() if one.view.is_open}


def without_place(query: QueryDict, **changes) -> str:
    """The address's query without the place in the list: what a kept view, the export and the filters go by."""
    kept = query.copy()
    for name in _PLACE:
        kept.pop(name, None)
    for name, value in changes.items():
        kept[name] = value
    return kept.urlencode()


def _without(query: QueryDict, chip: filters.Chip) -> str:
    """The address's query with one value of one filter taken away."""
    kept = query.copy()
    values = [value for value in kept.getlist(chip.name) if value.strip() != chip.value]
    kept.setlist(chip.name, values)
    return without_place(kept)


class Poll(NamedTuple):
    """Where an open page asks what has happened, and after how many seconds, touched and left alone."""

    address: str
    seconds: int
    resting: int


def poll(query: QueryDict, newest: int, shown: list[int], fresh: list[int], counted: int, stale: bool) -> Poll:
    """How the open page asks what has happened since event `newest` to the tickets it shows. `counted` is when the
    numbers beside the views were; `stale` says that something has happened since.
    """
    own = without_place(query, counted=counted, **({"stale": 1} if stale else {}))
    ids = ".".join(map(str, shown))
    fresh_ids = ".".join(map(str, fresh))
    address = f"{reverse('desk:changes')}?since_event={newest}&shown={ids}&fresh={fresh_ids}&{own}"
    seconds = _seconds()
    return Poll(address, seconds, max(30, seconds))


# Who has asked this process within the last minute: most of them, since each asks twice or more and any process may
# answer. So the bound holds roughly, and for some hundreds of people.
_asking: dict[int, float] = {}


def _seconds() -> int:
    now = time.monotonic()
    for one, asked in list(_asking.items()):
        if now - asked > 60:
            _asking.pop(one, None)
    return max(10, -(-len(_asking) // _ASKED_A_SECOND))


def _ids(text: str, most: int) -> list[int]:
    return [int(part) for part in text.split(".")[:most] if part.isascii() and part.isdecimal() and len(part) < 16]


@needs("desk.use")
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """What an open queue asks every ten seconds or more. 204 while nothing happened to a ticket of theirs.

    Otherwise the shown rows that changed, in their places; those that no longer belong to the view stay, greyed, so
    that nothing moves while it is read. Tickets that came to the view are only counted, with a link that shows them.
    The numbers beside the views follow a little later.
    """
    _asking[request.user.pk] = time.monotonic()
    since, counted = id_in(request, "since_event"), id_in(request, "counted")
    counts = time.time() - counted > _COUNT_EACH * _seconds()
    events = (
        TicketEvent.objects.filter(pk__gt=since, ticket__in=desk_tickets(request.user))
        .order_by("pk")
        .values_list("pk", "ticket_id")[:_MOST_EVENTS]
    )
    touched = list(events)
    if not touched and not (counts and "stale" in request.GET):
        return HttpResponse(status=204)
    shown = _ids(request.GET.get("shown", ""), PAGE_SIZE)
    fresh = _ids(request.GET.get("fresh", ""), _MOST_NEW)
    changed = {ticket for _event, ticket in touched}
    views = list(visible_views(request.user)) if counts or "saved" in request.GET else []
    seen = read(request.user, request.GET, views)
    asked = seen.asked
    belonging = set(asked.tickets.filter(Q(pk__in=changed | set(fresh))).values_list("pk", flat=True))
    again = changed & set(shown)
    rows = Rows(columns=seen.columns).of(for_queue(desk_tickets(request.user).filter(pk__in=again))) if again else []
    for row in rows:
        row.css = "" if int(row.pk) in belonging else "is-gone"
    new = sorted((belonging - set(shown)) & (changed | set(fresh)))[:_MOST_NEW]
    context = {
        "asked": asked,
        "rows": rows,
        "new": new,
        "narrowed": without_place(seen.query),
        "poll": poll(
            seen.query,
            touched[-1][0] if touched else since,
            shown,
            new,
            int(time.time()) if counts else counted,
            not counts,
        ),
        "views": rail(request, seen.current, views) if counts else [],
        "oob": True,
    }
    return render(request, "desk/_changes.html", context)


# What the form has no field for, but the address may say.
_NOT_IN_FORM = ("saved", "density", "requester", "phase", "until", "resolved", "unchanged", "reopened")


@needs("desk.use")
@require_safe
def filter_form(request: HttpRequest) -> HttpResponse:
    """All filters as a form. On a page of its own, so that the queue does not carry its lists of names."""
    query = read(request.user, request.GET, list(visible_views(request.user))).query
    chosen = {name: filters.values_of(query, name) for name in filters.FILTERS}
    columns, _unknown = chosen_columns(query.getlist("columns"))
    selects = [
        ("type", [(value, label) for value, label in TicketType.choices]),
        ("priority", [(str(value), label) for value, label in Priority.choices]),
        ("status", list(all_statuses().items())),
        ("team", [("mine", _("My teams")), ("none", _("None")), *((t.code, str(t)) for t in teams_to_assign())]),
        ("assignee", [("me", _("Me")), ("none", _("Nobody")), *((str(p.pk), p.display_name) for p in agents())]),
        ("service", [("none", _("None")), *((s.code, str(s)) for s in Service.objects.filter(is_active=True))]),
        ("category", [("none", _("None")), *((c.code, str(c)) for c in categories())]),
        ("channel", list(Channel.choices)),
        ("due", [("late", _("Late")), ("today", _("Today"))]),
    ]
    view = query.get("view", filters.START_VIEW)
    context = {
        "selects": [
            {"name": name, "label": filters.FILTERS[name].label, "chosen": chosen[name], "options": options}
            for name, options in selects
        ],
        "words": query.get("words", ""),
        "tag": query.get("tag", ""),
        "item": query.get("item", ""),
        "since": query.get("since", ""),
        "major": bool(chosen["major"]),
        "view": view,
        "kept": [(name, value) for name in _NOT_IN_FORM for value in query.getlist(name)],
        "sort": query.get("sort") or (filters.VIEWS[view].order if view in filters.VIEWS else ""),
        "sorts": sort_labels(),
        "group": query.get("group", ""),
        "groups": [(name, group.label) for name, group in filters.GROUPS.items()],
        "columns": [(name, COLUMNS[name].label, name in columns) for name in dict.fromkeys([*columns, *COLUMNS])],
    }
    return page(request, "desk/filters.html", context, fragment="desk/_filters.html")


def sort_labels() -> list[tuple[str, str]]:
    return [
        ("priority", _("Priority, oldest first")),
        ("due", _("Due first")),
        ("created", _("Newest first")),
        ("oldest", _("Oldest first")),
        ("updated", _("Changed last first")),
    ]


@needs("desk.use")
@require_safe
def jump(request: HttpRequest) -> HttpResponse:
    """To the ticket with the number that was typed, full width and without its letters too; to the search when several
    have it; back with a sentence when there is none that the person sees.
    """
    typed = request.GET.get("number", "").strip()[:40]
    found = list(visible_tickets(request.user).filter(number__in=numbers_meant(typed))[:2])
    if len(found) == 1:
        return HttpResponseRedirect(found[0].get_absolute_url())
    if found:
        return HttpResponseRedirect(f"{reverse('desk:search')}?{_query(q=typed)}")
    messages.warning(request, _("There is no ticket “%(number)s” that you may see.") % {"number": typed})
    return HttpResponseRedirect(safe_next(request, reverse("desk:queue")))


def _query(**values: str) -> str:
    query = QueryDict(mutable=True)
    query.update(values)
    return query.urlencode()


@needs("desk.use")
@require_POST
def density(request: HttpRequest) -> HttpResponse:
    """Keep how dense the person likes the list."""
    return does(
        request,
        lambda: choose_density(request.user, request.POST.get("density", "")),
        to=safe_next(request, reverse("desk:queue")),
        message=_("The density is kept for you."),
    )
