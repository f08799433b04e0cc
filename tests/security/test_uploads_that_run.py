"""Uploads that run: nothing that was uploaded is ever shown in the page's place; it is a file to save."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from servicedesk.tickets.actions import reply
from servicedesk.tickets.models import Attachment
from tests.factories import a_service, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db

SCRIPT = b"<script>alert(document.domain)</script>"
NASTY = {
    "page.html": b"<html>" + SCRIPT + b"</html>",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    "feed.xml": b'<?xml version="1.0"?><x xmlns="http://www.w3.org/1999/xhtml">' + SCRIPT + b"</x>",
    "picture.png": b"GIF89a" + SCRIPT,
    "mail.mhtml": b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + SCRIPT,
    "paper.pdf": b"%PDF-1.4\n" + SCRIPT,
}


@pytest.fixture
def ticket():
    return an_incident(service=a_service(a_team())).ticket


class TestDownloads:
    @pytest.mark.parametrize("name", NASTY)
    def test_are_saved_and_never_shown(self, name, ticket, visit):
        reply(ticket, by=ticket.requester, body="", via="page", files=[SimpleUploadedFile(name, NASTY[name])])
        file = ticket.attachments.get()
        answer = visit(ticket.requester).get(f"/tickets/{ticket.number}/files/{file.pk}/")
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content) == NASTY[name]
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert not answer.headers["Content-Type"].startswith(
            ("text/html", "image/svg", "application/xhtml", "text/xml")
        )

    def test_keep_a_random_name_without_ending_outside_the_static_files(self, ticket, settings):
        reply(ticket, by=ticket.requester, body="", via="page", files=[SimpleUploadedFile("a.html", b"<b>")])
        stored = Attachment.objects.get().file
        assert "." not in stored.name.rsplit("/", 1)[-1]
        assert not str(stored.path).startswith(str(settings.STATIC_ROOT))

    def test_of_a_picture_show_a_thumbnail_that_we_drew(self, ticket, picture, visit):
        reply(
            ticket,
            by=ticket.requester,
            body="",
            via="page",
            files=[SimpleUploadedFile("p.png", picture + SCRIPT, "image/png")],
        )
        file = ticket.attachments.get()
        answer = visit(ticket.requester).get(f"/tickets/{ticket.number}/files/{file.pk}/thumbnail/")
        drawn = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.headers["Content-Type"] == "image/png"
        assert drawn.startswith(b"\x89PNG") and SCRIPT not in drawn

    def test_cannot_be_reached_by_their_path(self, ticket, visit):
        reply(ticket, by=ticket.requester, body="", via="page", files=[SimpleUploadedFile("a.txt", b"x")])
        stored = Attachment.objects.get().file.name
        client = visit(ticket.requester)
        for path in (
            f"/media/{stored}",
            f"/files/{stored}",
            f"/static/../files/{stored}",
            f"/static/%2e%2e/files/{stored}",
        ):
            assert client.get(path).status_code == 404

    def test_are_not_there_for_others(self, ticket, visit):
        reply(ticket, by=ticket.requester, body="", via="page", files=[SimpleUploadedFile("a.txt", b"x")])
        file = ticket.attachments.get()
        client = visit(an_agent())
        hidden = client.get(f"/tickets/{ticket.number}/files/{file.pk}/")
        missing = client.get(f"/tickets/{ticket.number}/files/99999999/")
        assert (hidden.status_code, missing.status_code) == (404, 404)
