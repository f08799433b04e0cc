"""Fetching from a real Dovecot: everything once, nothing unencrypted, nothing lost when either side dies."""

import socket
import threading

import pytest
from django.db import DatabaseError
from django.utils import timezone

from servicedesk.intake import imap
from servicedesk.intake import tasks as intake_tasks
from servicedesk.intake.actions import fetch_mailbox, mailboxes, read_waiting
from servicedesk.intake.actions import test_mailbox as try_mailbox
from servicedesk.intake.models import IncomingMail, Mailbox
from tests.factories import a_person, an_administrator
from tests.intake.mails import a_mail, a_mailbox

from .dovecot import Dovecot, free_port

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def fetch(box) -> int:
    Mailbox.objects.filter(pk=box.pk).update(try_after=timezone.now())
    taken = fetch_mailbox(box.pk)
    box.refresh_from_db()
    return taken


def some_mails(count, start=0):
    return [
        a_mail(subject=f"Mail {n}", message_id=f"<m{n}@example.com>").as_bytes() for n in range(start, start + count)
    ]


class TestFetching:
    def test_takes_unread_mails_once_and_marks_them_read(self, dovecot, imap_box):
        a_person(email="hanako@example.com")
        box = imap_box()
        raws = some_mails(3)
        dovecot.put(box.user, *raws)
        assert (fetch(box), box.last_error, box.failures) == (3, "", 0)
        assert dovecot.unread(box.user) == 0
        assert fetch(box) == 0
        assert {bytes(mail.raw).replace(b"\r\n", b"\n") for mail in IncomingMail.objects.all()} == set(raws)
        read_waiting()
        assert sorted(IncomingMail.objects.values_list("ticket__title", flat=True)) == ["Mail 0", "Mail 1", "Mail 2"]

    def test_leaves_what_was_read_before_the_first_time(self, dovecot, imap_box):
        box = imap_box()
        dovecot.put(box.user, *some_mails(2), flags=r"(\Seen)")
        assert fetch(box) == 0

    def test_takes_later_mails_even_when_a_person_read_them_first(self, dovecot, imap_box):
        box = imap_box()
        fetch(box)
        dovecot.put(box.user, *some_mails(2), flags=r"(\Seen)")
        assert fetch(box) == 2

    def test_uses_another_folder_with_a_japanese_name(self, dovecot, imap_box):
        box = imap_box(folder="受付 & 窓口")
        client = dovecot.client(box.user)
        client.create(imap.quoted("受付 & 窓口"))
        client.logout()
        dovecot.put(box.user, *some_mails(1), folder=imap.quoted("受付 & 窓口"))
        assert fetch(box) == 1

    def test_by_starttls(self, dovecot, imap_box):
        box = imap_box(security="starttls", port=dovecot.plain)
        dovecot.put(box.user, *some_mails(1))
        assert (fetch(box), box.last_error) == (1, "")

    def test_keeps_the_header_of_what_is_too_large(self, dovecot, imap_box, settings):
        settings.MAIL_MAX_BYTES = 2000
        a_person(email="hanako@example.com")
        box = imap_box()
        huge = a_mail(subject="Huge", text="x\n" * 3000)
        dovecot.put(box.user, huge.as_bytes(), *some_mails(1))
        fetch(box)
        huge = IncomingMail.objects.get(state="held")
        assert huge.reason == "too_large" and b"Huge" in bytes(huge.raw) and huge.size < 2000
        assert IncomingMail.objects.filter(state="waiting").count() == 1

    def test_starts_over_without_doubling_when_the_server_counts_anew(self, dovecot, imap_box):
        box = imap_box()
        dovecot.put(box.user, *some_mails(2))
        fetch(box)
        Mailbox.objects.filter(pk=box.pk).update(uid_validity=1)
        client = dovecot.client(box.user)
        client.select()
        client.store("1", "-FLAGS", r"(\Seen)")
        client.logout()
        dovecot.put(box.user, *some_mails(1, start=2))
        fetch(box)
        assert IncomingMail.objects.count() == 3


class TestEncryption:
    def test_is_never_given_up_when_the_server_has_none(self, imap_box):
        bare = Dovecot(with_tls=False)
        try:
            box = imap_box(security="starttls", port=bare.plain)
            assert fetch(box) == 0
            assert box.last_error == "no_starttls"
            assert "offers no STARTTLS" in imap.sentence(box.last_error)
        finally:
            bare.stop()

    def test_is_not_with_a_certificate_that_nobody_vouches_for(self, dovecot, imap_box):
        box = imap_box(certificate="")
        dovecot.put(box.user, *some_mails(1))
        assert (fetch(box), box.last_error.split(":")[0]) == (0, "certificate")
        assert dovecot.unread(box.user) == 1

    def test_is_not_with_a_certificate_for_another_name(self, imap_box, monkeypatch):
        box = imap_box(host="localhost.localdomain")
        real = socket.getaddrinfo

        def here(host, *more, **named):
            return real("127.0.0.1" if "localdomain" in str(host) else host, *more, **named)

        monkeypatch.setattr(socket, "getaddrinfo", here)
        fetch(box)
        assert box.last_error.startswith("certificate")


