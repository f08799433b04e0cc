"""Listening to the servers of fetched mailboxes (IMAP IDLE), so that a mail is fetched at once and not with the next
look. A watcher only says that there is news: it makes the mailbox's turn come now, and whoever fetches does the rest.
When one dies, or a server has no IDLE, nothing is lost but seconds.
"""

import logging
import threading
import time
from datetime import timedelta

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from servicedesk.web.alone import alone

from .. import imap
from ..models import Mailbox
from .fetching import PAUSE, connect

log = logging.getLogger(__name__)

# A new wish to be told, well before the 29 minutes of RFC 2177: routers forget silent connections sooner.
RENEW = 9 * 60
LOOK = 5  # seconds between looks for mailboxes that are new, changed or gone
_TELL = 20
_HOLDS = timedelta(seconds=60)  # how long the row says “listened to” after it was told so
_PAUSES = (15, 60, 300)
_WITHOUT_IDLE = 3600
_MOST = 100


def watch_mailboxes(stop: threading.Event) -> None:
    """Watch all mailboxes until `stop` is set. Of all listeners one does, the others stand by: it goes with the
    database session of the first when that dies.
    """
    while not stop.is_set():
        try:
            with alone("watch mailboxes") as first:
                if first:
                    Watch().run(stop)
        except Exception:  # the database, above all; what there is to watch is looked up anew
            log.exception("watching mailboxes broke off")
        finally:
            connection.close()
        stop.wait(LOOK)


class Watch:
    """All watchers of this process, by mailbox."""

    def __init__(self) -> None:
        self.watchers: dict[int, Watcher] = {}
        self.failures: dict[int, int] = {}
        self.not_before: dict[int, float] = {}
        self._told: set[int] = set()
        self._told_at = 0.0

    def run(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                self.look()
                self.tell()
                stop.wait(LOOK)
        finally:
            for watcher in self.watchers.values():
                watcher.end()
            for watcher in self.watchers.values():
                watcher.join(2)
            self.watchers = {}
            self.tell()

    def look(self) -> None:
        """End the watchers of mailboxes that are changed or gone, begin with those that have none. One that cannot be
        fetched just now gets none: a server that is down is asked by the fetchers alone.
        """
        rows = {mailbox.pk: mailbox for mailbox in _watchable()[:_MOST]}
        for pk, watcher in list(self.watchers.items()):
            if not watcher.is_alive():
                self._ended(pk, watcher)
            elif pk not in rows or _place(rows[pk]) != watcher.place:
                watcher.end()
                del self.watchers[pk]
                self.failures.pop(pk, None)
                self.not_before.pop(pk, None)
        for pk, mailbox in rows.items():
            well = not mailbox.failures and mailbox.last_ok_at is not None
            if pk not in self.watchers and well and time.monotonic() >= self.not_before.get(pk, 0):
                self.watchers[pk] = Watcher(mailbox)
                self.watchers[pk].start()

    def _ended(self, pk: int, watcher: "Watcher") -> None:
        del self.watchers[pk]
        if watcher.has_idled:
            self.failures[pk] = 0
        pause = _WITHOUT_IDLE if not watcher.tells else _PAUSES[min(self.failures.get(pk, 0), len(_PAUSES) - 1)]
        self.failures[pk] = self.failures.get(pk, 0) + 1
        self.not_before[pk] = time.monotonic() + pause

    def tell(self) -> None:
        """Keep on the rows which mailboxes are listened to, for people; it wears off when this process is killed."""
        idling = {pk for pk, watcher in self.watchers.items() if watcher.is_idling}
        if idling == self._told and time.monotonic() - self._told_at < _TELL:
            return
        if idling:
            Mailbox.objects.filter(pk__in=idling).update(idle_until=timezone.now() + _HOLDS)
        Mailbox.objects.filter(idle_until__isnull=False).exclude(pk__in=idling).update(idle_until=None)
        self._told, self._told_at = idling, time.monotonic()


def _watchable() -> QuerySet[Mailbox]:
    return Mailbox.objects.filter(kind=Mailbox.Kind.IMAP, is_active=True).order_by("pk")


def _place(mailbox: Mailbox) -> tuple:
    """What the connection was made with."""
    return (
        mailbox.host, mailbox.port, mailbox.security, mailbox.certificate, mailbox.user, mailbox.folder,
        mailbox.signs_in_by, mailbox.password_box, mailbox.oauth_tenant, mailbox.oauth_client,
    )  # fmt: skip


class Watcher(threading.Thread):
    """One connection that listens, for as long as it lasts. It dies with its process, as a crash at any point may."""

    def __init__(self, mailbox: Mailbox):
        super().__init__(name=f"watch-mailbox-{mailbox.pk}", daemon=True)
        self.mailbox, self.place = mailbox, _place(mailbox)
        self.is_idling = self.has_idled = False
        self.tells = True
        self._is_over = False
        self._server: imap.Connection | None = None

    def end(self) -> None:
        """From another thread."""
        self._is_over = True
        if self._server is not None:
            self._server.cut()

    def run(self) -> None:
        try:
            self._server = connect(self.mailbox, read_only=True, seconds=None)
            connection.close()  # it is not needed for as long as the server is silent
            with self._server as server:
                self.tells = server.tells
                if self._is_over or not server.tells:
                    return
                for is_news in server.news(RENEW):
                    self.is_idling = self.has_idled = True
                    if self._is_over:
                        return
                    if is_news:
                        _hurry(self.mailbox.pk)
        except imap.Trouble as trouble:
            if not self._is_over:
                log.info("mailbox %s is not listened to: %s", self.mailbox.pk, trouble)
        except Exception:
            log.exception("mailbox %s is not listened to", self.mailbox.pk)
        finally:
            self.is_idling = False
            connection.close()


def _hurry(pk: int) -> None:
    """Make a mailbox's turn come now. One that is being fetched keeps its lease, and `news_at` has it fetched once more
    afterwards; one that failed keeps its pause.
    """
    now = timezone.now()
    try:
        Mailbox.objects.filter(pk=pk).update(news_at=now)
        Mailbox.objects.filter(pk=pk, failures=0, try_after__gt=now, try_after__lte=now + PAUSE).update(try_after=now)
    finally:
        connection.close()
