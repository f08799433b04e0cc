"""From a row of the ledger to its fate: ticket, reply, held, set aside, or not understood.

Each mail has a transaction of its own, with the row locked. Before it, `attempts` is counted in another one, so that a
mail which ends the process is known by its unfinished attempts and does not end it for ever.
"""

import logging
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from servicedesk.people.actions import audit
from servicedesk.people.models import Language, User
from servicedesk.people.queries import person_by_address
from servicedesk.tickets.actions import lock, move, note, reply
from servicedesk.tickets.actions.talk import attach
from servicedesk.tickets.models import Channel, Comment, Ticket
from servicedesk.tickets.permissions import works_on
from servicedesk.web.errors import NotNow, Refused
from servicedesk.web.logs import about
from servicedesk.web.text import one_line

from .. import tokens
from ..mail.reading import Letter, Part, TooMuch, decoded, read
from ..mail.signs import Signs, signs_of
from ..models import IncomingMail
from ..queries import addressed_ticket, own_addresses, successor, thread_of
from .receive import MOST_LETTERS, receive

log = logging.getLogger(__name__)
State, Reason = IncomingMail.State, IncomingMail.Reason

MOST_ATTEMPTS = 10
MOST_UNFINISHED = 4
SECONDS_TO_READ = 20
_UNFINISHED = "unfinished"
_LONGEST_PAUSE = timedelta(hours=1)
_PREFIXES = re.compile(
    r"^(?:(?:re|aw|fw|fwd|返信|転送)\s*(?:\[\d{1,3}\])?\s*[:\uff1a]\s*|\[(?:INC|REQ|PRB|CHG)\d{7}\]\s*)+", re.I
)


class TooSlow(Exception):
    """Reading took longer than it may."""


def read_waiting(limit: int = 200) -> int:
    """Give up to `limit` due mails their fate, oldest first; returns how many were looked at. Any number of workers
    may do so at once. One bad mail delays nothing but itself.
    """
    looked_at = 0
    for _turn in range(limit):
        pk = _claim()
        if pk is None:
            break
        read_mail_row(pk)
        looked_at += 1
    return looked_at


@transaction.atomic
def _claim() -> int | None:
    """Count an attempt on the next due mail, to be committed before it is read."""
    mail = (
        IncomingMail.objects.select_for_update(skip_locked=True)
        .filter(state=State.WAITING, try_after__lte=timezone.now())
        .order_by("try_after", "id")
        .only("pk", "attempts", "error", "state")
        .first()
    )
    if mail is None:
        return None
    if mail.error == _UNFINISHED and mail.attempts >= MOST_UNFINISHED:
        IncomingMail.objects.filter(pk=mail.pk).update(
            state=State.FAILED, reason=Reason.CRASHED, error="", done_at=timezone.now()
        )
        return mail.pk
    IncomingMail.objects.filter(pk=mail.pk).update(attempts=mail.attempts + 1, error=_UNFINISHED)
    return mail.pk


def read_mail_row(pk: int) -> None:
    """Give one waiting mail its fate in a transaction of its own; nothing when another worker has it."""
    with transaction.atomic():
        mail = (
            IncomingMail.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("mailbox__service", "mailbox__team", "admitted_by")
            .filter(pk=pk, state=State.WAITING)
            .first()
        )
        if mail is None:  # another worker has it
            return
        with about(work_id=f"mail-{pk}"):
            try:
                with transaction.atomic():
                    _give_fate(mail)
                mail.error = ""
            except TooMuch:
                _end(mail, State.FAILED, Reason.TOO_COMPLEX)
            except TooSlow:
                _end(mail, State.FAILED, Reason.TOO_SLOW)
            except NotNow as refusal:
                _later(mail, refusal.__cause__ or refusal)
            except (Refused, PermissionDenied) as refusal:
                _end(mail, State.FAILED, Reason.REFUSED, str(getattr(refusal, "sentence", refusal)))
            except Exception as error:
                log.exception("mail %s was not read, attempt %s", pk, mail.attempts)
                _later(mail, error)
        mail.save(update_fields=_WRITTEN)


