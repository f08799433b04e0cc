"""What the desk would make of a mail, found out by doing it and taking everything back."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.storage import InMemoryStorage, default_storage
from django.db import connection, transaction
from django.utils import timezone

from servicedesk.tickets.models import PREFIXES

from ..mail.reading import Letter, TooMuch, read
from ..mail.signs import signs_of
from ..models import IncomingMail, Mailbox
from ..queries import mailbox_for, mailboxes_by_id
from .ledger import store
from .reader import read_mail_row

State, Reason = IncomingMail.State, IncomingMail.Reason
_OUTCOMES = {State.TICKET: "created", State.REPLY: "appended", State.IGNORED: "ignored"}


def inspect_mail(raw: bytes, *, envelope_from: str = "") -> dict[str, Any]:
    """Read a mail as the live desk does, with unknown senders taken, and take everything back. Says what came of it:

    `outcome` (created, appended, ignored; quarantined: kept for a person to look at; rejected: refused by a rule),
    `subject`, `from` (address), `body_text` and `body_html` (all of them), `reply_text` (what is new),
    `attachments` ([{name, size in decoded bytes}]), `auto_reply`, `bounce` (whatever the outcome) and `reason`.
    """
    letter = _letter(raw)
    signs = signs_of(letter, envelope_from or None)
    row = _fate(raw, letter, envelope_from)
    outcome = _OUTCOMES.get(State(row.state), "quarantined")
    if row.reason in (Reason.REFUSED, Reason.TOO_LARGE):
        outcome = "rejected"
    return {
        "outcome": outcome,
        "subject": letter.subject or row.subject,
        "from": letter.from_address or row.from_address,
        "body_text": letter.text,
        "body_html": letter.html,
        "reply_text": letter.reply,
        "attachments": [{"name": each.name, "size": len(each.data)} for each in letter.files],
        "auto_reply": signs.auto_reply,
        "bounce": signs.bounce,
        "reason": row.reason or row.error,
    }


def _letter(raw: bytes) -> Letter:
    try:
        return read(raw)
    except TooMuch:
        return Letter()


def _fate(raw: bytes, letter: Letter, envelope_from: str) -> IncomingMail:
    with transaction.atomic(), _numbers_of_our_own():
        row = store(_mailbox(letter), raw, envelope_from=envelope_from, key=secrets.token_hex(8))
        # The same bytes may be in the ledger already: look at them as if they were not.
        IncomingMail.objects.filter(pk=row.pk).update(
            state=State.WAITING, reason=Reason.NONE, attempts=1, ticket=None, comment=None, try_after=timezone.now()
        )
        read_mail_row(row.pk, mailboxes_by_id())
        row.refresh_from_db()
        transaction.set_rollback(True)
    return row


def _mailbox(letter: Letter) -> Mailbox:
    """The mailbox that the mail is for, else one that is made for it; it takes everyone."""
    box = next((found for found in map(mailbox_for, letter.to) if found is not None), None)
    box = box or Mailbox.objects.filter(is_active=True).order_by("id").first()
    if box is None:
        return Mailbox.objects.create(name="inspect", address="inspect@localhost.invalid", accepts="everyone")
    Mailbox.objects.filter(pk=box.pk).update(accepts=Mailbox.Accepts.EVERYONE)
    box.refresh_from_db()
    return box


@contextmanager
def _numbers_of_our_own() -> Iterator[None]:
    """Temporary sequences hide the real ones within the transaction: no number of a ticket is used up."""
    with connection.cursor() as cursor:
        for ticket_type in PREFIXES:
            name = f"ticket_number_{ticket_type}"
            cursor.execute(f"SELECT last_value + 1000000 FROM public.{name}")  # noqa: S608 - names of ours
            cursor.execute(f"CREATE TEMPORARY SEQUENCE {name} START {int(cursor.fetchone()[0])}")
    yield


def keep_no_files() -> None:
    """Let this process keep files in its memory: those of a mail that is taken back would stay behind on the disk."""
    default_storage._wrapped = InMemoryStorage()  # type: ignore[attr-defined]
