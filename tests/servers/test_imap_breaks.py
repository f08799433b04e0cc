"""Fetching from a real Dovecot that is full, that lets nobody write, that is killed, or that somebody stands before."""

import base64
import re
import socket
import ssl
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from servicedesk.intake import imap, seal
from servicedesk.intake.actions import read_waiting
from servicedesk.intake.actions import test_mailbox as try_mailbox
from servicedesk.intake.models import IncomingMail
from tests.factories import a_person, an_administrator
from tests.intake.mails import a_mail

from . import dovecot as dovecots
from .conftest import boxes_at, skip_or_fail
from .gate import Gate, tcp
from .test_imap import Without, fetch, some_mails

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def started(**given):
    if reason := dovecots.missing():
        skip_or_fail(reason)
    return dovecots.Dovecot(**given)


# Two places for mails, each with room of its own: Dovecot asks for room when it copies, and when it moves to another.
FULL = """
mail_plugins = quota acl
namespace inbox {
  inbox = yes
  separator = /
}
namespace archive {
  prefix = Archive/
  separator = /
  location = maildir:~/archive
}
plugin {
  quota = maildir:User quota:ns=
  quota_rule = *:messages=%d
  quota2 = maildir:Archive quota:ns=Archive/
  quota2_rule = *:messages=%d
  acl = vfile
}
"""


@pytest.fixture(scope="module")
def full_server():
    server = started()
    yield server
    server.stop()


@pytest.fixture
def full_box(full_server):
    return boxes_at(full_server)


def titles():
    return sorted(IncomingMail.objects.values_list("ticket__title", flat=True))


class TestAFullMailbox:
    def check(self, server, box, target, visit):
        a_person(email="hanako@example.com")
        server.put(box.user, *some_mails(2))
        server.change(FULL % (2, 1))
        assert (fetch(box), box.failures) == (2, 0)
        read_waiting()
        assert titles() == ["Mail 0", "Mail 1"]
        page = visit(an_administrator()).get(reverse("intake:mailbox", args=[box.pk])).content.decode()
        assert "The mailbox is full on its server" in page and "OVERQUOTA" in page and "Failed 0" not in page
        lying = len(server.uids(box.user))
        assert (fetch(box), box.last_error.split(":")[0], len(server.uids(box.user))) == (0, "full", lying)
        server.change(FULL % (50, 50))
        assert (fetch(box), box.last_error) == (0, "")
        assert (len(server.uids(box.user)), len(server.uids(box.user, target))) == (0, 2)
        read_waiting()
        assert titles() == ["Mail 0", "Mail 1"]

    def test_keeps_what_cannot_be_moved_to_another_place_and_takes_it_once(self, full_server, full_box, visit):
        full_server.change(FULL % (50, 50))
        self.check(full_server, full_box(afterwards="move", moves_to="Archive/Done"), "Archive/Done", visit)

    def test_keeps_what_cannot_be_copied_and_takes_it_once(self, full_server, full_box, visit):
        full_server.change(FULL % (50, 50))
        there = Without(full_server.plain, b"MOVE")
        box = full_box(afterwards="move", moves_to="Done", port=there.own, security="none")
        self.check(full_server, box, "Done", visit)
        there.listening.close()

    def test_is_still_marked(self, full_server, full_box):
        full_server.change(FULL % (50, 50))
        box = full_box()
        full_server.put(box.user, *some_mails(2))
        full_server.change(FULL % (1, 1))
        assert (fetch(box), box.last_error, full_server.unread(box.user)) == (2, "", 0)


