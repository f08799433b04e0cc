"""A real Postfix in front of the desk: what it hands over becomes rows, and what cannot be kept just now stays its."""

import email
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from servicedesk.intake.actions import read_waiting
from servicedesk.intake.models import DeadAddress, IncomingMail
from servicedesk.notify.actions import send_waiting
from servicedesk.notify.models import OutgoingMail
from servicedesk.people.models import Role
from servicedesk.reports.issued.actions import issue
from servicedesk.reports.issued.sharing import subscribe
from servicedesk.tickets.actions import reply
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_ticket, an_agent, an_incident
from tests.intake.mails import a_mail, a_mailbox
from tests.reports.test_facts import keep, resolve
from tests.workers import Listener, database_url

from .dovecot import free_port
from .gate import Gate, database, tcp

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

DESK = "desk@desk.example.com"


@pytest.fixture
def listens(postfix):
    """`listens()` starts our listener where Postfix hands over mail for the desk, or at another port."""
    made = []

    def start(port=None, **env):
        made.append(Listener(port or postfix.desk_port, **env))
        return made[-1]

    yield start
    for each in made:
        each.kill()


@pytest.fixture
def gate(postfix):
    """`gate(connect)` is a door between two programs."""
    made = []

    def make(connect, port=0):
        made.append(Gate(connect, port))
        return made[-1]

    yield make
    for each in made:
        each.shut()


def subjects() -> list[str]:
    read_waiting(1000)
    return sorted(Ticket.objects.values_list("title", flat=True))


def said(dovecot, user, seconds=15) -> list:
    """The mails in somebody's mailbox, when there is one."""
    until = time.monotonic() + seconds
    while not (raws := dovecot.mails(user)) and time.monotonic() < until:
        time.sleep(0.1)
    return [email.message_from_bytes(raw) for raw in raws]


class TestHandedOverByLmtp:
    def test_mails_become_rows_and_tickets(self, postfix, listens):
        a_mailbox()
        a_person(email="hanako@example.com")
        listens()
        for n in range(3):
            postfix.send(a_mail(subject=f"印刷できない {n}").as_bytes(), DESK)
        postfix.wait_until_empty()
        assert subjects() == ["印刷できない 0", "印刷できない 1", "印刷できない 2"]
        mail = IncomingMail.objects.first()
        assert (mail.envelope_from, mail.envelope_to) == ("hanako@example.com", DESK)
        assert b"by mx.example.com (Postfix)" in bytes(mail.raw)

    def test_a_plus_address_is_kept_as_it_was(self, postfix, listens):
        a_mailbox()
        listens()
        postfix.send(a_mail().as_bytes(), "Desk+t1-abc@desk.example.com")
        postfix.wait_until_empty()
        assert IncomingMail.objects.get().envelope_to == "Desk+t1-abc@desk.example.com"

    def test_one_mail_to_two_mailboxes_is_two_rows(self, postfix, listens):
        a_mailbox()
        a_mailbox(address="hr@desk.example.com")
        listens()
        postfix.send(a_mail().as_bytes(), DESK, "hr@desk.example.com")
        postfix.wait_until_empty()
        assert IncomingMail.objects.count() == 2

    def test_an_unknown_address_comes_back_to_the_sender_and_the_others_arrive(
        self, postfix, listens, people_server, a_user
    ):
        a_mailbox()
        listens()
        postfix.send(a_mail().as_bytes(), DESK, "nobody@desk.example.com", sender=f"{a_user}@people.example.com")
        postfix.wait_until_empty()
        (bounce,) = said(people_server, a_user)
        assert bounce.get_content_type() == "multipart/report"
        assert "nobody@desk.example.com" in str(bounce) and "5.1.1" in str(bounce)
        assert IncomingMail.objects.get().envelope_to == DESK

    def test_what_is_larger_than_the_mailbox_takes_comes_back_to_the_sender(
        self, postfix, listens, people_server, a_user
    ):
        a_mailbox(max_mb=1)
        listens()
        large = a_mail(text="x" * 70 + "\n" + "y" * 70 + "\n" * 1_100_000).as_bytes()
        postfix.send(large, DESK, sender=f"{a_user}@people.example.com")
        postfix.wait_until_empty()
        (bounce,) = said(people_server, a_user)
        assert "5.3.4" in str(bounce) and not IncomingMail.objects.exists()


