"""The listener over real sockets: nothing is answered with 250 that is not kept."""

import asyncio
import smtplib
import socket
import threading

import pytest
from django.db import DatabaseError

from servicedesk.intake import listener
from servicedesk.intake.models import IncomingMail
from tests.factories import a_team
from tests.intake.mails import a_mail, a_mailbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ports(settings):
    """(SMTP port, LMTP port) of a listener that runs for the test."""
    loop = asyncio.new_event_loop()
    found, ready = [], threading.Event()

    def run():
        asyncio.set_event_loop(loop)
        nonlocal task
        task = loop.create_task(listener.serve("127.0.0.1", 0, 0, lambda given: (found.extend(given), ready.set())))
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    task = None
    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    yield found
    loop.call_soon_threadsafe(task.cancel)
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def smtp(ports):
    with smtplib.SMTP("127.0.0.1", ports[0], timeout=10) as client:
        yield client


@pytest.fixture
def lmtp(ports):
    with smtplib.LMTP("127.0.0.1", ports[1], timeout=10) as client:
        yield client


class TestSmtp:
    def test_keeps_every_byte_before_it_answers(self, smtp):
        a_mailbox()
        raw = (
            a_mail(subject="日本語").as_bytes().replace(b"\n", b"\r\n")
            + b"\x80\xff 8-bit and a "
            + b"x" * 5000
            + b"\r\n.dot\r\n"
        )
        smtp.sendmail("hanako@example.com", ["Desk+t1-abc@DESK.example.com"], raw)
        mail = IncomingMail.objects.get()
        assert bytes(mail.raw) == raw
        assert (mail.state, mail.envelope_from, mail.envelope_to) == (
            "waiting", "hanako@example.com", "Desk+t1-abc@DESK.example.com",
        )  # fmt: skip

    def test_refuses_addresses_that_are_not_ours(self, smtp):
        a_mailbox()
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            smtp.sendmail("hanako@example.com", ["somebody@elsewhere.example.net"], a_mail().as_bytes())
        assert refused.value.recipients["somebody@elsewhere.example.net"][0] == 550
        assert not IncomingMail.objects.exists()

    def test_takes_a_whole_domain_for_the_mailbox_that_says_so(self, smtp):
        box = a_mailbox(is_default=True)
        a_mailbox(address="fetched@desk.example.com", kind="imap")
        smtp.sendmail("hanako@example.com", ["anything@desk.example.com"], a_mail().as_bytes())
        assert IncomingMail.objects.get().mailbox == box

    def test_takes_the_empty_sender_of_bounces(self, smtp):
        a_mailbox()
        smtp.sendmail("", ["desk@desk.example.com"], a_mail().as_bytes())
        assert IncomingMail.objects.get().envelope_from == "<>"

    def test_keeps_one_row_for_each_mailbox(self, smtp):
        a_mailbox()
        a_mailbox(address="hr@desk.example.com", team=a_team())
        to = ["desk@desk.example.com", "desk+x@desk.example.com", "hr@desk.example.com"]
        smtp.sendmail("hanako@example.com", to, a_mail().as_bytes())
        assert IncomingMail.objects.count() == 2

    def test_asks_to_try_again_when_the_row_cannot_be_kept(self, smtp, monkeypatch):
        a_mailbox()

        def fails(*args, **fields):
            raise DatabaseError("gone")

        with monkeypatch.context() as patch:
            patch.setattr(listener, "store", fails)
            with pytest.raises(smtplib.SMTPDataError) as refused:
                smtp.sendmail("hanako@example.com", ["desk@desk.example.com"], a_mail().as_bytes())
        assert refused.value.smtp_code == 451
        smtp.sendmail("hanako@example.com", ["desk@desk.example.com"], a_mail().as_bytes())
        assert IncomingMail.objects.count() == 1

    def test_refuses_what_is_too_large(self, settings):
        settings.MAIL_MAX_BYTES = 1000
        a_mailbox()
        loop = asyncio.new_event_loop()
        # The limit is read when a connection is made.
        ready, found = threading.Event(), []
        task = None

        def run():
            nonlocal task
            task = loop.create_task(
                listener.serve("127.0.0.1", 0, -1, lambda given: (found.extend(given), ready.set()))
            )
            with pytest.raises(asyncio.CancelledError):
                loop.run_until_complete(task)

        thread = threading.Thread(target=run)
        thread.start()
        assert ready.wait(10)
        try:
            with smtplib.SMTP("127.0.0.1", found[0], timeout=10) as client:
                with pytest.raises((smtplib.SMTPDataError, smtplib.SMTPSenderRefused)) as refused:
                    client.sendmail("a@example.com", ["desk@desk.example.com"], b"Subject: x\r\n\r\n" + b"x" * 3000)
                assert refused.value.smtp_code == 552
        finally:
            loop.call_soon_threadsafe(task.cancel)
            thread.join(10)
            loop.close()
        assert not IncomingMail.objects.exists()

    def test_refuses_what_is_too_large_for_one_mailbox(self, smtp):
        a_mailbox(max_mb=1)
        a_mailbox(address="hr@desk.example.com", team=a_team())
        raw = a_mail(text="x\n" * 600_000).as_bytes().replace(b"\n", b"\r\n")
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            smtp.sendmail("a@example.com", ["desk@desk.example.com"], raw)
        assert refused.value.recipients["desk@desk.example.com"][0] == 552
        smtp.sendmail("a@example.com", ["hr@desk.example.com"], raw)
        assert IncomingMail.objects.get().mailbox.address == "hr@desk.example.com"
        # A client that does not say the size beforehand.
        smtp.mail("a@example.com")
        assert smtp.rcpt("desk@desk.example.com")[0] == 250
        assert smtp.data(raw)[0] == 552
        assert IncomingMail.objects.count() == 1

    def test_a_connection_that_breaks_off_in_the_middle_leaves_nothing(self, ports):
        a_mailbox()
        with socket.create_connection(("127.0.0.1", ports[0]), timeout=10) as raw:
            for line in ("HELO x", "MAIL FROM:<a@example.com>", "RCPT TO:<desk@desk.example.com>", "DATA"):
                raw.recv(1000)
                raw.sendall(line.encode() + b"\r\n")
            raw.sendall(b"Subject: half\r\n\r\nhal")
        assert not IncomingMail.objects.exists()