class TestAMailboxWithFewRights:
    @pytest.fixture
    def rights(self, full_server):
        """`rights(box, "lr")` is what the mailbox's user may do in the inbox from now on; all by ""."""
        full_server.change(FULL % (50, 50))

        def give(box, letters):
            rules = Path(full_server.folder, "homes", box.user, "Maildir", "dovecot-acl")
            rules.write_text(f"owner {letters}\n" if letters else "")

        return give

    def test_is_taken_once_and_says_that_nothing_is_marked(self, full_server, full_box, rights):
        box = full_box()
        full_server.put(box.user, *some_mails(1))
        rights(box, "lr")
        assert (fetch(box), box.last_error.split(":")[0], box.failures) == (1, "mark", 0)
        assert "does not mark mails as read" in imap.sentence(box.last_error)
        assert (fetch(box), box.last_error.split(":")[0]) == (0, "mark")
        rights(box, "")
        full_server.put(box.user, *some_mails(1, start=1))
        assert (fetch(box), box.last_error, IncomingMail.objects.count()) == (1, "", 2)

    @pytest.mark.parametrize("letters", ["lr", "lrws", "lrwsi", "lrwsit"])
    @pytest.mark.parametrize("hidden", [(), (b"MOVE",)])
    def test_is_not_copied_again_and_again_where_nothing_may_be_deleted(
        self, full_server, full_box, rights, letters, hidden
    ):
        there = Without(full_server.plain, *hidden)
        box = full_box(afterwards="move", moves_to="Done", port=there.own, security="none")
        full_server.put(box.user, *some_mails(2))
        rights(box, letters)
        assert (fetch(box), fetch(box), fetch(box), box.failures) == (2, 0, 0, 0)
        client = full_server.client(box.user)
        copies = int(client.select("Done", readonly=True)[1][0]) if client.list('""', "Done")[1] != [None] else 0
        client.logout()
        there.listening.close()
        assert copies == (2 if letters == "lrwsit" and hidden else 0)
        assert IncomingMail.objects.count() == 2
        assert box.last_error.startswith("move") == (not copies)


class TestAServerThatIsKilled:
    def test_in_the_middle_of_a_large_mail_leaves_nothing_half(self):
        server = started()
        try:
            box = boxes_at(server)(security="none", port=server.plain)
            fetch(box)
            middle = "HERE-IT-DIES"
            text = "x" * 70 + "\n"
            large = a_mail(subject="Large", text=text * 40_000 + f"{middle}\n" + text * 40_000).as_bytes()
            server.put(box.user, *some_mails(1), large, *some_mails(1, start=1))
            gate = Gate(tcp(server.plain))
            gate.when_answered(middle.encode(), server.kill)
            type(box).objects.filter(pk=box.pk).update(port=gate.port)
            box.refresh_from_db()
            assert fetch(box) == 1 and not gate.is_waiting
            assert (box.last_error.split(":")[0], box.failures) == ("broken", 1)
            assert [b"Mail 0" in bytes(mail.raw) for mail in IncomingMail.objects.all()] == [True]
            assert fetch(box) == 0 and box.failures == 2
            server.start()
            assert (fetch(box), box.last_error, box.failures) == (2, "", 0)
            assert (fetch(box), server.unread(box.user)) == (0, 0)
            kept = [bytes(mail.raw) for mail in IncomingMail.objects.order_by("uid")]
            assert [raw.replace(b"\r\n", b"\n") for raw in kept][1] == large and len(kept) == 3
            gate.shut()
        finally:
            server.stop()


TOKEN = "the-access-token"


class Between:
    """Stands between us and a server and keeps what goes by. `lies(words, client)` is handed what the server says and
    what it said to (the last line of ours), and returns what we are to hear instead. Once we begin to encrypt, it lets
    everything through.
    """

    def __init__(self, port, lies):
        self.port, self.lies = port, lies
        self.heard = b""
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.own = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        try:
            here, _address = self.listening.accept()
        except OSError:
            return
        there = socket.create_connection(("127.0.0.1", self.port))
        threading.Thread(target=self._pump, args=(here, there, self._ours), daemon=True).start()
        threading.Thread(target=self._pump, args=(there, here, self._theirs), daemon=True).start()

    def _ours(self, data):
        self.heard += data
        if self.lies is agreed_without:
            return b"X NOOP\r\n" if data.startswith(b"\x16\x03") else data.replace(b"STARTTLS", b"NOOP")
        return data

    def _theirs(self, data):
        if b"\x16\x03" in self.heard:
            return data
        return self.lies(data, self.heard.split(b"\r\n")[-2] if b"\r\n" in self.heard else b"")

    @staticmethod
    def _pump(source, target, through):
        try:
            while data := source.recv(65536):
                target.sendall(through(data))
        except OSError:
            pass
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def stripped(words, _line):
    return re.sub(rb" STARTTLS| LOGINDISABLED", b"", words)


def refused(words, line):
    return line.split()[0] + b" NO not today\r\n" if b"STARTTLS" in line else words


