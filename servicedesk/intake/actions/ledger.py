"""The ledger of mails: keeping them before anything else, and what people decide about them."""

import hashlib
import re
import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions import audit
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from ..models import IncomingMail, Mailbox

State, Reason = IncomingMail.State, IncomingMail.Reason
_TRAVELLED = re.compile(rb"^(?:message-id|date|received)\s*:", re.IGNORECASE | re.MULTILINE)


def store(
    mailbox: Mailbox,
    raw: bytes,
    *,
    envelope_from: str = "",
    envelope_to: str = "",
    key: str = "",
    uid_validity: int | None = None,
    uid: int | None = None,
    at: datetime | None = None,
    state: str = State.WAITING,
    reason: str = Reason.NONE,
    error: str = "",
) -> IncomingMail:
    """Keep a mail as it came; the caller tells nobody that we have it before this is committed. The same delivery again
    gives the row that is there.

    A delivery is the same when its bytes are, because servers write time and queue number into every mail. Bytes
    without any of that (a device that sends the same line each time) are the same delivery only when `key` is the
    same; without a `key` each counts on its own, since a mail too many is better than one too few. `envelope_from` is
    "<>" for the empty sender and "" when it is not known. `uid` within `uid_validity` is where a fetched mail lies on
    its server; of several places of the same mail the last one is known.
    """
    row = IncomingMail(
        mailbox=mailbox,
        raw=raw,
        size=len(raw),
        digest=digest_of(raw, key),
        uid_validity=uid_validity,
        uid=uid,
        envelope_from=envelope_from[:320],
        envelope_to=envelope_to[:320],
        received_at=at or timezone.now(),
        try_after=at or timezone.now(),
        state=state,
        reason=reason,
        error=error,
    )
    IncomingMail.objects.bulk_create([row], ignore_conflicts=True)
    kept = IncomingMail.objects.defer("raw").get(mailbox=mailbox, digest=row.digest)
    if uid is not None and (kept.uid_validity, kept.uid) != (uid_validity, uid):
        IncomingMail.objects.filter(pk=kept.pk).update(uid_validity=uid_validity, uid=uid)
    return kept


def digest_of(raw: bytes, key: str = "") -> str:
    """What says whether a delivery is the same; see `store`."""
    digest = hashlib.sha256(raw)
    head = re.split(rb"\r?\n\r?\n", raw[:65536], maxsplit=1)[0]
    if not _TRAVELLED.search(head):
        digest.update(b"\0" + (key.encode() or secrets.token_bytes(16)))
    return digest.hexdigest()


def _decide(mail: IncomingMail, by: User, verb: str, via: str, **columns: Any) -> IncomingMail:
    mail.refresh_from_db(from_queryset=IncomingMail.objects.select_for_update().defer("raw"))
    check(by, "mails.decide", mail)
    if mail.state in (State.TICKET, State.REPLY):
        raise Refused(_("This mail is in a ticket already."), code="wrong_state")
    if mail.state == State.WAITING and mail.attempts == 0:
        raise Refused(_("This mail has not been read yet; that takes a moment."), code="wrong_state")
    for name, value in columns.items():
        setattr(mail, name, value)
    mail.save(update_fields=list(columns))
    audit(mail, verb, by=by, via=via, label=f"mail {mail.pk}")
    return mail


@transaction.atomic
def retry_mail(mail: IncomingMail, *, by: User, via: str) -> IncomingMail:
    """Read a mail once more, by the same rules. Refuses one that is in a ticket already or was not read yet."""
    return _decide(
        mail, by, "retry", via, state=State.WAITING, reason=Reason.NONE, error="", attempts=0, try_after=timezone.now()
    )  # fmt: skip


@transaction.atomic
def admit_mail(mail: IncomingMail, *, by: User, via: str) -> IncomingMail:
    """Take a mail in whoever sent it: a person decided so. An unknown sender becomes a guest; without any sender the
    person is the requester; what cannot be read goes with the ticket as a file. Refuses as `retry_mail`.
    """
    return _decide(
        mail, by, "admit", via,
        state=State.WAITING, reason=Reason.NONE, error="", attempts=0, try_after=timezone.now(), admitted_by=by,
    )  # fmt: skip


@transaction.atomic
def refuse_mail(mail: IncomingMail, *, by: User, via: str) -> IncomingMail:
    """Set a mail aside. It stays in the ledger and nobody is told. Refuses as `retry_mail`."""
    return _decide(
        mail, by, "refuse", via, state=State.IGNORED, reason=Reason.BY_HAND, error="", done_at=timezone.now()
    )
