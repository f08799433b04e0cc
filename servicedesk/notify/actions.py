"""Sending what waits, row by row, and trying again what failed.

A mail is sent at least once: when the process dies between the server's answer and our commit, it is sent again, with
the same Message-ID, by which receiving programs know the two for one.
"""

import logging
import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import make_msgid

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from servicedesk.intake.models import DeadAddress
from servicedesk.intake.tokens import normal
from servicedesk.people.actions import audit
from servicedesk.people.models import NO_ADDRESS, Team, User
from servicedesk.people.rules import check
from servicedesk.tickets.actions.talk import undo_until
from servicedesk.tickets.models import Comment
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.errors import Refused
from servicedesk.web.logs import about
from servicedesk.web.text import lines

from .built_in import BUILT_IN
from .examples import example
from .letters import document, ids_in
from .models import MailText, OutgoingMail
from .texts import TEXTS, check_text
from .wire import Message

log = logging.getLogger(__name__)
State = OutgoingMail.State

GIVE_UP_AFTER = timedelta(days=3)
# A reply's mails wait this much longer than it can be taken back, so that both never happen at once.
BETWEEN = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(hours=1)
_SERVER_PAUSE = timedelta(seconds=30)
# Beyond this the files of a reply stay on the ticket's page and the mail names them.
MOST_ATTACHED_BYTES = 8 * 1024 * 1024


class ServerTrouble(Exception):
    """The mail server cannot be used at all just now; no single mail is to blame."""


class TakenBack(Exception):
    """The reply was taken back before its mail left."""


class NotVisible(Exception):
    """The recipient may no longer see the ticket, or what the mail is about."""


def send_waiting(limit: int = 200) -> int:
    """Send up to `limit` due mails, oldest first, each in its own transaction; returns how many left. Those whose
    address works again are due at once.

    A mail that fails waits longer each time and stops no other; one that the server refuses for good is marked as
    failed. When the server itself cannot be reached all due mails wait half a minute.
    """
    release_held()
    sent = 0
    server: BaseEmailBackend | None = None
    try:
        for _turn in range(limit):
            with transaction.atomic():
                mail = (
                    OutgoingMail.objects.select_for_update(skip_locked=True, of=("self",))
                    .select_related("ticket", "to_user")
                    .filter(state=State.WAITING, try_after__lte=timezone.now())
                    .order_by("try_after", "id")
                    .first()
                )
                if mail is None:
                    break
                number = mail.ticket.number if mail.ticket else None
                with about(ticket_number=number, work_id=f"mail-out-{mail.pk}"):
                    server = server or _server()
                    sent += _send(mail, server)
    except ServerTrouble as trouble:
        log.warning("the mail server cannot be used: %s", trouble)
        now = timezone.now()
        OutgoingMail.objects.filter(state=State.WAITING, try_after__lte=now).update(
            try_after=now + _SERVER_PAUSE, error=f"{trouble}"[:500]
        )
    finally:
        if server is not None:
            try:
                server.close()
            except (OSError, smtplib.SMTPException):
                log.debug("the mail server went before the goodbye")
    return sent


def release_held() -> int:
    """Let the mails leave whose address no longer has a mark; returns how many. It looks only into tables and so can be
    repeated. What is older than `HELD_FOR` stays: nobody wants to read it then.
    """
    now = timezone.now()
    held = OutgoingMail.objects.filter(state=State.HELD, created_at__gt=now - OutgoingMail.HELD_FOR).order_by()
    addresses = {each: normal(each) for each in held.values_list("to_address", flat=True).distinct()}
    if not addresses:
        return 0
    dead = set(DeadAddress.objects.filter(address__in=addresses.values()).values_list("address", flat=True))
    return held.filter(to_address__in=[each for each, plain in addresses.items() if plain not in dead]).update(
        state=State.WAITING, attempts=0, try_after=now, error="", created_at=_young_enough(now)
    )


def _young_enough(now: datetime) -> Case:
    """When a mail counts as made that is sent anew: it gets its days of trying once more."""
    return Case(When(created_at__lt=now - GIVE_UP_AFTER, then=Value(now)), default=F("created_at"))


def _server() -> BaseEmailBackend:
    """An open connection. Raises ServerTrouble."""
    server = get_connection(timeout=10) if settings.MAIL_SERVER else get_connection()
    if not settings.MAIL_SERVER and not settings.EMAIL_BACKEND.endswith("locmem.EmailBackend"):
        return _OneFileEach()
    try:
        server.open()
    except (OSError, smtplib.SMTPException) as error:
        raise ServerTrouble(f"{type(error).__name__}: {error}") from None
    return server