_WRITTEN = [
    "state", "reason", "error", "try_after", "done_at", "ticket", "comment", "mentions", "message_id", "content_digest",
    "from_address", "from_name", "subject", "is_proved", "answerable",
]  # fmt: skip


def _end(mail: IncomingMail, state: str, reason: str = Reason.NONE, error: str = "") -> None:
    mail.state, mail.reason, mail.error, mail.done_at = state, reason, error[:2000], timezone.now()
    if state in (State.FAILED, State.HELD):
        mail.ticket = mail.comment = None


def _later(mail: IncomingMail, error: BaseException) -> None:
    """Try again after a pause: what failed may be the file store or the database and pass."""
    if mail.attempts >= MOST_ATTEMPTS:
        _end(mail, State.FAILED, Reason.ERROR, f"{type(error).__name__}: {error}")
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


def _give_fate(mail: IncomingMail) -> None:
    letter = _letter_of(mail)
    if letter.from_address:
        mail.from_address, mail.from_name = letter.from_address[:254], one_line(letter.from_name, 120)
    mail.message_id, mail.subject = letter.message_id[:320], one_line(letter.subject, 200)
    mail.content_digest = letter.digest
    signs = signs_of(letter, mail.envelope_from or None)
    admitted = mail.admitted_by is not None
    if not admitted and _set_aside(mail, letter, signs):
        return
    sender, reason = _sender(mail, letter)
    if sender is None:
        _end(mail, State.HELD, reason)
        return
    if not admitted and _wrote_too_often(mail):
        _end(mail, State.HELD, Reason.TOO_MANY)
        return
    mail.answerable = signs.answerable and not admitted
    thread = thread_of(letter, mail.envelope_to, sender)
    mail.mentions, mail.is_proved = thread.mentions, thread.is_proved
    ticket = successor(sender, thread.ticket) if thread.ticket is not None else None
    with override(sender.language):
        if ticket is not None:
            with about(ticket_number=ticket.number):
                if _append(mail, letter, ticket, sender):
                    return
            mail.mentions = ticket
        _open(mail, letter, sender)


def _set_aside(mail: IncomingMail, letter: Letter, signs: Signs) -> bool:
    """Whether the mail is nothing that asks for anything: ours, an answer of a machine, or here already."""
    if tokens.without_plus(letter.from_address) in own_addresses():
        _end(mail, State.IGNORED, Reason.OWN)
        return True
    for is_so, reason in (
        (signs.bounce, Reason.BOUNCE),
        (signs.receipt, Reason.RECEIPT),
        (signs.auto_reply, Reason.AUTO_REPLY),
    ):
        if is_so:
            mail.ticket = addressed_ticket(letter, bytes(mail.raw), mail.envelope_to)
            _end(mail, State.IGNORED, reason)
            return True
    with connection.cursor() as cursor:  # two copies read at the same moment wait for each other
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [mail.content_digest])
    twin = (
        IncomingMail.objects.filter(
            content_digest=mail.content_digest,
            state__in=[State.TICKET, State.REPLY],
            # What went to another team's mailbox must not be missing there.
            mailbox__team=mail.mailbox.team_id,
            mailbox__service=mail.mailbox.service_id,
        )
        .exclude(message_id="")
        .defer("raw")
        .first()
    )
    if twin is not None:
        mail.ticket = twin.ticket
        _end(mail, State.IGNORED, Reason.DUPLICATE)
        return True
    return False


def _sender(mail: IncomingMail, letter: Letter) -> tuple[User | None, str]:
    """(person, "") or (None, why the mail is held)."""
    if not letter.from_address and not mail.from_address:
        return (mail.admitted_by, "") if mail.admitted_by else (None, Reason.NO_SENDER)
    address = letter.from_address or mail.from_address
    person = person_by_address(address)
    if person is not None:
        return person, ""
    if User.objects.filter(email__iexact=address).exists():
        return (mail.admitted_by, "") if mail.admitted_by else (None, Reason.INACTIVE_SENDER)
    if mail.admitted_by is None and mail.mailbox.accepts != mail.mailbox.Accepts.EVERYONE:
        return None, Reason.UNKNOWN_SENDER
    return _guest(mail, letter, address), ""


