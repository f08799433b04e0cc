"""Fetching from a real Dovecot: everything once, nothing unencrypted, nothing lost when either side dies."""

import contextlib
import socket
import threading
import time
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from servicedesk.intake import imap
from servicedesk.intake import tasks as intake_tasks
from servicedesk.intake.actions import compare_mailbox, fetch_mailbox, fetching, read_waiting, take_missing
from servicedesk.intake.actions import test_mailbox as try_mailbox
from servicedesk.intake.actions.comparing import comparison_key, taking_key
from servicedesk.intake.models import IncomingMail, Mailbox
from servicedesk.people.jobs import last_job, run_next_job
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

    def test_keeps_the_header_of_what_is_too_large_for_this_mailbox(self, dovecot, imap_box):
        box = imap_box(max_mb=1)
        dovecot.put(box.user, a_mail(subject="Huge", text="x\n" * 600_000).as_bytes())
        fetch(box)
        assert IncomingMail.objects.get().reason == "too_large"

    def test_knows_where_each_mail_lies(self, dovecot, imap_box):
        box = imap_box()
        dovecot.put(box.user, *some_mails(2))
        fetch(box)
        rows = IncomingMail.objects.order_by("uid").values_list("uid_validity", "uid")
        assert list(rows) == [(box.uid_validity, uid) for uid in dovecot.uids(box.user)]
        assert box.first_uid == box.last_uid == dovecot.uids(box.user)[-1]

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

    def test_there_is_none_when_the_administrator_chose_so(self, dovecot, imap_box):
        box = imap_box(security="none", port=dovecot.plain)
        dovecot.put(box.user, *some_mails(1))
        assert (fetch(box), box.last_error) == (1, "")
        seen = try_mailbox(box, by=an_administrator())
        assert (seen.trouble, seen.encryption) == ("", "")

    def test_of_the_other_kind_is_not_tried(self, dovecot, imap_box):
        box = imap_box(security="tls", port=dovecot.plain)
        dovecot.put(box.user, *some_mails(1))
        assert (fetch(box), box.last_error.split(":")[0]) == (0, "tls")
        assert dovecot.unread(box.user) == 1


class Without:
    """Stands between us and the server and hides some of what it says it can do."""

    def __init__(self, port: int, *hidden: bytes):
        self.port, self.hidden = port, hidden
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
            threading.Thread(target=self._pump, args=(here, there, ()), daemon=True).start()
            threading.Thread(target=self._pump, args=(there, here, self.hidden), daemon=True).start()

    @staticmethod
    def _pump(source, target, hidden):
        try:
            while data := source.recv(65536):
                for word in hidden:
                    data = data.replace(b" " + word + b" ", b" X" + word[1:] + b" ")
                target.sendall(data)
        except OSError:
            pass
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class TestWhatBecomesOfAMailThere:
    @pytest.fixture
    def server_without(self, dovecot):
        """`server_without(b"MOVE")` is the port of a server that cannot do so."""
        made = []

        def make(*hidden):
            made.append(Without(dovecot.plain, *hidden))
            return {"port": made[-1].own, "security": "none"}

        yield make
        for each in made:
            each.listening.close()

    def where(self, dovecot, box, folder="Done & 受付済み"):
        return len(dovecot.uids(box.user)), len(dovecot.uids(box.user, imap.quoted(folder)))

    def a_box(self, imap_box, **fields):
        return imap_box(afterwards="move", moves_to="Done & 受付済み", **fields)

    def test_it_is_moved_to_a_folder_that_is_made(self, dovecot, imap_box):
        box = self.a_box(imap_box)
        dovecot.put(box.user, *some_mails(2))
        assert (fetch(box), box.last_error) == (2, "")
        dovecot.put(box.user, *some_mails(1, start=2))
        assert fetch(box) == 1
        assert self.where(dovecot, box) == (0, 3)
        assert IncomingMail.objects.count() == 3 and fetch(box) == 0

    def test_it_is_moved_by_copy_where_the_server_cannot_move(self, dovecot, imap_box, server_without):
        box = self.a_box(imap_box, **server_without(b"MOVE"))
        client = dovecot.client(box.user)
        client.append("INBOX", r"(\Seen \Deleted)", None, some_mails(1, start=9)[0])
        client.logout()
        dovecot.put(box.user, *some_mails(2))
        assert (fetch(box), box.last_error) == (2, "")
        # What somebody else marked as deleted stays: only these UIDs are expunged.
        assert self.where(dovecot, box) == (1, 2)

    def test_it_is_marked_as_read_where_moving_would_take_deleting_others(self, dovecot, imap_box, server_without):
        box = self.a_box(imap_box, **server_without(b"MOVE", b"UIDPLUS"))
        dovecot.put(box.user, *some_mails(2))
        assert (fetch(box), box.last_error) == (2, "")
        assert len(dovecot.uids(box.user)) == 2 and dovecot.unread(box.user) == 0
        seen = try_mailbox(box, by=an_administrator())
        assert (seen.moves, seen.has_target) == (False, False)

    def test_it_may_be_left_as_it_is(self, dovecot, imap_box):
        box = imap_box(afterwards="leave")
        dovecot.put(box.user, *some_mails(2))
        assert (fetch(box), fetch(box)) == (2, 0)
        assert dovecot.unread(box.user) == 2

    def test_it_is_moved_later_when_the_connection_broke_before(self, dovecot, imap_box, monkeypatch):
        box = self.a_box(imap_box)
        fetch(box)
        dovecot.put(box.user, *some_mails(2))
        with monkeypatch.context() as patch:
            patch.setattr(imap.Connection, "move", lambda self, *given: (_ for _ in ()).throw(imap.Trouble("broken")))
            fetch(box)
        assert IncomingMail.objects.count() == 1 and box.failures == 1
        assert fetch(box) == 1
        assert self.where(dovecot, box) == (0, 2) and IncomingMail.objects.count() == 2

    def test_a_server_that_refuses_to_move_stops_nothing(self, dovecot, imap_box):
        box = imap_box(afterwards="move", moves_to="../" * 9)
        dovecot.put(box.user, *some_mails(2))
        assert (fetch(box), box.last_error.split(":")[0], box.failures) == (2, "move", 0)
        assert len(dovecot.uids(box.user)) == 2 and fetch(box) == 0


