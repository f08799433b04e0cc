"""A forged Message-ID, ticket number or From joins nobody to a ticket and shows nobody its text."""

import pytest

from servicedesk.intake import tokens
from servicedesk.notify.models import OutgoingMail
from servicedesk.tickets.actions import assign, reply
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_ticket, an_agent
from tests.intake.mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db

VICTIM, ATTACKER = "victim@example.com", "attacker@example.net"


@pytest.fixture
def ticket():
    agent = an_agent()
    ticket = a_ticket(requester=a_person(email=VICTIM), title="Salary of the boss", description="secret words")
    assign(ticket, by=agent, via="page", assignee=agent)
    reply(ticket, by=agent, via="page", body="more secret words")
    deliver_waiting()
    return ticket


def sent_to_victim(ticket) -> OutgoingMail:
    return OutgoingMail.objects.get(ticket=ticket, kind="reply", to_address=VICTIM)


def forgeries(ticket) -> dict:
    """What somebody who knows the number, or even a mail of the thread, can put into their own."""
    sent = sent_to_victim(ticket)
    made_up = tokens.message_id(ticket.pk, 1, "reply", ATTACKER).replace("@", "@x.")
    return {
        "number": {"subject": f"Re: [{ticket.number}] Salary of the boss"},
        "message id of the victim": {"In_Reply_To": sent.message_id, "References": sent.message_id},
        "reply address of the victim": {"to": sent.headers["Reply-To"]},
        "made up token": {"to": f"desk+t{tokens._base36(ticket.pk)}-{'a' * 26}@desk.example.com"},
        "thread root": {"References": tokens.thread_root(ticket.pk)},
        "all": {"subject": f"[{ticket.number}]", "to": sent.headers["Reply-To"], "References": made_up},
    }


NAMES = ["number", "message id of the victim", "reply address of the victim", "made up token", "thread root", "all"]


class TestStrangers:
    @pytest.mark.parametrize("how", NAMES)
    @pytest.mark.parametrize("known", [True, False])
    def test_get_a_ticket_of_their_own_and_nothing_of_the_other(self, ticket, how, known):
        if known:
            a_person(email=ATTACKER)
        fields = forgeries(ticket)[how]
        if how == "all":  # even with a token that is genuine, but for another address
            fields["References"] = sent_to_victim(ticket).message_id
        before = ticket.comments.count(), ticket.events.count(), ticket.watcher_rows.count()
        mail = arrives(a_mail(ATTACKER, **fields), a_mailbox(accepts="everyone"))
        ticket.refresh_from_db()
        assert (ticket.comments.count(), ticket.events.count(), ticket.watcher_rows.count()) == before
        assert mail.state == "ticket" and mail.ticket != ticket and not mail.is_proved
        OutgoingMail.objects.all().delete()
        deliver_waiting()
        for each in OutgoingMail.objects.filter(to_address=ATTACKER):
            assert "secret" not in each.text + each.html and "Salary" not in each.subject + each.text

    @pytest.mark.parametrize("how", NAMES)
    def test_are_held_where_only_known_people_are_taken(self, ticket, how):
        mail = arrives(a_mail(ATTACKER, **forgeries(ticket)[how]))
        assert (mail.state, mail.reason) == ("held", "unknown_sender") and Ticket.objects.count() == 1


class TestForgedSenders:
    def test_of_the_requester_sets_nothing_in_motion_and_mails_nothing(self, ticket):
        OutgoingMail.objects.all().delete()
        mail = arrives(a_mail(VICTIM, subject=f"[{ticket.number}] please pay", text="Pay to this account"))
        deliver_waiting()
        assert (mail.ticket, mail.is_proved) == (ticket, False)
        assert mail.comment.event.data["unproved"] is True
        assert not OutgoingMail.objects.exists()

    def test_of_an_agent_reach_the_requester_neither_by_mail_nor_by_page(self, ticket):
        OutgoingMail.objects.all().delete()
        mail = arrives(a_mail(ticket.assignee.email, subject=f"[{ticket.number}]", text="Send your password"))
        deliver_waiting()
        assert not mail.comment.is_public and not OutgoingMail.objects.exists()


class TestPositiveControl:
    @pytest.mark.parametrize("how", ["message id of the victim", "reply address of the victim"])
    def test_the_person_who_got_the_mail_can_answer_it(self, ticket, how):
        OutgoingMail.objects.filter(kind="receipt").delete()
        mail = arrives(a_mail(VICTIM, text="Thank you", **forgeries(ticket)[how]))
        deliver_waiting()
        assert (mail.ticket, mail.is_proved, mail.comment.body) == (ticket, True, "Thank you")
        assert OutgoingMail.objects.filter(kind="reply", to_user=ticket.assignee).count() == 1

    def test_a_changed_key_ends_all_tokens_unless_the_old_one_is_kept(self, ticket, settings):
        sent = sent_to_victim(ticket)
        old, settings.SECRET_KEY = settings.SECRET_KEY, "another key " * 5
        mail = a_mail(VICTIM, In_Reply_To=sent.message_id)
        assert not arrives(mail).is_proved
        settings.SECRET_KEY_FALLBACKS = [old]
        assert arrives(a_mail(VICTIM, text="2", In_Reply_To=sent.message_id)).is_proved
