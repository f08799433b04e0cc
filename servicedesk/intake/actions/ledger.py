"""The ledger of mails: keeping them before anything else, and what people decide about them."""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions import audit
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.errors import NotFound, Refused
from servicedesk.web.text import one_line

from ..models import IncomingMail, Mailbox
from ..queries import get_mail, visible_mails

State, Reason = IncomingMail.State, IncomingMail.Reason
MOST_REASON = 500
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


def _lock(mail: IncomingMail, by: User) -> None:
    mail.refresh_from_db(from_queryset=IncomingMail.objects.select_for_update().defer("raw"))
    check(by, "mails.decide", mail)


def _decide(mail: IncomingMail, by: User, verb: str, via: str, said: dict[str, Any], **columns: Any) -> IncomingMail:
    """Write what a person decided. `said` goes into the audit log."""
    _lock(mail, by)
    if mail.state in (State.TICKET, State.REPLY):
        raise Refused(_("This mail is in a ticket already."), code="wrong_state")
    if mail.state == State.WAITING and mail.attempts == 0:
        raise Refused(_("This mail has not been read yet; that takes a moment."), code="wrong_state")
    for name, value in ({"refused_by": None, "refusal": ""} | columns).items():
        setattr(mail, name, value)
    mail.save(update_fields=["refused_by", "refusal", *columns])
    audit(mail, verb, by=by, via=via, label=f"mail {mail.pk}", **said)
    return mail


def _to_be_read() -> dict[str, Any]:
    return {"state": State.WAITING, "reason": Reason.NONE, "error": "", "attempts": 0, "try_after": timezone.now()}


@transaction.atomic
def retry_mail(mail: IncomingMail, *, by: User, via: str) -> IncomingMail:
    """Read a mail once more, by the same rules. Refuses one that is in a ticket already or was not read yet."""
    return _decide(mail, by, "retry", via, {}, **_to_be_read())


@transaction.atomic
def admit_mail(mail: IncomingMail, *, by: User, via: str) -> IncomingMail:
    """Take a mail in whoever sent it: a person decided so. An unknown sender becomes a guest; without any sender the
    person is the requester; what cannot be read goes with the ticket as a file. Refuses as `retry_mail`.
    """
    return _decide(mail, by, "admit", via, {}, **_to_be_read(), admitted_by=by, belongs_to=None)


@transaction.atomic
def join_mail(mail: IncomingMail, ticket: Ticket, *, by: User, via: str) -> IncomingMail:
    """Say that a mail belongs to a ticket; it is put there when it is read, a moment later (`fate._put_into`).
    Refuses as `retry_mail`, and (field ticket) a ticket that is not visible, on which the person does not work, or that
    is closed.
    """
    if not visible_tickets(by).filter(pk=ticket.pk).exists():
        raise Refused(_("There is no such ticket."), field="ticket", code="no_ticket")
    check(by, "tickets.work", ticket)
    if not ticket.is_open:
        sentence = _("%(number)s is closed. Reopen it first, or make a new ticket of the mail.")
        raise Refused(sentence % {"number": ticket.number}, field="ticket", code="closed")
    said = {"ticket": ticket.number}
    return _decide(mail, by, "join", via, said, **_to_be_read(), admitted_by=by, belongs_to=ticket)


@transaction.atomic
def refuse_mail(mail: IncomingMail, *, by: User, via: str, reason: str = "") -> IncomingMail:
    """Set a mail aside. It stays in the ledger with the reason, if one is given, and nobody is told. Refuses as
    `retry_mail`, and a reason of more than 500 letters (reason).
    """
    reason = one_line(reason)
    if len(reason) > MOST_REASON:
        raise Refused(_("The reason may have up to 500 letters."), field="reason", code="too_long")
    return _decide(
        mail, by, "refuse", via, {"reason": reason} if reason else {},
        state=State.IGNORED, reason=Reason.BY_HAND, error="", done_at=timezone.now(), refused_by=by, refusal=reason,
    )  # fmt: skip


@transaction.atomic
def assign_mail(mail: IncomingMail, to: User | None, *, by: User, via: str) -> IncomingMail:
    """Say who of the desk looks at a mail that needs a look; None for nobody. They hear of it a moment later, unless
    they said so themselves. Refuses a mail that needs none, and (assignee) somebody who may not see it.
    """
    _lock(mail, by)
    if mail.state not in (State.HELD, State.FAILED):
        raise Refused(_("This mail waits for nobody; only one that needs a look is assigned."), code="wrong_state")
    if to is not None and not visible_mails(to).filter(pk=mail.pk).exists():
        sentence = _("%(name)s may not see this mail. Choose somebody of the desk who may.")
        raise Refused(sentence % {"name": to.display_name}, field="assignee", code="may_not_see")
    before = mail.assignee
    if to != before:
        mail.assignee, mail.assigned_by, mail.assigned_at = to, by, timezone.now()
        mail.save(update_fields=["assignee", "assigned_by", "assigned_at"])
        names = [each.display_name if each else None for each in (before, to)]
        audit(mail, "assign", by=by, via=via, label=f"mail {mail.pk}", changes={"assignee": names})
    return mail


# --- several at once ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """What became of one of several mails; `trouble` is a sentence, empty when all went well. `mail` is None for one
    that is not there or not visible.
    """

    pk: int
    mail: IncomingMail | None
    trouble: str = ""


def decide_many(pks: Iterable[int], act: Callable[..., Any], *, by: User, via: str, **more: Any) -> list[Result]:
    """Do one of the above to several mails, each by itself: what one refuses stops no other."""
    results = []
    for pk in dict.fromkeys(pks):
        mail = None
        try:
            mail = get_mail(by, pk)
            act(mail, by=by, via=via, **more)
        except NotFound:
            results.append(Result(pk, None, _("There is no such mail.")))
        except Refused as refusal:
            results.append(Result(pk, mail, str(refusal.sentence)))
        except PermissionDenied as refusal:
            results.append(Result(pk, mail, str(refusal)))
        else:
            results.append(Result(pk, mail))
    return results
