"""Workers killed by -9 in the middle of their work: no mail is lost, none is doubled."""

import asyncio
import random
import socket
import time

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from servicedesk.intake.actions import read_waiting, store
from servicedesk.intake.models import IncomingMail
from servicedesk.notify.actions import send_waiting
from servicedesk.notify.models import OutgoingMail
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_ticket
from tests.intake.mails import a_mail, a_mailbox
from tests.workers import Worker

pytestmark = pytest.mark.django_db(transaction=True)


class TestReader:
    def test_killed_again_and_again_makes_one_ticket_of_each_mail(self):
        box = a_mailbox()
        count = 40
        people = [a_person(email=f"p{n}@example.com") for n in range(8)]
        for n in range(count):
            mail = a_mail(people[n % 8].email, subject=f"Mail {n}", files=[("a.txt", b"file %d" % n, "text/plain")])
            store(box, mail.as_bytes())
        kills = 0
        while kills < 4 and IncomingMail.objects.filter(state="waiting").exists():
            workers = [Worker("servicedesk.intake.actions", "read_waiting") for _n in range(2)]
            time.sleep(random.uniform(0.05, 0.25))
            for worker in workers:
                worker.kill()
            kills += 1
        left = IncomingMail.objects.filter(state="waiting").count()
        IncomingMail.objects.update(try_after=timezone.now())  # what was cut short waits a little
        read_waiting(1000)
        assert kills, left
        assert IncomingMail.objects.filter(state="ticket").count() == count
        titles = sorted(Ticket.objects.values_list("title", flat=True))
        assert titles == sorted(f"Mail {n}" for n in range(count))
        for ticket in Ticket.objects.all():
            assert ticket.event_count == ticket.events.count() == 1
            assert ticket.attachments.count() == 1
        deliver_waiting(1000)
        assert OutgoingMail.objects.filter(kind="receipt").count() == count


class Sink:
    """A mail server that keeps what it is given."""

    def __init__(self):
        self.taken: list[tuple[str, str]] = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 – the library's name
        head = envelope.content.split(b"\r\n\r\n")[0].decode()
        message_id = next(line.split(" ", 1)[1] for line in head.split("\r\n") if line.startswith("Message-ID:"))
        self.taken.append((message_id.strip(), envelope.rcpt_tos[0]))
        await asyncio.sleep(0.01)
        return "250 OK"


class TestSender:
    def test_killed_again_and_again_sends_every_mail_and_repeats_none_under_another_name(self, settings):
        for n in range(30):
            a_ticket(requester=a_person(email=f"p{n}@example.com"))
        deliver_waiting(1000)
        sink = Sink()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = Controller(sink, hostname="127.0.0.1", port=port)
        server.start()
        try:
            kills = 0
            while kills < 4 and OutgoingMail.objects.filter(state="waiting").exists():
                worker = Worker(
                    "servicedesk.notify.actions", "send_waiting",
                    SMTP_URL=f"smtp+plain://127.0.0.1:{port}",
                )  # fmt: skip
                before, until = len(sink.taken), time.monotonic() + 10
                while len(sink.taken) == before and time.monotonic() < until:
                    time.sleep(0.01)
                time.sleep(random.uniform(0, 0.1))
                worker.kill()
                kills += 1
            by_workers = len(sink.taken)
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.MAIL_SERVER = {"host": "127.0.0.1"}
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
            OutgoingMail.objects.update(try_after=timezone.now())
            send_waiting(1000)
        finally:
            server.stop()
        assert by_workers, "the workers must have been killed at work"
        assert OutgoingMail.objects.filter(state="sent").count() == 30
        assert {address for _id, address in sink.taken} == {f"p{n}@example.com" for n in range(30)}
        assert len(set(sink.taken)) == 30
        assert len(sink.taken) <= 30 + kills