def _guest(mail: IncomingMail, letter: Letter, address: str) -> User:
    user = User(
        email=address,
        name=one_line(letter.from_name, 120) or address.partition("@")[0],
        language=language_of(f"{letter.subject}\n{letter.text}") or mail.mailbox.language,
        is_guest=True,
    )
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            audit(user, "create", by=mail.admitted_by, via="mail", label=f"guest {user.pk}")
    except IntegrityError:  # another mail of theirs is being read at this moment
        return User.objects.get(email__iexact=address)
    return user


def _wrote_too_often(mail: IncomingMail) -> bool:
    recent = IncomingMail.objects.filter(
        from_address=mail.from_address,
        done_at__gte=timezone.now() - timedelta(hours=1),
        state__in=[State.TICKET, State.REPLY],
    )
    return recent.count() >= settings.MAIL_SENDER_PER_HOUR


def language_of(text: str) -> str:
    """`ja` for text with kana or kanji, `en` for other letters, "" when there are none to tell by."""
    if re.search(r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]", text):
        return Language.JAPANESE
    return Language.ENGLISH if re.search(r"[A-Za-z]{3}", text) else ""


def _uploads(letter: Letter) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(each.name or "file", each.data, each.content_type) for each in letter.files]


def _cut(text: str) -> str:
    if len(text) <= MOST_LETTERS:
        return text
    return text[: MOST_LETTERS - 200] + "\n\n" + _("(The text goes on; the whole mail is kept.)")


def _append(mail: IncomingMail, letter: Letter, ticket: Ticket, sender: User) -> bool:
    """Put the mail under its ticket; False when the ticket is over and the mail must begin a new one.

    Without proof of the sender it sets nothing in motion and nobody gets a mail of it; what claims to come from
    somebody at the desk is then an internal note, so that nobody outside reads words which no agent wrote.
    """
    lock(ticket)
    if not ticket.is_open:
        over = timezone.now() - timedelta(days=settings.MAIL_REOPENS_FOR_DAYS)
        reopen = next((way for way in ticket.workflow.leaving(ticket.status) if way.name == "reopen"), None)
        if not mail.is_proved or reopen is None or (ticket.closed_at and ticket.closed_at < over):
            return False
        if not sender.may(reopen.permission, ticket):
            return False
        move(ticket, "reopen", by=sender, via="mail")
    body, files = _cut(letter.reply or letter.text), _uploads(letter)
    if not body and not files:
        body = _("(The mail had no text.)")
    if not mail.is_proved and works_on(sender, ticket):
        comment = note(
            ticket, by=sender, via="mail", body=body or _("(The mail had no text.)"), style=Comment.Format.PLAIN,
            unproved=True,
        )  # fmt: skip
        attach(ticket, files, by=sender, comment=comment, public=False, strict=False)
    else:
        marks: dict[str, Any] = {} if mail.is_proved else {"unproved": True}
        comment = reply(
            ticket, by=sender, via="mail", body=body, files=files, style=Comment.Format.PLAIN, moves=mail.is_proved,
            strict_files=False, **marks,
        )  # fmt: skip
    mail.ticket, mail.comment = ticket, comment
    _end(mail, State.REPLY)
    return True


def _open(mail: IncomingMail, letter: Letter, sender: User) -> None:
    box = mail.mailbox
    text = _cut(letter.text)
    title = one_line(_PREFIXES.sub("", letter.subject), 200)
    if not title:
        title = one_line(next((line for line in text.split("\n") if line.strip()), ""), 80) or _("(no subject)")
    ticket = receive(
        kind=box.makes,
        title=title,
        description=text,
        requester=sender,
        by=sender,
        via="mail",
        channel=Channel.MAIL,
        source=box.address,
        service=box.service if box.service and box.service.is_active else None,
        team=box.team if box.team and box.team.is_active else None,
        files=_uploads(letter),
        language=language_of(f"{letter.subject}\n{text}") or sender.language,
        strict_files=False,
        keep_original=False,
    )
    mail.ticket, mail.is_proved = ticket, False
    _end(mail, State.TICKET)
