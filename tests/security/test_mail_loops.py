"""Two machines that answer each other come to an end at once."""

from email import message_from_bytes, policy

import pytest
from django.core import mail as outbox

from servicedesk.intake.models import IncomingMail
from servicedesk.notify.actions import send_waiting
from servicedesk.notify.models import OutgoingMail
from servicedesk.tickets.actions import reply
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_ticket, an_agent
from tests.intake.mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db


def our_mails():
    outbox.outbox = []
    deliver_waiting()
    send_waiting()
    return [message_from_bytes(each.message().as_bytes(), policy=policy.default) for each in outbox.outbox]


class TestLoops:
    def test_an_out_of_office_note_to_our_receipt_is_not_answered(self):
        a_person(email="hanako@example.com")
        arrives(a_mail())
        (receipt,) = our_mails()
        note = a_mail(subject="Out of office", In_Reply_To=receipt["Message-ID"], Auto_Submitted="auto-replied",
                      to=receipt["Reply-To"])  # fmt: skip
        assert arrives(note).state == "ignored"
        assert our_mails() == [] and Ticket.objects.count() == 1

    def test_a_bounce_of_our_mail_is_not_answered(self):
        a_person(email="hanako@example.com")
        ticket = arrives(a_mail()).ticket
        (receipt,) = our_mails()
        bounce = a_mail("MAILER-DAEMON@example.com", subject="Undelivered", text=f"{receipt}")
        mail = arrives(bounce, envelope_from="<>")
        assert (mail.state, mail.reason, mail.ticket) == ("ignored", "bounce", ticket)
        assert our_mails() == []

    def test_our_own_mail_that_comes_back_is_not_read_as_a_request(self):
        box = a_mailbox()
        a_ticket(requester=a_person(email=box.address))
        for _round in range(3):
            for message in our_mails():
                assert arrives(message.as_bytes()).reason == "own"
        assert Ticket.objects.count() == 1

    def test_a_machine_without_any_sign_is_stopped_by_the_budget(self, settings):
        settings.MAIL_SENDER_PER_HOUR = 5
        a_person(email="robot@example.com")
        mail = a_mail("robot@example.com", subject="I got your mail", text="0")
        for n in range(1, 30):
            arrives(mail)
            answers = our_mails()
            to = answers[0]["Reply-To"] if answers else "desk@desk.example.com"
            mail = a_mail("robot@example.com", subject="I got your mail", text=f"{n}", to=to)
        assert IncomingMail.objects.filter(state__in=["ticket", "reply"]).count() == 5
        assert IncomingMail.objects.filter(state="held", reason="too_many").count() == 24
        assert OutgoingMail.objects.count() <= 5

    @pytest.mark.parametrize(
        "headers",
        [
            {"Auto_Submitted": "auto-generated"},
            {"Precedence": "bulk"},
            {"List_Id": "<staff.example.com>"},
            {"X_Auto_Response_Suppress": "All"},
        ],
    )
    def test_mail_of_machines_and_lists_gets_no_receipt(self, headers):
        a_person(email="hanako@example.com")
        assert arrives(a_mail(**headers)).state == "ticket"
        assert our_mails() == []

    def test_what_we_send_by_ourselves_says_so(self):
        a_person(email="hanako@example.com")
        arrives(a_mail())
        (receipt,) = our_mails()
        assert receipt["Auto-Submitted"] == "auto-generated" and "OOF" in receipt["X-Auto-Response-Suppress"]


class TestPositiveControl:
    def test_a_person_gets_a_receipt_and_a_reply(self, settings):
        settings.MAIL_UNDO_SECONDS = 0
        a_person(email="hanako@example.com")
        ticket = arrives(a_mail()).ticket
        reply(ticket, by=an_agent(), via="page", body="Hello")
        assert [message["To"] for message in our_mails()] == ["hanako@example.com"] * 2
