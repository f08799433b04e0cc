"""Colleagues whom a reply or note names: `@` and the whole name, as the suggestions of the box write it.

The words themselves are the mention: whoever types the name by hand, or sends it by API, names the same person, and
nothing beside the text can say otherwise. Two agents of one name are told apart by `@` and their e-mail address.
"""

from collections import defaultdict

from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.people.queries import agents
from servicedesk.web.formats import naming

from .errors import TicketError
from .models import Ticket
from .queries import who_works_on


def mentioned(body: str, ticket: Ticket, by: User) -> list[User]:
    """The agents whom a text names, without its writer.

    Refuses a name that several have, and somebody who does not work on the ticket: they would be told of what they
    may not read.
    """
    if "@" not in body and "＠" not in body:
        return []
    known: dict[str, list[User]] = defaultdict(list)
    for person in agents().only("name", "email").order_by("pk"):
        for name in (person.display_name, person.email):
            if person not in known[_key(name)]:
                known[_key(name)].append(person)
    pattern = naming(tuple(sorted(known)))
    found: dict[int, User] = {}
    for hit in pattern.finditer(body) if pattern else ():
        fitting = known[_key(hit[1])]
        if len(fitting) > 1:
            raise TicketError(
                _("Several people are called %(name)s. Choose one of the suggestions after “@”.") % {"name": hit[1]},
                field="body", code="ambiguous",
            )  # fmt: skip
        found[fitting[0].pk] = fitting[0]
    found.pop(by.pk, None)
    works = set(who_works_on(ticket).filter(pk__in=found).values_list("pk", flat=True)) if found else set()
    for pk, person in found.items():
        if pk not in works:
            raise TicketError(
                _("%(name)s does not work on %(number)s and cannot be told of it. Take the “@” away.")
                % {"name": person.display_name, "number": ticket.number},
                field="body", code="not_theirs",
            )  # fmt: skip
    return list(found.values())


def written(people: list[User]) -> list[tuple[User, str]]:
    """How each of them is mentioned: by name, or by address where another agent has the same name."""
    names = [person.name for person in people]
    shared: dict[str, int] = defaultdict(int)
    for name in agents().filter(name__in=names).values_list("name", flat=True):
        shared[name] += 1
    return [(one, f"@{one.email if shared[one.name] > 1 else one.display_name}") for one in people]


def _key(name: str) -> str:
    return name.replace("\u3000", " ").casefold()
