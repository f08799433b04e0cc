"""Fetching mailboxes by IMAP: what is new goes into the ledger, then what the mailbox says becomes of it there."""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Case, QuerySet, Value, When
from django.utils import timezone

from .. import imap
from ..models import IncomingMail, Mailbox
from .ledger import store
from .signing_in import credentials

log = logging.getLogger(__name__)
State, Reason = IncomingMail.State, IncomingMail.Reason

PAUSE = timedelta(seconds=15)
_LONGEST_PAUSE = timedelta(minutes=30)
# A worker that was killed while it fetched holds the mailbox no longer than this.
LEASE = timedelta(minutes=3)
_SECONDS_A_RUN = 100
_SECONDS_TIDYING = 30


def fetch_mailbox(pk: int) -> int:
    """Take what is new in a mailbox into the ledger; returns how many mails. Does nothing when it is not its turn or
    another worker is at it. Trouble is kept on the mailbox, which then waits longer each time; nothing is raised. Where
    the server only refuses what should become of a mail there, that is kept as trouble without any failure.

    A mail's row is committed before the mail is marked or moved on the server. `last_uid` moves with the row, in its
    transaction, so that a crash at any point neither skips a mail nor keeps it twice.
    """
    now = timezone.now()
    free = Mailbox.objects.filter(pk=pk, kind=Mailbox.Kind.IMAP, is_active=True, try_after__lte=now)
    if not free.update(try_after=now + LEASE):
        return 0
    mailbox = Mailbox.objects.get(pk=pk)
    here = same_place(mailbox)
    taken = 0
    try:
        with connect(mailbox) as server:
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
        # What the server said after we looked, by IDLE, is a reason to look again at once.
        done = timezone.now()
        again = Case(When(news_at__gt=now, then=Value(done)), default=Value(done + PAUSE))
        refused = server.refused
        if refused is None and mailbox.afterwards == Mailbox.Afterwards.SEEN and not mailbox.failures:
            refused = mailbox.last_error  # nothing was to be marked this time, so that is as it was
        here.update(last_error=refused or "", failures=0, last_ok_at=done, try_after=again)
    return taken


def same_place(mailbox: Mailbox) -> QuerySet[Mailbox]:
    """The mailbox's row, unless somebody sent it to another server or folder meanwhile."""
    return Mailbox.objects.filter(
        pk=mailbox.pk, kind=mailbox.kind, host=mailbox.host, port=mailbox.port, user=mailbox.user, folder=mailbox.folder
    )


def connect(
    mailbox: Mailbox, *, read_only: bool = False, seconds: float | None = imap.SECONDS_IN_ALL
) -> imap.Connection:
    """A connection to a mailbox's server, to be used in `with`. Raises Trouble."""
    return imap.Connection(
        host=mailbox.host, port=mailbox.port, security=mailbox.security, certificate=mailbox.certificate,
        user=mailbox.user, folder=mailbox.folder, read_only=read_only, seconds=seconds, **credentials(mailbox),
    )  # fmt: skip


def _take(mailbox: Mailbox, here: QuerySet[Mailbox], server: imap.Connection) -> Iterator[int]:
    """Yield the UIDs that were taken. The first time, and after the server counted anew, what nobody has read yet is
    new and everything else is left; from then on every mail above `last_uid` is, read or not.
    """
    until = time.monotonic() + _SECONDS_A_RUN
    if mailbox.uid_validity == server.uid_validity:
        _tidy(mailbox, server)
        for uid in server.newer_than(mailbox.last_uid):
            keep(mailbox, here.filter(uid_validity=server.uid_validity), server, uid, last_uid=uid)
            yield uid
            if time.monotonic() > until:
                return
    else:
        end = server.uid_next - 1 if server.uid_next else max(server.search("ALL"), default=0)
        for uid in server.search("UNSEEN"):
            keep(mailbox, here, server, uid)
            yield uid
            end = max(end, uid)
        here.update(uid_validity=server.uid_validity, first_uid=end, last_uid=end, missing=[], compared_at=None)


def keep(
    mailbox: Mailbox, here: QuerySet[Mailbox], server: imap.Connection, uid: int, last_uid: int | None = None
) -> bool:
    """One mail into the ledger; too large ones with their header only, ones that the server will not give with its
    answer. False when the mail has gone meanwhile.
    """
    key = f"imap {server.uid_validity} {uid}"
    fate: dict = {}
    try:
        size = server.size(uid)
        if size is not None and size > mailbox.max_bytes:
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
            store(mailbox, raw, key=key, uid_validity=server.uid_validity, uid=uid, **fate)
        if last_uid is not None:
            here.update(last_uid=last_uid)
    if raw:
        _afterwards(mailbox, server, uid)
    return raw is not None


def _afterwards(mailbox: Mailbox, server: imap.Connection, uid: int) -> None:
    """What becomes of a mail that is in the ledger. A courtesy: a server that says no to it stops nothing, and
    `server.refused` says so. Where it cannot move mails they are at least marked as read.
    """
    try:
        if mailbox.afterwards == Mailbox.Afterwards.MOVE and server.moves:
            server.move(uid, mailbox.moves_to)
        elif mailbox.afterwards != Mailbox.Afterwards.LEAVE:
            server.mark_seen(uid)
        server.refused = server.refused or ""
    except imap.Trouble as trouble:
        if trouble.code not in ("move", "mark", "full", "server"):
            raise
        server.refused = str(trouble)
        log.warning("mailbox %s: UID %s stays as it is: %s", mailbox.pk, uid, trouble)


def _tidy(mailbox: Mailbox, server: imap.Connection) -> None:
    """Move what is in the ledger and still lies there: moving it failed, or the connection broke before. After trouble
    that may be mails of the first time, too.
    """
    if mailbox.afterwards != Mailbox.Afterwards.MOVE or not server.moves:
        return
    begin = 0 if mailbox.last_error else mailbox.first_uid or 0
    lying = server.between(begin, mailbox.last_uid, "UNDELETED")
    rows = IncomingMail.objects.filter(mailbox=mailbox, uid_validity=server.uid_validity, uid__in=lying)
    until = time.monotonic() + _SECONDS_TIDYING
    kept = set(rows.exclude(reason=Reason.NOT_FETCHED).values_list("uid", flat=True))
    for uid in lying:
        if uid in kept:
            _afterwards(mailbox, server, uid)
        if (server.refused or "").startswith("full") or time.monotonic() > until:  # full holds for all others, too
            return


# --- many at once ---------------------------------------------------------------------------------------------------

_fetchers: dict[int, threading.Thread] = {}  # of this process, by mailbox
_MOST_FETCHERS = 16


def fetch_due(due: list[int]) -> bool:
    """Begin to fetch each of these mailboxes in a thread of its own, so that a server that hangs delays no other.
    Returns whether any thread of this process is still at it. Which worker of which machine gets a mailbox is decided
    by its row (`fetch_mailbox`). A thread dies with its process, as a crash at any point may.
    """
    for pk in [pk for pk, thread in _fetchers.items() if not thread.is_alive()]:
        del _fetchers[pk]
    for pk in due:
        if pk not in _fetchers and len(_fetchers) < _MOST_FETCHERS:
            _fetchers[pk] = threading.Thread(target=_fetch_in_thread, args=[pk], name=f"mailbox-{pk}", daemon=True)
            _fetchers[pk].start()
    return bool(_fetchers)


def _fetch_in_thread(pk: int) -> None:
    try:
        fetch_mailbox(pk)
    except Exception:  # the database: the mailbox's turn comes again
        log.exception("mailbox %s could not be fetched", pk)
    finally:
        connection.close()
