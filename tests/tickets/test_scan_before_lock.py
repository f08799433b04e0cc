"""A virus scanner that takes its time delays the message that it looks at, and nobody else on the ticket."""

import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, transaction

from incidents.actions import ask_requester_incident, start_incident
from servicedesk.intake.actions import join_mail, read_waiting
from servicedesk.intake.models import IncomingMail
from servicedesk.tickets import scan
from servicedesk.tickets.actions import note, reply
from servicedesk.tickets.models import Attachment, Ticket
from tests.factories import a_person, a_service, a_team, an_agent, an_incident
from tests.intake.mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db(transaction=True)
BAD = b"a virus, says the scanner"


@pytest.fixture
def scanned(monkeypatch, settings):
    """For each file that the scanner saw whether some ticket was locked meanwhile, as another connection finds it."""
    settings.CLAMD = "127.0.0.1:1"
    found = []

    def is_any_locked() -> None:
        try:
            with transaction.atomic():
                list(Ticket.objects.select_for_update(nowait=True))
        except OperationalError:
            found.append("locked")
        else:
            found.append("free")
        finally:
            connection.close()

    def virus_in(file):
        thread = threading.Thread(target=is_any_locked)
        thread.start()
        thread.join(10)
        content = file.read()
        file.seek(0)
        return "Bad" if content == BAD else ""

    monkeypatch.setattr(scan, "virus_in", virus_in)
    return found


def a_file(content=b"hello"):
    return SimpleUploadedFile("a.txt", content)


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def ticket(team):
    return an_incident(service=a_service(team), requester=a_person(email="hanako@example.com")).ticket


class TestFilesOfPages:
    @pytest.mark.parametrize("write", [reply, note])
    def test_are_looked_at_before_the_ticket_is_locked(self, team, ticket, scanned, write):
        write(ticket, by=an_agent(team), via="page", body="See", files=[a_file(), a_file()])
        assert scanned == ["free", "free"] and Attachment.objects.count() == 2

    def test_of_a_question_too(self, team, ticket, scanned):
        agent = an_agent(team)
        incident = ticket.incident
        start_incident(incident, by=agent, via="page")
        ask_requester_incident(incident, by=agent, via="page", message="Which?", files=[a_file()])
        assert scanned == ["free"] and Attachment.objects.count() == 1


class TestFilesOfMail:
    FILES = (("a.txt", b"hello", "text/plain"), ("b.txt", BAD, "text/plain"))

    def test_of_an_answer_are_looked_at_before(self, ticket, scanned):
        arrives(a_mail(subject=f"[{ticket.number}]", files=self.FILES))
        assert scanned == ["free", "free"]
        assert [each.name for each in Attachment.objects.all()] == ["a.txt"]

    @pytest.mark.parametrize("sender", ["hanako@example.com", "stranger@example.net"])
    def test_that_somebody_puts_into_a_ticket_are_looked_at_before_and_not_taken_with_a_virus(
        self, team, ticket, scanned, sender
    ):
        box = a_mailbox(team=team, needs_proof=True, trusted_servers="mx.example.com")
        mail = arrives(a_mail(sender, files=self.FILES), box)
        assert (mail.state, scanned) == ("held", [])
        join_mail(mail, ticket, by=an_agent(team), via="page")
        read_waiting()
        mail = IncomingMail.objects.get(pk=mail.pk)
        assert (mail.ticket, scanned) == (ticket, ["free", "free"])
        assert [each.name for each in Attachment.objects.all()] == ["a.txt"]
        assert "“b.txt” was not taken: it contains the virus Bad." in mail.comment.body

    def test_of_a_new_ticket_are_looked_at_once(self, scanned):
        a_person(email="hanako@example.com")
        mail = arrives(a_mail(files=self.FILES))
        assert scanned == ["free", "free"] and mail.ticket.attachments.count() == 1
