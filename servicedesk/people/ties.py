"""What hangs on a person, a team or a department in apps that people knows nothing of.

An app to the right states it, as it states permissions:

    @tie(Team)
    def open_tickets(team) -> Tie | None: ...

A tie that `holds` stands in the way of taking the row out of use; any other is only told.
"""

from collections.abc import Callable
from typing import NamedTuple

from django.db.models import Model


class Tie(NamedTuple):
    sentence: str
    holds: bool


_TIES: dict[type[Model], dict[str, Callable[[Model], Tie | None]]] = {}


def tie(model: type[Model]):
    def keep(function):
        _TIES.setdefault(model, {})[f"{function.__module__}.{function.__name__}"] = function
        return function

    return keep


def ties_of(obj: Model) -> list[Tie]:
    """All ties of an object, those that hold it first."""
    found = [found for function in _TIES.get(obj._meta.model, {}).values() if (found := function(obj)) is not None]
    return sorted(found, key=lambda one: not one.holds)
