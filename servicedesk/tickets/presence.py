"""Who of the desk has a ticket open just now, and who is writing in it. Kept in the cache alone, for as long as the
open page goes on asking what has happened (every six seconds while somebody looks at it).
"""

from dataclasses import dataclass
from time import time

from django.core.cache import cache

from servicedesk.people.models import User

from .models import Ticket
from .permissions import speaks_for_desk

LIFE = 40
# Writing costs more than reading: whoever only goes on reading is noted anew this often.
_AGAIN = 15
_FIRST = ("reply", "note", "")


@dataclass(frozen=True)
class Present:
    """Somebody of the desk; `writing` is what they are writing, reply or note, empty while they read."""

    pk: int
    name: str
    writing: str


def here(user: User, ticket: Ticket, *, writing: str = "") -> list[Present]:
    """Note that the person has the ticket open, and say who else has, those first who answer. Nothing for and of those
    who do not speak for the desk: a requester is never watched, and watches nobody. The caller has found the ticket
    among those that the person sees.

    Two pages that note themselves in the same moment may lose one of the two, until it asks again.
    """
    if not speaks_for_desk(user, ticket):
        return []
    now = time()
    known = _read(ticket, now)
    _name, was_writing, at = known.get(user.pk, ("", "", 0.0))
    if was_writing != writing or now - at > _AGAIN:
        _write(ticket, known | {user.pk: (user.display_name, writing, now)})
    others = (Present(pk, name, writes) for pk, (name, writes, _at) in known.items() if pk != user.pk)
    return sorted(others, key=lambda one: (_FIRST.index(one.writing), one.name, one.pk))


def leave(user: User, ticket: Ticket) -> None:
    """The person closed the ticket's page."""
    known = _read(ticket, time())
    if known.pop(user.pk, None):
        _write(ticket, known)


def mark_of(others: list[Present]) -> str:
    """What a page shows, in short: it asks again with it, and gets an answer when that is no longer so."""
    return ".".join(f"{one.pk}{one.writing[:1]}" for one in others)


def _key(ticket: Ticket) -> str:
    return f"presence:{ticket.pk}"


def _read(ticket: Ticket, now: float) -> dict[int, tuple[str, str, float]]:
    known = cache.get(_key(ticket)) or {}
    return {pk: one for pk, one in known.items() if now - one[2] < LIFE}


def _write(ticket: Ticket, known: dict[int, tuple[str, str, float]]) -> None:
    cache.set(_key(ticket), known, LIFE)
