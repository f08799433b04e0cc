"""Mailboxes that sign in by OAuth 2, against a real Dovecot that asks a sign-in server whose a token is."""

import base64
import contextlib
import json
import socket
import ssl
import threading
import time
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from servicedesk.intake import imap, seal
from servicedesk.intake.actions import fetch_mailbox
from servicedesk.intake.actions import test_mailbox as try_mailbox
from servicedesk.intake.models import IncomingMail, Mailbox
from tests.connectors.server import answer
from tests.factories import an_administrator
from tests.intake.mails import a_mail, a_mailbox
from tests.intake.oauth_server import CLIENT, SECRET, SignInServer

from . import dovecot as dovecots

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def sign_in_server():
    server = SignInServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def dovecot(sign_in_server):
    if reason := dovecots.missing():
        dovecots.skip_or_fail(reason)
    server = dovecots.Dovecot(asks=f"http://127.0.0.1:{sign_in_server.server.port}/introspect")
    yield server
    server.stop()


@pytest.fixture
def signs_in(sign_in_server, settings):
    settings.OAUTH_ADDRESSES = sign_in_server.addresses
    settings.CONNECT_PRIVATE_ALLOWED = ["localhost"]
    sign_in_server.broken, sign_in_server.lasts, sign_in_server.secret = None, 3600, SECRET
    return sign_in_server


def a_box(host, port, certificate, token, user="user1", **fields) -> Mailbox:
    return a_mailbox(
        **{
            "kind": "imap", "host": host, "port": port, "security": "tls", "certificate": certificate, "user": user,
            "signs_in_by": "microsoft", "oauth_tenant": "t.example.com", "oauth_client": CLIENT,
            "oauth_secret_box": seal.seal(SECRET), "oauth_refresh_box": seal.seal(token),
        }
        | fields
    )  # fmt: skip


@pytest.fixture
def box(dovecot, signs_in):
    return a_box("localhost", dovecot.tls, dovecot.certificate, signs_in.new_refresh("user1"))


def fetch(box) -> int:
    Mailbox.objects.filter(pk=box.pk).update(try_after=timezone.now())
    taken = fetch_mailbox(box.pk)
    box.refresh_from_db()
    return taken


def said(server) -> str:
    return " ".join(path.read_text(errors="replace") for path in server.folder.glob("log*"))


class TestFetching:
    def test_signs_in_by_a_token_and_takes_mail(self, dovecot, signs_in, box):
        dovecot.put("user1", a_mail().as_bytes())
        assert (fetch(box), box.last_error) == (1, "")
        dovecot.put("user1", a_mail(subject="Second").as_bytes())
        asked = len(signs_in.asked)
        assert (fetch(box), box.last_error) == (1, "")
        assert len(signs_in.asked) == asked, "the token of the first time is still good"

    def test_goes_on_when_a_token_is_taken_back_before_its_time(self, dovecot, signs_in, box):
        fetch(box)
        signs_in.accesses.clear()
        assert (fetch(box), box.last_error) == (0, "")

    def test_by_starttls(self, dovecot, signs_in):
        box = a_box(
            "localhost", dovecot.plain, dovecot.certificate, signs_in.new_refresh("user3"), "user3", security="starttls"
        )
        assert (fetch(box), box.last_error) == (0, "") and box.last_ok_at is not None

    def test_says_which_way_it_signed_in(self, visit, box):
        seen = try_mailbox(box, by=an_administrator())
        assert (seen.trouble, seen.signed_in_by) == ("", "Microsoft 365 (OAuth 2)")
        page = visit(an_administrator(email="b@example.com")).post(reverse("intake:mailbox-test", args=[box.pk]))
        assert "Signed in (Microsoft 365 (OAuth 2)), encrypted by TLS" in page.content.decode()

    def test_into_somebody_elses_mailbox_is_trouble_that_stops_no_other(self, dovecot, signs_in, box):
        other = a_box(
            "localhost", dovecot.tls, dovecot.certificate, signs_in.new_refresh("user1"), "user9",
            address="other@desk.example.com",
        )  # fmt: skip
        assert fetch(other) == 0 and other.last_error.startswith("token") and other.failures == 1
        assert "May it read the mailbox" in imap.sentence(other.last_error)
        dovecot.put("user1", a_mail(subject="Goes on").as_bytes())
        assert (fetch(box), box.last_error) == (1, "")

    def test_without_a_permission_waits_longer_each_time_until_somebody_signs_in(self, visit, signs_in, box):
        signs_in.refreshes.clear()
        for failures in (1, 2):
            assert fetch(box) == 0
            assert box.last_error.startswith("sign_in: invalid_grant") and box.failures == failures
            assert box.try_after > timezone.now() + timedelta(seconds=15 * 2**failures - 5)
        page = visit(an_administrator()).get(reverse("intake:mailboxes")).content.decode()
        assert "Somebody must sign in again for this mailbox" in page
        Mailbox.objects.filter(pk=box.pk).update(oauth_refresh_box=seal.seal(signs_in.new_refresh("user1")))
        assert (fetch(box), box.last_error, box.failures) == (0, "", 0)

    def test_tries_again_when_the_sign_in_server_is_down(self, signs_in, box):
        signs_in.broken = answer(status="503 No")
        assert fetch(box) == 0 and box.last_error == "sign_in_server: HTTP 503"
        signs_in.broken = None
        assert (fetch(box), box.last_error) == (0, "")

    def test_keeps_tokens_out_of_logs_and_errors(self, signs_in, box, caplog):
        caplog.set_level("DEBUG")
        fetch(box)
        box.refresh_from_db()
        access, refresh = seal.unseal(box.oauth_access_box), seal.unseal(box.oauth_refresh_box)
        signs_in.refreshes.clear()
        signs_in.accesses.clear()
        fetch(box)
        assert box.last_error
        everything = caplog.text + box.last_error + str(list(IncomingMail.objects.values()))
        assert not any(secret in everything for secret in (access, refresh, SECRET))


