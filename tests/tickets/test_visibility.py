"""Who sees which ticket. The expected sight stands here as one table, worked out from the rules and not from the
code.
"""

import pytest

from servicedesk.people.models import Role
from servicedesk.tickets.actions import assign, share, watch
from servicedesk.tickets.queries import get_ticket, sees, visible_tickets
from servicedesk.web.errors import NotFound
from tests.factories import (
    a_department,
    a_person,
    a_service,
    a_team,
    a_ticket,
    again,
    an_administrator,
    an_agent,
)

pytestmark = pytest.mark.django_db

PLAIN, SECRET, LOOSE, LOOSE_SECRET = "plain", "secret", "loose", "loose secret"


@pytest.fixture
def world():
    """A team with a service, a ticket of it open and confidential, and one of each without a team."""
    division = a_department()
    section = a_department(division.company, parent=division)
    team, other_team = a_team(), a_team()
    service = a_service(team)
    requester = a_person(department=section, company=division.company)
    tickets = {
        PLAIN: a_ticket(requester=requester, service=service),
        SECRET: a_ticket(requester=requester, service=service, is_confidential=True),
        LOOSE: a_ticket(requester=requester),
        LOOSE_SECRET: a_ticket(requester=requester, is_confidential=True),
    }
    people = {
        "requester": requester,
        "colleague": a_person(department=section, company=division.company),
        "head of the section": a_person(department=section, company=division.company),
        "head of the division": a_person(department=division, company=division.company),
        "agent of the team": an_agent(team),
        "agent of another team": an_agent(other_team),
        "member without the role": a_person(teams=[team]),
        "agent without a team": a_person(Role.AGENT),
        "report reader": a_person(Role.REPORT_READER),
        "administrator": an_administrator(),
        "guest": a_person(is_guest=True),
        "somebody who left": an_agent(team, is_active=False),
    }
    section.head = people["head of the section"]
    section.save()
    division.head = people["head of the division"]
    division.save()
    return people, tickets, team


SIGHT = {
    "requester": {PLAIN, SECRET, LOOSE, LOOSE_SECRET},
    "colleague": set(),
    "head of the section": {PLAIN, LOOSE},
    "head of the division": {PLAIN, LOOSE},
    "agent of the team": {PLAIN, SECRET, LOOSE},
    "agent of another team": {LOOSE},
    "member without the role": set(),
    "agent without a team": {LOOSE},
    "report reader": set(),
    "administrator": {PLAIN, LOOSE},
    "guest": set(),
    "somebody who left": set(),
}


def seen_by(user, tickets) -> set[str]:
    visible = set(visible_tickets(again(user)).values_list("pk", flat=True))
    return {name for name, ticket in tickets.items() if ticket.pk in visible}


class TestSight:
    @pytest.mark.parametrize("who", SIGHT)
    def test_is_what_the_table_says(self, world, who):
        people, tickets, _team = world
        assert seen_by(people[who], tickets) == SIGHT[who]

    @pytest.mark.parametrize("who", SIGHT)
    def test_of_one_ticket_is_the_same_and_not_yours_is_not_there(self, world, who):
        people, tickets, _team = world
        for name, ticket in tickets.items():
            if name in SIGHT[who]:
                assert get_ticket(again(people[who]), ticket.number) == ticket
            else:
                with pytest.raises(NotFound) as hidden:
                    get_ticket(again(people[who]), ticket.number)
                with pytest.raises(NotFound) as missing:
                    get_ticket(again(people[who]), "INC9999999")
                assert str(hidden.value) == str(missing.value)

    def test_the_table_names_everybody(self, world):
        assert set(world[0]) == set(SIGHT)


class TestSharing:
    def test_shows_it_to_one_more_person_even_when_confidential(self, world):
        people, tickets, _team = world
        share(tickets[SECRET], by=people["agent of the team"], via="page", user=people["colleague"])
        assert seen_by(people["colleague"], tickets) == {SECRET}

    def test_names_a_team_for_a_confidential_ticket(self, world):
        people, tickets, _team = world
        other = people["agent of another team"]
        named = other.teams.get()
        share(tickets[SECRET], by=people["agent of the team"], via="page", team=named)
        assert seen_by(other, tickets) == {LOOSE, SECRET}
        assert again(other).may("tickets.work", tickets[SECRET])

    def test_watching_gives_no_sight(self, world):
        people, tickets, team = world
        agent = people["agent of the team"]
        watch(tickets[PLAIN], by=agent, via="page")
        agent.memberships.all().delete()
        assert seen_by(agent, tickets) == {LOOSE}

    def test_an_assignee_sees_it_after_it_left_their_team(self, world):
        people, tickets, _team = world
        stranger = people["agent without a team"]
        assign(tickets[SECRET], by=people["agent of the team"], via="page", assignee=stranger)
        assert seen_by(stranger, tickets) == {LOOSE, SECRET}

    def test_tier_one_keeps_sight_of_what_it_escalated(self, world):
        people, tickets, team = world
        assign(tickets[PLAIN], by=people["agent of the team"], via="page", team=a_team(tier=2))
        assert PLAIN in seen_by(people["agent of the team"], tickets)


class TestSeesOne:
    def test_is_the_same_as_being_among_what_is_visible(self, world):
        people, tickets, _team = world
        for person in people.values():
            visible = set(visible_tickets(person))
            assert {each for each in tickets.values() if sees(person, each)} == visible & set(tickets.values())

    def test_ends_when_somebody_leaves(self, world):
        _people, tickets, _team = world
        ticket = tickets[PLAIN]
        assert sees(ticket.requester, ticket)
        ticket.requester.is_active = False
        assert not sees(ticket.requester, ticket)


class TestFigures:
    def test_sight_costs_the_same_number_of_queries_for_any_number_of_tickets(self, world, django_assert_num_queries):
        people, _tickets, team = world
        agent = again(people["agent of the team"])
        list(visible_tickets(agent))
        with django_assert_num_queries(1):
            assert len(visible_tickets(agent)) == 3
        for _turn in range(3):
            a_ticket(service=team.services.get())
        with django_assert_num_queries(1):
            assert len(visible_tickets(agent)) == 6
