"""Replies and notes: who reads them, and what they set in motion."""

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from incidents.actions import ask_requester_incident, close_incident, resolve_incident
from servicedesk.tickets.actions import note, reply
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.queries import attachments, comments, timeline
from servicedesk.web.errors import NotNow
from tests.factories import a_person, a_service, a_team, an_agent, an_incident, events_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def incident(team):
    return an_incident(service=a_service(team))


class TestReply:
    def test_of_an_agent_is_the_first_response_once(self, incident, agent):
        reply(incident.ticket, by=agent, body="Which printer?", via="page")
        first = incident.ticket.first_response_at
        assert first is not None
        reply(incident.ticket, by=agent, body="Hello?", via="page")
        assert incident.ticket.first_response_at == first

    def test_of_the_requester_is_no_response(self, incident):
        reply(incident.ticket, by=incident.ticket.requester, body="More", via="page")
        assert incident.ticket.first_response_at is None

    def test_of_an_agent_about_their_own_request_is_no_response(self, team, agent):
        own = an_incident(requester=agent, service=a_service(team))
        reply(own.ticket, by=agent, body="More", via="page")
        assert own.ticket.first_response_at is None

    def test_of_the_agent_who_entered_it_is_the_first_response(self, team, agent):
        ticket = an_incident(requester=a_person(), by=agent, service=a_service(team)).ticket
        assert ticket.entered_by == agent
        reply(ticket, by=agent, body="Is it on?", via="page")
        assert ticket.first_response_at is not None

    def test_of_the_agent_who_entered_it_is_no_answer_of_the_requester(self, team, agent):
        incident = an_incident(requester=a_person(), by=agent, service=a_service(team))
        ask_requester_incident(incident, by=agent, via="page", message="Which?")
        reply(incident.ticket, by=agent, body="Or any of them?", via="page")
        assert incident.ticket.status == "waiting_requester"

    def test_of_a_colleague_who_entered_it_is_no_response(self, team):
        colleague = a_person()
        ticket = an_incident(requester=a_person(), by=colleague, service=a_service(team)).ticket
        reply(ticket, by=colleague, body="And?", via="page")
        assert ticket.first_response_at is None

    def test_of_the_requester_resumes_what_waits_for_them(self, incident, agent):
        ask_requester_incident(incident, by=agent, via="page", message="Which?")
        before = events_of(incident.ticket)
        reply(incident.ticket, by=incident.ticket.requester, body="The grey one", via="page")
        assert events_of(incident.ticket)[len(before) :] == [
            ("reply", {}),
            ("resume", {"from": "waiting_requester", "to": "in_progress"}),
        ]

    def test_of_the_requester_reopens_what_is_resolved_but_not_what_is_closed(self, incident, agent):
        requester = incident.ticket.requester
        resolve_incident(incident, by=agent, via="page", resolution="Paper added.")
        reply(incident.ticket, by=requester, body="Still silent", via="page")
        assert incident.ticket.status == "in_progress"
        resolve_incident(incident, by=agent, via="page", resolution="Cable.")
        close_incident(incident, by=requester, via="page")
        reply(incident.ticket, by=requester, body="Thank you", via="page")
        assert incident.ticket.status == "closed"

    def test_without_proof_sets_nothing_in_motion(self, incident, agent):
        ask_requester_incident(incident, by=agent, via="page", message="Which?")
        reply(incident.ticket, by=incident.ticket.requester, body="This one", via="mail", moves=False)
        assert incident.ticket.status == "waiting_requester"

    @pytest.mark.parametrize("body", ["", "  \n "])
    def test_needs_words_or_a_file(self, incident, body):
        with pytest.raises(TicketError) as refusal:
            reply(incident.ticket, by=incident.ticket.requester, body=body, via="page")
        assert refusal.value.field == "body"
        assert incident.ticket.comments.count() == 0


class TestNote:
    def test_is_read_by_those_who_work_on_the_ticket_only(self, incident, agent):
        note(incident.ticket, by=agent, body="She called twice.", via="page", files=[SimpleUploadedFile("a.txt", b"x")])
        reply(incident.ticket, by=agent, body="We look at it.", via="page")
        requester = incident.ticket.requester
        assert [comment.body for comment in comments(agent, incident.ticket)] == ["She called twice.", "We look at it."]
        assert [comment.body for comment in comments(requester, incident.ticket)] == ["We look at it."]
        assert "note" not in [event.verb for event in timeline(requester, incident.ticket)]
        assert attachments(agent, incident.ticket).count() == 1
        assert attachments(requester, incident.ticket).count() == 0

    def test_is_not_written_by_requesters(self, incident):
        with pytest.raises(PermissionDenied):
            note(incident.ticket, by=incident.ticket.requester, body="x", via="page")


class TestFiles:
    def test_keep_their_real_type_and_a_drawn_thumbnail(self, incident, picture):
        reply(
            incident.ticket,
            by=incident.ticket.requester,
            body="see",
            via="page",
            files=[
                SimpleUploadedFile("evil.html", picture, "text/html"),
                SimpleUploadedFile("x.png", b"<script>", "image/png"),
            ],
        )
        real, false = incident.ticket.attachments.all()
        assert (real.content_type, bool(real.thumbnail)) == ("image/png", True)
        assert (false.content_type, bool(false.thumbnail)) == ("text/plain", False)
        assert "evil" not in real.file.name and real.file.name.startswith("attachments/")

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("tool.exe", b"MZ rest", "program"),
            ("harmless.txt", b"MZ\x90\x00", "program"),
            ("run.ps1", b"Get-Item", "program"),
            ("empty.txt", b"", "empty"),
        ],
    )
    def test_of_people_are_refused_with_a_sentence(self, incident, name, content, words):
        with pytest.raises(TicketError, match=words) as refusal:
            reply(
                incident.ticket,
                by=incident.ticket.requester,
                body="see",
                via="page",
                files=[SimpleUploadedFile(name, content)],
            )
        assert refusal.value.field == "files"
        assert incident.ticket.comments.count() == 0

    def test_too_large_is_refused(self, incident, settings):
        settings.ATTACHMENT_MAX_BYTES = 10
        with pytest.raises(TicketError, match="too large"):
            reply(
                incident.ticket,
                by=incident.ticket.requester,
                body="",
                via="page",
                files=[SimpleUploadedFile("a.txt", b"x" * 11)],
            )

    def test_are_asked_for_later_when_the_disk_does_not_take_them(self, incident, agent, settings):
        settings.MEDIA_ROOT.parent.mkdir(exist_ok=True)
        settings.MEDIA_ROOT.write_text("a file where the folder should be")
        before = events_of(incident.ticket)
        with pytest.raises(NotNow) as refused:
            reply(incident.ticket, by=agent, body="", via="page", files=[SimpleUploadedFile("a.txt", b"a")])
        assert refused.value.field == "files" and "cannot be stored just now" in refused.value.sentence
        assert events_of(incident.ticket) == before

    def test_names_lose_folders_and_line_breaks(self, incident):
        file = SimpleUploadedFile("a.txt", b"x")
        file._name = "..\\..\\boot\r\nini/\u202etxt.png"
        reply(incident.ticket, by=incident.ticket.requester, body="", via="page", files=[file])
        assert incident.ticket.attachments.get().name == "txt.png"
