"""What agents do with a ticket besides talking: every action allowed, refused, and its events."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from servicedesk.people.models import Role
from servicedesk.priorities.actions import change_ticket, override_priority
from servicedesk.tickets.actions import (
    assign,
    escalate,
    link,
    log_work,
    move,
    set_tags,
    share,
    unlink,
    unshare,
    unwatch,
    watch,
)
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.queries import links
from tests.factories import a_person, a_service, a_team, a_ticket, again, an_agent, events_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team(next_team=a_team(tier=2))


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def ticket(team):
    return a_ticket(service=a_service(team))


def new_events(ticket, before):
    return events_of(ticket)[len(before) :]


class TestAssign:
    def test_gives_a_new_ticket_to_a_person_and_accepts_it(self, ticket, agent):
        before = events_of(ticket)
        assign(ticket, by=agent, via="page", assignee=agent)
        assert new_events(ticket, before) == [
            ("assign", {"changes": {"assignee": [None, [agent.pk]]}}),
            ("accept", {"from": "new", "to": "assigned"}),
        ]

    def test_takes_it_to_the_assignees_team(self, ticket, agent):
        other = a_team()
        colleague = an_agent(other)
        assign(ticket, by=agent, via="page", assignee=colleague)
        assert (ticket.team, ticket.assignee) == (other, colleague)

    def test_to_a_team_leaves_it_without_a_person(self, ticket, agent):
        assign(ticket, by=agent, via="page", assignee=agent)
        other = a_team()
        assign(ticket, by=agent, via="page", team=other)
        assert (ticket.team, ticket.assignee) == (other, None)

    def test_twice_is_once(self, ticket, agent):
        assign(ticket, by=agent, via="page", assignee=agent)
        before = events_of(ticket)
        assign(ticket, by=agent, via="page", assignee=agent)
        assert events_of(ticket) == before

    def test_refuses_somebody_who_is_no_agent(self, ticket, agent):
        with pytest.raises(TicketError, match="does not work on tickets") as refusal:
            assign(ticket, by=agent, via="page", assignee=a_person())
        assert refusal.value.field == "assignee"

    def test_refuses_an_agent_outside_the_named_team(self, ticket, agent):
        with pytest.raises(TicketError, match="does not belong to the team"):
            assign(ticket, by=agent, via="page", assignee=agent, team=a_team())

    def test_refuses_a_team_out_of_use_and_a_closed_ticket(self, ticket, agent):
        with pytest.raises(TicketError, match="no longer in use"):
            assign(ticket, by=agent, via="page", team=a_team(is_active=False))
        move(ticket, "cancel", by=agent, via="page")
        with pytest.raises(TicketError, match="is closed"):
            assign(ticket, by=agent, via="page", assignee=agent)

    def test_is_the_desks(self, ticket, agent):
        with pytest.raises(PermissionDenied):
            assign(ticket, by=ticket.requester, via="page", assignee=agent)


class TestEscalate:
    def test_hands_it_to_the_next_tier_with_the_reason_as_a_note(self, ticket, agent, team):
        assign(ticket, by=agent, via="page", assignee=agent)
        before = events_of(ticket)
        escalate(ticket, by=agent, via="page", reason="Needs a look into the switch.")
        assert (ticket.team, ticket.assignee) == (team.next_team, None)
        assert new_events(ticket, before) == [
            ("note", {}),
            (
                "escalate",
                {
                    "kind": "functional",
                    "changes": {
                        "team": [[team.pk, team.code], [team.next_team.pk, team.next_team.code]],
                        "assignee": [[agent.pk], None],
                    },
                },
            ),
        ]
        assert ticket.comments.get().body == "Needs a look into the switch."

    def test_refuses_without_a_reason_and_without_a_next_tier(self, ticket, agent):
        with pytest.raises(TicketError) as refusal:
            escalate(ticket, by=agent, via="page", reason=" ")
        assert refusal.value.field == "reason"
        escalate(ticket, by=agent, via="page", reason="x")
        tier_two = an_agent(ticket.team)
        with pytest.raises(TicketError, match="no next tier"):
            escalate(ticket, by=tier_two, via="page", reason="x")


class TestChange:
    def test_of_impact_and_urgency_changes_priority_and_targets(self, ticket, agent):
        assert ticket.priority == 3 or ticket.priority == 4
        before, was = events_of(ticket), ticket.priority
        change_ticket(ticket, by=agent, via="page", impact=1, urgency=1)
        assert ticket.priority == 1
        deliver_waiting()
        ticket.refresh_from_db()
        assert ticket.due_at == ticket.created_at + timedelta(minutes=240)
        (verb, data) = new_events(ticket, before)[0]
        assert verb == "change"
        assert data["changes"]["priority"] == [was, 1]
        assert set(data["changes"]) == {"impact", "urgency", "priority"}

    def test_of_words_records_that_but_not_what(self, ticket, agent):
        before = events_of(ticket)
        change_ticket(ticket, by=agent, via="page", title="Another title")
        assert new_events(ticket, before) == [("change", {"changes": {"title": None}})]

    def test_of_nothing_writes_nothing(self, ticket, agent):
        before = events_of(ticket)
        change_ticket(ticket, by=agent, via="page", title=ticket.title, impact=ticket.impact)
        assert events_of(ticket) == before

    def test_of_the_service_brings_its_team_and_its_secrecy(self, ticket, agent):
        hr = a_service(is_confidential=True)
        change_ticket(ticket, by=agent, via="page", service=hr)
        assert (ticket.service, ticket.team, ticket.is_confidential) == (hr, hr.team, True)

    def test_of_the_service_leaves_it_with_who_has_it(self, ticket, agent, team):
        assign(ticket, by=agent, via="page", assignee=agent)
        change_ticket(ticket, by=agent, via="page", service=a_service())
        assert (ticket.team, ticket.assignee) == (team, agent)

    def test_leaves_a_priority_by_hand_alone(self, ticket, agent):
        override_priority(ticket, by=agent, via="page", priority=1, note="The president presents at noon.")
        change_ticket(ticket, by=agent, via="page", impact=4, urgency=4)
        assert (ticket.priority, ticket.priority_reason) == (1, "manual")
        override_priority(ticket, by=agent, via="page", priority=None)
        assert (ticket.priority, ticket.priority_reason, ticket.priority_note) == (4, "matrix", "")

    def test_by_hand_needs_a_reason(self, ticket, agent):
        with pytest.raises(TicketError) as refusal:
            override_priority(ticket, by=agent, via="page", priority=1, note=" ")
        assert refusal.value.field == "note"

    def test_is_the_desks_and_not_of_closed_tickets(self, ticket, agent):
        with pytest.raises(PermissionDenied):
            change_ticket(ticket, by=ticket.requester, via="page", impact=1)
        move(ticket, "cancel", by=agent, via="page")
        with pytest.raises(TicketError, match="is closed"):
            change_ticket(ticket, by=agent, via="page", impact=1)


class TestShare:
    def test_and_unshare_are_recorded_once(self, ticket):
        friend, before = a_person(), events_of(ticket)
        for _turn in range(2):
            share(ticket, by=ticket.requester, via="page", user=friend)
        for _turn in range(2):
            unshare(ticket, by=ticket.requester, via="page", user=friend)
        assert new_events(ticket, before) == [
            ("share", {"user": [friend.pk], "team": None}),
            ("unshare", {"user": [friend.pk], "team": None}),
        ]

    def test_is_not_for_those_it_was_shared_with(self, ticket):
        friend = a_person()
        share(ticket, by=ticket.requester, via="page", user=friend)
        with pytest.raises(PermissionDenied):
            share(ticket, by=again(friend), via="page", user=a_person())

    def test_with_a_team_is_the_desks(self, ticket, team):
        with pytest.raises(PermissionDenied):
            share(ticket, by=ticket.requester, via="page", team=team)


class TestLink:
    def test_ties_two_tickets_once_and_both_tell(self, ticket, agent, team):
        other = a_ticket(service=a_service(team))
        one, two = events_of(ticket), events_of(other)
        for _turn in range(2):
            link(ticket, other, "duplicate", by=agent, via="page")
        assert new_events(ticket, one) == [("link", {"kind": "duplicate", "other": other.number})]
        assert new_events(other, two) == [("link", {"kind": "duplicate", "other": ticket.number, "backward": True})]
        assert [(str(label), found) for label, found, _tie in links(agent, ticket)] == [("duplicate of", other)]
        assert [(str(label), found) for label, found, _tie in links(agent, other)] == [("has the duplicate", ticket)]

    def test_related_is_the_same_from_both_ends(self, ticket, agent, team):
        other = a_ticket(service=a_service(team))
        link(ticket, other, "related", by=agent, via="page")
        link(other, ticket, "related", by=agent, via="page")
        assert len(links(agent, ticket)) == 1

    def test_refuses_what_the_person_cannot_see_like_what_is_not_there(self, ticket, agent):
        hidden = a_ticket(service=a_service())
        with pytest.raises(TicketError, match="no such ticket"):
            link(ticket, hidden, "related", by=agent, via="page")

    def test_refuses_itself_and_unknown_kinds(self, ticket, agent):
        with pytest.raises(TicketError, match="to itself"):
            link(ticket, ticket, "related", by=agent, via="page")
        with pytest.raises(TicketError, match="belong together"):
            link(ticket, a_ticket(), "enemy", by=agent, via="page")

    def test_is_not_shown_to_those_who_do_not_see_the_other_end(self, ticket, agent, team):
        other = a_ticket(service=a_service(team))
        link(ticket, other, "related", by=agent, via="page")
        assert links(ticket.requester, ticket) == []

    def test_is_untied_from_either_end(self, ticket, agent, team):
        other = a_ticket(service=a_service(team))
        tie = link(ticket, other, "caused_by", by=agent, via="page")
        before = events_of(ticket)
        unlink(other, tie, by=agent, via="page")
        assert links(agent, ticket) == []
        assert new_events(ticket, before) == [("unlink", {"kind": "caused_by", "other": other.number})]


class TestSmallThings:
    def test_tags_are_normalised_and_recorded_once(self, ticket, agent):
        before = events_of(ticket)
        set_tags(ticket, by=agent, via="page", tags=["ＶＩＰ", "vip", " Month  end "])
        set_tags(ticket, by=agent, via="page", tags=["month end", "vip"])
        assert new_events(ticket, before) == [("change", {"changes": {"tags": [[], ["month end", "vip"]]}})]

    def test_tags_have_a_limit(self, ticket, agent):
        with pytest.raises(TicketError):
            set_tags(ticket, by=agent, via="page", tags=["x" * 41])

    def test_watching_is_recorded_once(self, ticket, agent):
        before = events_of(ticket)
        for action in (watch, watch, unwatch, unwatch):
            action(ticket, by=agent, via="page")
        assert new_events(ticket, before) == [("watch", {}), ("unwatch", {})]

    def test_work_time_is_kept_for_the_day(self, ticket, agent):
        today = timezone.localdate()
        log_work(ticket, by=agent, via="page", minutes=15, note="called")
        row = ticket.work_times.get()
        assert (row.minutes, row.worked_on, row.user) == (15, today, agent)
        assert events_of(ticket)[-1] == ("log_work", {"minutes": 15, "worked_on": today.isoformat()})

    @pytest.mark.parametrize(("minutes", "days"), [(0, 0), (1441, 0), (15, 1)])
    def test_work_time_is_refused_beyond_a_day_and_in_the_future(self, ticket, agent, minutes, days):
        with pytest.raises(TicketError):
            log_work(
                ticket, by=agent, via="page", minutes=minutes, worked_on=timezone.localdate() + timedelta(days=days)
            )

    def test_a_lead_without_the_agents_role_works_too(self, ticket, team):
        lead = a_person(Role.LEAD)
        team.lead = lead
        team.save()
        assign(ticket, by=again(lead), via="page", assignee=again(lead))
        assert ticket.assignee == lead
