"""Reads of services and configuration items."""

from django.db.models import Q, QuerySet

from servicedesk.people.models import User
from servicedesk.people.queries import find_people, get_or_404
from servicedesk.web.finding import as_found
from servicedesk.web.text import normalise

from .models import Item, ItemState, Service

_MOST_PEOPLE = 200
MOST_OF_A_PERSON = 20


def services() -> QuerySet[Service]:
    """The whole catalogue with what a list shows, services in use first."""
    return Service.objects.select_related("team", "business_contact", "system_contact").order_by(
        "-is_active", "name", "id"
    )


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


def items_of(user: User, person: User | None) -> list[Item]:
    """What a person uses, retired items left out, the first twenty by number; as far as `user` may see items."""
    if person is None:
        return []
    theirs = visible_items(user).select_related(None).filter(user=person).exclude(state=ItemState.RETIRED)
    return list(theirs[:MOST_OF_A_PERSON])