class _OneFileEach(BaseEmailBackend):
    """Mails as files, for a trial without a mail server. The file has its name only when it is whole."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        folder = settings.MAIL_OUT_FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for message in messages:
            name = message.extra_headers["Message-ID"].strip("<>").partition("@")[0]
            temporary = folder / f".{name}.part"
            body = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg] # Django's own, unknown to stubs
            temporary.write_bytes(body)
            temporary.replace(folder / f"{timezone.now():%Y%m%d-%H%M%S}-{name}.eml")
        return len(messages)


def _mark_of(mail: OutgoingMail) -> DeadAddress | None:
    """The mark that mail to this address does not arrive."""
    return DeadAddress.objects.filter(address=normal(mail.to_address)).first()


def _send(mail: OutgoingMail, server: BaseEmailBackend) -> bool:
    if mail.to_address.endswith(NO_ADDRESS):
        _fail(mail, "no_address")
        mail.save(update_fields=["state", "error"])
        return False
    mark = _mark_of(mail)
    if mark is not None:
        mail.state, mail.error = State.HELD, mark.reason
        mail.save(update_fields=["state", "error"])
        return False
    turn = _turn_of(mail)
    if turn is not None:
        mail.try_after, mail.error = turn, "too_many"
        mail.save(update_fields=["try_after", "error"])
        return False
    mail.attempts += 1
    try:
        message = _message(mail)
    except NotVisible:
        _fail(mail, "not_visible")
    except TakenBack:
        mail.state, mail.error = State.STOPPED, ""
    except Exception as error:
        # A file may be gone from its store, or the store does not answer: that stops no other mail.
        log.exception("outgoing mail %s could not be made", mail.pk)
        _later(mail, f"{type(error).__name__}: {error}")
    else:
        _hand_over(mail, message, server)
    mail.save(update_fields=["state", "attempts", "try_after", "error", "sent_at"])
    return mail.state == State.SENT


def _turn_of(mail: OutgoingMail) -> datetime | None:
    """When an address that got its most mails within this hour may have the next one; None for now."""
    hour = timedelta(hours=1)
    sent = OutgoingMail.objects.filter(
        to_address=mail.to_address, state=State.SENT, sent_at__gt=timezone.now() - hour
    ).order_by("-sent_at")
    most = settings.MAIL_RECIPIENT_PER_HOUR
    oldest = sent.values_list("sent_at", flat=True)[most - 1 : most].first()
    return oldest + hour if oldest else None


def _hand_over(mail: OutgoingMail, message: Message, server: BaseEmailBackend) -> None:
    """Raises ServerTrouble."""
    try:
        server.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()), (450, b""))
        _refused(mail, code, answer)
    except smtplib.SMTPDataError as error:
        _refused(mail, error.smtp_code, error.smtp_error)
    except (smtplib.SMTPException, OSError) as error:
        if isinstance(error, smtplib.SMTPServerDisconnected | smtplib.SMTPSenderRefused | OSError):
            raise ServerTrouble(f"{type(error).__name__}: {error}") from None
        _later(mail, f"{type(error).__name__}: {error}")
    except Exception as error:
        # Django refuses line breaks in headers.
        log.exception("outgoing mail %s could not be made", mail.pk)
        _later(mail, f"{type(error).__name__}: {error}")
    else:
        mail.state, mail.sent_at, mail.error = State.SENT, timezone.now(), ""


def _message(mail: OutgoingMail) -> Message:
    """The message, built by the library alone. Raises NotVisible when the recipient lost sight of the ticket
    meanwhile, and TakenBack."""
    person = mail.to_user
    if not person.is_active or not _may_read(person, mail):
        raise NotVisible
    comment = None
    if mail.kind in (OutgoingMail.Kind.REPLY, OutgoingMail.Kind.FORWARDED):
        # Held until the mail has left: whoever takes the reply back at this moment waits and then is too late.
        comment = Comment.objects.select_for_update().get(pk=mail.event_id)
        if comment.taken_back_at is not None:
            raise TakenBack
    message = Message(
        mail.subject,
        mail.text,
        from_email=mail.from_address,
        to=[mail.to_address],
        headers={"Message-ID": mail.message_id, **mail.headers},
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    if mail.with_files and comment is not None:
        # Files of a reply that are internal now were taken back; a forwarded message's own are always internal.
        files = comment.attachments.filter(is_public=mail.kind == OutgoingMail.Kind.REPLY)
        if sum(each.size for each in files) <= MOST_ATTACHED_BYTES:
            for each in files:
                with each.file.open("rb") as stream:
                    # Whatever it is, it is a file to keep and nothing to show: a sender's HTML never opens by itself.
                    message.attach(each.name, stream.read(), "application/octet-stream")
    for file in mail.attached:
        with default_storage.open(file["file"], "rb") as stream:
            message.attach(file["name"], stream.read(), file["type"])
    return message


def _may_read(person: User, mail: OutgoingMail) -> bool:
    """Whether the ticket is still visible, or the person in a copy; a summary was written a moment ago, and what
    is said of an outage is for everybody.
    """
    if mail.needs and not person.may(mail.needs):
        return False
    if mail.event is None or mail.ticket_id is None:
        return True
    if mail.kind == OutgoingMail.Kind.OUTAGE and not mail.ticket.is_confidential:  # type: ignore[union-attr]
        return True
    return visible_tickets(person).filter(pk=mail.ticket_id).exists() or person.pk in ids_in(mail.event, "bcc")


def _refused(mail: OutgoingMail, code: int, answer: bytes | str) -> None:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    if 500 <= code < 600:
        _fail(mail, f"{code} {words}")
    else:
        _later(mail, f"{code} {words}")


def _fail(mail: OutgoingMail, error: str) -> None:
    mail.state, mail.error = State.FAILED, error[:2000]


def _later(mail: OutgoingMail, error: str) -> None:
    now = timezone.now()
    if now - mail.created_at > GIVE_UP_AFTER:
        _fail(mail, error)
        return
    mail.try_after = now + min(timedelta(seconds=10 * 2 ** min(mail.attempts, 10)), _LONGEST_PAUSE)
    mail.error = error[:2000]


@transaction.atomic
def resend_mail(mail: OutgoingMail, *, by: User, via: str) -> OutgoingMail:
    """Send a mail that failed or is held, or that waits for its next try, now. Refuses one that was sent, one whose
    reply was taken back, and one to an address that does not work.
    """
    mail.refresh_from_db(from_queryset=OutgoingMail.objects.select_for_update())
    check(by, "mails.resend", mail)
    if mail.state == State.SENT:
        raise Refused(_("This mail has been sent already."), code="wrong_state")
    if mail.state == State.STOPPED:
        raise Refused(_("The reply was taken back. Write it again to send it."), code="wrong_state")
    if _mark_of(mail) is not None:
        sentence = _(
            "Mail to %(address)s does not arrive. Say on the ticket that it works again; the mail leaves then."
        )
        raise Refused(sentence % {"address": mail.to_address}, code="dead_address")
    undo = undo_until(mail.event.comment) if mail.event and mail.kind == OutgoingMail.Kind.REPLY else None
    now = timezone.now()
    mail.state, mail.attempts, mail.try_after, mail.error = (
        State.WAITING,
        0,
        max(now, undo + BETWEEN) if undo else now,
        "",
    )
    mail.created_at = timezone.now() if mail.created_at < timezone.now() - GIVE_UP_AFTER else mail.created_at
    mail.save(update_fields=["state", "attempts", "try_after", "error", "created_at"])
    audit(mail, "resend", by=by, via=via, label=f"mail {mail.pk}")
    return mail


# --- texts ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_mail_text(
    key: str, language: str, *, body: str, by: User, via: str, team: Team | None = None
) -> MailText | None:
    """Write a text of our mails anew, of a team its signature. None when it is what comes built in.

    Refuses a text that does not exist (key), another text of a team (team), and what `check_text` refuses (body).
    """
    check(by, "settings.change")
    _must_be_a_text(key, language, team)
    body = lines(body).strip()
    check_text(key, body)
    row = MailText.objects.select_for_update().filter(key=key, language=language, team=team).first()
    if team is None and body == BUILT_IN[key][language].strip():
        if row is not None:
            _reset(row, by=by, via=via)
        return None
    before = row.body if row is not None else BUILT_IN[key][language]
    if row is not None and body == row.body:
        return row
    row = row or MailText(key=key, language=language, team=team)
    row.body, row.changed_by, row.changed_at = body, by, timezone.now()
    row.save()
    audit(row, "change_mail_text", by=by, via=via, label=_called(row), changes={"body": [before, body]})
    return row


@transaction.atomic
def reset_mail_text(key: str, language: str, *, by: User, via: str, team: Team | None = None) -> None:
    """Go back to the built-in text, of a team to the signature of the desk. Nothing happens where it holds already."""
    check(by, "settings.change")
    _must_be_a_text(key, language, team)
    row = MailText.objects.select_for_update().filter(key=key, language=language, team=team).first()
    if row is not None:
        _reset(row, by=by, via=via)


def _reset(row: MailText, *, by: User, via: str) -> None:
    audit(row, "reset_mail_text", by=by, via=via, label=_called(row), changes={"body": [row.body, ""]})
    row.delete()


def _called(row: MailText) -> str:
    return " ".join(filter(None, [row.key, row.language, row.team.code if row.team else ""]))


def _must_be_a_text(key: str, language: str, team: Team | None) -> None:
    if key not in TEXTS or language not in BUILT_IN[key]:
        raise Refused(_("There is no such text."), field="key")
    if team is not None and key != "signature":
        raise Refused(_("Only the signature may be a team's own."), field="team")


def send_example(key: str, language: str, *, body: str, by: User, team: Team | None = None) -> None:
    """Send a text as it would look to oneself, at once and outside the list of mails. Refuses a text that cannot be,
    and tells what the mail server said.
    """
    check(by, "settings.change")
    _must_be_a_text(key, language, team)
    check_text(key, body)
    text, html = example(key, language, team.pk if team else None, body)
    with override(language):
        subject = "[INC0000123] " + _("An example of our mails")
    message = Message(subject, text, from_email=settings.MAIL_FROM, to=[by.email], headers={"Message-ID": make_msgid()})
    message.attach_alternative(document(subject, language, html), "text/html")
    try:
        server = _server()
        server.send_messages([message])
        server.close()
    except (ServerTrouble, OSError, smtplib.SMTPException) as error:
        raise Refused(_("The mail could not be sent: %(trouble)s") % {"trouble": error}) from None