def agreed_without(words, line):
    """Says OK to us and nothing to the server, and goes on unencrypted."""
    tag = line.split()[0] if line else b""
    return tag + b" OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2\r\n" if b"STARTTLS" in line else words


def signed_in_already(words, _line):
    return words.replace(b"* OK ", b"* PREAUTH ")


class TestSomebodyBetween:
    @pytest.mark.parametrize(
        ("lies", "code"),
        [
            (stripped, "no_starttls"),
            (refused, "no_starttls"),
            (agreed_without, "tls"),
            (signed_in_already, "no_starttls"),
        ],
    )
    @pytest.mark.parametrize("by", ["password", "token"])
    def test_learns_neither_password_nor_token(self, dovecot, imap_box, lies, code, by):
        between = Between(dovecot.plain, lies)
        fields = {"security": "starttls", "port": between.own}
        if by == "token":
            fields |= {
                "signs_in_by": "microsoft", "oauth_tenant": "t.example.com", "oauth_client": "us",
                "oauth_access_box": seal.seal(TOKEN), "oauth_access_until": timezone.now() + timedelta(hours=1),
                "oauth_refresh_box": seal.seal("the-refresh-token"),
            }  # fmt: skip
        box = imap_box(**fields)
        dovecot.put(box.user, *some_mails(1))
        assert (fetch(box), box.last_error.split(":")[0], box.failures) == (0, code, 1)
        between.listening.close()
        clear = between.heard.split(b"\x16\x03")[0]
        assert re.fullmatch(rb"(?:\w+ (?:CAPABILITY|STARTTLS|LOGOUT)\r\n)*", clear), clear
        for secret in (dovecots.PASSWORD.encode(), TOKEN.encode()):
            assert secret not in between.heard
            assert base64.b64encode(secret)[:-4] not in between.heard
        assert not IncomingMail.objects.exists() and dovecot.unread(box.user) == 1
        assert ("no STARTTLS" if code == "no_starttls" else "No encrypted connection") in imap.sentence(box.last_error)

    def test_is_found_out_by_its_certificate(self, dovecot, imap_box):
        other, key = dovecots.certificate()
        (dovecot.folder / "between.pem").write_bytes(other + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(dovecot.folder / "between.pem")
        heard = []

        def serve(listening):
            here, _address = listening.accept()
            here.sendall(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n")
            lines = here.makefile("rb")
            while b"STARTTLS" not in (line := lines.readline()):
                here.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n" + line.split()[0] + b" OK done\r\n")
            here.sendall(line.split()[0] + b" OK done\r\n")
            try:
                heard.append(context.wrap_socket(here, server_side=True).recv(1000))
            except OSError as error:
                heard.append(error)

        with socket.create_server(("127.0.0.1", 0)) as listening:
            thread = threading.Thread(target=serve, args=[listening], daemon=True)
            thread.start()
            box = imap_box(security="starttls", port=listening.getsockname()[1])
            assert (fetch(box), box.last_error.split(":")[0]) == (0, "certificate")
            thread.join(5)
        assert isinstance(heard[0], ssl.SSLError)

    def test_is_not_believed_later_what_it_said_before(self, dovecot, imap_box):
        """Words put in before and behind the answer to STARTTLS are heard unencrypted; none of them counts after it."""

        def injected(words, line):
            if b"STARTTLS" not in line:
                return words
            tag = line.split()[0]
            following = tag[:-1] + b"%d" % (int(tag[-1:]) + 1)
            lies = b'* CAPABILITY IMAP4rev1 EVIL\r\n* LIST () "/" Evil\r\n* OK [UIDVALIDITY 66] x\r\n* 9 EXISTS\r\n'
            return lies + words + lies + following + b" OK done\r\n"

        between = Between(dovecot.plain, injected)
        box = imap_box(security="starttls", port=between.own)
        dovecot.put(box.user, *some_mails(1))
        with imap.Connection(
            host="localhost", port=between.own, security="starttls", certificate=dovecot.certificate, user=box.user,
            folder="INBOX", password=dovecots.PASSWORD,
        ) as server:  # fmt: skip
            assert b"\x16\x03" in between.heard
            assert (server.count, server.folders()) == (1, ["INBOX"])
            assert server.uid_validity != 66 and "EVIL" not in server.capabilities and "IDLE" in server.capabilities
        assert try_mailbox(box, by=an_administrator()).trouble  # it let one connection through
        between.listening.close()
