"""Taking back the mark that mail to an address does not arrive. What waited for that leaves by itself
(`notify.actions.release_held`).
"""

from django.db import transaction

from servicedesk.people.actions import audit
from servicedesk.people.models import User
from servicedesk.people.queries import person_by_address
from servicedesk.people.rules import check
from servicedesk.tickets.models import Ticket

from .. import tokens
from ..models import DeadAddress, IncomingMail
from ..queries import dead_addresses_of


@transaction.atomic
def revive_address(ticket: Ticket, address: str, *, by: User, via: str) -> None:
    """Say that mail to an address of the ticket's requester arrives again, for those who work on the ticket. Nothing
    happens to an address without a mark.
    """
    check(by, "tickets.work", ticket)
    for dead in dead_addresses_of(ticket).filter(address=tokens.normal(address)):
        _revive(dead, by=by, via=via, person=ticket.requester)


@transaction.atomic
def revive_dead_address(dead: DeadAddress, *, by: User, via: str) -> None:
    """The same for any address, for administrators."""
    check(by, "settings.change")
    _revive(dead, by=by, via=via, person=person_by_address(dead.address))


def revive_by_mail(mail: IncomingMail) -> None:
    """Whoever writes can be written to, in the caller's transaction: only when the mail is proved to come from its
    address, since everybody can write any From.
    """
    if not mail.is_proved:
        return
    for dead in DeadAddress.objects.filter(address=tokens.normal(mail.from_address)):
        _revive(dead, by=None, via="mail", person=person_by_address(dead.address))


def _revive(dead: DeadAddress, *, by: User | None, via: str, person: User | None) -> None:
    """The log names the person and not the address, which may have to be erased one day."""
    audit(dead, "revive", by=by, via=via, label=f"address of person {person.pk}" if person else "an address")
    dead.delete()
