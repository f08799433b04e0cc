"""Forwarding a message to somebody outside, and what they answer."""

import pytest
from django.core import mail as outbox
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from servicedesk.intake import tokens
from servicedesk.notify.actions import send_waiting
from servicedesk.notify.models import Notification, OutgoingMail
from servicedesk.people.models import User
from servicedesk.tickets import actions
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Comment, Ticket
from servicedesk.tickets.queries import comments, sees
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, again, an_agent, an_incident
from tests.intake.mails import a_mail, a_mailbox, arrives
from tests.intake.test_reader import answer_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team, name="Ken Suzuki")


@pytest.fixture
def ticket(team, agent):
    ticket = an_incident(team=team, title="Printer jams", description="E-21 again and again").ticket
    actions.assign(ticket, by=agent, via="page", assignee=agent)
    return ticket


def sent() -> list:
    deliver_waiting()
    send_waiting()
    return outbox.outbox


class TestForward:
    def test_goes_out_by_mail_with_words_message_and_files(self, ticket, agent):
        said = actions.reply(
            ticket, by=ticket.requester, via="page", body="It says E-21", files=[SimpleUploadedFile("e.txt", b"E-21")]
        )
        note = actions.forward(ticket, said, by=agent, via="page", to=["help@maker.example"], body="Please look.")
        (letter,) = [each for each in sent() if each.to == ["help@maker.example"]]
        assert "Please look." in letter.body and "It says E-21" in letter.body
        assert [name for name, _content, _type in letter.attachments] == ["e.txt"]
        assert (note.is_public, note.event.verb) == (False, "forward")
        maker = User.objects.get(email="help@maker.example")
        assert maker.is_guest and not sees(maker, ticket)
        assert note.event.data == {"bcc": [[maker.pk]], "of": said.pk}

    def test_the_description_goes_too(self, ticket, agent):
        actions.forward(ticket, None, by=agent, via="page", to=["help@maker.example"], body="Please look.")
        (letter,) = [each for each in sent() if each.to == ["help@maker.example"]]
        assert "E-21 again and again" in letter.body

    def test_the_requester_learns_nothing_of_it(self, ticket, agent):
        actions.forward(ticket, None, by=agent, via="page", to=["help@maker.example"], body="Please look.")
        assert not [each for each in sent() if each.to == [ticket.requester.email] and "Please look" in each.body]
        assert "Please look." not in [each.body for each in comments(again(ticket.requester), ticket)]

    @pytest.mark.parametrize(
        ("to", "body", "field"), [([], "x", "to"), (["nobody@"], "x", "to"), (["a@b.example"], "  ", "body")]
    )
    def test_refuses(self, ticket, agent, to, body, field):
        with pytest.raises(Refused) as refusal:
            actions.forward(ticket, None, by=agent, via="page", to=to, body=body)
        assert refusal.value.field == field
        assert not Comment.objects.filter(event__verb="forward").exists()

    def test_refuses_a_message_of_another_ticket(self, ticket, agent, team):
        other = actions.note(an_incident(team=team).ticket, by=agent, via="page", body="Hm")
        with pytest.raises(TicketError):
            actions.forward(ticket, other, by=agent, via="page", to=["a@b.example"], body="x")

    def test_is_for_those_who_work_on_it(self, ticket):
        with pytest.raises(PermissionDenied):
            actions.forward(ticket, None, by=ticket.requester, via="page", to=["a@b.example"], body="x")


class TestAnswer:
    @pytest.fixture
    def maker(self, ticket, agent):
        actions.forward(ticket, None, by=agent, via="page", to=["help@maker.example"], body="Please look.")
        deliver_waiting()
        return User.objects.get(email="help@maker.example")

    def test_becomes_an_internal_note_of_theirs_and_the_assignee_hears_of_it(self, ticket, agent, maker):
        came = arrives(answer_of(maker, ticket, text="Change the roller."), a_mailbox())
        assert (came.state, came.ticket) == ("reply", ticket)
        note = Comment.objects.get(event__verb="answer_from_outside")
        assert (note.body, note.author, note.is_public) == ("Change the roller.", maker, False)
        assert Ticket.objects.get(pk=ticket.pk).status == "assigned"
        deliver_waiting()
        assert OutgoingMail.objects.get(kind="outside").to_user == agent
        assert Notification.objects.get(person=agent, kind="answer").ticket == ticket
        assert not OutgoingMail.objects.filter(kind="outside", to_user=ticket.requester).exists()

    def test_finds_the_ticket_in_which_it_goes_on(self, ticket, agent, team, maker):
        into = an_incident(team=team, requester=ticket.requester).ticket
        actions.merge(ticket, into, by=agent, via="page")
        assert arrives(answer_of(maker, ticket, text="Change it."), a_mailbox()).ticket == into

    def test_of_somebody_else_with_that_mark_opens_a_ticket_of_their_own(self, ticket, maker):
        stranger = a_person(email="stranger@example.com")
        theirs = tokens.reply_address("desk@desk.example.com", ticket.pk, maker.email)
        came = arrives(a_mail(stranger.email, to=theirs, text="Let me in"), a_mailbox())
        assert came.ticket != ticket and not Comment.objects.filter(event__verb="answer_from_outside").exists()

    def test_the_mark_of_a_ticket_of_which_nothing_was_sent_to_them_opens_none(self, team, maker):
        other = an_incident(team=team).ticket
        assert arrives(answer_of(maker, other, text="Let me in"), a_mailbox()).ticket != other


class TestPages:
    def test_forward(self, visit, ticket, agent):
        page = visit(agent)
        address = f"/tickets/{ticket.number}/comments/0/forward/"
        assert "E-21 again and again" in page.get(address).content.decode()
        assert page.post(address, {"to": "help@maker.example", "body": "Please look."}).status_code == 303
        shown = page.get(ticket.get_absolute_url()).content.decode()
        assert "forwarded this to help" in shown and "Please look." in shown

    def test_keeps_what_was_typed_when_refused(self, visit, ticket, agent):
        answer = visit(agent).post(f"/tickets/{ticket.number}/comments/0/forward/", {"to": "nobody@", "body": "Look"})
        assert answer.status_code == 422 and "Look" in answer.content.decode()
