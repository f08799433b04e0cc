"""Search: a ticket by its number at once, else visible tickets that fit, and people."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from servicedesk.people.models import User
from servicedesk.people.queries import find_people
from servicedesk.tickets.search import MOST_LETTERS, Search, completions
from servicedesk.tickets.search import search as find
from servicedesk.web.access import signed_in
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page, wants_fragment

from .queue_rows import Rows, for_queue
from .snippets import marked, snippets

PAGE_SIZE = 30
_MOST_PEOPLE = 5


@signed_in
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:MOST_LETTERS]
    found = find(request.user, words)
    keyset = KeysetPage.of(request, for_queue(found.tickets), ["-created_at", "-id"], size=PAGE_SIZE)
    if found.is_number and len(keyset) == 1 and not wants_fragment(request):
        return HttpResponseRedirect(keyset.rows[0].get_absolute_url())
    works = request.user.may("tickets.work")
    said = snippets(request.user, list(keyset), found.words)
    context = {
        "words": words,
        "keyset": keyset,
        "rows": [(row, marked(row.title, found.words), said.get(int(row.pk), "")) for row in Rows().of(keyset)],
        "people": _people(request.user, found),
        "problems": found.problems,
        "works": works,
        "frame": "base_desk.html" if works else "base_portal.html",
    }
    return page(request, "desk/search.html", context, fragment="desk/_found.html")


def _people(user: User, found: Search) -> list[User]:
    """The first people whom the words fit, for those who see the list of people."""
    if not found.words or found.has_filters or not user.may("people.see"):
        return []
    return list(find_people(user, " ".join(found.words)).select_related("department")[:_MOST_PEOPLE])


@signed_in
@require_safe
def complete(request: HttpRequest) -> HttpResponse:
    """What the last word in a search box may become, as options of a list."""
    context = {"completions": completions(request.user, request.GET.get("q", ""))}
    return render(request, "desk/_completions.html", context)
