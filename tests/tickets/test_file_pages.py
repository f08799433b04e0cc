"""Files of tickets: always downloads, only for those who may see them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from servicedesk.tickets import actions
from tests.factories import a_person, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def ticket(team):
    return an_incident(team=team).ticket


def attach(ticket, by, name, content, *, public=True):
    say = actions.reply if public else actions.note
    return say(ticket, by=by, via="page", body="", files=[SimpleUploadedFile(name, content)]).attachments.get()


def address(ticket, file, end="") -> str:
    return f"/tickets/{ticket.number}/files/{file.pk}/{end}"


class TestDownload:
    def test_a_picture_comes_as_a_download_with_its_name(self, visit, agent, ticket, picture):
        file = attach(ticket, agent, "画面 1.png", picture)
        answer = visit(agent).get(address(ticket, file))
        assert b"".join(answer.streaming_content) == picture
        assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
        assert answer["Content-Type"] == "image/png"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("page.html", b"<!doctype html><script>alert(1)</script>"),
            ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
            ("page.xhtml", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"></html>'),
        ],
    )
    def test_what_a_browser_would_run_is_only_bytes(self, visit, agent, ticket, name, content):
        file = attach(ticket, agent, name, content)
        answer = visit(agent).get(address(ticket, file))
        assert answer["Content-Type"] in ("application/octet-stream", "text/plain")
        assert answer["Content-Disposition"].startswith("attachment")

    def test_a_name_cannot_add_a_header(self, visit, agent, ticket):
        file = attach(ticket, agent, 'x"\r\nSet-Cookie: a=b.txt', b"hello")
        answer = visit(agent).get(address(ticket, file))
        assert "Set-Cookie" not in answer.headers
        assert "\n" not in answer["Content-Disposition"]

    def test_a_file_that_is_gone_is_not_there(self, visit, agent, ticket, picture):
        file = attach(ticket, agent, "a.png", picture)
        file.file.storage.delete(file.file.name)
        assert visit(agent).get(address(ticket, file)).status_code == 404


class TestSight:
    def test_the_requester_gets_public_files_and_no_others(self, visit, agent, team):
        requester = a_person()
        ticket = an_incident(team=team, requester=requester).ticket
        public = attach(ticket, agent, "public.txt", b"for all")
        private = attach(ticket, agent, "private.txt", b"for us", public=False)
        page = visit(requester)
        assert page.get(address(ticket, public)).status_code == 200
        assert page.get(address(ticket, private)).status_code == 404

    def test_strangers_get_nothing(self, visit, agent, ticket, picture):
        file = attach(ticket, agent, "a.png", picture)
        page = visit(an_agent(a_team()))
        assert page.get(address(ticket, file)).status_code == 404
        assert page.get(address(ticket, file, "thumbnail/")).status_code == 404

    def test_a_file_is_not_found_through_another_ticket(self, visit, agent, team, ticket, picture):
        file = attach(ticket, agent, "a.png", picture)
        other = an_incident(team=team).ticket
        assert visit(agent).get(address(other, file)).status_code == 404

    def test_nobody_is_sent_to_sign_in(self, client, ticket, agent, picture):
        file = attach(ticket, agent, "a.png", picture)
        answer = client.get(address(ticket, file))
        assert answer.status_code == 302
        assert answer.url.startswith("/account/login/")


class TestThumbnail:
    def test_is_a_png_of_our_own(self, visit, agent, ticket, picture):
        file = attach(ticket, agent, "a.png", picture)
        answer = visit(agent).get(address(ticket, file, "thumbnail/"))
        content = b"".join(answer.streaming_content)
        assert content.startswith(b"\x89PNG")
        assert content != picture
        assert "attachment" not in answer["Content-Disposition"]

    def test_a_text_has_none(self, visit, agent, ticket):
        file = attach(ticket, agent, "a.txt", b"hello")
        assert visit(agent).get(address(ticket, file, "thumbnail/")).status_code == 404
