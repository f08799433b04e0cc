"""A bounce of our own mail marks the address and tells the desk; one that somebody made up marks nobody."""

import pytest
from django.urls import reverse

from servicedesk.intake.actions import join_mail, read_waiting
from servicedesk.intake.models import DeadAddress, Mailbox
from servicedesk.notify.models import OutgoingMail
from servicedesk.people.models import AuditEntry
from servicedesk.tickets.actions import assign
from servicedesk.tickets.delivery import deliver_waiting
from tests.factories import a_person, a_team, a_ticket, an_agent, an_incident, events_of
from tests.intake.mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db
REPORT = """From: MAILER-DAEMON@mx.example.net
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce@mx.example.net>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {recipient}
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 No such user here

--b
Content-Type: message/rfc822

Message-ID: {message_id}
To: {recipient}
Subject: x

x
--b--
"""


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def ticket(team, agent):
    a_mailbox()
    ticket = an_incident(requester=a_person(email="hanako@example.com"), team=team).ticket
    assign(ticket, by=agent, via="page", assignee=agent)
    deliver_waiting()
    return ticket


def bounce(ticket, *, status="5.1.1", recipient="hanako@example.com", message_id=None):
    sent = OutgoingMail.objects.get(ticket=ticket, kind="receipt")
    text = REPORT.format(
        to="desk@desk.example.com", recipient=recipient, status=status, message_id=message_id or sent.message_id
    )
    return arrives(text.replace("\n", "\r\n").encode(), envelope_from="<>")


class TestForGood:
    def test_marks_the_address_and_tells_the_desk(self, ticket, agent):
        mail = bounce(ticket)
        assert (mail.state, mail.reason, mail.ticket) == ("ignored", "bounce", ticket)
        dead = DeadAddress.objects.get()
        assert (dead.address, dead.mail) == ("hanako@example.com", mail)
        assert "No such user here" in dead.reason
        assert events_of(ticket)[-1] == ("bounce", {"user": [ticket.requester.pk, ticket.requester.display_name]})
        deliver_waiting()
        told = OutgoingMail.objects.get(kind="bounced")
        assert told.to_user == agent and "could not be delivered" in told.text

    def test_shows_with_the_ticket(self, ticket, agent, visit):
        bounce(ticket)
        beside = reverse("desk:beside", args=[ticket.number])
        shown = visit(agent).get(beside, headers={"HX-Request": "true"}).content.decode()
        assert "Mail to hanako@example.com does not arrive since" in shown
        page = visit(agent).get(ticket.get_absolute_url()).content.decode()
        assert "could not be delivered: the address does not work." in page

    def test_twice_is_once(self, ticket):
        bounce(ticket)
        bounce(ticket, status="5.2.1")
        assert [verb for verb, _data in events_of(ticket)].count("bounce") == 1

    def test_a_proved_mail_from_the_address_makes_it_good_again(self, ticket):
        bounce(ticket)
        Mailbox.objects.update(trusted_servers="mx.desk.example.com")
        proof = "mx.desk.example.com; dmarc=pass header.from=example.com"
        assert arrives(a_mail("hanako@example.com", Authentication_Results=proof)).is_proved
        assert not DeadAddress.objects.exists()
        entry = AuditEntry.objects.get(verb="revive")
        assert (entry.by, entry.via, entry.label) == (None, "mail", f"address of person {ticket.requester_id}")

    def test_an_answer_with_our_token_does_so_too(self, ticket):
        bounce(ticket)
        sent = OutgoingMail.objects.get(ticket=ticket, kind="receipt")
        assert arrives(a_mail("hanako@example.com", In_Reply_To=sent.message_id)).proof == "token"
        assert not DeadAddress.objects.exists()

    def test_a_name_in_from_proves_nothing_and_leaves_the_mark(self, ticket):
        bounce(ticket)
        assert arrives(a_mail("hanako@example.com")).state == "ticket"
        assert DeadAddress.objects.get().address == "hanako@example.com"

    def test_a_mail_put_into_a_ticket_by_hand_counts_when_it_is_proved(self, ticket, agent):
        bounce(ticket)
        box = a_mailbox(address="other@desk.example.com", needs_proof=True)
        proof = "mx.desk.example.com; dmarc=pass header.from=example.com"
        held = [arrives(a_mail("hanako@example.com", **more), box) for more in ({}, {"Authentication_Results": proof})]
        Mailbox.objects.update(trusted_servers="mx.desk.example.com")
        for mail, left in zip(held, (1, 0), strict=True):
            join_mail(mail, ticket, by=agent, via="page")
            read_waiting()
            assert DeadAddress.objects.count() == left


class TestMarksNobody:
    def test_when_it_may_still_arrive(self, ticket):
        assert bounce(ticket, status="4.2.2").ticket == ticket
        assert not DeadAddress.objects.exists()

    def test_when_somebody_made_it_up(self, ticket):
        assert bounce(ticket, message_id="<m1.1.receipt.aaaaaaaaaaaaaaaaaaaaaaaaaa@desk.example.com>").ticket is None
        assert not DeadAddress.objects.exists()

    def test_whose_mail_it_was_not(self, ticket):
        a_person(email="taro@example.com")
        bounce(ticket, recipient="taro@example.com")
        assert not DeadAddress.objects.exists()


class TestDeadAddresses:
    def test_are_said_beside_the_reply_box_until_somebody_of_the_desk_says_otherwise(self, visit):
        hanako = a_person(email="hanako@example.com")
        ticket, sato = a_ticket(requester=hanako), an_agent()
        DeadAddress.objects.create(address="hanako@example.com", reason="550 no such user")
        address = reverse("intake:dead", args=[ticket.number])
        client = visit(sato)
        beside = reverse("desk:beside", args=[ticket.number])
        page = client.get(ticket.get_absolute_url(), follow=True).content.decode()
        assert f'hx-get="{beside}?box=reply"' in page and address not in page
        assert "550 no such user" in client.get(f"{beside}?box=reply", headers={"HX-Request": "true"}).content.decode()
        said = client.get(address, headers={"HX-Request": "true"}).content.decode()
        assert "Mail to hanako@example.com does not arrive" in said and "550 no such user" in said
        assert visit(hanako).post(address, {"address": "hanako@example.com"}).status_code == 403
        assert DeadAddress.objects.exists()
        visit(sato).post(address, {"address": "hanako@example.com"})
        assert not DeadAddress.objects.exists()
        assert AuditEntry.objects.get(verb="revive").by == sato

    def test_are_revived_by_api_too(self, visit):
        hanako = a_person(email="hanako@example.com")
        ticket, sato = a_ticket(requester=hanako), an_agent()
        DeadAddress.objects.create(address="hanako@example.com", reason="550 no such user")
        address, given = f"/api/v1/tickets/{ticket.number}/revive-address/", {"address": "hanako@example.com"}
        assert visit(hanako).post(address, given, content_type="application/json").status_code == 403
        assert DeadAddress.objects.exists()
        assert visit(sato).post(address, given, content_type="application/json").status_code == 200
        assert not DeadAddress.objects.exists() and AuditEntry.objects.get(verb="revive").via == "api"
