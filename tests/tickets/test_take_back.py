"""A reply that is undone before its mails leave."""

from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from servicedesk.notify.actions import resend_mail, send_waiting
from servicedesk.notify.models import OutgoingMail
from servicedesk.tickets.actions import note, reply, take_back
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import TicketEvent
from servicedesk.tickets.queries import attachments, comments, events, search_tickets
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, a_ticket, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket():
    team = a_team()
    outbox.outbox = []
    made = a_ticket(requester=a_person(), team=team)
    made.agent = an_agent(team)
    deliver_waiting()
    OutgoingMail.objects.all().delete()
    return made


def a_reply(ticket, body="Wrong person, pardon", **fields):
    return reply(ticket, by=ticket.agent, via="page", body=body, **fields)


def seconds_later(monkeypatch, seconds: float):
    now = timezone.now() + timedelta(seconds=seconds)
    monkeypatch.setattr(timezone, "now", lambda: now)


class TestTakeBack:
    def test_makes_the_reply_and_its_files_internal(self, ticket):
        comment = a_reply(ticket, files=[SimpleUploadedFile("salaries.txt", b"secret")])
        take_back(comment, by=ticket.agent, via="page")
        hanako = ticket.requester
        assert list(comments(hanako, ticket)) == [] and list(attachments(hanako, ticket)) == []
        assert [event.verb for event in events(hanako, ticket)] == ["open"]
        shown = comments(ticket.agent, ticket).get()
        assert (shown.body, shown.is_public, shown.taken_back_at is not None) == ("Wrong person, pardon", False, True)
        event = TicketEvent.objects.latest("id")
        assert (event.verb, event.is_public) == ("take_back", False)
        assert event.data == {"reply": comment.event.number, "reply_id": comment.pk}

    def test_its_words_are_no_longer_found_by_the_requester(self, ticket):
        comment = a_reply(ticket, body="flamingo")
        deliver_waiting()
        assert list(search_tickets(ticket.requester, "flamingo")) == [ticket]
        take_back(comment, by=ticket.agent, via="page")
        deliver_waiting()
        assert list(search_tickets(ticket.requester, "flamingo")) == []
        assert list(search_tickets(ticket.agent, "flamingo")) == [ticket]

    def test_a_first_response_is_none_any_more_but_an_earlier_one_stays(self, ticket):
        take_back(a_reply(ticket), by=ticket.agent, via="page")
        ticket.refresh_from_db()
        assert ticket.first_response_at is None
        first = a_reply(ticket)
        take_back(a_reply(ticket), by=ticket.agent, via="page")
        ticket.refresh_from_db()
        assert ticket.first_response_at == first.event.at

    def test_twice_is_once(self, ticket):
        comment = a_reply(ticket)
        take_back(comment, by=ticket.agent, via="page")
        take_back(comment, by=ticket.agent, via="page")
        assert TicketEvent.objects.filter(verb="take_back").count() == 1

    def test_too_late_is_refused(self, ticket, monkeypatch):
        comment = a_reply(ticket)
        seconds_later(monkeypatch, 10.5)
        with pytest.raises(TicketError, match="too late"):
            take_back(comment, by=ticket.agent, via="page")
        comment.refresh_from_db()
        assert comment.is_public

    def test_only_its_writer_may(self, ticket):
        comment = a_reply(ticket)
        with pytest.raises(TicketError, match="Only the writer"):
            take_back(comment, by=an_agent(ticket.team), via="page")
        with pytest.raises(PermissionDenied):
            take_back(reply(ticket, by=ticket.requester, via="page", body="?"), by=ticket.requester, via="page")

    def test_a_note_and_a_mail_have_left_already(self, ticket):
        for comment in (
            note(ticket, by=ticket.agent, via="page", body="x"),
            reply(ticket, by=ticket.agent, via="mail", body="x"),
        ):
            with pytest.raises(TicketError):
                take_back(comment, by=ticket.agent, via="page")


