"""The queue: views, filters, rows, and what has happened since it was opened."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from cmdb.models import Service
from servicedesk.people.csvfiles import write
from servicedesk.people.queries import agents
from servicedesk.tickets import filters
from servicedesk.tickets.models import Channel, Priority, Ticket, TicketEvent
from servicedesk.tickets.queries import categories, desk_tickets, last_event_id, teams_to_assign
from servicedesk.tickets.workflow import TicketType, all_statuses, workflow_of
from servicedesk.web import formats
from servicedesk.web.access import needs
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from .queue_rows import Rows, call_back_count, call_backs_due, for_queue, view_counts

PAGE_SIZE = 50
MOST_EXPORTED = 5_000
# An open page learns of this many events at a time, and remembers this many new tickets.
_MOST_EVENTS = 500
_MOST_NEW = 100
_PLACE = ("after", "before", "since_event", "shown", "fresh")


@needs("desk.use")
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    asked = filters.read(request.user, request.GET)
    newest = last_event_id()
    keyset = KeysetPage.of(request, for_queue(asked.tickets), asked.order, size=PAGE_SIZE)
    context = {
        "asked": asked,
        "keyset": keyset,
        "rows": Rows().of(keyset),
        "oob": False,
        "views": rail(request, asked.view.name),
        "narrowed": without_place(request.GET),
        "poll": poll_address(request.GET, newest, [ticket.pk for ticket in keyset], []),
        "chips": [(chip, _without(request.GET, chip)) for chip in asked.chips],
        "is_filtered": bool(asked.chips),
        "due": call_backs_due(request.user),
    }
    return page(request, "desk/queue.html", context, fragment="desk/_queue.html")


def rail(request: HttpRequest, current: str) -> list[dict]:
    """The views with their numbers, for the rail; call-backs come last."""
    counts = view_counts(request.user)
    address = reverse("desk:queue")
    views = [
        {
            "label": view.label,
            "icon": view.icon,
            "url": f"{address}?view={view.name}",
            "count": counts.get(view.name, ""),
            "is_current": view.name == current,
        }
        for view in filters.VIEWS.values()
    ]
    call_backs = {
        "label": _("Call-backs"),
        "icon": "phone",
        "url": reverse("desk:call-backs"),
        "count": call_back_count(request.user),
        "is_current": current == "call-backs",
    }
    return [*views, call_backs]


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


def poll_address(query: QueryDict, newest: int, shown: list[int], fresh: list[int]) -> str:
    """Where the open page asks what has happened since event `newest` to the tickets it shows."""
    own = without_place(query)
    ids = ".".join(map(str, shown))
    return f"{reverse('desk:changes')}?since_event={newest}&shown={ids}&fresh={'.'.join(map(str, fresh))}&{own}"


def _ids(text: str, most: int) -> list[int]:
    return [int(part) for part in text.split(".")[:most] if part.isascii() and part.isdecimal() and len(part) < 16]


@needs("desk.use")
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """What an open queue asks every few seconds. 204 while nothing happened to a ticket that the person works on.

    Otherwise the shown rows that changed, in their places; those that no longer belong to the view stay, greyed, so
    that nothing moves while it is read. Tickets that came to the view are only counted, with a link that shows them.
    """
    since = request.GET.get("since_event", "")
    since = int(since) if since.isascii() and since.isdecimal() and len(since) < 16 else 0
    events = (
        TicketEvent.objects.filter(pk__gt=since, ticket__in=desk_tickets(request.user))
        .order_by("pk")
        .values_list("pk", "ticket_id")[:_MOST_EVENTS]
    )
    touched = list(events)
    if not touched:
        return HttpResponse(status=204)
    shown = _ids(request.GET.get("shown", ""), PAGE_SIZE)
    fresh = _ids(request.GET.get("fresh", ""), _MOST_NEW)
    changed = {ticket for _event, ticket in touched}
    asked = filters.read(request.user, request.GET)
    belonging = set(asked.tickets.filter(Q(pk__in=changed | set(fresh))).values_list("pk", flat=True))
    redrawn = for_queue(desk_tickets(request.user).filter(pk__in=changed & set(shown)))
    rows = Rows().of(redrawn)
    for row in rows:
        row.css = "" if int(row.pk) in belonging else "is-gone"
    new = sorted((belonging - set(shown)) & (changed | set(fresh)))[:_MOST_NEW]
    context = {
        "asked": asked,
        "rows": rows,
        "new": new,
        "narrowed": without_place(request.GET),
        "poll": poll_address(request.GET, touched[-1][0], shown, new),
        "views": rail(request, asked.view.name),
        "oob": True,
    }
    return render(request, "desk/_changes.html", context)


@needs("desk.use")
@require_safe
def filter_form(request: HttpRequest) -> HttpResponse:
    """All filters as a form. On a page of its own, so that the queue does not carry its lists of names."""
    chosen = {name: request.GET.getlist(name) for name in filters.FILTERS}
    selects = [
        ("type", [(value, label) for value, label in TicketType.choices]),
        ("priority", [(str(value), label) for value, label in Priority.choices]),
        ("status", list(all_statuses().items())),
        ("team", [("mine", _("My teams")), ("none", _("None")), *((t.code, str(t)) for t in teams_to_assign())]),
        ("assignee", [("me", _("Me")), ("none", _("Nobody")), *((str(p.pk), p.display_name) for p in agents())]),
        ("service", [("none", _("None")), *((s.code, str(s)) for s in Service.objects.filter(is_active=True))]),
        ("category", [("none", _("None")), *((c.code, str(c)) for c in categories())]),
        ("channel", list(Channel.choices)),
    ]
    context = {
        "selects": [
            {"name": name, "label": filters.FILTERS[name][0], "chosen": chosen[name], "options": options}
            for name, options in selects
        ],
        "words": request.GET.get("words", ""),
        "tag": request.GET.get("tag", ""),
        "since": request.GET.get("since", ""),
        "major": bool(chosen["major"]),
        "view": request.GET.get("view", filters.START_VIEW),
        "sort": request.GET.get("sort", ""),
        "sorts": sort_labels(),
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
def export(request: HttpRequest) -> HttpResponse:
    """The filtered queue as a CSV file for spreadsheets, up to 5,000 rows, in its order."""
    asked = filters.read(request.user, request.GET)
    tickets = (
        asked.tickets.select_related("requester__department", "assignee", "team", "service", "category")
        .defer("description", "resolution")
        .order_by(*asked.order)[:MOST_EXPORTED]
    )
    head = [
        _("Number"),
        _("Type"),
        _("Title"),
        _("Status"),
        _("Priority"),
        _("Requester"),
        _("Department"),
        _("Team"),
        _("Assignee"),
        _("Service"),
        _("Category"),
        _("Channel"),
        _("Created"),
        _("Due"),
        pgettext("date", "Resolved"),
        pgettext("date", "Closed"),
    ]

    content = b"".join(write(head, [_cells(ticket) for ticket in tickets]))
    name = f"queue-{formats.local(timezone.now()):%Y%m%d-%H%M}.csv"
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _cells(ticket: Ticket) -> list[str]:
    def moment(value) -> str:
        return f"{formats.local(value):%Y-%m-%d %H:%M}" if value else ""

    return [
        ticket.number,
        ticket.get_type_display(),
        ticket.title,
        str(workflow_of(ticket.type).status(ticket.status).label),
        f"P{ticket.priority}",
        ticket.requester.display_name,
        str(ticket.requester.department or ""),
        str(ticket.team or ""),
        ticket.assignee.display_name if ticket.assignee else "",
        str(ticket.service or ""),
        str(ticket.category or ""),
        ticket.get_channel_display(),
        moment(ticket.created_at),
        moment(ticket.due_at),
        moment(ticket.resolved_at),
        moment(ticket.closed_at),
    ]
