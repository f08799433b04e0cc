"""Search: a ticket by its number at once, else visible tickets with all the words."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from servicedesk.tickets.queries import search_tickets
from servicedesk.web.access import signed_in
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page, wants_fragment
from servicedesk.web.text import normalise

from .queue_rows import Rows, for_queue

PAGE_SIZE = 30


@signed_in
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:200]
    found = for_queue(search_tickets(request.user, words))
    keyset = KeysetPage.of(request, found, ["-created_at", "-id"], size=PAGE_SIZE)
    if len(keyset) == 1 and not wants_fragment(request) and _is_number(words, keyset.rows[0].number):
        return HttpResponseRedirect(keyset.rows[0].get_absolute_url())
    works = request.user.may("tickets.work")
    context = {
        "words": words,
        "keyset": keyset,
        "rows": Rows().of(keyset),
        "works": works,
        "frame": "base_desk.html" if works else "base_portal.html",
    }
    return page(request, "desk/search.html", context, fragment="desk/_found.html")


def _is_number(words: str, number: str) -> bool:
    """What was typed is this number: `INC0000123`, `inc123`, or its digits alone."""
    typed = normalise(words).upper()
    return typed == number or (typed.isdecimal() and int(typed) == int(number[3:]))