class TestMails:
    def test_of_a_reply_wait_until_it_can_no_longer_be_taken_back(self, ticket, monkeypatch):
        comment = a_reply(ticket)
        deliver_waiting()
        assert send_waiting() == 0
        seconds_later(monkeypatch, 10.5)
        assert send_waiting() == 0
        with pytest.raises(TicketError):
            take_back(comment, by=ticket.agent, via="page")
        seconds_later(monkeypatch, 1)
        assert send_waiting() == 1

    def test_are_stopped_when_it_is_taken_back(self, ticket, monkeypatch):
        comment = a_reply(ticket)
        deliver_waiting()
        take_back(comment, by=ticket.agent, via="page")
        deliver_waiting()
        assert OutgoingMail.objects.get().state == "stopped"
        seconds_later(monkeypatch, 60)
        assert send_waiting() == 0 and outbox.outbox == []
        with pytest.raises(Refused, match="taken back"):
            resend_mail(OutgoingMail.objects.get(), by=ticket.agent, via="page")

    def test_are_stopped_although_the_desk_has_not_heard_of_it_yet(self, ticket, monkeypatch):
        comment = a_reply(ticket)
        deliver_waiting()
        take_back(comment, by=ticket.agent, via="page")
        seconds_later(monkeypatch, 60)
        assert send_waiting() == 0 and outbox.outbox == []
        assert OutgoingMail.objects.get().state == "stopped"

    def test_are_not_written_when_it_was_taken_back_before(self, ticket):
        take_back(a_reply(ticket), by=ticket.agent, via="page")
        deliver_waiting()
        assert not OutgoingMail.objects.exists()

    def test_sent_by_hand_wait_all_the_same(self, ticket):
        comment = a_reply(ticket)
        deliver_waiting()
        resend_mail(OutgoingMail.objects.get(), by=ticket.agent, via="page")
        assert send_waiting() == 0
        take_back(comment, by=ticket.agent, via="page")

    def test_of_the_requester_do_not_wait(self, ticket):
        reply(ticket, by=ticket.requester, via="page", body="Still broken")
        deliver_waiting()
        assert send_waiting() == 1


class TestPages:
    def test_offer_the_undo_and_bring_the_words_back(self, ticket, client):
        client.force_login(ticket.agent)
        sent = client.post(f"/tickets/{ticket.number}/reply/", {"body": "Oops"}, headers={"HX-Request": "true"})
        comment = comments(ticket.agent, ticket).get()
        address = f"/tickets/{ticket.number}/comments/{comment.pk}/take-back/"
        assert address in sent["HX-Trigger"] and "Your reply leaves in 10 seconds." in sent["HX-Trigger"]
        back = client.post(address, headers={"HX-Request": "true"})
        assert back["HX-Retarget"] == "#composer" and ">Oops</textarea>" in back.content.decode().replace("\n", "")
        assert "No mail was sent." in back["HX-Trigger"]
        page = client.get(f"/tickets/{ticket.number}/", follow=True).content.decode()
        assert "Reply that was taken back" in page and "took the reply back" in page

    def test_work_without_javascript(self, ticket, client):
        client.force_login(ticket.agent)
        comment = a_reply(ticket, "Oops", files=[SimpleUploadedFile("a.txt", b"a")])
        back = client.post(f"/tickets/{ticket.number}/comments/{comment.pk}/take-back/", follow=True)
        said = back.content.decode()
        assert "Attach the files again." in said and "Oops</textarea>" in said

    def test_say_when_it_is_too_late(self, ticket, client, monkeypatch):
        client.force_login(ticket.agent)
        comment = a_reply(ticket)
        seconds_later(monkeypatch, 11)
        answer = client.post(
            f"/tickets/{ticket.number}/comments/{comment.pk}/take-back/", headers={"HX-Request": "true"}
        )
        assert answer.status_code == 409 and "too late" in answer["HX-Trigger"]

    def test_offer_nothing_to_the_requester_or_when_switched_off(self, ticket, client, settings):
        client.force_login(ticket.requester)
        assert "undo" not in str(client.post(f"/tickets/{ticket.number}/reply/", {"body": "x"}).cookies)
        settings.MAIL_UNDO_SECONDS = 0
        client.force_login(ticket.agent)
        sent = client.post(f"/tickets/{ticket.number}/reply/", {"body": "x"}, headers={"HX-Request": "true"})
        assert "Your reply was sent." in sent["HX-Trigger"] and "take-back" not in sent["HX-Trigger"]

    def test_give_words_back_to_their_writer_alone(self, ticket, client):
        comment = a_reply(ticket, "Oops")
        take_back(comment, by=ticket.agent, via="page")
        client.force_login(an_agent(ticket.team))
        assert "Oops" not in client.get(f"/tickets/{ticket.number}/reply/?again={comment.pk}").content.decode()

    def test_hide_it_from_the_requester(self, ticket, client):
        take_back(a_reply(ticket, "Oops"), by=ticket.agent, via="page")
        client.force_login(ticket.requester)
        assert "Oops" not in client.get(f"/tickets/{ticket.number}/", follow=True).content.decode()


class TestApi:
    def test_takes_back_once_and_says_when(self, ticket, client):
        client.force_login(ticket.agent)
        comment = a_reply(ticket)
        back = client.post(f"/api/v1/tickets/{ticket.number}/comments/{comment.pk}/take-back/")
        assert back.status_code == 200 and back.json()["kind"] == "note" and back.json()["taken_back_at"]