class TestComparison:
    def compare(self, box):
        compare_mailbox(box, by=an_administrator(), via="page")
        assert run_next_job()
        box.refresh_from_db()
        job = last_job(comparison_key(box))
        assert job.state == "done", job.error
        return [each["uid"] for each in box.missing], job.result["compared"]

    def test_finds_what_the_ledger_lost_and_takes_exactly_that_in(self, dovecot, imap_box):
        box = imap_box()
        dovecot.put(box.user, *some_mails(2))
        dovecot.put(box.user, *some_mails(1, start=90), flags=r"(\Seen)")  # read before fetching began
        fetch(box)
        dovecot.put(box.user, *some_mails(5, start=10))
        fetch(box)
        assert self.compare(box) == ([], 5)
        lost = list(IncomingMail.objects.filter(uid__gt=box.first_uid).order_by("uid")[1:3])
        uids = [mail.uid for mail in lost]
        IncomingMail.objects.filter(pk__in=[mail.pk for mail in lost]).delete()
        assert fetch(box) == 0
        assert self.compare(box) == (uids, 5)
        assert all(each["at"] for each in box.missing) and dovecot.unread(box.user) == 0
        take_missing(box, by=an_administrator(), via="page")
        assert run_next_job() and last_job(taking_key(box)).result == {"taken": 2, "gone": 0}
        box.refresh_from_db()
        assert box.missing == [] and IncomingMail.objects.count() == 7
        assert self.compare(box) == ([], 5)

    def test_does_not_miss_copies_nor_what_people_deleted(self, dovecot, imap_box):
        box = imap_box()
        fetch(box)
        (one,) = some_mails(1)
        dovecot.put(box.user, one, one, *some_mails(1, start=1))
        assert fetch(box) == 3 and IncomingMail.objects.count() == 2
        assert self.compare(box) == ([], 3)
        client = dovecot.client(box.user)
        client.select()
        client.store("3", "+FLAGS", r"(\Deleted)")
        client.expunge()
        client.logout()
        assert self.compare(box) == ([], 2)

    def test_does_not_miss_what_was_moved(self, dovecot, imap_box):
        box = imap_box(afterwards="move", moves_to="Done")
        fetch(box)
        dovecot.put(box.user, *some_mails(3))
        fetch(box)
        assert self.compare(box) == ([], 0)

    def test_says_that_a_missing_mail_has_gone(self, dovecot, imap_box):
        box = imap_box()
        fetch(box)
        Mailbox.objects.filter(pk=box.pk).update(missing=[{"uid": 77, "at": ""}])
        take_missing(box, by=an_administrator(), via="page")
        assert run_next_job() and last_job(taking_key(box)).result == {"taken": 0, "gone": 1}
        box.refresh_from_db()
        assert box.missing == []


