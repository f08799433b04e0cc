"""Who writes, and whether the mailbox takes their mail."""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from servicedesk.people.actions import guest
from servicedesk.people.models import Language, User
from servicedesk.people.queries import person_by_address
from servicedesk.tickets.models import Ticket
from servicedesk.web.text import one_line

from ..mail.reading import Letter
from ..models import IncomingMail, Mailbox

State, Reason = IncomingMail.State, IncomingMail.Reason


@dataclass(frozen=True)
class Sender:
    """`person`, or None with the `state` and `reason` that the mail gets instead."""

    person: User | None
    state: str = State.HELD
    reason: str = Reason.NONE


def sender_of(mail: IncomingMail, letter: Letter) -> Sender:
    """The person behind the address in From; an unknown one whom the mailbox takes becomes a guest. What somebody at
    the desk admitted is taken whoever sent it.
    """
    if not letter.from_address and not mail.from_address:
        return Sender(mail.admitted_by, reason=Reason.NO_SENDER)
    address = letter.from_address or mail.from_address
    person = person_by_address(address)
    if person is not None:
        return Sender(person)
    if User.objects.filter(email__iexact=address).exists():
        return Sender(mail.admitted_by, reason=Reason.INACTIVE_SENDER)
    if mail.admitted_by is None and not takes_strangers_from(mail.mailbox, address):
        if mail.mailbox.others == Mailbox.Others.REFUSE:
            return Sender(None, State.IGNORED, Reason.NOT_ACCEPTED)
        return Sender(None, State.HELD, Reason.UNKNOWN_SENDER)
    return Sender(a_guest(mail, address, letter.from_name, f"{letter.subject}\n{letter.text}"))


def takes_strangers_from(box: Mailbox, address: str) -> bool:
    """Whether the mailbox makes guests of people it does not know with this address; domains count with all below."""
    if box.accepts == Mailbox.Accepts.EVERYONE:
        return True
    domain = address.rpartition("@")[2].lower()
    wanted = [each.lower().lstrip("@.") for each in box.domains.replace(",", " ").split()]
    return box.accepts == Mailbox.Accepts.DOMAINS and any(
        domain == each or domain.endswith(f".{each}") for each in wanted if each
    )


def a_guest(mail: IncomingMail, address: str, name: str, words: str) -> User:
    """Somebody who wrote and is not known: they get answers by mail and cannot sign in."""
    language = language_of(words) or mail.mailbox.language
    return guest(address, name=one_line(name, 120), language=language, by=mail.admitted_by, via="mail")


def wrote_too_often(mail: IncomingMail) -> bool:
    """Whether so many mails of this sender were taken within an hour that this may be a loop."""
    return _taken_lately().filter(from_address=mail.from_address).count() >= settings.MAIL_SENDER_PER_HOUR


def got_too_many(ticket: Ticket) -> bool:
    """Whether a ticket got so many mails within an hour that two machines may be answering each other."""
    return _taken_lately().filter(ticket=ticket).count() >= settings.MAIL_TICKET_PER_HOUR


def _taken_lately() -> QuerySet[IncomingMail]:
    since = timezone.now() - timedelta(hours=1)
    return IncomingMail.objects.filter(done_at__gte=since, state__in=[State.TICKET, State.REPLY])


def language_of(text: str) -> str:
    """`ja` for text with kana or kanji, `en` for other letters, "" when there are none to tell by."""
    if re.search(r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]", text):
        return Language.JAPANESE
    return Language.ENGLISH if re.search(r"[A-Za-z]{3}", text) else ""
