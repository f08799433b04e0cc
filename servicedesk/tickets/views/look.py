"""Finding a ticket by its number alone, the peek beside the queue, and suggestions while typing."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from servicedesk.people.queries import find_people
from servicedesk.web.access import needs, signed_in
from servicedesk.web.pages import page

from ..forms import LAST_OF_SEVERAL, person_text
from ..mentions import written
from ..models import OPEN
from ..queries import comments, get_ticket, search_tickets, visible_tickets, who_works_on
from ..tiers import may_go_up
from .answers import require
from .detail import clock_of, reason_of, steps_for

_MOST = 12
_MOST_MENTIONS = 8


@signed_in
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """Any ticket by its number: on to the page of its process."""
    return HttpResponseRedirect(get_ticket(request.user, number).get_absolute_url())


@needs("tickets.work")
def on(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Verbs that each process does in its own way (`change`, `priority`): on to its page, whatever the method."""
    ticket = get_ticket(request.user, number)
    response = HttpResponseRedirect(reverse(f"{ticket.workflow.app}:{verb}", args=[ticket.number]))
    response.status_code = 307
    return response


@needs("tickets.work")
def peek(request: HttpRequest, number: str) -> HttpResponse:
    """A ticket at a glance, beside the queue: who, since when, the clock, the last message, the next steps."""
    ticket = get_ticket(request.user, number)
    works = request.user.may("tickets.work", ticket)
    context = {
        "ticket": ticket,
        "works": works,
        "steps": steps_for(request.user, ticket),
        "last": comments(request.user, ticket).order_by("-event_id").first(),
        "clock": clock_of(ticket),
        "priority_reason": reason_of(ticket),
        "may_escalate": works and may_go_up(request.user, ticket),
    }
    return page(request, "tickets/peek.html", context, fragment="tickets/_peek.html")


@needs("tickets.work")
def mentions(request: HttpRequest, number: str) -> HttpResponse:
    """Options for what one types after an `@` in the box of a ticket: agents who work on it, never oneself."""
    ticket = get_ticket(request.user, number)
    require(request, "tickets.note", ticket)
    found = find_people(request.user, _typed(request)).filter(pk__in=who_works_on(ticket).values("pk"))
    people = written(list(found.exclude(pk=request.user.pk).select_related("department")[:_MOST_MENTIONS]))
    return page(request, "tickets/_mentions.html", {"people": people})


@signed_in
def people(request: HttpRequest) -> HttpResponse:
    """Suggestions for a person field: people whom the reader may see and whom the words fit. In a field for several
    the words after the last comma count, and each suggestion has everything before them.
    """
    before, words, place = "", _typed(request), "people-found"
    for name in ("cc", "bcc", "to"):
        if request.GET.get(name):
            place = "copies-found"
            before, words = LAST_OF_SEVERAL.fullmatch(request.GET[name][:2000]).groups()
    found = []
    if len(words) >= 2 or (words and not words.isascii()):
        rows = find_people(request.user, words).filter(is_active=True).select_related("department")
        found = [(before + person_text(person), person) for person in rows[:_MOST]]
    return page(request, "tickets/_people.html", {"found": found, "place": place})


@needs("tickets.work")
def find(request: HttpRequest) -> HttpResponse:
    """Suggestions for a ticket field: visible tickets by number or words; newest open ones first when nothing is
    typed.
    """
    words = _typed(request)
    rows = search_tickets(request.user, words) if words else visible_tickets(request.user).filter(OPEN).order_by("-pk")
    if words and words.upper().startswith(("INC", "REQ")):
        rows = visible_tickets(request.user).filter(number__istartswith=words[:16]).order_by("-pk")
    return page(request, "tickets/_found.html", {"found": rows.only("number", "title", "type")[:_MOST]})


def _typed(request: HttpRequest) -> str:
    """What stands in the field: htmx sends the field under its own name, a link says `q`."""
    for name in ("q", "requester", "user", "other"):
        if request.GET.get(name):
            return request.GET[name].strip()[:200]
    return ""
