"""Reads of services and configuration items."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from servicedesk.people.models import User
from servicedesk.people.queries import find_people, get_or_404
from servicedesk.web.finding import as_found
from servicedesk.web.text import is_one_line, normalise

from .models import Item, ItemState, Service

_MOST_PEOPLE = 200
MOST_OF_A_PERSON = 20


def services() -> QuerySet[Service]:
    """The whole catalogue with what a list shows, services in use first."""
    return Service.objects.select_related("team", "business_contact", "system_contact").order_by(
        "-is_active", "name", "id"
    )


def service_in_use(pk: int) -> Service | None:
    return Service.objects.filter(pk=pk, is_active=True).first()


def visible_items(user: User) -> QuerySet[Item]:
    """All configuration items for whoever looks them up for their work; for everybody else there are none."""
    items = Item.objects.select_related("user__department")
    return items if user.may("items.see") else items.none()


def get_item(user: User, pk: int) -> Item:
    return get_or_404(visible_items(user), pk=pk)


def find_items(user: User, words: str, *, kind: str = "", state: str = "") -> QuerySet[Item]:
    """The items with all these words in number, name, serial number and place, or of a person whom the words fit.
    Width, case and kana make no difference.
    """
    found = visible_items(user)
    if kind:
        found = found.filter(kind=kind)
    if state:
        found = found.filter(state=state)
    plain = normalise(words)
    if plain:
        has = Q()
        for word in plain.split():
            has &= Q(found_by__contains=as_found(word))
        # Ids, because PostgreSQL combines the indexes of both parts only then.
        people = list(find_people(user, words).order_by("pk").values_list("pk", flat=True)[:_MOST_PEOPLE])
        found = found.filter(has | Q(user__in=people)) if people else found.filter(has)
    return found


def items_numbered(user: User, numbers: Iterable[str]) -> dict[str, Item]:
    """The items with these asset numbers, by what was given; full width and small letters are understood."""
    meant = {
        given: [given, normalise(given), normalise(given).upper()] for given in numbers if given and is_one_line(given)
    }
    wanted = {number for numbers in meant.values() for number in numbers}
    known = {item.number: item for item in visible_items(user).filter(number__in=wanted)} if wanted else {}
    found = {given: next((known[each] for each in numbers if each in known), None) for given, numbers in meant.items()}
    return {given: item for given, item in found.items() if item is not None}


def items_in_use(user: User) -> QuerySet[Item]:
    """What a ticket can be about: everything that is not retired."""
    return visible_items(user).exclude(state=ItemState.RETIRED)


def items_of(user: User, person: User | None) -> list[Item]:
    """What a person uses, retired items left out, the first twenty by number; as far as `user` may see items."""
    if person is None:
        return []
    theirs = items_in_use(user).select_related(None).filter(user=person)
    return list(theirs[:MOST_OF_A_PERSON])