class Gmail:
    """Speaks IMAP up to signing in, the way Google's and Microsoft's documents say. `takes` is the one good token."""

    def __init__(self, context: ssl.SSLContext, *, takes: str, offers: str = "AUTH=XOAUTH2", challenge: bytes = b""):
        self.context, self.takes, self.offers = context, takes, offers
        self.challenge = challenge or base64.b64encode(
            json.dumps({"status": "400", "schemes": "Bearer", "scope": "https://mail.google.com/"}).encode()
        )
        self.heard: list[bytes] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self.listening.accept()
                threading.Thread(target=self._speak, args=[connection], daemon=True).start()

    def _speak(self, connection):
        with contextlib.suppress(OSError), self.context.wrap_socket(connection, server_side=True) as tls:
            lines = tls.makefile("rwb")

            def say(line: bytes):
                lines.write(line + b"\r\n")
                lines.flush()

            say(b"* OK Gimap ready")
            while line := lines.readline():
                tag, command = line.split(b" ", 1)
                if command.upper().startswith(b"CAPABILITY"):
                    say(b"* CAPABILITY IMAP4rev1 SASL-IR " + self.offers.encode())
                    say(tag + b" OK Thats all")
                elif command.upper().startswith(b"AUTHENTICATE XOAUTH2"):
                    say(b"+ ")
                    given = base64.b64decode(lines.readline())
                    self.heard.append(given)
                    if given == f"user=desk@example.com\1auth=Bearer {self.takes}\1\1".encode():
                        say(tag + b" OK Success")
                        continue
                    say(b"+ " + self.challenge)
                    self.heard.append(lines.readline())
                    say(tag + b" NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)")
                elif command.upper().startswith((b"SELECT", b"EXAMINE")):
                    say(b"* 0 EXISTS")
                    say(b"* OK [UIDVALIDITY 1] ok")
                    say(tag + b" OK [READ-WRITE] opened")
                else:
                    say(tag + b" OK bye")


@pytest.fixture
def gmail(tmp_path):
    cert, key = dovecots.certificate()
    (tmp_path / "cert.pem").write_bytes(cert)
    (tmp_path / "key.pem").write_bytes(key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    started = []

    def start(**more):
        started.append(Gmail(context, **more))
        return started[-1]

    def connect(server, **more):
        return imap.Connection(
            host="localhost", port=server.port, security="tls", certificate=cert.decode(), user="desk@example.com",
            folder="INBOX", **more,
        )  # fmt: skip

    start.connect = connect
    yield start
    for each in started:
        each.listening.close()


class TestXoauth2:
    def test_is_one_line_of_user_and_token(self, gmail):
        server = gmail(takes="good")
        with gmail.connect(server, token="good") as connection:
            assert connection.count == 0
        assert server.heard == [b"user=desk@example.com\x01auth=Bearer good\x01\x01"]

    def test_answers_the_reason_of_a_refusal_with_an_empty_line(self, gmail):
        server = gmail(takes="good")
        with pytest.raises(imap.Trouble, match="^token: 400$"), gmail.connect(server, token="bad"):
            pass
        assert server.heard[1] == b"\r\n"

    def test_tries_another_token_once(self, gmail):
        server = gmail(takes="good")
        with gmail.connect(server, token="bad", renew=lambda refused: {"bad": "good"}[refused]):
            pass
        asked = []
        with pytest.raises(imap.Trouble, match="^token"):
            with gmail.connect(server, token="bad", renew=lambda refused: asked.append(refused) or "worse"):
                pass
        assert asked == ["bad"]

    @pytest.mark.parametrize("challenge", [b"not base64!", b"e30=", b"", b"W10=", base64.b64encode(b"[" * 9999)])
    def test_reads_no_more_than_a_status_from_the_reason(self, gmail, challenge):
        server = gmail(takes="good", challenge=challenge or b"=")
        began = time.monotonic()
        with pytest.raises(imap.Trouble) as raised, gmail.connect(server, token="bad"):
            pass
        assert str(raised.value) == "token"
        assert time.monotonic() - began < 5, "It waits for a server that waits for something else."

    def test_is_not_tried_where_it_is_not_offered(self, gmail):
        server = gmail(takes="good", offers="AUTH=PLAIN")
        with pytest.raises(imap.Trouble, match="no_xoauth2"), gmail.connect(server, token="good"):
            pass
        assert server.heard == []
