"""`receive_mail` for pipes and `listen_mail`."""

import io
import os
import sys

import pytest
from django.core.management import call_command
from django.db import OperationalError

from servicedesk.intake.management.commands import receive_mail
from servicedesk.intake.models import IncomingMail, Mailbox
from tests.intake.mails import a_mail, a_mailbox

pytestmark = pytest.mark.django_db


def piped(monkeypatch, raw: bytes, address="desk@desk.example.com") -> int:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    with pytest.raises(SystemExit) as ended:
        call_command("receive_mail", address, "--sender", "hanako@example.com", stderr=io.StringIO())
    return ended.value.code


class TestReceiveMail:
    def test_keeps_the_mail_and_says_so(self, monkeypatch):
        a_mailbox()
        raw = a_mail().as_bytes() + b"\xff\r\n"
        assert piped(monkeypatch, raw) == os.EX_OK
        mail = IncomingMail.objects.get()
        assert bytes(mail.raw) == raw and mail.envelope_from == "hanako@example.com"

    def test_makes_the_mail_server_keep_it_when_the_database_is_down(self, monkeypatch):
        def down(*args, **fields):
            raise OperationalError("down")

        a_mailbox()
        monkeypatch.setattr(receive_mail, "store", down)
        assert piped(monkeypatch, a_mail().as_bytes()) == os.EX_TEMPFAIL

    def test_refuses_other_addresses_and_nothing(self, monkeypatch, settings):
        a_mailbox()
        assert piped(monkeypatch, a_mail().as_bytes(), "x@elsewhere.example.net") == os.EX_NOUSER
        assert piped(monkeypatch, b"") == os.EX_DATAERR
        Mailbox.objects.update(max_mb=1)
        assert piped(monkeypatch, a_mail(text="x\n" * 600_000).as_bytes()) == os.EX_DATAERR
        settings.MAIL_MAX_BYTES = 10
        assert piped(monkeypatch, a_mail().as_bytes()) == os.EX_DATAERR
