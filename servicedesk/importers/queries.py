"""What is here already: imports so far, and the rows that names of other systems stand for."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.db.models import QuerySet

from servicedesk.people.models import NO_ADDRESS, Team, User
from servicedesk.people.queries import get_or_404
from servicedesk.tickets.models import Category, Ticket
from servicedesk.web.text import normalise

from .drafts import Draft
from .history import Told, steps_digest, told_of
from .models import Imported, Mapping, TicketImport

Path = tuple[str, ...]


def ticket_imports() -> QuerySet[TicketImport]:
    """All files so far, without what is in them."""
    return TicketImport.objects.select_related("by").defer("content", "rejected")


def get_import(pk: int) -> TicketImport:
    """One file, without what is in it; raises NotFound."""
    return get_or_404(TicketImport.objects.select_related("by").defer("content"), pk=pk)


def mappings() -> QuerySet[Mapping]:
    return Mapping.objects.all()


def imported_of(ticket: Ticket) -> Imported | None:
    """Where a ticket came from, None for one that began here."""
    if not ticket.is_imported:
        return None
    return Imported.objects.select_related("run").filter(pk=ticket.pk).first()


def address_of(system: str, name: str) -> str:
    """The made-up address of somebody who is known there by this name: always the same, and nobody's."""
    return hashlib.sha256(f"{system}\0{name}".encode()).hexdigest()[:24] + NO_ADDRESS


class Standing(NamedTuple):
    """What a draft is to the desk: created, changed, unchanged, or left (`reason`). `told` is what is new of it."""

    draft: Draft
    outcome: str
    told: Sequence[Told] = ()
    imported: Imported | None = None
    reason: str = ""


REWRITTEN, WORKED_ON = "rewritten", "worked_on"


def standings(system: str, drafts: Sequence[Draft]) -> list[Standing]:
    """By one query. What changed since is what its source added; where it tells its past otherwise than before, or
    somebody has worked on the ticket here, it is left as it is.
    """
    rows = Imported.objects.filter(source=system, external_id__in=[each.external_id for each in drafts])
    known = {row.external_id: row for row in rows.select_related("ticket")}
    return [_standing(draft, known.get(draft.external_id)) for draft in drafts]


def _standing(draft: Draft, imported: Imported | None) -> Standing:
    if imported is None:
        return Standing(draft, "created", told_of(draft))
    if imported.digest == draft.digest:
        return Standing(draft, "unchanged", imported=imported)
    told = told_of(draft)
    if steps_digest(told[: imported.steps]) != imported.steps_digest:
        return Standing(draft, "left", imported=imported, reason=REWRITTEN)
    if imported.ticket.event_count != imported.events:
        return Standing(draft, "left", imported=imported, reason=WORKED_ON)
    return Standing(draft, "changed", told[imported.steps :], imported)


class Names:
    """The rows that names stand for: people by address, number or the address made up for them, teams and categories by
    their names. What is not there is missing.
    """

    def __init__(self, system: str, people: Iterable[str], teams: Iterable[str], categories: Iterable[Path]):
        self.system = system
        self.people: dict[str, User] = {}
        self.teams: dict[str, Team] = {}
        self.categories: dict[Path, Category] = {}
        self._find_people(set(people))
        self._find_teams(set(teams))
        self._find_categories(sorted(set(categories), key=len))

    def _find_people(self, names: set[str]) -> None:
        made_up = {address_of(self.system, name): name for name in names}
        for person in User.objects.filter(email__in=made_up):
            self.people[made_up[person.email]] = person
        for person in User.objects.filter(employee_number__in=names):
            self.people[str(person.employee_number)] = person
        written = {name.lower(): name for name in names if "@" in name}
        if written:
            for user_id, address in EmailAddress.objects.filter(email__in=written).values_list("user_id", "email"):
                self.people[written[address]] = User.objects.get(pk=user_id)
            for person in User.objects.filter(email__in=written):
                self.people[written[person.email.lower()]] = person
        self.missing_people = sorted(names - set(self.people))

    def _find_teams(self, names: set[str]) -> None:
        if names:
            known: dict[str, Team] = {}
            for team in Team.objects.order_by("is_active", "-id"):  # of two of one name the one in use
                known |= {normalise(word): team for word in (team.name_en, team.name, team.code) if word}
            self.teams = {name: known[normalise(name)] for name in names if normalise(name) in known}
        self.missing_teams = sorted(names - set(self.teams))

    def _find_categories(self, paths: Sequence[Path]) -> None:
        if paths:
            below: dict[int | None, dict[str, Category]] = defaultdict(dict)
            for row in Category.objects.order_by("is_active", "-id"):
                below[row.parent_id] |= {normalise(word): row for word in (row.name_en, row.name) if word}
            for path in paths:
                above = self.categories.get(path[:-1])
                if len(path) == 1 or above is not None:
                    found = below[above.pk if above else None].get(normalise(path[-1]))
                    if found is not None:
                        self.categories[path] = found
        self.missing_categories = [path for path in paths if path not in self.categories]


def names_of(system: str, drafts: Sequence[Draft]) -> Names:
    """The rows that the names of these drafts stand for."""
    people, teams, categories = set[str](), set[str](), set[Path]()
    for draft in drafts:
        people |= draft.people | ({""} if not draft.requester else set())
        teams |= draft.teams
        categories |= draft.categories
    return Names(system, people, teams, categories)
