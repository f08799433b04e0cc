"""A real clamd with a signature of our own: no file with a virus is attached or handed out, whichever way it came."""

import base64
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from servicedesk.tickets import scan
from servicedesk.tickets.models import Attachment, Ticket
from tests.factories import a_person, a_team, an_agent, an_incident
from tests.intake.mails import a_mail, a_mailbox, arrives

from .clamd import MOST_BYTES, NAME, VIRUS

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _scanner(settings, clamd_server):
    settings.CLAMD = clamd_server.address


class TestScanner:
    def test_finds_a_virus_and_nothing_in_an_honest_file(self):
        file = io.BytesIO(VIRUS)
        assert scan.virus_in(file).startswith(NAME)
        assert file.tell() == 0
        assert scan.virus_in(io.BytesIO("見積書".encode() * 100_000)) == ""
        assert scan.virus_in(io.BytesIO(b"")) == ""

    def test_is_spoken_to_by_its_socket_as_well(self, settings, clamd_server):
        settings.CLAMD = clamd_server.path
        assert scan.ping() == "" and scan.virus_in(io.BytesIO(VIRUS)).startswith(NAME)

    def test_says_what_is_too_large_for_it(self):
        with pytest.raises(scan.TooLarge):
            scan.virus_in(io.BytesIO(b"x" * (MOST_BYTES * 3)))


class TestUpload:
    def test_with_a_virus_is_refused_by_name_and_nothing_is_kept(self, visit):
        team = a_team()
        agent = an_agent(team)
        ticket = an_incident(team=team).ticket
        address = reverse("tickets:reply", args=[ticket.number])
        files = [SimpleUploadedFile("良い.txt", b"good"), SimpleUploadedFile("請求書.txt", VIRUS)]
        page = visit(agent).post(address, {"body": "See here", "files": files})
        assert page.status_code == 422
        assert f"“請求書.txt” was not taken: it contains the virus {NAME}" in page.content.decode()
        assert not Attachment.objects.exists()
        files = [SimpleUploadedFile("良い.txt", b"good")]
        page = visit(agent).post(address, {"body": "See here", "files": files})
        assert page.status_code < 400 and Attachment.objects.get().name == "良い.txt"

    def test_that_is_too_large_for_the_scanner_is_refused_too(self, visit):
        team = a_team()
        agent = an_agent(team)
        ticket = an_incident(team=team).ticket
        large = SimpleUploadedFile("large.txt", b"x" * (MOST_BYTES * 2))
        address = reverse("tickets:reply", args=[ticket.number])
        page = visit(agent).post(address, {"body": "", "files": [large]})
        assert page.status_code == 422 and "too large to be checked for viruses" in page.content.decode()


class TestMail:
    def infected(self, **fields):
        files = [("good.txt", b"good", "text/plain"), ("請求書.zip", VIRUS, "application/zip")]
        return a_mail(files=files, **fields)

    def test_becomes_a_ticket_that_names_the_file_it_does_not_have(self):
        a_person(email="hanako@example.com")
        ticket = arrives(self.infected()).ticket
        assert [each.name for each in ticket.attachments.all()] == ["good.txt"]
        assert f"(The file “請求書.zip” was not taken: it contains the virus {NAME}" in ticket.description
        assert ticket.description.startswith("The printer on the second floor")

    def test_becomes_a_reply_that_names_it_even_without_any_other_word(self):
        a_person(email="hanako@example.com")
        first = arrives(a_mail(message_id="<first@example.com>"))
        mail = a_mail(text="\n", In_Reply_To="<first@example.com>", files=[("x.bin", VIRUS, "application/zip")])
        row = arrives(mail)
        assert (row.state, row.ticket) == ("reply", first.ticket)
        assert row.comment.body.startswith("(The file “x.bin” was not taken") and not Attachment.objects.exists()

    def test_that_an_agent_forwards_brings_no_virus_by_the_mail_inside(self):
        agent = an_agent(email="agent@example.com")
        a_person(email="hanako@example.com")
        outer = a_mail(agent.email, subject="Fwd: Printer", text="Please look.")
        outer.add_attachment(self.infected())
        ticket = arrives(outer).ticket
        assert ticket.requester.email == "hanako@example.com"
        assert [each.name for each in ticket.attachments.all()] == ["good.txt"]
        assert ticket.description.count("was not taken") == 2

    def test_that_waits_for_a_decision_hands_out_neither_itself_nor_the_file(self, visit):
        row = arrives(self.infected(sender="stranger@elsewhere.example.org"), a_mailbox())
        assert row.state == "held"
        client = visit(an_agent())
        raw = client.get(reverse("intake:mail-raw", args=[row.pk]), follow=True)
        assert f"This is not handed out: it contains the virus {NAME}" in raw.content.decode()
        names = {place: client.get(reverse("intake:mail-file", args=[row.pk, place])) for place in (0, 1)}
        assert names[0].content == b"good"
        assert names[1].status_code == 302 and base64.b64encode(VIRUS) not in names[1].content

    def test_without_a_virus_is_handed_out(self, visit):
        row = arrives(a_mail("stranger@elsewhere.example.org"))
        answer = visit(an_agent()).get(reverse("intake:mail-raw", args=[row.pk]))
        assert answer.content == bytes(row.raw)

    def test_is_not_handed_out_by_api_either(self, client):
        row = arrives(self.infected(sender="stranger@elsewhere.example.org"))
        client.force_login(an_agent())
        answer = client.get(f"/api/v1/incoming-mails/{row.pk}/raw/")
        assert answer.status_code == 409 and answer.json()["code"] == "virus"


class TestWithoutScanner:
    def test_a_virus_is_just_a_file(self, settings):
        settings.CLAMD = ""
        a_person(email="hanako@example.com")
        arrives(a_mail(files=[("x.bin", VIRUS, "application/zip")]))
        assert Ticket.objects.get().attachments.get().size == len(VIRUS)
