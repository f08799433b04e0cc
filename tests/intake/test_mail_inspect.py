"""`mail_inspect`: the live path's own words about a mail, and nothing left behind."""

import io
import json

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from servicedesk.intake.models import IncomingMail, Mailbox
from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_ticket
from tests.intake.mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db
KEYS = [
    "file", "outcome", "subject", "from", "body_text", "body_html", "reply_text", "attachments", "auto_reply", "bounce",
    "reason",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _storage_comes_back():
    wrapped = default_storage._wrapped
    yield
    default_storage._wrapped = wrapped


@pytest.fixture
def inspect(tmp_path):
    """Writes mails into a folder and gives the lines about them."""

    def run(**mails) -> list[dict]:
        for name, mail in mails.items():
            (tmp_path / f"{name}.eml").write_bytes(mail if isinstance(mail, bytes) else mail.as_bytes())
        out = io.StringIO()
        call_command("mail_inspect", str(tmp_path), stdout=out)
        return [json.loads(line) for line in out.getvalue().splitlines()]

    return run


def next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM ticket_number_incident")
        return cursor.fetchone()[0]


class TestLines:
    def test_one_per_mail_in_the_order_of_names(self, inspect):
        found = inspect(b=a_mail(subject="B"), a=a_mail(subject="A"), c=a_mail(subject="C"))
        assert [(one["file"], one["subject"]) for one in found] == [("a.eml", "A"), ("b.eml", "B"), ("c.eml", "C")]
        assert list(found[0]) == KEYS

    def test_say_what_was_read(self, inspect):
        mail = a_mail(
            "花子 <hanako@example.com>", subject="印刷", text="動きません。\n\n> 古い文\n",
            files=[("資料.pdf", b"12345", "application/pdf")],
        )  # fmt: skip
        assert inspect(a=mail) == [
            {
                "file": "a.eml",
                "outcome": "created",
                "subject": "印刷",
                "from": "hanako@example.com",
                "body_text": "動きません。\n\n> 古い文",
                "body_html": "",
                "reply_text": "動きません。",
                "attachments": [{"name": "資料.pdf", "size": 5}],
                "auto_reply": False,
                "bounce": False,
                "reason": "",
            }
        ]

    def test_outcomes(self, inspect):
        hanako = a_person(email="hanako@example.com")
        ticket = a_ticket(requester=hanako)
        found = inspect(
            answer=a_mail(subject=f"Re: [{ticket.number}] x"),
            auto=a_mail(auto_submitted="auto-replied"),
            bounce=a_mail("MAILER-DAEMON@example.net"),
            deep=b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 10_000,
            empty=b"",
            stranger=a_mail("nobody@example.net"),
        )
        assert {one["file"].removesuffix(".eml"): (one["outcome"], one["reason"]) for one in found} == {
            "answer": ("appended", ""),
            "auto": ("ignored", "auto_reply"),
            "bounce": ("ignored", "bounce"),
            "deep": ("quarantined", "too_complex"),
            "empty": ("quarantined", "no_sender"),
            "stranger": ("created", ""),
        }
        assert [one["file"] for one in found if one["auto_reply"]] == ["auto.eml"]
        assert [one["file"] for one in found if one["bounce"]] == ["bounce.eml"]

    def test_a_mail_that_is_in_the_ledger_already_is_looked_at_anew(self, inspect):
        a_person(email="hanako@example.com")
        mail = a_mail()
        row = arrives(mail)
        assert inspect(a=mail)[0]["outcome"] == "created"
        assert IncomingMail.objects.get().ticket_id == row.ticket_id

    def test_nothing_there_is_said(self, tmp_path):
        with pytest.raises(CommandError, match="There is nothing at"):
            call_command("mail_inspect", str(tmp_path / "nothing"))


class TestNothingChanges:
    def test_no_row_no_number_no_file(self, inspect, settings):
        box = a_mailbox()
        before = (IncomingMail.objects.count(), User.objects.count(), Ticket.objects.count(), next_number())
        mail = a_mail("nobody@example.net", files=[("a.txt", b"x", "text/plain")])
        assert [one["outcome"] for one in inspect(a=mail, b=mail)] == ["created", "created"]
        assert (IncomingMail.objects.count(), User.objects.count(), Ticket.objects.count(), next_number()) == before
        assert not any(each.is_file() for each in settings.MEDIA_ROOT.rglob("*"))
        assert Mailbox.objects.get().accepts == box.accepts == "known"
