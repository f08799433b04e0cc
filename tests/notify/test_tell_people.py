"""Who hears of what, in which words."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.actions import cancel_incident, close_incident, reopen_incident, resolve_incident
from servicedesk.intake import tokens
from servicedesk.intake.actions import convert_ticket
from servicedesk.notify.consumers import tell_people
from servicedesk.notify.models import OutgoingMail
from servicedesk.people.models import User
from servicedesk.tickets.actions import assign, note, reply, set_fields, watch
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket, TicketEvent
from tests.factories import a_person, a_service_request, a_team, a_ticket, again, an_agent, an_incident
from tests.intake.mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db


def told(ticket=None):
    """(kind, address) of the mails that were written since the last look, in order."""
    OutgoingMail.objects.all().delete()
    deliver_waiting()
    mails = OutgoingMail.objects.order_by("id")
    return [(mail.kind, mail.to_user) for mail in mails]


class TestReceipt:
    def test_tells_the_requester_number_next_step_and_target_in_their_language(self):
        hanako = a_person(language="ja", name="山田 花子")
        ticket = a_ticket(requester=hanako, title="プリンター")
        assert told() == [("receipt", hanako)]
        mail = OutgoingMail.objects.get()
        assert ticket.number in mail.text and f"http://testserver/tickets/{ticket.number}/" in mail.text
        assert mail.subject == f"[{ticket.number}] プリンター"
        assert "11月" in mail.text or "12月" in mail.text or "月" in mail.text
        assert mail.headers["Auto-Submitted"] == "auto-generated"

    def test_is_in_english_for_those_who_read_english(self):
        a_ticket(requester=a_person(language="en", name="Anna"))
        told()
        text = OutgoingMail.objects.get().text
        assert "Hello Anna," in text and "We have received your message." in text
        assert re.search(r"Target: \w{3} \d+ \w{3} \d{4}", text)

    def test_to_a_mail_repeats_nothing_of_it(self):
        hanako = a_person(email="hanako@example.com")
        mail = arrives(a_mail(subject="BUY NOW", text="cheap pills", message_id="<m1@example.com>"))
        assert told() == [("receipt", hanako)]
        receipt = OutgoingMail.objects.get()
        for said in ("BUY", "pills"):
            assert said not in receipt.subject + receipt.text + receipt.html
        assert receipt.subject == f"[{mail.ticket.number}] We have received your message"
        assert receipt.headers["In-Reply-To"] == "<m1@example.com>"

    def test_goes_to_whom_it_was_entered_for(self):
        hanako, agent = a_person(), an_agent()
        a_ticket(requester=hanako, by=agent)
        assert told() == [("receipt", hanako)]
        assert f"{agent.display_name} has entered a request for you." in OutgoingMail.objects.get().text

    def test_has_a_limit_for_each_hour(self, settings):
        settings.MAIL_RECEIPTS_PER_HOUR = 2
        hanako = a_person()
        for _n in range(4):
            a_ticket(requester=hanako)
        assert len(told()) == 2
        a_ticket(requester=hanako)
        deliver_waiting()
        assert OutgoingMail.objects.count() == 2

    def test_does_not_go_out_for_what_happened_long_ago(self):
        a_ticket(at=timezone.now() - timedelta(days=10))
        assert told() == []

    def test_has_no_link_for_guests_who_cannot_sign_in(self):
        arrives(a_mail("guest@example.net"), a_mailbox(accepts="everyone"))
        told()
        mail = OutgoingMail.objects.get()
        assert mail.to_user.is_guest and "http" not in mail.text


class TestReply:
    def test_of_the_desk_goes_to_the_requester_and_watchers_who_see_it(self):
        team = a_team()
        agent, other, stranger = an_agent(team), an_agent(team), an_agent()
        ticket = a_ticket(requester=a_person(), team=team)
        watch(ticket, by=other, via="page")
        watch(ticket, by=stranger, via="page")
        told()
        reply(ticket, by=agent, via="page", body="Have you **tried** again?")
        assert told() == [("reply", ticket.requester), ("reply", other)]
        mail = OutgoingMail.objects.first()
        assert "Have you **tried** again?" in mail.text and "<strong>tried</strong>" in mail.html
        assert "Auto-Submitted" not in mail.headers

    def test_of_the_requester_goes_to_the_assignee(self):
        agent = an_agent()
        ticket = a_ticket()
        assign(ticket, by=agent, via="page", assignee=agent)
        told()
        reply(ticket, by=ticket.requester, via="page", body="Yes")
        assert told() == [("reply", agent)]

    def test_of_the_requester_goes_to_the_lead_while_nobody_has_the_ticket(self):
        lead = an_agent()
        team = a_team(lead=lead)
        an_agent(team)
        ticket = a_ticket(team=team)
        told()
        reply(ticket, by=ticket.requester, via="page", body="Hello?")
        assert told() == [("reply", lead)]

    def test_of_the_requester_goes_to_all_of_a_team_without_a_lead(self):
        team = a_team()
        agents = [an_agent(team), an_agent(team)]
        ticket = a_ticket(team=team)
        told()
        reply(ticket, by=ticket.requester, via="page", body="Hello?")
        assert told() == [("reply", agent) for agent in agents]

    def test_of_a_colleague_goes_to_both(self):
        agent, colleague, requester = an_agent(), a_person(), a_person()
        ticket = a_ticket(requester=requester, by=colleague)
        assign(ticket, by=agent, via="page", assignee=agent)
        told()
        reply(ticket, by=colleague, via="page", body="Me too")
        assert told() == [("reply", agent), ("reply", requester)]

    def test_whose_sender_is_not_proved_goes_to_nobody(self):
        agent = an_agent()
        ticket = a_ticket(requester=a_person(email="hanako@example.com"))
        assign(ticket, by=agent, via="page", assignee=agent)
        told()
        mail = arrives(a_mail(subject=f"[{ticket.number}]"))
        assert mail.state == "reply" and told() == []

    def test_can_be_answered_by_its_token(self):
        a_mailbox()
        agent = an_agent()
        ticket = a_ticket(requester=a_person(email="hanako@example.com"))
        reply(ticket, by=agent, via="page", body="Which one?")
        told()
        sent = OutgoingMail.objects.get(kind="reply")
        assert arrives(a_mail(to=sent.headers["Reply-To"])).is_proved
        assert arrives(a_mail(In_Reply_To=sent.message_id)).is_proved
        assert sent.message_id == tokens.message_id(ticket.pk, sent.event_id, "reply", "hanako@example.com")

    def test_note_goes_to_nobody(self):
        ticket = a_ticket()
        told()
        note(ticket, by=an_agent(), via="page", body="Hm")
        assert told() == []

    def test_is_not_sent_to_somebody_who_may_no_longer_see_it(self):
        agent, head = an_agent(), an_agent()
        ticket = a_ticket()
        watch(ticket, by=head, via="page")
        told()
        assign(ticket, by=agent, via="page", assignee=agent)
        set_fields(ticket, by=agent, via="page", is_confidential=True)
        reply(ticket, by=agent, via="page", body="Between us")
        assert [each for each in told() if each[0] == "reply"] == [("reply", ticket.requester)]


class TestLifeCycle:
    def test_resolution_has_its_words_and_how_to_reopen(self):
        incident = an_incident()
        told()
        resolve_incident(incident, by=an_agent(), via="page", resolution="New toner.")
        assert told() == [("resolved", incident.ticket.requester)]
        text = OutgoingMail.objects.get().text
        assert "New toner." in text and "Answer this mail and we take it up again." in text

    def test_reopening_with_a_reason_is_one_mail(self):
        agent = an_agent()
        incident = an_incident()
        assign(incident.ticket, by=agent, via="page", assignee=agent)
        resolve_incident(incident, by=agent, via="page", resolution="New toner.")
        told()
        reopen_incident(incident, by=incident.ticket.requester, via="page", reason="Still silent")
        assert told() == [("reply", agent)]

    def test_closing_is_told_unless_the_requester_did_it(self):
        incident, other = an_incident(), an_incident()
        for each in (incident, other):
            resolve_incident(each, by=an_agent(), via="page", resolution="Done")
        told()
        close_incident(incident, by=None, via="system")
        close_incident(other, by=other.ticket.requester, via="page")
        assert told() == [("closed", incident.ticket.requester)]

    def test_withdrawal_is_told_to_the_assignee(self):
        agent = an_agent()
        incident = an_incident()
        assign(incident.ticket, by=agent, via="page", assignee=agent)
        told()
        cancel_incident(incident, by=incident.ticket.requester, via="page")
        assert told() == [("cancelled", agent)]

    def test_conversion_is_one_mail_with_the_new_number(self):
        ticket = a_ticket()
        told()
        new = convert_ticket(ticket, "request", by=an_agent(), via="page")
        assert told() == [("cancelled", ticket.requester)]
        assert new.number in OutgoingMail.objects.get().text

    def test_assignment_is_told_to_the_assignee_but_not_to_oneself(self):
        team = a_team()
        one, other = an_agent(team), an_agent(team)
        ticket = a_ticket(team=team)
        told()
        assign(ticket, by=one, via="page", assignee=other)
        assert told() == [("assigned", other)]
        assign(ticket, by=one, via="page", assignee=one)
        assert told() == []

    def test_of_a_service_request_too(self):
        service_request = a_service_request()
        assert told() == [("receipt", service_request.ticket.requester)]


class TestManners:
    def test_the_same_event_twice_is_one_mail(self):
        ticket = a_ticket()
        deliver_waiting()
        for event in TicketEvent.objects.filter(ticket=ticket):
            tell_people([event])
            tell_people([event])
        assert OutgoingMail.objects.count() == 1

    def test_line_breaks_in_names_and_titles_make_no_header(self):
        hanako = a_person(name="Hanako")
        User.objects.filter(pk=hanako.pk).update(name="Hanako\r\nBcc: all@example.com")
        ticket = a_ticket(requester=again(hanako))
        Ticket.objects.filter(pk=ticket.pk).update(title="Printer\r\nBcc: all@example.com")
        told()
        mail = OutgoingMail.objects.get()
        assert mail.subject == f"[{ticket.number}] Printer Bcc: all@example.com"

    def test_costs_the_same_queries_for_one_and_three_watchers(self, django_assert_max_num_queries):
        team = a_team()
        agent = an_agent(team)
        ticket = a_ticket(team=team)
        for _n in range(3):
            watch(ticket, by=an_agent(team), via="page")
        reply(ticket, by=agent, via="page", body="Yes")
        event = TicketEvent.objects.select_related("ticket", "by").get(verb="reply")
        with django_assert_max_num_queries(45):
            tell_people([event])
