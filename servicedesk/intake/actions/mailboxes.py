"""Setting up mailboxes, trying them, and fetching from them."""

import logging
import smtplib
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions import audit
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from .. import imap, seal
from ..models import IncomingMail, Mailbox
from .ledger import store

log = logging.getLogger(__name__)
State, Reason = IncomingMail.State, IncomingMail.Reason

SETTABLE = (
    "name", "address", "kind", "is_default", "host", "port", "security", "certificate", "user", "folder", "makes",
    "service", "team", "language", "accepts", "is_active",
)  # fmt: skip
# Other values of these mean another folder on another server: what was fetched there says nothing here.
_PLACE = frozenset({"kind", "host", "port", "user", "folder"})
PAUSE = timedelta(seconds=15)
_LONGEST_PAUSE = timedelta(minutes=30)
# A worker that was killed while it fetched holds the mailbox no longer than this.
_LEASE = timedelta(minutes=3)
_SECONDS_A_RUN = 100


@transaction.atomic
def create_mailbox(*, by: User, via: str, password: str = "", **fields: Any) -> Mailbox:
    """Add a mailbox. `fields` are those of `SETTABLE`. Refuses what `change_mailbox` refuses."""
    check(by, "settings.change")
    mailbox = Mailbox(**_known(fields), password_box=seal.seal(password))
    _examine(mailbox)
    mailbox.save()
    audit(mailbox, "create", by=by, via=via, label=mailbox.name, address=mailbox.address, kind=mailbox.kind)
    return mailbox


@transaction.atomic
def change_mailbox(mailbox: Mailbox, *, by: User, via: str, password: str = "", **fields: Any) -> Mailbox:
    """Change a mailbox; an empty `password` keeps the one it has. It is tried again at once.

    Refuses, with the field: an address that is taken or no address, a fetched mailbox without server, user name or
    password, a certificate that is none.
    """
    check(by, "settings.change")
    mailbox.refresh_from_db(from_queryset=Mailbox.objects.select_for_update())
    changes: dict[str, list | None] = {}
    for name, value in _known(fields).items():
        before = getattr(mailbox, name)
        if before != value:
            changes[name] = [getattr(before, "code", before), getattr(value, "code", value)]
            setattr(mailbox, name, value)
    if password:
        mailbox.password_box = seal.seal(password)
        changes["password"] = None
    if "certificate" in changes:
        changes["certificate"] = None
    _examine(mailbox)
    if not changes:
        return mailbox
    if _PLACE & changes.keys():
        mailbox.uid_validity, mailbox.last_uid = None, 0
    mailbox.failures, mailbox.last_error, mailbox.try_after = 0, "", timezone.now()
    mailbox.save()
    audit(mailbox, "change", by=by, via=via, label=mailbox.name, changes=changes)
    return mailbox


def _known(fields: dict) -> dict:
    unknown = set(fields) - set(SETTABLE)
    if unknown:
        raise LookupError(f"Not settable: {sorted(unknown)}")
    if "address" in fields:
        fields["address"] = fields["address"].strip().lower()
    return fields


def _examine(mailbox: Mailbox) -> None:
    if mailbox.kind == Mailbox.Kind.IMAP:
        for name in ("host", "user", "folder"):
            if not getattr(mailbox, name).strip():
                raise Refused(_("A mailbox that is fetched needs this."), field=name)
        if not mailbox.password_box:
            raise Refused(_("A mailbox that is fetched needs this."), field="password")
    if "+" in mailbox.address:
        raise Refused(_("Leave out the part from “+”; Madoguchi uses it for answers."), field="address")
    if mailbox.certificate.strip():
        try:
            ssl.create_default_context(cadata=mailbox.certificate)
        except (ssl.SSLError, ValueError):
            raise Refused(_("This is no certificate in PEM form."), field="certificate") from None
    try:
        mailbox.full_clean()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        if name == "__all__":
            raise Refused(_("Another mailbox has this address."), field="address") from None
        raise Refused(messages[0], field=name) from None


# --- fetching -------------------------------------------------------------------------------------------------------


