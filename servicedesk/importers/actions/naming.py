"""Rows for names that nothing here is called yet. People cannot sign in and have addresses that nobody has; teams and
categories are out of use until an administrator puts them in: nobody is given new work by an old name.
"""

import hashlib
from typing import TypeVar

from django.contrib.auth.hashers import make_password
from django.db.models import Model

from servicedesk.people.actions import audit_many
from servicedesk.people.actions.core import Change, hold
from servicedesk.people.models import Team, User
from servicedesk.tickets.models import Category

from ..models import TicketImport
from ..queries import Names, address_of

Key = TypeVar("Key", str, tuple[str, ...])
UNKNOWN = "?"
_MOST_LETTERS = 32  # of a code


def make_missing(names: Names, run: TicketImport, *, by: User | None, via: str) -> None:
    """In the caller's transaction."""
    made: list[Change] = []
    if names.missing_people:
        hold()
        people = [_person(names.system, name) for name in names.missing_people]
        User.objects.bulk_create(people)
        names.people |= dict(zip(names.missing_people, people, strict=True))
        made += [_made(person, run) for person in people]
    if names.missing_teams:
        codes = _codes(Team, {name: name for name in names.missing_teams}, names.system)
        teams = [Team(code=codes[name], name=name, is_active=False) for name in names.missing_teams]
        Team.objects.bulk_create(teams)
        names.teams |= dict(zip(names.missing_teams, teams, strict=True))
        made += [_made(team, run) for team in teams]
    for depth in sorted({len(path) for path in names.missing_categories}):
        paths = [path for path in names.missing_categories if len(path) == depth]
        of_paths = _codes(Category, {path: path[-1] for path in paths}, names.system)
        rows = [
            Category(
                code=of_paths[path],
                name=path[-1],
                parent=names.categories.get(path[:-1]),
                is_active=False,
            )
            for path in paths
        ]
        Category.objects.bulk_create(rows)
        names.categories |= dict(zip(paths, rows, strict=True))
        made += [_made(row, run) for row in rows]
    if made:
        audit_many(made, by=by, via=via)


def _made(obj: Model, run: TicketImport) -> Change:
    return Change(obj, "create", {"import": True, "file": run.name})


def _person(system: str, name: str) -> User:
    shown = name or f"{UNKNOWN} ({system})"
    return User(email=address_of(system, name), name=shown, password=make_password(None), is_active=False)


def _codes(model: type[Team] | type[Category], wanted: dict[Key, str], system: str) -> dict[Key, str]:
    """A code for each: its name where that is short and nobody's yet, else one unlike any that people would choose."""
    taken = set(model._default_manager.filter(code__in=wanted.values()).values_list("code", flat=True))
    found: dict[Key, str] = {}
    for key, name in wanted.items():
        code = name
        if len(name) > _MOST_LETTERS or name in taken:
            code = "import-" + hashlib.sha256(f"{system}\0{key}".encode()).hexdigest()[:16]
        taken.add(code)
        found[key] = code
    return found
