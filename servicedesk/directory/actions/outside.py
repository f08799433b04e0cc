"""Taking a ticket outside: whom, under which contract, with which mail; what was learnt later; and taking it back."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions import guest
from servicedesk.people.actions.core import keep, plain
from servicedesk.people.actions.core import lock as lock_row
from servicedesk.people.actions.persons import clean_address
from servicedesk.people.models import User
from servicedesk.people.queries import person_by_address
from servicedesk.people.rules import allowed, check
from servicedesk.tickets.actions import forward, lock, move, record
from servicedesk.tickets.actions.core import person_ref
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Ticket
from servicedesk.web.formats import exact, number

from ..models import Contract, Entry, Referral

_MOST = Decimal(1000)


@transaction.atomic
def escalate_outside(
    ticket: Ticket,
    entry: Entry,
    *,
    by: User,
    via: str,
    contract: Contract | None = None,
    contact: str = "",
    reference: str = "",
    used: Decimal | None = None,
    body: str = "",
    agreed: bool = False,
    seen: int | None = None,
    at: datetime | None = None,
) -> Referral:
    """Take a ticket to an entry of the directory, under a contract or without one.

    With a `body` it is mailed to the entry's address with the description of the ticket; what they answer comes back as
    an internal note. `used` is what it takes of the contract: without one an incident, or no hours yet. The ticket then
    waits for the vendor where that is possible; not for a manager, who decides while work goes on. The event
    `escalate_outside` names the contract's agreement, from which the vendor's clock runs.
    `seen` is the newest event that the writer knew of: pressed twice, it is taken outside once.
    Refuses (field) what is out of use (entry, contract), a contract of somebody else, that has ended or not begun, or
    under which others may call (contract), to take more than is left without `agreed` (agreed), and a mail without an
    address (body).
    """
    lock(ticket)
    check(by, "tickets.forward", ticket)
    if seen is not None and (done := _pressed_before(ticket, entry, by, seen)):
        return done
    if not ticket.is_open:
        raise TicketError(_("%(number)s is closed. Reopen it first.") % {"number": ticket.number}, code="closed")
    if not entry.is_active:
        raise TicketError(_("“%(name)s” is no longer in use.") % {"name": entry.name}, field="entry")
    taken = _take(contract, entry, used, by, agreed) if contract is not None else _take_none(entry, by)
    to = _write_to(entry, by, via) if body.strip() else None
    if to is not None:
        forward(ticket, None, by=by, via=via, to=[to], body=body)
    waits = entry.kind not in Entry.INSIDE and ticket.status in ticket.workflow.transition("wait_for_vendor").sources
    if waits:
        move(ticket, "wait_for_vendor", by=by, via=via, at=at)
    # A vendor's clock runs while one waits for the vendor.
    agreement = contract.agreement if contract is not None and ticket.status == "waiting_vendor" else None
    referral = Referral(
        ticket=ticket, entry=entry, contract=contract, by=by, contact=contact.strip(), reference=reference.strip(),
        to_address=to.email if to is not None else "", used=taken, moved=waits, at=at or timezone.now(),
    )  # fmt: skip
    keep(referral)
    record(
        ticket, "escalate_outside", by=by, via=via, at=at, entry=_entry(referral), contract=_contract(referral),
        agreement=agreement.pk if agreement is not None and agreement.is_active else None,
        reference=referral.reference, used=plain(taken), unit=contract.unit if contract is not None else "",
        to=[person_ref(to)] if to is not None else [],
    )  # fmt: skip
    return referral


@transaction.atomic
def amend_referral(
    referral: Referral,
    *,
    by: User,
    via: str,
    contact: str | None = None,
    reference: str | None = None,
    used: Decimal | None = None,
    agreed: bool = False,
) -> Referral:
    """Add what was learnt later: the vendor's number, with whom was spoken, the hours that it took. What is None stays.
    Refuses (field) more than is left without `agreed` (agreed), and what was taken back.
    """
    ticket = _lock(referral, by)
    if referral.undone_at is not None:
        raise TicketError(_("This was taken back."), code="undone")
    before = [referral.contact, referral.reference, referral.used]
    if used is not None and used != referral.used:
        if referral.contract is None:
            raise TicketError(_("Without a contract nothing is counted."), field="used")
        lock_row(referral.contract)
        _check_call(referral.contract, by)
        _consume(referral.contract, _amount(used), _amount(referral.used), agreed)
        referral.used = used
    referral.contact = referral.contact if contact is None else contact.strip()
    referral.reference = referral.reference if reference is None else reference.strip()
    if before != [referral.contact, referral.reference, referral.used]:
        keep(referral)
        changes = {
            name: [plain(was), plain(now)]
            for name, was, now in (
                ("reference", before[1], referral.reference),
                ("used", before[2], referral.used),
            )
            if was != now
        }
        record(
            ticket,
            "amend_escalation_outside",
            by=by,
            via=via,
            entry=_entry(referral),
            contract=_contract(referral),
            changes=changes,
        )
    return referral


@transaction.atomic
def undo_referral(referral: Referral, *, by: User, via: str) -> Referral:
    """Take it back: the contract gets back what it gave, and a ticket that waits by this alone is worked on again. A
    mail that left stays sent. Nothing happens the second time. Refuses others than whoever did it, and leads.
    """
    ticket = _lock(referral, by)
    if referral.undone_at is not None:
        return referral
    if referral.by_id != by.pk and not by.is_lead:
        raise TicketError(_("Only %(name)s or a lead can take this back.") % {"name": referral.by}, code="not_yours")
    if referral.contract is not None:
        lock_row(referral.contract)
        _consume(referral.contract, Decimal(0), referral.used, agreed=True)
    event = record(
        ticket,
        "undo_escalation_outside",
        by=by,
        via=via,
        entry=_entry(referral),
        contract=_contract(referral),
        used=plain(referral.used),
    )
    referral.undone_at, referral.undone_by = event.at, by
    referral.save(update_fields=["undone_at", "undone_by"])
    others = Referral.objects.filter(ticket=ticket, undone_at__isnull=True)
    if referral.moved and ticket.status == "waiting_vendor" and not others.exists():
        move(ticket, "resume", by=by, via=via)
    return referral


def _lock(referral: Referral, by: User) -> Ticket:
    ticket = lock(referral.ticket)
    check(by, "tickets.forward", ticket)
    lock_row(referral)
    referral.ticket = ticket
    return ticket


def _entry(referral: Referral) -> list:
    return [referral.entry_id, referral.entry.name]


def _contract(referral: Referral) -> list | None:
    return [referral.contract.pk, referral.contract.number] if referral.contract is not None else None


def _pressed_before(ticket: Ticket, entry: Entry, by: User, seen: int) -> Referral | None:
    since = ticket.events.filter(verb="escalate_outside", by=by, data__entry__0=entry.pk, number__gt=seen)
    return Referral.objects.filter(ticket=ticket, entry=entry, by=by).first() if since.exists() else None


def _take(contract: Contract, entry: Entry, used: Decimal | None, by: User, agreed: bool) -> Decimal:
    """Take from a contract what this call costs; its row is held until the end of the transaction."""
    lock_row(contract)
    if contract.entry_id != entry.pk or not contract.is_active:
        raise TicketError(_("“%(name)s” has no such contract in use.") % {"name": entry.name}, field="contract")
    if contract.is_expired:
        raise TicketError(
            _("The contract ended on %(day)s. Choose another one, or go on without a contract.")
            % {"day": exact(contract.valid_to)},
            field="contract",
            code="expired",
        )
    if not contract.is_valid:
        raise TicketError(
            _("The contract begins on %(day)s.") % {"day": exact(contract.valid_from)}, field="contract", code="not_yet"
        )
    _check_call(contract, by)
    if not contract.unit:
        return Decimal(0)
    if used is None:
        used = Decimal(1 if contract.unit == Contract.Unit.INCIDENTS else 0)
    _consume(contract, _amount(used), Decimal(0), agreed)
    return used


def _take_none(entry: Entry, by: User) -> Decimal:
    """Without a contract; but whom the contracts of a vendor do not name goes around none of them."""
    valid = [each for each in entry.contracts.filter(is_active=True) if each.is_valid]
    if valid and not any(allowed(by, "directory.call", each) for each in valid):
        _check_call(valid[0], by)
    return Decimal(0)


def _check_call(contract: Contract, by: User) -> None:
    if not allowed(by, "directory.call", contract):
        names = _(", ").join(person.display_name for person in contract.callers.all() if person.is_active)
        raise TicketError(
            _("You may not call under this contract. Ask %(names)s, or a lead.") % {"names": names},
            field="contract",
            code="not_a_caller",
        )


def _amount(used: Decimal) -> Decimal:
    if not used.is_finite() or not 0 <= used < _MOST or used != round(used, 2):
        raise TicketError(_("An amount is a number from 0 to 999.99."), field="used")
    return used


def _consume(contract: Contract, used: Decimal, instead_of: Decimal, agreed: bool) -> None:
    """Count what is used; the caller holds the contract's row. What was given back once cannot go below zero."""
    after = max(contract.used - instead_of + used, Decimal(0))
    if used > instead_of and contract.bought is not None and after > contract.bought and not agreed:
        left = max(contract.left or Decimal(0), Decimal(0))
        raise TicketError(
            _("Only %(left)s of %(bought)s are left under this contract. The vendor may charge what goes beyond.")
            % {"left": number(plain(left)), "bought": number(plain(contract.bought))},
            field="agreed",
            code="used_up",
        )
    contract.used = after
    contract.save(update_fields=["used"])


def _write_to(entry: Entry, by: User, via: str) -> User:
    """The person whom a mail to the entry goes to; an address that nobody has becomes a guest of the entry's name."""
    if not entry.address:
        raise TicketError(_("“%(name)s” has no e-mail address.") % {"name": entry.name}, field="body")
    address = clean_address(entry.address, "body")
    name = entry.contact or entry.name
    return person_by_address(address) or guest(address, name=name, language=entry.language, by=by, via=via)