class Hanging:
    """A server that takes connections and never says a word."""

    def __init__(self):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]


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

    def test_of_a_server_that_hangs_delays_no_other(self, dovecot, imap_box, monkeypatch):
        monkeypatch.setattr(imap, "SECONDS", 8)
        hanging = Hanging()
        for _n in range(3):
            imap_box(port=hanging.port)
        good = imap_box()
        dovecot.put(good.user, *some_mails(1))
        begun = time.monotonic()
        intake_tasks.fetch_mailboxes()
        lasted = time.monotonic() - begun
        assert IncomingMail.objects.get().mailbox == good and 4 < lasted < 7
        # The others are still waited for, in their threads; the good one is fetched again meanwhile.
        dovecot.put(good.user, *some_mails(1, start=1))
        Mailbox.objects.filter(pk=good.pk).update(try_after=timezone.now())
        fetching.fetch_due([good.pk])
        until = time.monotonic() + 2
        while IncomingMail.objects.count() < 2 and time.monotonic() < until:
            time.sleep(0.05)
        assert IncomingMail.objects.count() == 2
        while fetching.fetch_due([]):
            time.sleep(0.1)
        hanging.listening.close()
        errors = Mailbox.objects.exclude(pk=good.pk).values_list("last_error", "failures")
        assert set(errors) == {("timeout", 1)}

    def test_of_a_server_that_drips_ends_too(self, imap_box, monkeypatch):
        hanging = Hanging()

        def drip():
            here, _address = hanging.listening.accept()
            with contextlib.suppress(OSError):
                while True:
                    here.sendall(b"x")
                    time.sleep(0.1)

        threading.Thread(target=drip, daemon=True).start()
        real = fetching.connect
        monkeypatch.setattr(fetching, "connect", lambda box, **more: real(box, **more | {"seconds": 1.5}))
        box = imap_box(port=hanging.port, security="none")
        fetch(box)
        hanging.listening.close()
        assert box.last_error == "timeout"

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
        assert seen.encryption.startswith("TLSv1.") and seen.signed_in_by == "Password"
        assert seen.tells and seen.moves and not seen.has_target
        assert abs(timezone.now() - seen.newest_at) < timedelta(minutes=1)
        assert dovecot.unread(box.user) == 2 and not IncomingMail.objects.exists()
        box.port = free_port()
        assert "does not take connections" in try_mailbox(box, by=administrator).trouble

    def test_page_tells_what_was_seen(self, dovecot, imap_box, visit):
        box = imap_box(afterwards="move", moves_to="Done")
        dovecot.put(box.user, *some_mails(2))
        page = visit(an_administrator()).post(reverse("intake:mailbox-test", args=[box.pk])).content.decode()
        for words in (
            "Signed in (Password), encrypted by TLSv1.",
            "holds 2 mails, 2 of them unread",
            "(IDLE)",
            "INBOX",
        ):
            assert words in page
        assert "The folder “Done” is not there yet" in page


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
            patch.setattr(fetching, "store", lambda *args, **fields: (_ for _ in ()).throw(DatabaseError("full")))
            fetch(box)
        assert dovecot.unread(box.user) == 2 and box.last_error.startswith("server: DatabaseError")
        assert fetch(box) == 2

    def test_a_killed_worker_keeps_the_mailbox_for_minutes_only(self, imap_box):
        box = imap_box()
        Mailbox.objects.filter(pk=box.pk).update(try_after=timezone.now() + fetching.LEASE)
        assert fetch_mailbox(box.pk) == 0
        assert fetch(box) == 0 and box.last_ok_at is not None


class TestMailboxesOfTheListener:
    def test_are_not_fetched(self):
        assert fetch_mailbox(a_mailbox().pk) == 0
