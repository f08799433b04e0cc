"""Reads of the directory: what is in it, what fits a ticket, what was taken outside, and of what to remind."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.utils import timezone

from servicedesk.people.actions.core import plain
from servicedesk.people.models import User
from servicedesk.people.queries import get_or_404
from servicedesk.tickets.models import Category, Ticket, TicketItem
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.finding import as_found
from servicedesk.web.text import normalise

from .models import Contract, Entry, Referral, Reminder

# How near an entry is to a ticket: what it is named for there.
ITEM, SERVICE, CATEGORY, GENERAL = range(4)
_BY_NAME = ("-is_active", "name", "id")
_KINDS = Case(
    *(When(kind=kind, then=Value(place)) for place, kind in enumerate(Entry.Kind.values)), output_field=IntegerField()
)


def visible_entries(user: User) -> QuerySet[Entry]:
    """The whole directory for agents and administrators; for everybody else there is none. In use first."""
    rows = Entry.objects.select_related("team", "person", "owner").order_by(*_BY_NAME)
    return rows if user.may("directory.see") else rows.none()


def get_entry(user: User, pk: int) -> Entry:
    return get_or_404(with_contracts(visible_entries(user)), pk=pk)


def with_contracts(rows: QuerySet[Entry], *, retired: bool = True) -> QuerySet[Entry]:
    """With the contracts of each, newest first, and all that their lines say."""
    contracts = Contract.objects.select_related("calendar", "agreement").prefetch_related("callers")
    contracts = contracts.order_by("-is_active", "-valid_from", "-id")
    if not retired:
        contracts = contracts.filter(is_active=True)
    return rows.prefetch_related(Prefetch("contracts", contracts))


def with_ties(rows: QuerySet[Entry]) -> QuerySet[Entry]:
    return rows.prefetch_related("services", "categories", "items")


def visible_contracts(user: User) -> QuerySet[Contract]:
    rows = Contract.objects.select_related("entry__owner", "calendar", "agreement").prefetch_related("callers")
    return rows.order_by("entry__name", "number", "id") if user.may("directory.see") else rows.none()


def get_contract(user: User, pk: int) -> Contract:
    return get_or_404(visible_contracts(user), pk=pk)


def _contracts(**at: object) -> Q:
    return Q(Exists(Contract.objects.filter(entry=OuterRef("pk"), is_active=True, **at)))


def find_entries(
    user: User, words: str = "", *, kind: str = "", service: int | None = None, what: str = ""
) -> QuerySet:
    """Entries with all the words in name, contact, phone, notes or the number of a contract; `what` is due, ending,
    expired, used_up or retired, without a word what is in use.
    """
    rows, today = visible_entries(user), timezone.localdate()
    for word in normalise(words).split():
        of_a_contract = Exists(Contract.objects.filter(entry=OuterRef("pk"), number__icontains=word))
        rows = rows.filter(Q(found_by__contains=as_found(word)) | Q(of_a_contract))
    if kind:
        rows = rows.filter(kind=kind)
    if service:
        rows = rows.filter(Exists(Entry.services.through.objects.filter(entry=OuterRef("pk"), service=service)))
    wanting = {
        "due": Q(review_on__lte=today),
        "ending": _contracts(valid_to__range=(today, today + timedelta(days=60))),
        "expired": _contracts(valid_to__lt=today),
        "used_up": _contracts(bought__isnull=False, used__gte=F("bought")),
    }
    return rows.filter(wanting.get(what, Q()), is_active=what != "retired")


def fitting(user: User, ticket: Ticket) -> QuerySet[Entry]:
    """The entries in use that fit a ticket, `near` says why: those of its items first, then of its service, then of its
    category or one above it, then those for everything.
    """
    above = _categories_above(ticket.category_id)

    def named_for(ties: Any, **at: Any) -> Exists:
        return Exists(ties.objects.filter(entry=OuterRef("pk"), **at))

    services, categories, items = Entry.services.through, Entry.categories.through, Entry.items.through
    of_ticket = TicketItem.objects.filter(ticket=ticket).values("item")
    near = Case(
        When(named_for(items, item__in=of_ticket), then=Value(ITEM)),
        When(named_for(services, service=ticket.service_id), then=Value(SERVICE)),
        When(named_for(categories, category__in=above), then=Value(CATEGORY)),
        When(~named_for(items) & ~named_for(services) & ~named_for(categories), then=Value(GENERAL)),
        default=None,
        output_field=IntegerField(),
    )
    rows = visible_entries(user).filter(is_active=True).annotate(near=near, place=_KINDS).filter(near__isnull=False)
    return with_contracts(rows.order_by("near", "place", "name", "id"), retired=False)


def _categories_above(pk: int | None) -> list[int]:
    """A category and those above it: one query for the tree, none without a category."""
    if pk is None:
        return []
    parents = dict(Category.objects.order_by().values_list("pk", "parent_id"))
    above: list[int] = []
    at: int | None = pk
    while at is not None and at not in above:
        above.append(at)
        at = parents.get(at)
    return above


# --- what was taken outside ----------------------------------------------------------------------------------------


def visible_referrals(user: User) -> QuerySet[Referral]:
    """Those of tickets that the person sees, newest first."""
    rows = Referral.objects.filter(ticket__in=visible_tickets(user))
    rows = rows.select_related("ticket", "entry", "contract", "by").order_by("-at", "-id")
    return rows if user.may("directory.see") else rows.none()


def referrals_of(ticket: Ticket) -> list[Referral]:
    """Those of a ticket, newest first, for whoever works on it."""
    return list(Referral.objects.filter(ticket=ticket).select_related("entry", "contract", "by"))


def get_referral(user: User, pk: int) -> Referral:
    return get_or_404(visible_referrals(user), pk=pk)


def hidden_referrals(user: User, entry: Entry) -> int:
    """How many tickets that the person does not see were taken to an entry."""
    return Referral.objects.filter(entry=entry).exclude(ticket__in=visible_tickets(user)).count()


# --- of what to remind -----------------------------------------------------------------------------------------------


def reminders_due(today: date) -> Iterator[Reminder]:
    """Unsaved reminders of everything that was reached by that day and of which nobody was reminded yet."""
    found = list(_due(today))
    known = set(Reminder.objects.filter(entry__in={each.entry_id for each in found}).values_list(*_KEY))
    yield from (each for each in found if tuple(getattr(each, name) for name in _KEY) not in known)


_KEY = ("entry_id", "contract_id", "kind", "about")


def _due(today: date) -> Iterator[Reminder]:
    kinds = Reminder.Kind
    for entry in Entry.objects.filter(is_active=True, review_on__lte=today).select_related("owner"):
        yield Reminder(entry=entry, kind=kinds.REVIEW, about=entry.review_on.isoformat())
    contracts = Contract.objects.filter(is_active=True, entry__is_active=True).select_related("entry__owner")
    reached = Q(valid_to__lte=today + timedelta(days=60)) | Q(
        bought__isnull=False, used__gte=F("bought") * Contract.NEARLY
    )
    for contract in contracts.filter(reached).order_by("pk"):
        if contract.valid_to is not None:
            days = (contract.valid_to - today).days
            kind = kinds.EXPIRED if days < 0 else Reminder.before_the_end(days)
            if kind:
                about = contract.valid_to.isoformat()
                yield Reminder(entry=contract.entry, contract=contract, kind=kind, about=about)
        if contract.bought is not None and (contract.is_used_up or contract.is_nearly_used_up):
            kind = kinds.USED_UP if contract.is_used_up else kinds.NEARLY_USED
            yield Reminder(entry=contract.entry, contract=contract, kind=kind, about=plain(contract.bought))
