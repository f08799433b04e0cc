"""Search: a ticket by its number at once, else visible tickets with all the words."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from servicedesk.tickets.queries import numbers_meant, search_tickets
from servicedesk.web.access import signed_in
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page, wants_fragment

from .queue_rows import Rows, for_queue

PAGE_SIZE = 30


@signed_in
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:200]
    found = for_queue(search_tickets(request.user, words))
    keyset = KeysetPage.of(request, found, ["-created_at", "-id"], size=PAGE_SIZE)
    if len(keyset) == 1 and not wants_fragment(request) and keyset.rows[0].number in numbers_meant(words):
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
