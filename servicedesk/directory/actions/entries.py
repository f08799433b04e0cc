"""Writes on entries and contracts, each with its audit entry."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from servicedesk.intake.models import Mailbox
from servicedesk.levels.models import Agreement
from servicedesk.people.actions.core import allow, audit, changed_fields, keep, lock, plain
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from ..models import Contract, Entry

# What each kind has beside what all have.
OF_KIND = {
    Entry.Kind.TEAM: ("team", "person", "phone", "email", "web"),
    Entry.Kind.MANAGER: ("person", "phone", "email"),
    Entry.Kind.DECIDER: ("person", "phone", "email"),
    Entry.Kind.VENDOR: ("contact", "phone", "email", "web"),
    Entry.Kind.COMMUNITY: ("contact", "email", "web"),
}
OF_ALL = ("name", "how_to_call", "notes", "languages", "owner", "review_on", "is_active")
TIES = ("services", "categories", "items")
ENTRY_FIELDS = ("kind", *dict.fromkeys(name for names in OF_KIND.values() for name in names), *OF_ALL)
CONTRACT_FIELDS = (
    "number", "scope", "around_the_clock", "calendar", "channels", "valid_from", "valid_to", "unit", "bought", "used",
    "have_ready", "cost", "currency", "agreement", "is_active",
)  # fmt: skip


@transaction.atomic
def create_entry(*, by: User | None, via: str, **fields: Any) -> Entry:
    """Make an entry. Refuses a name that is taken, an owner who cannot see the directory, and an entry that does not
    say whom to turn to. `by` is None for the desk itself (demo content).
    """
    if by is not None:
        check(by, "directory.change")
    allow(fields, (*ENTRY_FIELDS, *TIES))
    entry = Entry()
    ties = _split(fields, TIES)
    changed_fields(entry, fields)
    keep_entry(entry)
    _set(entry, ties)
    audit(entry, "create", by=by, via=via, changes=_given(fields | ties))
    return entry


@transaction.atomic
def change_entry(entry: Entry, *, by: User, via: str, **fields: Any) -> Entry:
    """Change an entry; refuses as `create_entry`, and another kind: what was taken to it was taken to that."""
    allow(fields, (*ENTRY_FIELDS, *TIES))
    lock(entry)
    check(by, "directory.change", entry)
    if fields.get("kind", entry.kind) != entry.kind:
        raise Refused(_("The kind of an entry stays. Make another entry and take this one out of use."), field="kind")
    ties = _split(fields, TIES)
    changes = changed_fields(entry, fields)
    if changes:
        keep_entry(entry)
    changes |= _set(entry, ties)
    if changes:
        audit(entry, "change", by=by, via=via, changes=changes)
    return entry


def retire_entry(entry: Entry, *, by: User, via: str) -> Entry:
    """Take an entry out of use: it is shown on no ticket and reminds nobody. Its history stays."""
    return change_entry(entry, by=by, via=via, is_active=False)


def restore_entry(entry: Entry, *, by: User, via: str) -> Entry:
    return change_entry(entry, by=by, via=via, is_active=True)


def keep_entry(entry: Entry) -> None:
    """Check an entry and save it. Of fields that its kind has not, nothing is kept."""
    check_entry(entry)
    keep(entry, taken=_("There is an entry of this name already."), field="name")


def check_entry(entry: Entry) -> None:
    kinds = Entry.Kind
    if entry.kind not in kinds.values:
        raise Refused(_("Choose the kind of the entry."), field="kind")
    for name in {name for names in OF_KIND.values() for name in names} - set(OF_KIND[kinds(entry.kind)]):
        setattr(entry, name, None if name in ("team", "person") else "")
    if entry.kind == kinds.TEAM and entry.team is None:
        raise Refused(_("Choose the team."), field="team")
    if entry.kind in Entry.INSIDE and entry.person is None:
        raise Refused(_("Say who it is."), field="person")
    if entry.kind in (kinds.VENDOR, kinds.COMMUNITY) and not (entry.phone or entry.email or entry.web):
        raise Refused(
            _("Say how to reach them: an e-mail address, a page, or of a vendor a telephone number."), field="email"
        )
    if entry.email and Mailbox.objects.filter(address__iexact=entry.email).exists():
        raise Refused(_("This is a mailbox of the desk itself."), field="email")
    if entry.owner_id is None:
        raise Refused(_("Say who looks after the entry."), field="owner")
    if entry.is_active and not entry.owner.may("directory.see"):
        raise Refused(
            _("%(name)s cannot see the directory. The owner is an agent or an administrator.")
            % {"name": entry.owner.display_name},
            field="owner",
        )
    if entry.review_on is None:
        raise Refused(_("Say when it is to be reviewed."), field="review_on")
    entry.languages = list(dict.fromkeys(entry.languages))


@transaction.atomic
def create_contract(entry: Entry, *, by: User | None, via: str, **fields: Any) -> Contract:
    """Give a vendor a contract. Refuses one that ends before it starts, a number that the vendor has already, amounts
    below zero, what is counted without how much was bought, and an agreement that is not with a vendor.
    """
    if by is not None:
        check(by, "directory.change", entry)
    allow(fields, (*CONTRACT_FIELDS, "callers"))
    contract = Contract(entry=entry)
    ties = _split(fields, ("callers",))
    changed_fields(contract, fields)
    keep_contract(contract)
    _set(contract, ties)
    audit(contract, "create", by=by, via=via, changes=_given(fields | ties), entry=[entry.pk, entry.name])
    return contract


@transaction.atomic
def change_contract(contract: Contract, *, by: User, via: str, **fields: Any) -> Contract:
    """Change a contract; refuses as `create_contract`."""
    allow(fields, (*CONTRACT_FIELDS, "callers"))
    lock(contract)
    check(by, "directory.change", contract.entry)
    ties = _split(fields, ("callers",))
    changes = changed_fields(contract, fields)
    if changes:
        keep_contract(contract)
    changes |= _set(contract, ties)
    if changes:
        audit(contract, "change", by=by, via=via, changes=changes, entry=[contract.entry_id, contract.entry.name])
    return contract


def keep_contract(contract: Contract) -> None:
    check_contract(contract)
    keep(contract, taken=_("The vendor has a contract with this number already."), field="number")


def check_contract(contract: Contract) -> None:
    if contract.entry.kind != Entry.Kind.VENDOR:
        raise Refused(_("Only vendors have contracts."), field="entry")
    if contract.valid_from is None:
        raise Refused(_("Say from when the contract is valid."), field="valid_from")
    if contract.valid_to is not None and contract.valid_to < contract.valid_from:
        raise Refused(_("The contract ends before it starts."), field="valid_to", code="ends_before_start")
    for name in ("bought", "used", "cost"):
        value = getattr(contract, name)
        if value is not None and value < 0:
            raise Refused(_("This cannot be less than zero."), field=name)
    if not contract.unit:
        contract.bought, contract.used = None, Decimal(0)
    elif contract.bought is None:
        raise Refused(_("Say how much was bought."), field="bought")
    if contract.around_the_clock:
        contract.calendar = None
    contract.currency = contract.currency.upper()
    if not (contract.currency.isascii() and contract.currency.isalpha() and len(contract.currency) == 3):
        raise Refused(_("A currency has three letters, like JPY."), field="currency")
    if contract.agreement is not None and contract.agreement.kind != Agreement.Kind.VENDOR:
        raise Refused(_("“%(name)s” is no agreement with a vendor.") % {"name": contract.agreement}, field="agreement")
    contract.channels = list(dict.fromkeys(contract.channels))


def _split(fields: dict[str, Any], names: Iterable[str]) -> dict[str, list[Model]]:
    """Take what is tied by tables of their own out of the fields."""
    return {name: sorted(fields.pop(name), key=lambda row: row.pk) for name in names if name in fields}


def _set(obj: Entry | Contract, ties: Mapping[str, list[Model]]) -> dict[str, list]:
    """Tie the rows; returns what changed, for the audit log."""
    changes = {}
    for name, rows in ties.items():
        before = sorted(getattr(obj, name).all(), key=lambda row: row.pk)
        if before != rows:
            getattr(obj, name).set(rows)
            changes[name] = [plain(before), plain(rows)]
    return changes


def _given(fields: Mapping[str, Any]) -> dict[str, list]:
    return {name: [None, plain(value)] for name, value in fields.items() if value not in (None, "", [], False)}