class TestWhatCannotBeKeptJustNow:
    def test_waits_at_postfix_while_the_listener_is_down(self, postfix, listens):
        a_mailbox()
        a_person(email="hanako@example.com")
        for n in range(3):
            postfix.send(a_mail(subject=f"Mail {n}").as_bytes(), DESK)
        postfix.wait_until_deferred("Connection refused")
        listens()
        postfix.wait_until_empty()
        assert subjects() == ["Mail 0", "Mail 1", "Mail 2"]

    def test_waits_at_postfix_while_the_database_is_gone(self, postfix, listens, gate):
        a_mailbox()
        a_person(email="hanako@example.com")
        door = gate(database())
        listens(DATABASE_URL=database_url(f"127.0.0.1:{door.port}"))
        postfix.send(a_mail(subject="Before").as_bytes(), DESK)
        postfix.wait_until_empty()
        door.shut()
        postfix.send(a_mail(subject="Meanwhile").as_bytes(), DESK)
        postfix.wait_until_deferred("451 4.3.0 The mail could not be kept")
        assert IncomingMail.objects.count() == 1
        door.open()
        postfix.wait_until_empty()
        assert subjects() == ["Before", "Meanwhile"]

    def test_a_listener_killed_in_the_middle_of_a_mail_gets_it_again(self, postfix, listens, gate):
        a_mailbox()
        a_person(email="hanako@example.com")
        port = free_port()
        listener = listens(port)
        door = gate(tcp(port), postfix.desk_port)
        door.when_sent(300_000, listener.kill)
        postfix.send(a_mail(subject="Long", text="z" * 70 + "\n" * 900_000).as_bytes(), DESK)
        postfix.wait_until_deferred("lost connection with")
        assert not door.is_waiting and not IncomingMail.objects.exists()
        listens(port)
        postfix.wait_until_empty()
        assert subjects() == ["Long"] and IncomingMail.objects.count() == 1

    def test_a_listener_killed_after_the_row_and_before_its_answer_doubles_nothing(self, postfix, listens, gate):
        a_mailbox()
        a_person(email="hanako@example.com")
        port = free_port()
        listener = listens(port)
        door = gate(tcp(port), postfix.desk_port)
        door.when_answered(b"250 2.0.0 Kept", listener.kill)
        postfix.send(a_mail(subject="Once").as_bytes(), DESK)
        postfix.wait_until_deferred("lost connection with")
        assert not door.is_waiting and IncomingMail.objects.count() == 1
        listens(port)
        postfix.wait_until_empty()
        assert subjects() == ["Once"] and IncomingMail.objects.count() == 1


