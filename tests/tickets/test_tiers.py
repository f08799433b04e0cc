"""From tier to tier: up to the next team or to whoever is responsible, and back."""

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from servicedesk.notify.models import Notification, OutgoingMail
from servicedesk.people.models import Absence
from servicedesk.tickets.actions import assign, de_escalate, escalate, escalate_to_manager, move, share
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Watcher
from servicedesk.tickets.queries import visible_tickets
from servicedesk.tickets.tiers import ways_back
from tests.factories import a_person, a_team, a_ticket, again, an_agent, events_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiers():
    third = a_team(tier=3, name="Makers")
    second = a_team(tier=2, name="Network", next_team=third)
    return a_team(tier=1, name="First line", next_team=second), second, third


@pytest.fixture
def agent(tiers):
    """Works in all three tiers, so that nothing leaves their sight."""
    return an_agent(*tiers, name="Ken Abe")


@pytest.fixture
def ticket(tiers):
    return a_ticket(team=tiers[0])


def up(ticket, agent):
    escalate(ticket, by=agent, via="page", reason="Beyond us")


def down(ticket, agent, **more):
    de_escalate(ticket, by=agent, via="page", reason="It is the cable.", **more)


class TestDeEscalate:
    def test_goes_back_the_way_that_it_came(self, ticket, agent, tiers):
        first, second, third = tiers
        up(ticket, agent), up(ticket, agent)
        assign(ticket, by=agent, via="page", assignee=agent)
        down(ticket, agent)
        assert (ticket.team, ticket.assignee) == (second, None)
        verb, data = events_of(ticket)[-1]
        assert (verb, data) == (
            "de_escalate",
            {"changes": {"team": [[third.pk, third.code], [second.pk, second.code]], "assignee": [[agent.pk], None]}},
        )
        said = ticket.comments.latest("pk")
        assert (said.body, said.is_public) == ("It is the cable.", False)
        down(ticket, agent)
        assert ticket.team == first

    def test_goes_to_whoever_had_it_there_unless_they_are_away_or_gone(self, ticket, agent, tiers):
        first, second, _third = tiers
        mika, ken = an_agent(first, name="Mika Mori"), an_agent(second)
        assign(ticket, by=agent, via="page", assignee=mika)
        up(ticket, mika)
        assign(ticket, by=ken, via="page", assignee=ken)
        down(ticket, ken)
        assert (ticket.team, ticket.assignee) == (first, mika)
        assert events_of(ticket)[-1][1]["changes"]["assignee"] == [[ken.pk], [mika.pk]]
        up(ticket, mika)
        away = Absence.objects.create(user=mika, from_on=timezone.localdate(), until_on=timezone.localdate())
        down(ticket, ken)
        assert ticket.assignee is None
        away.delete()
        assign(ticket, by=agent, via="page", assignee=mika)
        up(ticket, mika)
        mika.memberships.all().delete()
        down(ticket, ken)
        assert (ticket.team, ticket.assignee) == (first, None)

    def test_or_to_another_team_of_a_lower_tier_that_had_it(self, ticket, agent, tiers):
        first, second, third = tiers
        up(ticket, agent), up(ticket, agent)
        assert ways_back(ticket) == [second, first]
        with pytest.raises(TicketError, match="of no lower tier") as refusal:
            down(ticket, agent, team=a_team())
        assert refusal.value.field == "team"
        down(ticket, agent, team=first)
        assert (ticket.team, ways_back(ticket)) == (first, [])

    def test_not_without_a_reason_a_way_back_or_an_open_ticket(self, ticket, agent, tiers):
        with pytest.raises(TicketError, match="No team of a lower tier had this"):
            down(ticket, agent)
        up(ticket, agent)
        with pytest.raises(TicketError) as refusal:
            de_escalate(ticket, by=agent, via="page", reason=" ")
        assert refusal.value.field == "reason"
        with pytest.raises(PermissionDenied):
            down(ticket, again(ticket.requester))
        tiers[0].is_active = False
        tiers[0].save()
        with pytest.raises(TicketError, match="No team of a lower tier had this"):
            down(ticket, agent)
        move(ticket, "cancel", by=agent, via="page")
        with pytest.raises(TicketError, match="is closed"):
            down(ticket, agent)


