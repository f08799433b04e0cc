"""The page of a ticket as agents see it."""

import re

import pytest

from incidents.actions import ask_requester_incident, resolve_incident, start_incident
from servicedesk.tickets import actions
from servicedesk.tickets.models import TicketEvent
from tests.factories import (
    a_person,
    a_service,
    a_service_request,
    a_team,
    a_ticket,
    again,
    an_agent,
    an_incident,
    an_item,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def team():
    return a_team(name="First line")


@pytest.fixture
def agent(team):
    return an_agent(team, name="Hana Sato")


def text_of(answer) -> str:
    """What a reader sees, without tags and the blanks between them."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


class TestTicketPage:
    def test_an_agent_of_the_team_sees_everything_of_it(self, visit, team, agent):
        requester = a_person(name="Midori Tanaka", phone="03-1234-5678", extension="4021", is_vip=True)
        contact = a_person(name="Knows The System", extension="77")
        service = a_service(team, name_en="Payroll", system_contact=contact)
        other = an_incident(requester=requester, team=team, title="An older one").ticket
        ticket = an_incident(requester=requester, service=service, title="Payslip is empty").ticket
        actions.note(ticket, by=agent, via="page", body="Look at the log")
        actions.log_work(ticket, by=agent, via="page", minutes=75, note="Reading logs")
        actions.set_tags(ticket, by=agent, via="page", tags=["payday"])
        text = text_of(visit(agent).get(ticket.get_absolute_url()))
        for words in (
            ticket.number, "Payslip is empty", "It does not print.", "Midori Tanaka", "VIP", "03-1234-5678", "4021",
            "Payroll", "Knows The System", "Look at the log", "1 h 15 min", "payday", other.number, "from the matrix",
        ):  # fmt: skip
            assert words in text

    def test_a_service_request_has_the_same_page(self, visit, team, agent):
        service_request = a_service_request(team=team, title="One more monitor")
        answer = visit(agent).get(f"/requests/{service_request.ticket.number}/")
        assert answer.status_code == 200
        assert "One more monitor" in text_of(answer)

    def test_the_number_alone_leads_to_the_page_of_the_process(self, visit, team, agent):
        number = an_incident(team=team).ticket.number
        answer = visit(agent).get(f"/tickets/{number.lower()}/")
        assert answer.status_code == 302
        assert answer.url == f"/incidents/{number}/"

    def test_a_request_is_not_an_incident(self, visit, team, agent):
        number = a_service_request(team=team).ticket.number
        assert visit(agent).get(f"/incidents/{number}/").status_code == 404

    def test_not_yours_looks_like_not_there(self, visit, team):
        ticket = an_incident(team=team).ticket
        stranger = visit(a_person())
        theirs = text_of(stranger.get(ticket.get_absolute_url()))
        nowhere = text_of(stranger.get("/incidents/INC9999999/"))
        assert theirs == nowhere
        assert ticket.title not in theirs

    def test_the_requester_gets_their_own_page_without_notes(self, visit, team, agent):
        requester = a_person()
        ticket = an_incident(team=team, requester=requester).ticket
        actions.note(ticket, by=agent, via="page", body="He always does this")
        answer = visit(requester).get(ticket.get_absolute_url())
        assert answer.status_code == 200
        assert "He always does this" not in answer.content.decode()
        assert "Escalate" not in text_of(answer)

    def test_steps_are_those_that_lead_on_from_here(self, visit, team, agent):
        incident = an_incident(team=team)
        page = visit(agent)
        assert (
            f"/incidents/{incident.ticket.number}/start/"
            in page.get(incident.ticket.get_absolute_url()).content.decode()
        )
        start_incident(incident, by=agent, via="page")
        html = page.get(incident.ticket.get_absolute_url()).content.decode()
        assert f"/incidents/{incident.ticket.number}/start/" not in html
        assert f"/incidents/{incident.ticket.number}/resolve/" in html

    def test_the_time_line_can_be_narrowed(self, visit, team, agent):
        ticket = an_incident(team=team, title="Narrow me").ticket
        actions.reply(ticket, by=agent, via="page", body="A public word")
        actions.note(ticket, by=agent, via="page", body="A private word")
        page = visit(agent)

        def shows(what):
            html = page.get(ticket.get_absolute_url(), {"show": what}).content.decode()
            return ["A public word" in html, "A private word" in html, "opened this" in html]

        assert shows("all") == [True, True, True]
        assert shows("messages") == [True, False, False]
        assert shows("notes") == [False, True, False]
        assert shows("changes") == [False, False, True]
        assert shows("nonsense") == [True, True, True]

    def test_what_people_write_cannot_become_part_of_the_page(self, visit, team, agent):
        evil = "<script>alert(1)</script>"
        ticket = an_incident(team=team, title=evil, description=evil, requester=a_person(name=evil)).ticket
        actions.reply(ticket, by=agent, via="page", body=evil)
        actions.set_tags(ticket, by=agent, via="page", tags=[evil])
        html = visit(agent).get(ticket.get_absolute_url()).content.decode()
        assert evil not in html
        assert "&lt;script&gt;" in html


class TestLivePage:
    def test_nothing_happened(self, visit, team, agent):
        ticket = an_incident(team=team).ticket
        answer = visit(agent).get(
            ticket.get_absolute_url(), {"part": "live", "after": ticket.event_count}, headers=HTMX
        )
        assert answer.status_code == 204

    def test_the_parts_that_changed_come_and_the_box_stays(self, visit, team, agent):
        ticket = an_incident(team=team).ticket
        before = ticket.event_count
        actions.note(ticket, by=an_agent(team), via="page", body="From somebody else")
        answer = visit(agent).get(ticket.get_absolute_url(), {"part": "live", "after": before}, headers=HTMX)
        html = answer.content.decode()
        assert answer.status_code == 200
        assert "From somebody else" in html
        assert html.count('hx-swap-oob="true"') == 5
        assert "<textarea" not in html
        assert f"after={ticket.event_count}" in html

    def test_a_note_does_not_show_to_the_requester_even_by_a_refresh(self, visit, team, agent):
        requester = a_person()
        ticket = an_incident(team=team, requester=requester).ticket
        actions.note(ticket, by=agent, via="page", body="Hidden")
        answer = visit(requester).get(ticket.get_absolute_url(), {"part": "live", "after": 1}, headers=HTMX)
        assert answer.status_code == 204


class TestQuoting:
    def test_a_message_stands_quoted_after_what_was_begun(self, visit, team, agent):
        ticket = an_incident(team=team).ticket
        said = actions.reply(ticket, by=ticket.requester, via="page", body="It hums.\n\nLoudly.")
        actions.save_draft(ticket, "reply", by=agent, body="Hello", box="b", turn=1, base="")
        box = visit(agent).get(f"/tickets/{ticket.number}/reply/", {"quote": said.pk}, headers=HTMX).content.decode()
        name = ticket.requester.name
        assert f"Hello\n\n&gt; {name}:\n&gt; It hums.\n&gt;\n&gt; Loudly.\n\n" in box

    def test_a_note_is_not_quoted_to_those_who_may_not_read_it(self, visit, team, agent):
        ticket = an_incident(team=team).ticket
        note = actions.note(ticket, by=agent, via="page", body="Secret")
        page = visit(ticket.requester).get(f"/tickets/{ticket.number}/reply/", {"quote": note.pk})
        assert "Secret" not in page.content.decode()


class TestQueriesOfTheTicketPage:
    """One number, whatever hangs on the ticket."""

    def test_with_one_of_everything(self, visit, team, agent, django_assert_num_queries):
        self._count(visit, team, agent, 1, django_assert_num_queries)

    def test_with_three_of_everything(self, visit, team, agent, django_assert_num_queries):
        self._count(visit, team, agent, 3, django_assert_num_queries)

    def _count(self, visit, team, agent, times, django_assert_num_queries):
        ticket = an_incident(team=team, service=a_service(team)).ticket
        for _turn in range(times):
            an_item(ticket.requester)
            actions.add_items(ticket, [an_item(a_person())], by=agent, via="page")
            actions.reply(ticket, by=agent, via="page", body="One")
            actions.note(ticket, by=agent, via="page", body="Two")
            actions.share(ticket, by=agent, via="page", user=a_person())
            actions.watch(ticket, by=an_agent(team), via="page")
            actions.assign(ticket, by=agent, via="page", assignee=an_agent(team))
            actions.link(ticket, a_ticket(team=team), "related", by=agent, via="page")
            actions.log_work(ticket, by=agent, via="page", minutes=5)
        page = visit(agent)
        page.get(ticket.get_absolute_url())
        with django_assert_num_queries(27):
            page.get(ticket.get_absolute_url())
        actions.start_timer(ticket, by=agent, via="page")
        with django_assert_num_queries(28):
            page.get(ticket.get_absolute_url())


class TestSentences:
    """Events in words on the page."""

    def test_each_verb_reads_as_a_sentence(self, visit, team, agent):
        team.next_team = a_team(name="Second line")
        team.save()
        incident = an_incident(team=team, requester=a_person(name="Midori"))
        ticket = incident.ticket
        actions.assign(ticket, by=agent, via="page", assignee=agent)
        actions.share(ticket, by=agent, via="page", user=a_person(name="Colleague"))
        actions.unshare(ticket, by=agent, via="page", user=ticket.shares.first() and ticket.shares.first().user)
        actions.watch(ticket, by=agent, via="page")
        actions.unwatch(ticket, by=agent, via="page")
        other = a_ticket(team=team)
        actions.unlink(ticket, actions.link(ticket, other, "duplicate", by=agent, via="page"), by=agent, via="page")
        actions.set_fields(ticket, by=agent, via="page", urgency=1, title="New words")
        start_incident(incident, by=agent, via="page")
        ask_requester_incident(incident, by=agent, via="page", message="Since when?")
        resolve_incident(incident, by=agent, via="page", resolution="Turned it off and on")
        text = text_of(visit(agent).get(ticket.get_absolute_url()))
        for words in (
            "Midori opened this (Portal).",
            "Hana Sato took this.",
            "Hana Sato shared this with Colleague.",
            "Hana Sato stopped sharing this with Colleague.",
            "Hana Sato watches this.",
            "Hana Sato no longer watches this.",
            f"Hana Sato linked this: duplicate of {other.number}",
            f"Hana Sato removed a link: duplicate of {other.number}",
            "Hana Sato changed title, urgency: 3 – There is a way around → 1 – Work has stopped.",
            "Hana Sato started work.",
            "Hana Sato asked the requester and waits for the answer.",
            "Hana Sato resolved this.",
            "Turned it off and on",
        ):
            assert words in text
        assert "accepted this" not in text  # taking says it already
        known = set(TicketEvent.objects.values_list("verb", flat=True))
        assert not [verb for verb in known if f": {verb}" in text]

    def test_a_linked_ticket_that_one_may_not_see_is_not_named(self, visit, team, agent):
        elsewhere = a_team()
        both = an_agent(team, elsewhere)
        ticket, hidden = a_ticket(team=team), a_ticket(team=elsewhere)
        actions.link(ticket, hidden, "related", by=both, via="page")
        text = text_of(visit(again(agent)).get(ticket.get_absolute_url()))
        assert hidden.number not in text
        assert "linked this with a ticket that you cannot see" in text
