"""Whose mail a mailbox takes, what proves a sender, and how much is too much."""

import pytest

from incidents.actions import resolve_incident
from servicedesk.intake.models import IncomingMail
from servicedesk.people.models import User
from servicedesk.tickets.actions import assign
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_team, a_ticket, an_agent, an_incident
from tests.intake.mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db
VOUCHED = "mx.example.com; dmarc=pass header.from=example.com"
PASSED = {"Authentication_Results": VOUCHED}


def a_proving_mailbox(**fields):
    return a_mailbox(trusted_servers="mx.example.com", **fields)


class TestStrangers:
    @pytest.mark.parametrize(
        ("sender", "state"),
        [
            ("a@partner.example", "ticket"),
            ("a@sales.partner.example", "ticket"),
            ("a@other.example", "ticket"),
            ("a@notpartner.example", "held"),
            ("a@partner.example.evil.net", "held"),
            ("a@example", "held"),
        ],
    )
    def test_of_named_domains_become_guests(self, sender, state):
        box = a_mailbox(accepts="domains", domains="partner.example, @other.example")
        assert arrives(a_mail(sender), box).state == state
        assert User.objects.filter(email=sender, is_guest=True).exists() == (state == "ticket")

    def test_are_refused_where_the_mailbox_says_so_and_stay_in_the_list(self):
        mail = arrives(a_mail("nobody@example.net"), a_mailbox(others="refuse"))
        assert (mail.state, mail.reason, mail.ticket) == ("ignored", "not_accepted", None)
        assert not User.objects.filter(email="nobody@example.net").exists()

    def test_known_people_are_taken_whatever_the_domains_are(self):
        a_person(email="hanako@example.com")
        assert arrives(a_mail(), a_mailbox(accepts="domains", domains="x.example", others="refuse")).state == "ticket"


class TestProof:
    @pytest.fixture
    def ticket(self):
        team = a_team()
        ticket = an_incident(requester=a_person(email="hanako@example.com"), team=team).ticket
        agent = an_agent(team)
        assign(ticket, by=agent, via="page", assignee=agent)
        resolve_incident(ticket.incident, by=agent, via="page", resolution="Done.")
        return ticket

    def test_of_a_trusted_server_sets_things_in_motion(self, ticket):
        mail = arrives(a_mail(subject=f"Re: [{ticket.number}] x", **PASSED), a_proving_mailbox())
        assert (mail.state, mail.proof, mail.is_proved) == ("reply", "dmarc", True)
        ticket.refresh_from_db()
        assert ticket.phase == "active"

    def test_of_a_server_that_nobody_trusts_sets_nothing_in_motion(self, ticket):
        mail = arrives(a_mail(subject=f"Re: [{ticket.number}] x", **PASSED), a_mailbox())
        assert (mail.state, mail.proof, mail.is_proved) == ("reply", "", False)
        ticket.refresh_from_db()
        assert ticket.phase == "resolved"

    def test_joins_no_stranger_to_a_ticket(self, ticket):
        a_person(email="eve@example.com")
        mail = arrives(a_mail("eve@example.com", subject=f"Re: [{ticket.number}] x", **PASSED), a_proving_mailbox())
        assert (mail.state, mail.proof, mail.mentions) == ("ticket", "dmarc", ticket)
        assert mail.ticket != ticket

    def test_can_be_demanded(self):
        a_person(email="hanako@example.com")
        box = a_proving_mailbox(needs_proof=True)
        mail = arrives(a_mail(), box)
        assert (mail.state, mail.reason, mail.ticket) == ("held", "unproved", None)
        assert arrives(a_mail(text="Again", **PASSED), box).state == "ticket"


class TestTooMany:
    def test_mails_for_one_ticket_within_an_hour_are_held(self, settings):
        settings.MAIL_TICKET_PER_HOUR = 2
        ticket = a_ticket(requester=a_person(email="hanako@example.com"))
        found = [arrives(a_mail(subject=f"[{ticket.number}]", text=f"Text {n}")) for n in range(3)]
        assert [(mail.state, mail.reason) for mail in found] == [
            ("reply", ""),
            ("reply", ""),
            ("held", "too_many_here"),
        ]
        assert found[2].mentions == ticket


class TestOrder:
    def test_an_answer_that_comes_before_what_it_answers_finds_it_later(self):
        a_person(email="hanako@example.com")
        second = arrives(a_mail(subject="Re: Printer", text="It smokes now.", in_reply_to="<first@example.com>"))
        first = arrives(a_mail(message_id="<first@example.com>"))
        assert (second.state, first.state, first.ticket) == ("ticket", "reply", second.ticket)

    def test_but_nobody_elses(self):
        a_person(email="hanako@example.com")
        a_person(email="eve@example.com")
        second = arrives(a_mail(subject="Re: Printer", in_reply_to="<first@example.com>"))
        first = arrives(a_mail("eve@example.com", message_id="<first@example.com>", text="Mine."))
        assert first.state == "ticket" and first.ticket != second.ticket


FORWARDED = """Please enter this for her.

---------- Forwarded message ---------
From: Hanako <{sender}>
Date: Sun, Nov 22, 2026 at 2:05 PM
Subject: Printer
To: Sho <sho@example.com>

It does not print.
"""


class TestForwarded:
    def forward(self, sender="hanako@example.com", by="sho@example.com", box=None, **headers) -> IncomingMail:
        text = FORWARDED.format(sender=sender)
        return arrives(a_mail(by, subject="Fwd: Printer", text=text, **headers), box or a_proving_mailbox())

    @pytest.fixture
    def agent(self):
        return an_agent(email="sho@example.com")

    def test_by_an_agent_is_the_ticket_of_whoever_wrote_it(self, agent):
        hanako = a_person(email="hanako@example.com")
        ticket = self.forward(**PASSED).ticket
        assert (ticket.requester, ticket.entered_by, ticket.title) == (hanako, agent, "Printer")
        assert ticket.description == "It does not print."
        note = ticket.comments.get()
        assert (note.body, note.is_public, note.author) == ("Please enter this for her.", False, agent)
        deliver_waiting()
        assert ticket.mails_out.get().to_user == hanako

    def test_of_a_stranger_by_a_proved_agent_makes_a_guest(self, agent):
        ticket = self.forward("new@example.net", **PASSED).ticket
        assert ticket.requester.email == "new@example.net" and ticket.requester.is_guest

    def test_of_a_stranger_without_proof_is_the_agents_own(self, agent):
        ticket = self.forward("new@example.net").ticket
        assert ticket.requester == agent
        assert not User.objects.filter(email="new@example.net").exists()

    def test_by_staff_is_their_own(self):
        a_person(email="hanako@example.com")
        staff = a_person(email="taro@example.com")
        assert self.forward(by="taro@example.com", **PASSED).ticket.requester == staff

    def test_of_the_desks_own_mail_makes_no_guest_of_the_desk(self, agent):
        ticket = self.forward("desk@desk.example.com", **PASSED).ticket
        assert ticket.requester == agent

    def test_nothing_is_lost(self, agent):
        a_person(email="hanako@example.com")
        mail = self.forward(**PASSED)
        assert b"Forwarded message" in bytes(mail.raw)
        assert Ticket.objects.count() == 1