class TestToWhoeverIsResponsible:
    def test_the_lead_watches_and_hears_why(self, ticket, agent, tiers):
        lead = an_agent(tiers[0])
        tiers[0].lead = lead
        tiers[0].save()
        before = len(events_of(ticket))
        escalate_to_manager(ticket, by=agent, via="page", reason="The board **waits**.")
        assert events_of(ticket)[before:] == [
            ("add_watcher", {"user": [lead.pk]}),
            ("note", {}),
            ("escalate", {"kind": "hierarchical", "users": [[lead.pk]], "note": before + 2}),
        ]
        assert ticket.team == tiers[0] and Watcher.objects.get().user == lead
        deliver_waiting()
        assert Notification.objects.get(kind="escalated").person == lead
        mail = OutgoingMail.objects.get(kind="escalated")
        assert "The board **waits**." in mail.text
        assert f"Ken Abe escalated this to {lead.name}, who is responsible." in mail.text

    def test_a_lead_asks_their_own_manager_who_sees_it_from_then_on(self, ticket, tiers):
        boss = a_person(name="Boss")
        lead = an_agent(tiers[0], manager=boss)
        tiers[0].lead = lead
        tiers[0].save()
        ticket.refresh_from_db()
        assert not visible_tickets(boss).exists()
        escalate_to_manager(ticket, by=lead, via="page", reason="Needs a decision")
        assert visible_tickets(again(boss)).get() == ticket
        deliver_waiting()
        assert "Needs a decision" in OutgoingMail.objects.get(kind="escalated", to_user=boss).text

    def test_not_where_nobody_is_or_without_a_reason(self, ticket, agent, tiers):
        with pytest.raises(TicketError, match="Nobody else is responsible"):
            escalate_to_manager(ticket, by=agent, via="page", reason="x")
        with pytest.raises(TicketError) as refusal:
            escalate_to_manager(ticket, by=agent, via="page", reason="")
        assert refusal.value.field == "reason"


class TestPages:
    def test_one_dialog_asks_which_way_up_and_a_button_leads_back_where_there_is_a_way(
        self, visit, ticket, agent, tiers
    ):
        tiers[0].lead = an_agent(tiers[0], name="Lea")
        tiers[0].save()
        page, here = visit(agent), f"/tickets/{ticket.number}/"
        assert "de-escalate" not in page.get(ticket.get_absolute_url()).text
        form = page.get(f"{here}escalate/").text
        assert "The next tier: Network" in form and "The responsible manager: Lea" in form
        assert page.post(f"{here}escalate/", {"to": "manager", "reason": "Look"}).status_code == 303
        assert "escalated this to Lea, who is responsible" in page.get(ticket.get_absolute_url()).text
        for _step in range(2):
            assert page.post(f"{here}escalate/", {"reason": "Beyond us"}).status_code == 303
        assert f"{here}de-escalate/" in page.get(ticket.get_absolute_url()).text
        form = page.get(f"{here}de-escalate/").text
        assert "selected>Network</option>" in form and "First line</option>" in form
        refused = page.post(f"{here}de-escalate/", {"team": tiers[0].pk, "reason": ""})
        assert refused.status_code == 422
        answer = page.post(f"{here}de-escalate/", {"team": tiers[0].pk, "reason": "The cable"})
        assert answer.status_code == 303
        ticket.refresh_from_db()
        assert ticket.team == tiers[0]
        assert "de-escalated this to First line" in page.get(ticket.get_absolute_url()).text

    def test_who_gave_it_back_and_only_follows_it_gets_the_page_of_those_who_do(self, visit, ticket, agent, tiers):
        up(ticket, agent)
        ken = an_agent(tiers[1], name="Ken")
        share(ticket, by=agent, via="page", user=ken)
        page = visit(again(ken))
        answer = page.post(
            f"/tickets/{ticket.number}/de-escalate/", {"reason": "The cable"}, headers={"HX-Request": "true"}
        )
        assert answer.headers["HX-Redirect"] == ticket.get_absolute_url()
        follows = page.get(ticket.get_absolute_url()).text
        assert "/de-escalate/" not in follows and "desk/beside" not in follows