class TestTrouble:
    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"password_box": "none of ours"}, "sealed"),
            ({"folder": "Not there"}, "folder"),
            ({"user": "somebody"}, "login"),
        ],
    )
    def test_is_said_on_the_mailbox(self, imap_box, fields, code):
        box = imap_box(**fields)
        assert fetch(box) == 0
        assert box.last_error.split(":")[0] == code and box.failures == 1
        assert box.try_after > timezone.now()

    def test_of_one_mailbox_stops_no_other(self, dovecot, imap_box):
        bad = imap_box(port=free_port())
        good = imap_box()
        dovecot.put(good.user, *some_mails(1))
        intake_tasks.fetch_mailboxes()
        bad.refresh_from_db()
        assert bad.last_error == "refused" and IncomingMail.objects.get().mailbox == good

    def test_waits_longer_each_time(self, imap_box):
        box = imap_box(port=free_port())
        pauses = []
        for _n in range(3):
            fetch(box)
            pauses.append(round((box.try_after - timezone.now()).total_seconds()))
        assert pauses == [30, 60, 120]

    def test_button_says_what_it_sees_and_changes_nothing(self, dovecot, imap_box):
        administrator = an_administrator()
        box = imap_box()
        dovecot.put(box.user, *some_mails(2))
        seen = try_mailbox(box, by=administrator)
        assert (seen.trouble, seen.count, seen.unread, seen.folders) == ("", 2, 2, ["INBOX"])
        assert dovecot.unread(box.user) == 2 and not IncomingMail.objects.exists()
        box.port = free_port()
        assert "does not take connections" in try_mailbox(box, by=administrator).trouble


class Cutter:
    """Stands between us and the server and cuts the connection after so many bytes of the server's."""

    def __init__(self, port: int, after: int):
        self.port, self.after = port, after
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.own = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                here, _address = self.listening.accept()
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", self.port))
            threading.Thread(target=self._pump, args=(here, there, None), daemon=True).start()
            threading.Thread(target=self._pump, args=(there, here, self.after), daemon=True).start()

    @staticmethod
    def _pump(source, target, most):
        moved = 0
        try:
            while data := source.recv(2048):
                target.sendall(data)
                moved += len(data)
                if most is not None and moved > most:
                    break
        except OSError:
            pass
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()


class TestCrashes:
    def test_a_server_that_dies_in_the_middle_of_a_mail_loses_and_doubles_nothing(self, dovecot, imap_box):
        box = imap_box()
        dovecot.put(box.user, *[a_mail(subject=f"{n}", text="x" * 60 + "\n" * 2000).as_bytes() for n in range(6)])
        broken = 0
        for after in (6_000, 9_000, 12_000, 15_000):
            cutter = Cutter(dovecot.tls, after)
            Mailbox.objects.filter(pk=box.pk).update(port=cutter.own)
            box.refresh_from_db()
            fetch(box)
            broken += bool(box.last_error)
            cutter.listening.close()
        assert broken, "the cutter must have cut something"
        Mailbox.objects.filter(pk=box.pk).update(port=dovecot.tls)
        fetch(box)
        assert IncomingMail.objects.count() == 6 and box.last_error == ""
        assert fetch(box) == 0

    def test_a_crash_after_the_row_and_before_the_mark_doubles_nothing(self, dovecot, imap_box, monkeypatch):
        box = imap_box()
        dovecot.put(box.user, *some_mails(3))
        with monkeypatch.context() as patch:
            patch.setattr(imap.Connection, "mark_seen", lambda self, uid: (_ for _ in ()).throw(imap.Trouble("broken")))
            fetch(box)
        assert IncomingMail.objects.count() == 1 and dovecot.unread(box.user) == 3
        fetch(box)
        assert IncomingMail.objects.count() == 3 and dovecot.unread(box.user) == 0

    def test_a_row_that_is_not_committed_leaves_the_mail_unread(self, dovecot, imap_box, monkeypatch):
        box = imap_box()
        dovecot.put(box.user, *some_mails(2))
        with monkeypatch.context() as patch:
            patch.setattr(mailboxes, "store", lambda *args, **fields: (_ for _ in ()).throw(DatabaseError("full")))
            fetch(box)
        assert dovecot.unread(box.user) == 2 and box.last_error.startswith("server: DatabaseError")
        assert fetch(box) == 2

    def test_a_killed_worker_keeps_the_mailbox_for_minutes_only(self, imap_box):
        box = imap_box()
        Mailbox.objects.filter(pk=box.pk).update(try_after=timezone.now() + mailboxes._LEASE)
        assert fetch_mailbox(box.pk) == 0
        assert fetch(box) == 0 and box.last_ok_at is not None


class TestMailboxesOfTheListener:
    def test_are_not_fetched(self):
        assert fetch_mailbox(a_mailbox().pk) == 0