class TestLmtp:
    def test_answers_for_each_recipient(self, lmtp):
        a_mailbox()
        a_mailbox(address="hr@desk.example.com", team=a_team())
        lmtp.ehlo_or_helo_if_needed()
        assert lmtp.mail("hanako@example.com")[0] == 250
        assert lmtp.rcpt("desk@desk.example.com")[0] == 250
        assert lmtp.rcpt("nobody@desk.example.net")[0] == 550
        assert lmtp.rcpt("hr@desk.example.com")[0] == 250
        assert lmtp.docmd("DATA")[0] == 354
        lmtp.send(a_mail().as_bytes().replace(b"\n", b"\r\n") + b"\r\n.\r\n")
        assert [lmtp.getreply()[0] for _recipient in range(2)] == [250, 250]
        assert IncomingMail.objects.count() == 2
        assert lmtp.noop()[0] == 250

    def test_refuses_only_for_the_one_that_takes_no_mail_of_this_size(self, lmtp):
        a_mailbox(max_mb=1)
        a_mailbox(address="hr@desk.example.com", team=a_team())
        lmtp.ehlo_or_helo_if_needed()
        lmtp.mail("hanako@example.com")
        lmtp.rcpt("desk@desk.example.com")
        lmtp.rcpt("hr@desk.example.com")
        lmtp.docmd("DATA")
        lmtp.send(a_mail(text="x\n" * 600_000).as_bytes().replace(b"\n", b"\r\n") + b"\r\n.\r\n")
        assert [lmtp.getreply()[0] for _recipient in range(2)] == [552, 250]
        assert IncomingMail.objects.get().mailbox.address == "hr@desk.example.com"

    def test_asks_to_try_again_for_the_one_that_was_not_kept(self, lmtp, monkeypatch):
        a_mailbox()
        hr = a_mailbox(address="hr@desk.example.com", team=a_team())
        real = listener.store

        def sometimes(mailbox, *args, **fields):
            if mailbox == hr:
                raise DatabaseError("gone")
            return real(mailbox, *args, **fields)

        monkeypatch.setattr(listener, "store", sometimes)
        lmtp.ehlo_or_helo_if_needed()
        lmtp.mail("hanako@example.com")
        lmtp.rcpt("desk@desk.example.com")
        lmtp.rcpt("hr@desk.example.com")
        lmtp.docmd("DATA")
        lmtp.send(a_mail().as_bytes().replace(b"\n", b"\r\n") + b"\r\n.\r\n")
        assert [lmtp.getreply()[0] for _recipient in range(2)] == [250, 451]
