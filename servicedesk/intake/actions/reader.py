"""From a row of the ledger to its fate: ticket, reply, held, set aside, or not understood.

Each mail has a transaction of its own, with the row locked. Before it, `attempts` is counted in another one (for some
mails at once), so that a mail which ends the process is known by its unfinished attempts and does not end it for ever.
In the same breath it is put off: no other worker claims it before it is locked, and when workers or the database are
killed again and again the attempts that they cut short lie too far apart to be taken for the mail's own doing.
"""

import logging
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import takewhile
from types import FrameType

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from servicedesk.web.errors import NotNow, Refused
from servicedesk.web.logs import about
from servicedesk.web.text import one_line

from ..mail.reading import Letter, Part, TooMuch, decoded, read
from ..models import IncomingMail, Mailbox
from ..queries import mailboxes_by_id, own_addresses
from .fate import end, give_fate

log = logging.getLogger(__name__)
State, Reason = IncomingMail.State, IncomingMail.Reason

AT_ONCE = 20
MOST_ATTEMPTS = 10
MOST_UNFINISHED = 4
SECONDS_TO_READ = 20
_UNFINISHED = "unfinished"
_LONGEST_PAUSE = timedelta(hours=1)
_FIRST_LEASE = timedelta(seconds=5)
_LEASE_OF_FURTHER = timedelta(seconds=1)


class TooSlow(Exception):
    """Reading took longer than it may."""


def read_waiting(limit: int = 200) -> int:
    """Give up to `limit` due mails their fate, oldest first; returns how many were looked at. Any number of workers
    may do so at once. One bad mail delays nothing but itself.
    """
    looked_at = 0
    while looked_at < limit:
        claimed = _claim(min(AT_ONCE, limit - looked_at))
        if not claimed:
            break
        boxes = mailboxes_by_id()
        for pk in claimed:
            read_mail_row(pk, boxes)
        looked_at += len(claimed)
    return looked_at


@transaction.atomic
def _claim(most: int) -> list[int]:
    """Count an attempt on the next due mails and put them off, to be committed before they are read.

    A mail whose last attempt was not finished is claimed alone: when it ends the process again, no others are counted
    with it.
    """
    due = list(
        IncomingMail.objects.select_for_update(skip_locked=True)
        .filter(state=State.WAITING, try_after__lte=timezone.now())
        .order_by("try_after", "id")
        .only("pk", "attempts", "error", "state")[:most]
    )
    if due and due[0].error == _UNFINISHED:
        if due[0].attempts >= MOST_UNFINISHED:
            IncomingMail.objects.filter(pk=due[0].pk).update(
                state=State.FAILED, reason=Reason.CRASHED, error="", done_at=timezone.now()
            )
            return [due[0].pk]
        claimed = [due[0].pk]
    else:
        claimed = [mail.pk for mail in takewhile(lambda mail: mail.error != _UNFINISHED, due)]
    if not claimed:
        return []
    pause = min(_FIRST_LEASE * 4 ** min(due[0].attempts, 5), _LONGEST_PAUSE) + _LEASE_OF_FURTHER * (len(claimed) - 1)
    IncomingMail.objects.filter(pk__in=claimed).update(
        attempts=F("attempts") + 1, error=_UNFINISHED, try_after=timezone.now() + pause
    )
    return claimed


def read_mail_row(pk: int, boxes: dict[int, Mailbox]) -> None:
    """Give one waiting mail its fate in a transaction of its own; nothing when another worker has it. `boxes` are all
    mailboxes by id.
    """
    with about(work_id=f"mail-{pk}"):
        mail = None
        try:
            with transaction.atomic():
                mail = _locked(pk, boxes)
                if mail is not None:
                    give_fate(mail, _letter_of(mail), own_addresses(boxes.values()))
                    mail.error = ""
                    mail.save(update_fields=_WRITTEN)
        except Exception as error:
            if mail is None:
                raise
            with transaction.atomic():
                if _locked(pk, boxes) is not None:
                    _end_by(error, mail)
                    mail.save(update_fields=_WRITTEN)


def _locked(pk: int, boxes: dict[int, Mailbox]) -> IncomingMail | None:
    """The mail, if it still waits and no other worker has it."""
    try:
        mail = IncomingMail.objects.select_for_update(skip_locked=True).get(pk=pk, state=State.WAITING)
    except IncomingMail.DoesNotExist:
        return None
    if mail.mailbox_id in boxes:  # else it was made a moment ago
        mail.mailbox = boxes[mail.mailbox_id]
    return mail


def _end_by(error: Exception, mail: IncomingMail) -> None:
    """What becomes of a mail that could not be read: all that was written for it has been undone."""
    match error:
        case TooMuch():
            end(mail, State.FAILED, Reason.TOO_COMPLEX)
        case TooSlow():
            end(mail, State.FAILED, Reason.TOO_SLOW)
        case NotNow():
            _later(mail, error.__cause__ or error)
        case Refused() | PermissionDenied():
            end(mail, State.FAILED, Reason.REFUSED, str(getattr(error, "sentence", error)))
        case _:
            log.error("mail %s was not read, attempt %s", mail.pk, mail.attempts, exc_info=error)
            _later(mail, error)


_WRITTEN = [
    "state", "reason", "error", "try_after", "done_at", "ticket", "comment", "mentions", "message_id", "content_digest",
    "refers_to", "from_address", "from_name", "subject", "is_proved", "proof", "answerable",
]  # fmt: skip


def _later(mail: IncomingMail, error: BaseException) -> None:
    """Try again after a pause: what failed may be the file store or the database and pass."""
    if mail.attempts >= MOST_ATTEMPTS:
        end(mail, State.FAILED, Reason.ERROR, f"{type(error).__name__}: {error}")
        return
    mail.ticket = mail.comment = None
    mail.try_after = timezone.now() + min(timedelta(seconds=5 * 2**mail.attempts), _LONGEST_PAUSE)
    mail.error = f"{type(error).__name__}: {error}"[:2000]


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    """Raise TooSlow after so many seconds. Only the main thread of a process can be interrupted; workers of Celery's
    usual pool and commands are such.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _letter_of(mail: IncomingMail) -> Letter:
    raw = bytes(mail.raw)
    try:
        with _at_most(SECONDS_TO_READ):
            return read(raw)
    except (TooMuch, TooSlow):
        _glance(mail, raw)
        if mail.admitted_by is None:
            raise
        return Letter(subject=mail.subject, files=[Part("mail.eml", "message/rfc822", raw)])


def _glance(mail: IncomingMail, raw: bytes) -> None:
    """Subject and sender of what cannot be read, for the list."""
    head = raw[:65536].decode("ascii", "surrogateescape")
    subject = re.search(r"^subject:[ \t]*(.{0,500})", head, re.IGNORECASE | re.MULTILINE)
    sender = re.search(r"^from:.{0,300}?([\w.+%-]{1,64}@[\w.-]{1,200})", head, re.IGNORECASE | re.MULTILINE)
    mail.subject = one_line(decoded(subject[1]), 200) if subject else ""
    mail.from_address = sender[1].lower()[:254] if sender else ""
