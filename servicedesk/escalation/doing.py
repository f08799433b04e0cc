"""What one kind of action is, and how its settings are read.

A live run and a trial run ask the same `plan`. It answers None when there is nothing to change; a live run then does
what was planned, a trial run only keeps it in mind (`imagine`), so that the next action sees it. Everything is done by
the usual actions, with `by` None: the desk itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from servicedesk.people.models import Team, User
from servicedesk.tickets.models import Ticket
from servicedesk.web.errors import Refused
from servicedesk.web.text import lines, nearest, one_line

from .models import Rule
from .remembering import once
from .world import World

VIA = "rule"
MOST_LETTERS = 2_000

Change = dict[str, Any]


@dataclass(frozen=True)
class Doing:
    """One kind of action; `parts` are its settings. `read` checks them, `words` says them."""

    name: str
    label: Promise
    parts: tuple[str, ...]
    read: Callable[[dict], dict]
    words: Callable[[dict], str]
    plan: Callable[[Ticket, dict, World], Change | None]
    do: Callable[[Ticket, dict, Change, World, Rule], Any]
    imagine: Callable[[Ticket, Change, World], None] = lambda ticket, change, world: None


def refused(sentence: str, code: str = "actions") -> Refused:
    return Refused(sentence, field="actions", code=code)


def known(given: Any, words: Iterable[str], label: Any) -> str:
    """One of the known words, or a refusal with the nearest."""
    names = list(words)
    if isinstance(given, str | int) and str(given).strip() in names:
        return str(given).strip()
    near = nearest(str(given)[:60], names)
    said = (
        _("“%(field)s” knows no “%(value)s”. Did you mean “%(near)s”?")
        if near
        else _("“%(field)s” knows no “%(value)s”.")
    )
    raise refused(said % {"field": label, "value": str(given)[:60], "near": near}, "unknown_value")


def person_in(given: Any, label: Any) -> str:
    person = person_called(given)
    if person is None:
        raise refused(
            _("“%(field)s” knows no “%(value)s”.") % {"field": label, "value": str(given)[:60]}, "unknown_value"
        )
    return person.email


def person_called(given: Any) -> User | None:
    """Somebody who is here, by their main address."""
    address = one_line(str(given), 254)
    rows = User.objects.filter(email__iexact=address, is_active=True)
    return once(("address", address.casefold()), rows.first)


def team_in(given: Any) -> str:
    return known(given, [team.code for team in all_teams().values() if team.is_active], _("Team"))


def text_in(given: Any, label: Any, *, most: int = MOST_LETTERS, needed: bool = True) -> str:
    text = lines(given).strip() if isinstance(given, str) else ""
    if (needed and not text) or len(text) > most:
        raise refused(_("“%(field)s” is a text of 1 to %(most)d letters.") % {"field": label, "most": most}, "text")
    return text


def name_of_team(code: str) -> str:
    return str(all_teams().get(code, code))


def all_teams() -> dict[str, Team]:
    return once("teams", lambda: {team.code: team for team in Team.objects.all()})
