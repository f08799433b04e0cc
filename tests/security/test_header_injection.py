"""Line breaks in names, subjects and addresses never make a header of a mail that we send."""

from email import message_from_bytes, policy

import pytest
from django.core import mail as outbox

from servicedesk.notify.actions import send_waiting
from servicedesk.notify.models import OutgoingMail
from servicedesk.people.models import User
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_ticket, again
from tests.intake.mails import a_mailbox, arrives

pytestmark = pytest.mark.django_db

BREAKS = ["\r\nBcc: all@example.com", "\nBcc: all@example.com", "\rBcc: all@example.com", "\x0bBcc: x", "\u2028Bcc: x"]


def sent() -> list:
    outbox.outbox = []
    deliver_waiting()
    send_waiting()
    return [message_from_bytes(each.message().as_bytes(), policy=policy.default) for each in outbox.outbox]


class TestHeaderInjection:
    @pytest.mark.parametrize("text", BREAKS)
    def test_by_title_and_name_in_our_own_rows(self, text):
        hanako = a_person()
        User.objects.filter(pk=hanako.pk).update(name=f"Hanako{text}")
        ticket = a_ticket(requester=again(hanako))
        Ticket.objects.filter(pk=ticket.pk).update(title=f"Printer{text}")
        (message,) = sent()
        assert message["Bcc"] is None and "Bcc:" in message["Subject"]
        assert outbox.outbox[0].recipients() == [hanako.email]

    @pytest.mark.parametrize("encoded", ["=?utf-8?q?Printer=0D=0ABcc=3A_all=40example=2Ecom?=",
                                         "=?utf-8?b?UHJpbnRlcg0KQmNjOiBhbGxAZXhhbXBsZS5jb20=?="])  # fmt: skip
    def test_by_encoded_words_of_a_mail(self, encoded):
        raw = (
            f'From: "{encoded}" <guest@example.net>\r\nTo: desk@desk.example.com\r\nSubject: {encoded}\r\n'
            f"Message-ID: <1@example.net>\r\n\r\nHello\r\n"
        )
        mail = arrives(raw.encode(), a_mailbox(accepts="everyone"))
        assert mail.ticket.title == "Printer Bcc: all@example.com"
        assert "\n" not in mail.ticket.requester.name and "\r" not in mail.ticket.requester.name
        (message,) = sent()
        assert message["Bcc"] is None and message["To"] == "guest@example.net"

    def test_by_the_message_id_that_we_refer_to(self):
        a_person(email="hanako@example.com")
        raw = b"From: hanako@example.com\r\nSubject: x\r\nMessage-ID: <a b\r\n Bcc: all@example.com>\r\n\r\nHello\r\n"
        arrives(raw)
        (message,) = sent()
        assert message["Bcc"] is None and message["In-Reply-To"] is None

    def test_positive_control_one_line_arrives_as_written(self):
        a_ticket(requester=a_person(name="山田 花子"), title="プリンター")
        (message,) = sent()
        assert message["Subject"].endswith("プリンター")
        assert OutgoingMail.objects.get().state == "sent"
