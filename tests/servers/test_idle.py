"""Listening to a real Dovecot by IDLE: mail is seen at once, and whatever dies costs seconds at most."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from servicedesk.intake import imap
from servicedesk.intake import tasks as intake_tasks
from servicedesk.intake.actions import fetch_mailbox, fetching, watch_mailboxes, watching
from servicedesk.intake.models import IncomingMail, Mailbox
from tests.factories import an_administrator
from tests.intake.mails import a_mail
from tests.workers import Listener

from .dovecot import Dovecot, free_port
from .test_imap import Without

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def until(condition, seconds: float = 8.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def fetch(box) -> int:
    """As a worker does when it is the mailbox's turn; afterwards its turn is not before a quarter of a minute."""
    Mailbox.objects.filter(pk=box.pk).update(try_after=timezone.now(), news_at=None)
    taken = fetch_mailbox(box.pk)
    box.refresh_from_db()
    assert box.last_error == ""
    return taken


def is_due(box) -> bool:
    return Mailbox.objects.filter(pk=box.pk, try_after__lte=timezone.now()).exists()


def is_listened_to(box) -> bool:
    box.refresh_from_db()
    return box.is_listened_to


@pytest.fixture
def watch(monkeypatch):
    """`watch()` starts what the listener does beside listening, and returns what ends it."""
    monkeypatch.setattr(watching, "LOOK", 0.1)
    started = []

    def start() -> threading.Event:
        stop = threading.Event()
        thread = threading.Thread(target=watch_mailboxes, args=[stop])
        thread.start()
        started.append((stop, thread))
        return stop

    yield start
    for stop, thread in started:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def box(imap_box):
    box = imap_box()
    fetch(box)
    return box


class TestWatching:
    def test_makes_it_the_mailboxs_turn_as_soon_as_mail_comes(self, dovecot, box, watch):
        watch()
        assert until(lambda: is_listened_to(box))
        fetch(box)
        assert not is_due(box)
        dovecot.put(box.user, a_mail().as_bytes())
        delivered = time.monotonic()
        assert until(lambda: is_due(box), 2.0), "not told within two seconds"
        intake_tasks.fetch_mailboxes()
        assert IncomingMail.objects.count() == 1
        assert time.monotonic() - delivered < 5

    def test_goes_on_after_each_renewal(self, dovecot, box, watch, monkeypatch):
        monkeypatch.setattr(watching, "RENEW", 0.4)
        watch()
        assert until(lambda: is_listened_to(box))
        for number in range(3):
            time.sleep(0.5)
            fetch(box)
            dovecot.put(box.user, a_mail(subject=f"{number}").as_bytes())
            assert until(lambda: is_due(box), 2.0), number

    def test_is_one_connection_for_a_burst_of_mails(self, dovecot, box, watch, monkeypatch):
        hurried = []
        real = watching._hurry
        monkeypatch.setattr(watching, "_hurry", lambda pk: (hurried.append(pk), real(pk)))
        watch()
        assert until(lambda: is_listened_to(box))
        dovecot.put(box.user, *[a_mail(subject=f"{n}").as_bytes() for n in range(20)])
        assert until(lambda: hurried)
        time.sleep(1)
        assert len(hurried) < 20

    def test_has_a_mailbox_fetched_once_more_that_is_being_fetched(self, dovecot, box, monkeypatch):
        """What comes while the folder is looked at may have been missed by that look; its lease stays its own."""
        real = fetching._take

        def take(*given):
            yield from real(*given)
            before = Mailbox.objects.get(pk=box.pk).try_after
            watching._hurry(box.pk)
            assert Mailbox.objects.get(pk=box.pk).try_after == before

        monkeypatch.setattr(fetching, "_take", take)
        fetch(box)
        assert is_due(box)

    def test_does_not_shorten_the_pause_of_one_that_failed(self, box):
        later = timezone.now() + timedelta(seconds=10)
        Mailbox.objects.filter(pk=box.pk).update(failures=1, try_after=later)
        watching._hurry(box.pk)
        box.refresh_from_db()
        assert box.try_after == later

    def test_follows_what_is_changed_on_the_mailbox(self, dovecot, box, watch):
        watch()
        assert until(lambda: is_listened_to(box))
        Mailbox.objects.filter(pk=box.pk).update(is_active=False)
        assert until(lambda: not is_listened_to(box))
        Mailbox.objects.filter(pk=box.pk).update(is_active=True, folder="Other")
        client = dovecot.client(box.user)
        client.create("Other")
        client.logout()
        assert until(lambda: is_listened_to(box))
        box.refresh_from_db()
        fetch(box)
        dovecot.put(box.user, a_mail().as_bytes(), folder="Other")
        assert until(lambda: is_due(box), 2.0)

    def test_leaves_alone_what_cannot_be_fetched(self, imap_box, watch, monkeypatch):
        tried = []
        monkeypatch.setattr(watching, "connect", lambda box, **more: tried.append(box.pk))
        imap_box()
        Mailbox.objects.update(failures=2, last_error="refused", last_ok_at=timezone.now())
        watch()
        time.sleep(0.5)
        assert tried == []

    def test_is_done_by_one_of_many(self, dovecot, box, watch, monkeypatch):
        begun = []
        real = watching.Watcher.start
        monkeypatch.setattr(watching.Watcher, "start", lambda self: (begun.append(self), real(self)))
        first = watch()
        assert until(lambda: is_listened_to(box))
        watch()
        time.sleep(0.5)
        assert len(begun) == 1
        first.set()
        assert until(lambda: len(begun) == 2) and until(lambda: is_listened_to(box))


