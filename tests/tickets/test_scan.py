"""What becomes of files while the virus scanner does not answer, or answers nonsense."""

import io
import socket
import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from servicedesk import env
from servicedesk.intake.actions import read_waiting
from servicedesk.intake.models import IncomingMail
from servicedesk.tickets import scan
from servicedesk.tickets.models import Attachment
from tests.factories import a_person, a_team, an_agent, an_incident
from tests.intake.mails import a_mail, arrives

pytestmark = pytest.mark.django_db


class Scanner:
    """Listens as clamd does and answers what it is told to; with None it never does."""

    def __init__(self, answer):
        self.answer = answer
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listening.getsockname()[1]}"
        self._held = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                here, _address = self.listening.accept()
            except OSError:
                return
            here.recv(65536)
            if self.answer is None:
                self._held.append(here)
            else:
                here.sendall(self.answer)
                here.close()


@pytest.fixture
def scanner(settings):
    """`scanner(answer)` is the desk's virus scanner from now on."""
    made = []

    def make(answer):
        made.append(Scanner(answer))
        settings.CLAMD = made[-1].address
        return made[-1]

    yield make
    for each in made:
        each.listening.close()


@pytest.fixture
def nobody_there(settings):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    settings.CLAMD = f"127.0.0.1:{port}"


def upload(visit):
    team = a_team()
    ticket = an_incident(team=team).ticket
    file = SimpleUploadedFile("a.txt", b"good")
    return visit(an_agent(team)).post(reverse("tickets:reply", args=[ticket.number]), {"body": "See", "files": [file]})


class TestScannerThatDoesNotAnswer:
    def test_makes_a_page_ask_to_try_again(self, visit, nobody_there):
        page = upload(visit)
        assert page.status_code == 422
        assert "Files cannot be checked for viruses just now, so nothing was sent." in page.content.decode()
        assert not Attachment.objects.exists()

    def test_is_not_waited_for_for_ever(self, scanner, settings):
        settings.CLAMD_SECONDS = 1
        scanner(None)
        with pytest.raises(scan.NoAnswer, match="imeout"):
            scan.virus_in(io.BytesIO(b"good"))

    @pytest.mark.parametrize(
        "answer", [b"", b"UNKNOWN COMMAND\0", b"\xff\xfe\0", b"stream: Can't allocate memory ERROR\0"]
    )
    def test_or_answers_nonsense_has_found_nothing_out(self, scanner, answer):
        scanner(answer)
        with pytest.raises(scan.NoAnswer):
            scan.virus_in(io.BytesIO(b"good"))

    def test_makes_mail_with_files_wait_until_it_answers(self, nobody_there, settings):
        a_person(email="hanako@example.com")
        row = arrives(a_mail(files=[("a.txt", b"good", "text/plain")]))
        assert row.state == "waiting" and row.error.startswith("NoAnswer")
        assert timezone.now() < row.try_after < timezone.now() + timedelta(minutes=1)
        settings.CLAMD = ""
        IncomingMail.objects.update(try_after=timezone.now())
        read_waiting()
        row.refresh_from_db()
        assert row.state == "ticket" and row.ticket.attachments.get().name == "a.txt"

    def test_delays_no_mail_without_files(self, nobody_there):
        a_person(email="hanako@example.com")
        assert arrives(a_mail()).state == "ticket"

    def test_lets_files_pass_where_the_operator_said_so(self, visit, nobody_there, settings):
        settings.CLAMD_UNSCANNED = True
        assert upload(visit).status_code < 400
        assert Attachment.objects.get().name == "a.txt"

    def test_keeps_what_lies_in_the_ledger_there(self, visit, nobody_there):
        row = arrives(a_mail("stranger@elsewhere.example.org"))
        page = visit(an_agent()).get(reverse("intake:mail-raw", args=[row.pk]), follow=True)
        assert "Files cannot be checked for viruses just now" in page.content.decode()

    def test_shows_in_the_figures(self, client, nobody_there, scanner, settings):
        settings.METRICS_TOKEN = "secret"

        def figures():
            return client.get("/metrics", headers={"Authorization": "Bearer secret"}).content.decode()

        assert "madoguchi_virus_scanner_up 0.0" in figures()
        scanner(b"PONG\0")
        assert "madoguchi_virus_scanner_up 1.0" in figures()
        settings.CLAMD = ""
        assert "virus_scanner" not in figures()


class TestSetting:
    @pytest.mark.parametrize("value", ["", "127.0.0.1:3310", "[::1]:3310", "clamd.example.com:3310", "/run/clamd.ctl"])
    def test_takes_a_port_or_a_socket(self, monkeypatch, value):
        monkeypatch.setenv("CLAMD", value)
        assert env.clamd("CLAMD") == value

    @pytest.mark.parametrize("value", ["clamd", ":3310", "127.0.0.1:", "127.0.0.1:99999", "run/clamd.ctl"])
    def test_says_what_is_wrong_with_anything_else(self, monkeypatch, value):
        monkeypatch.setenv("CLAMD", value)
        with pytest.raises(ImproperlyConfigured, match="CLAMD is"):
            env.clamd("CLAMD")
