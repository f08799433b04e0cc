"""Snoozing: out of the usual views until a moment or a reply, but not brought back by a mere thank-you."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from incidents.actions import resolve_incident
from servicedesk.desk.snooze import usual_times
from servicedesk.levels.queries import usual_hours
from servicedesk.notify.models import Notification
from servicedesk.tickets.actions import assign, reply, snooze, wake
from servicedesk.tickets.actions.snoozing import wake_some
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.sentences import Names, words_for
from tests.factories import a_person, a_team, a_ticket, again, an_agent, an_incident

pytestmark = pytest.mark.django_db
PAGE = {"via": "page"}


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def ticket(team, agent):
    ticket = a_ticket(team=team, requester=a_person())
    assign(ticket, by=agent, assignee=agent, **PAGE)
    return ticket


def is_snoozed(ticket) -> bool:
    return Ticket.objects.get(pk=ticket.pk).is_snoozed


class TestSnooze:
    def test_takes_it_out_of_the_usual_views_until_its_time(self, visit, ticket, agent):
        until = timezone.now() + timedelta(hours=1)
        snooze(ticket, by=agent, until=until, reason="The part comes tomorrow", **PAGE)
        visitor = visit(agent)
        shown = {
            view: ticket.number in visitor.get(f"/desk/?view={view}").content.decode()
            for view in ("mine", "team", "due", "snoozed", "all")
        }
        assert shown == {"mine": False, "team": False, "due": False, "snoozed": True, "all": True}
        note = ticket.comments.get(event__verb="snooze")
        assert (note.body, note.is_public) == ("The part comes tomorrow", False)
        assert wake_some(timezone.now()) == 0
        Ticket.objects.filter(pk=ticket.pk).update(snoozed_until=timezone.now())
        assert ticket.number in visitor.get("/desk/?view=mine").content.decode()
        for done in (1, 0):
            assert wake_some(timezone.now()) == done
        deliver_waiting()
        assert [notice.person for notice in Notification.objects.filter(kind="awake")] == [agent]

    @pytest.mark.parametrize(
        ("words", "comes_back"),
        [("Thank you very much!", False), ("ありがとうございます。", False), ("Thanks, but it is worse now.", True)],
    )
    def test_comes_back_when_its_requester_writes_more_than_thanks(self, ticket, agent, words, comes_back):
        snooze(ticket, by=agent, **PAGE)
        reply(ticket, by=agent, body="We wait for the part.", **PAGE)
        assert is_snoozed(ticket)
        reply(ticket, by=ticket.requester, body=words, **PAGE)
        assert is_snoozed(ticket) is not comes_back
        said = [words_for(event, Names(agent, [event])) for event in ticket.events.filter(verb="wake")]
        assert said == [f"{ticket.requester.display_name} wrote, which ended the snooze."] * comes_back

    def test_comes_back_with_a_new_assignee_and_when_it_is_ended_and_goes_with_the_resolution(
        self, team, agent, ticket
    ):
        snooze(ticket, by=agent, **PAGE)
        assign(ticket, by=agent, assignee=an_agent(team), **PAGE)
        assert not is_snoozed(ticket)
        snooze(ticket, by=agent, **PAGE)
        for _turn in range(2):
            wake(ticket, by=agent, **PAGE)
        assert [event.verb for event in ticket.events.all()].count("wake") == 2
        incident = an_incident(team=team)
        snooze(incident.ticket, by=agent, **PAGE)
        resolve_incident(incident, by=agent, resolution="Done", **PAGE)
        assert not is_snoozed(incident.ticket)

    def test_refuses_the_past_more_than_a_year_what_is_solved_and_strangers(self, ticket, agent):
        now = timezone.now()
        for until, says in ((now - timedelta(1), "is over"), (now + timedelta(400), "within a year")):
            with pytest.raises(TicketError, match=says):
                snooze(ticket, by=agent, until=until, **PAGE)
        with pytest.raises(PermissionDenied):
            snooze(ticket, by=ticket.requester, **PAGE)
        ticket.incident.ticket = ticket
        resolve_incident(ticket.incident, by=agent, resolution="Done", **PAGE)
        with pytest.raises(TicketError, match="still to be done"):
            snooze(ticket, by=again(agent), **PAGE)


class TestPage:
    def test_offers_business_mornings(self):
        friday = datetime.fromisoformat("2026-11-20T16:00+09:00")
        found = [(name, f"{moment:%m-%d %H:%M}") for name, _label, moment in usual_times(usual_hours(), friday)]
        # Monday is a holiday; the morning after it is next week's first.
        assert found == [("morning", "11-24 09:00"), ("fortnight", "11-30 09:00")]

    def test_snoozes_says_so_and_ends_it(self, visit, ticket, agent):
        visitor, address = visit(agent), f"/desk/snooze/{ticket.number}/"
        form = visitor.get(address).content.decode()
        assert "Next business morning" in form
        answer = visitor.post(address, {"when": "other", "at": "", "reason": ""})
        assert (answer.status_code, "Write until when" in answer.content.decode()) == (422, True)
        assert visitor.post(address, {"when": "other", "at": "2020-01-01 9:00"}).status_code == 422
        assert visitor.post(address, {"when": "reply", "reason": "Away"}).status_code == 303
        page = visitor.get(ticket.get_absolute_url()).content.decode()
        assert "Snoozed until the requester writes" in page
        assert "snoozed this until the requester writes" in page
        assert visitor.post(f"{address}end/").status_code == 303
        assert not is_snoozed(ticket)