class Pipe:
    """Runs the real command for what Postfix's pipe hands to the test, see postfix.py; `codes` are its exit codes."""

    def __init__(self, postfix):
        self.folder, self.codes, self.url = postfix.folder / "pipe", [], database_url()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while not self._ends.wait(0.05):
            for ready in self.folder.glob("*/ready"):
                ready.unlink()
                self._run(ready.parent)

    def _run(self, work):
        to, sender = (work / "words").read_text().splitlines()
        env = {"DATABASE_URL": self.url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        with (work / "mail").open("rb") as mail:
            done = subprocess.run(
                [sys.executable, "manage.py", "receive_mail", to, "--sender", sender],
                stdin=mail, env=os.environ | env, cwd=django_settings.BASE_DIR, check=False,
            )  # fmt: skip
        self.codes.append(done.returncode)
        (work / "code").write_text(f"{done.returncode}\n")

    def stop(self):
        self._ends.set()
        self._thread.join(20)


@pytest.fixture
def pipe(postfix):
    pipe = Pipe(postfix)
    yield pipe
    pipe.stop()


class TestHandedOverByPipe:
    def test_a_mail_becomes_a_row(self, postfix, pipe):
        a_mailbox(address="desk@pipe.example.com")
        postfix.send(a_mail().as_bytes(), "desk+t1-abc@pipe.example.com")
        postfix.wait_until_empty()
        mail = IncomingMail.objects.get()
        assert pipe.codes == [os.EX_OK]
        assert (mail.envelope_from, mail.envelope_to) == ("hanako@example.com", "desk+t1-abc@pipe.example.com")
        assert b"by mx.example.com (Postfix)" in bytes(mail.raw)

    def test_a_mail_waits_at_postfix_while_the_database_is_gone(self, postfix, pipe, gate):
        a_mailbox(address="desk@pipe.example.com")
        door = gate(database())
        pipe.url = database_url(f"127.0.0.1:{door.port}")
        door.shut()
        postfix.send(a_mail().as_bytes(), "desk@pipe.example.com")
        postfix.wait_until_deferred("temporary failure")
        assert set(pipe.codes) == {os.EX_TEMPFAIL} and not IncomingMail.objects.exists()
        door.open()
        postfix.wait_until_empty(60)
        assert pipe.codes[-1] == os.EX_OK and IncomingMail.objects.count() == 1

    def test_an_unknown_address_comes_back_to_the_sender(self, postfix, pipe, people_server, a_user):
        a_mailbox(address="desk@pipe.example.com")
        postfix.send(a_mail().as_bytes(), "who@pipe.example.com", sender=f"{a_user}@people.example.com")
        postfix.wait_until_empty()
        (bounce,) = said(people_server, a_user)
        assert pipe.codes == [os.EX_NOUSER]
        assert "who@pipe.example.com" in str(bounce) and "user unknown" in str(bounce)

    def test_what_is_too_large_comes_back_to_the_sender(self, postfix, pipe, people_server, a_user):
        a_mailbox(address="desk@pipe.example.com", max_mb=1)
        large = a_mail(text="y" * 70 + "\n" * 1_100_000).as_bytes()
        postfix.send(large, "desk@pipe.example.com", sender=f"{a_user}@people.example.com")
        postfix.wait_until_empty()
        assert len(said(people_server, a_user)) == 1
        assert pipe.codes == [os.EX_DATAERR] and not IncomingMail.objects.exists()


class TestOutgoing:
    @pytest.fixture
    def sends(self, postfix, settings):
        """`sends()` has the desk's waiting mails sent through Postfix."""
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.MAIL_SERVER = {"host": "127.0.0.1"}
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", postfix.port

        def send():
            deliver_waiting(1000)
            OutgoingMail.objects.filter(state="waiting").update(try_after=timezone.now())
            return send_waiting(1000)

        return send

    def test_a_reply_is_read_in_the_mailbox_it_was_sent_to(self, sends, postfix, people_server, a_user):
        requester = a_person(email=f"{a_user}@people.example.com")
        agent = an_agent()
        ticket = a_ticket(requester=requester, team=agent.memberships.get().team, title="画面が映らない")
        reply(ticket, by=agent, body="**ケーブル**を挿し直してください。", via="page")
        assert sends() == 2
        postfix.wait_until_empty()
        mails = said(people_server, a_user)
        rows = OutgoingMail.objects.all()
        assert {mail["Message-ID"] for mail in mails} == {row.message_id for row in rows}
        assert {row.state for row in rows} == {"sent"}
        (answer,) = [mail for mail in mails if "ケーブル" in mail.get_payload(0).get_payload(decode=True).decode()]
        assert f"[{ticket.number}]" in str(email.header.make_header(email.header.decode_header(answer["Subject"])))
        assert answer["To"] == requester.email

    def test_an_issued_report_arrives_in_the_mailbox_of_who_subscribed_to_it(
        self, sends, postfix, people_server, a_user
    ):
        reader = a_person(Role.REPORT_READER, email=f"{a_user}@people.example.com", language="ja")
        agent = an_agent()
        opened = datetime(2026, 3, 3, 1, tzinfo=UTC)
        incident = an_incident(team=agent.memberships.get().team, assignee=agent, at=opened)
        resolve(incident, agent, at=opened + timedelta(days=1))
        keep()
        OutgoingMail.objects.all().delete()
        subscribe(reader, by=reader, via="page")
        report = issue(date(2026, 3, 1), by=None, via="page")
        assert sends() == 1
        postfix.wait_until_empty()
        (mail,) = said(people_server, a_user)
        assert "2026年3月" in str(email.header.make_header(email.header.decode_header(mail["Subject"])))
        (attached,) = [part for part in mail.walk() if part.get_content_type() == "application/pdf"]
        assert attached.get_filename() == "report-2026-03-ja.pdf"
        content = attached.get_payload(decode=True)
        assert content == report.files.get(language="ja", format="pdf").file.read() and content.startswith(b"%PDF-")

    def test_an_address_that_the_server_refuses_fails_at_once(self, sends, postfix, people_server, a_user):
        a_ticket(requester=a_person(email="refused@people.example.com"))
        a_ticket(requester=a_person(email=f"{a_user}@people.example.com"))
        assert sends() == 1
        failed = OutgoingMail.objects.get(to_address="refused@people.example.com")
        assert failed.state == "failed" and failed.error.startswith("550") and "Nobody has this" in failed.error
        postfix.wait_until_empty()
        assert len(said(people_server, a_user)) == 1

    def test_an_address_that_is_not_there_comes_back_and_is_known_as_dead(self, sends, postfix, listens):
        a_mailbox()
        listens()
        ticket = a_ticket(requester=a_person(email="not-there@people.example.com"))
        assert sends() == 1
        postfix.wait_until_empty()
        until = time.monotonic() + 15
        while not IncomingMail.objects.exists() and time.monotonic() < until:
            time.sleep(0.1)
        read_waiting()
        mail = IncomingMail.objects.get()
        assert (mail.state, mail.reason, mail.ticket) == ("ignored", "bounce", ticket)
        assert DeadAddress.objects.get().address == "not-there@people.example.com"
        assert ticket.events.filter(verb="bounce").exists()