def fetch_mailbox(pk: int) -> int:
    """Take what is new in a mailbox into the ledger; returns how many mails. Does nothing when it is not its turn or
    another worker is at it. Trouble is kept on the mailbox, which then waits longer each time; nothing is raised.

    A mail's row is committed before the mail is marked as read on the server. `last_uid` moves with the row, in its
    transaction, so that a crash at any point neither skips a mail nor keeps it twice.
    """
    now = timezone.now()
    free = Mailbox.objects.filter(pk=pk, kind=Mailbox.Kind.IMAP, is_active=True, try_after__lte=now)
    if not free.update(try_after=now + _LEASE):
        return 0
    mailbox = Mailbox.objects.get(pk=pk)
    place = (mailbox.host, mailbox.port, mailbox.user, mailbox.folder)
    here = Mailbox.objects.filter(pk=pk, host=place[0], port=place[1], user=place[2], folder=place[3])
    taken = 0
    try:
        with _connection(mailbox) as server:
            for _uid in _take(mailbox, here, server):
                taken += 1
    except Exception as error:
        trouble = (
            error if isinstance(error, imap.Trouble) else imap.Trouble("server", f"{type(error).__name__}: {error}")
        )
        log.warning("mailbox %s: %s", pk, trouble.code, exc_info=not isinstance(error, imap.Trouble))
        failures = mailbox.failures + 1
        pause = min(PAUSE * 2 ** min(failures, 10), _LONGEST_PAUSE)
        here.update(last_error=str(trouble), failures=failures, try_after=timezone.now() + pause)
    else:
        here.update(last_error="", failures=0, last_ok_at=timezone.now(), try_after=timezone.now() + PAUSE / 2)
    return taken


def _connection(mailbox: Mailbox, *, read_only: bool = False) -> imap.Connection:
    try:
        password = seal.unseal(mailbox.password_box)
    except seal.Unreadable:
        raise imap.Trouble("sealed") from None
    return imap.Connection(
        host=mailbox.host, port=mailbox.port, security=mailbox.security, certificate=mailbox.certificate,
        user=mailbox.user, password=password, folder=mailbox.folder, read_only=read_only,
    )  # fmt: skip


def _take(mailbox: Mailbox, here: QuerySet[Mailbox], server: imap.Connection) -> Iterator[int]:
    """Yield the UIDs that were taken. The first time, and after the server counted anew, what nobody has read yet is
    new and everything else is left; from then on every mail above `last_uid` is, read or not.
    """
    until = time.monotonic() + _SECONDS_A_RUN
    if mailbox.uid_validity == server.uid_validity:
        for uid in server.newer_than(mailbox.last_uid):
            _keep(mailbox, here.filter(uid_validity=server.uid_validity), server, uid, last_uid=uid)
            yield uid
            if time.monotonic() > until:
                return
    else:
        end = server.uid_next - 1 if server.uid_next else max(server.search("ALL"), default=0)
        for uid in server.search("UNSEEN"):
            _keep(mailbox, here, server, uid)
            yield uid
            end = max(end, uid)
        here.update(uid_validity=server.uid_validity, last_uid=end)


def _keep(
    mailbox: Mailbox, here: QuerySet[Mailbox], server: imap.Connection, uid: int, last_uid: int | None = None
) -> None:
    """One mail into the ledger; too large ones with their header only, ones that the server will not give with its
    answer."""
    key = f"imap {server.uid_validity} {uid}"
    fate: dict = {}
    try:
        size = server.size(uid)
        if size is not None and size > settings.MAIL_MAX_BYTES:
            raw = server.header(uid)
            fate = {"state": State.HELD, "reason": Reason.TOO_LARGE, "error": f"{size} bytes, UID {uid}"}
        else:
            raw = server.mail(uid)
    except imap.Trouble as trouble:
        if trouble.code != "server":
            raise
        raw = b""
        fate = {"state": State.FAILED, "reason": Reason.NOT_FETCHED, "error": f"UID {uid}: {trouble}"}
    with transaction.atomic():
        if raw is not None:
            store(mailbox, raw, key=key, **fate)
        if last_uid is not None:
            here.update(last_uid=last_uid)
    if raw:
        server.mark_seen(uid)


# --- trying ---------------------------------------------------------------------------------------------------------


@dataclass
class Seen:
    """What a trial saw. `trouble` is a sentence, empty when all is well."""

    trouble: str = ""
    count: int = 0
    unread: int = 0
    folders: list[str] = field(default_factory=list)


def test_mailbox(mailbox: Mailbox, *, by: User) -> Seen:
    """Try a mailbox without changing anything in it or here."""
    check(by, "settings.change")
    try:
        if mailbox.kind == Mailbox.Kind.LISTENER:
            _try_listener(mailbox)
            return Seen()
        with _connection(mailbox, read_only=True) as server:
            return Seen(count=server.count, unread=len(server.search("UNSEEN")), folders=server.folders())
    except imap.Trouble as trouble:
        return Seen(trouble=imap.sentence(str(trouble)))


def _try_listener(mailbox: Mailbox) -> None:
    host = settings.MAIL_LISTEN_HOST if settings.MAIL_LISTEN_HOST not in ("", "0.0.0.0", "::") else "127.0.0.1"  # noqa: S104
    try:
        with smtplib.SMTP(host, settings.MAIL_PORT, timeout=5) as server:
            server.ehlo()
            server.mail("")
            code, answer = server.rcpt(mailbox.address)
            if code != 250:
                raise imap.Trouble("recipient", answer.decode("utf-8", "replace"))
    except (OSError, smtplib.SMTPException) as error:
        raise imap.Trouble("listener", error) from None