class TestWhenSomethingDies:
    def test_a_server_in_the_middle_of_idle_is_connected_to_again(self, imap_box, watch, monkeypatch):
        monkeypatch.setattr(watching, "_PAUSES", (0.2,))
        server = Dovecot()
        box = imap_box(port=server.tls, certificate=server.certificate)
        fetch(box)
        watch()
        assert until(lambda: is_listened_to(box))
        server.stop()
        assert until(lambda: not is_listened_to(box))
        again = Dovecot()
        try:
            Mailbox.objects.filter(pk=box.pk).update(port=again.tls, certificate=again.certificate)
            assert until(lambda: is_listened_to(box))
        finally:
            again.stop()

    def test_a_server_without_idle_is_asked_as_ever(self, dovecot, imap_box, watch, visit):
        proxy = Without(dovecot.plain, b"IDLE")
        box = imap_box(security="none", port=proxy.own)
        fetch(box)
        watch()
        assert not until(lambda: is_listened_to(box), 1.0)
        dovecot.put(box.user, a_mail().as_bytes())
        assert fetch(box) == 1
        client = visit(an_administrator())
        said = client.post(reverse("intake:mailbox-test", args=[box.pk])).content.decode()
        assert "asked for new mail every 15 seconds" in said and "no IDLE" in said

    def test_a_listener_killed_by_force_is_forgotten_and_replaced(self, dovecot, box, watch, monkeypatch):
        listener = Listener(free_port())
        try:
            assert until(lambda: is_listened_to(box), 15)
        finally:
            listener.kill()
        fetch(box)
        dovecot.put(box.user, a_mail().as_bytes())
        assert not until(lambda: is_due(box), 0.5), "nobody listens"
        assert fetch(box) == 1, "and polling goes on"
        Mailbox.objects.update(idle_until=timezone.now() - timedelta(seconds=1))
        watch()
        assert until(lambda: is_listened_to(box)), "the lock went with the killed process"

    def test_a_listener_that_is_told_to_end_ends_and_says_so(self, dovecot, box):
        listener = Listener(free_port())
        try:
            assert until(lambda: is_listened_to(box), 15)
            listener.process.terminate()
            assert listener.process.wait(8) == 0
            assert not is_listened_to(box)
        finally:
            listener.kill()


class TestPages:
    def test_say_whether_the_server_is_listened_to(self, dovecot, box, watch, visit):
        client = visit(an_administrator())
        address = reverse("intake:mailbox", args=[box.pk])
        assert "is asked for new mail every 15 seconds" in client.get(address).content.decode()
        watch()
        assert until(lambda: is_listened_to(box))
        assert "says by itself when mail comes" in client.get(address).content.decode()
        said = client.post(reverse("intake:mailbox-test", args=[box.pk])).content.decode()
        assert "says by itself when mail comes" in said


class TestNews:
    def test_end_when_they_are_cut(self, dovecot, box):
        server = fetching.connect(box, read_only=True, seconds=None)
        with pytest.raises(imap.Trouble), server:
            for _each in server.news(60):
                threading.Timer(0.2, server.cut).start()
        connection.close()
