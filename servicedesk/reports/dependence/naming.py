"""What people are called on a page: by their name for those who may see it, by a letter for everybody else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import SystemRandom

from django.utils.translation import gettext as _

from .topics import Person

_random = SystemRandom()


@dataclass(frozen=True)
class Called:
    """A person as a page calls them. `is_named` says whether it is their name."""

    pk: int
    label: str
    is_named: bool
    is_here: bool


def naming(people: Iterable[Person], named: set[int] | None) -> Mapping[int, Called]:
    """What each is called, in the order of a page: by reading and name, never by a number; then those by letters.

    Letters are dealt anew each time: they tell people apart on one page, and lead from no page to another.
    """
    rows = sorted(people, key=lambda person: person.place)
    shown = [person for person in rows if named is None or person.pk in named]
    hidden = [person for person in rows if not (named is None or person.pk in named)]
    _random.shuffle(hidden)
    found = {person.pk: Called(person.pk, person.name, True, person.is_here) for person in shown}
    for place, person in enumerate(hidden):
        label = _("Person %(letter)s") % {"letter": _letter(place)}
        found[person.pk] = Called(person.pk, label, False, person.is_here)
    return found


def _letter(place: int) -> str:
    """A … Z, AA, AB …"""
    found = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(ord("A") + rest) + found
    return found
