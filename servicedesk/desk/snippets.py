"""The words that were searched for, marked where they stand in a ticket."""

from collections.abc import Iterable
from functools import lru_cache

from django.db.models import Q
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from servicedesk.people.models import User
from servicedesk.tickets.models import Comment, Ticket
from servicedesk.tickets.queries import worked_on_by
from servicedesk.web.text import search_key

_BEFORE, _AFTER = 30, 90
_MOST = 20_000


def snippets(user: User, tickets: list[Ticket], words: list[str]) -> dict[int, SafeString]:
    """A piece of each ticket with the words marked, by the ticket's id: of its description, solution or a message, and
    of a note where the person works on the ticket. Two queries at most; none without words.
    """
    if not words or not tickets:
        return {}
    ids = [ticket.pk for ticket in tickets]
    found: dict[int, SafeString] = {}
    for pk, description, resolution in Ticket.objects.filter(pk__in=ids).values_list("pk", "description", "resolution"):
        for text in (description, resolution):
            if pk not in found and (piece := snippet(text, words)):
                found[pk] = piece
    left = [pk for pk in ids if pk not in found]
    if not left:
        return found
    readable = Q(is_public=True) | Q(ticket__in=Ticket.objects.filter(worked_on_by(user), pk__in=left))
    said = Q()
    for word in words:
        said |= Q(body__icontains=word.rstrip("ー"))
    rows = (
        Comment.objects.filter(readable, said, ticket__in=left).order_by("ticket_id", "-event_id").distinct("ticket_id")
    )
    for pk, body in rows.values_list("ticket_id", "body"):
        if piece := snippet(body, words):
            found[pk] = piece
    return found


def snippet(text: str, words: list[str]) -> SafeString:
    """About two lines around the first of the words, all of them marked; empty when none is there."""
    text = " ".join(text[:_MOST].split())
    places = _places(text, words)
    if not places:
        return SafeString("")
    start = max(0, places[0][0] - _BEFORE)
    end = min(len(text), places[0][1] + _AFTER)
    inside = [(max(a, start) - start, min(b, end) - start) for a, b in places if a < end and b > start]
    piece = _marked(text[start:end], inside)
    return mark_safe(("… " if start else "") + piece + (" …" if end < len(text) else ""))  # noqa: S308 - parts escaped


def marked(text: str, words: list[str]) -> SafeString:
    """The whole text with the words marked."""
    return _marked(text, _places(text, words))


def _places(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where the words stand, whatever their width and case: (first, behind the last) letter, not overlapping."""
    keys, owners = [], []
    for place, letter in enumerate(text):
        key = _key_of(letter)
        keys.append(key)
        owners.extend([place] * len(key))
    flat = "".join(keys)
    found = []
    # プリンター finds プリンタ as well: the long vowel at the end is written or left out as one likes.
    for key in {form for word in words for form in (search_key(word), search_key(word).rstrip("ー"))}:
        at = flat.find(key) if key else -1
        while at >= 0:
            found.append((owners[at], owners[at + len(key) - 1] + 1))
            at = flat.find(key, at + len(key))
    kept: list[tuple[int, int]] = []
    for first, last in sorted(found, key=lambda place: (place[0], -place[1])):
        if not kept or first >= kept[-1][1]:
            kept.append((first, last))
    return kept


@lru_cache(maxsize=10_000)
def _key_of(letter: str) -> str:
    return " " if letter.isspace() else search_key(letter)


def _marked(text: str, places: list[tuple[int, int]]) -> SafeString:
    out, at = [], 0
    for first, last in places:
        out.append(f"{escape(text[at:first])}<mark>{escape(text[first:last])}</mark>")
        at = last
    out.append(escape(text[at:]))
    return mark_safe("".join(out))  # noqa: S308 - every part is escaped
