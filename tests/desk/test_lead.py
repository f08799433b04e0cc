"""The page of whoever leads a team: every number is its list, and tickets change hands from there."""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from incidents.actions import resolve_incident
from servicedesk.desk.standing import MEASURES, standing_of
from servicedesk.people.actions import create_absence
from servicedesk.people.models import Role
from servicedesk.tickets import filters
from servicedesk.tickets.actions import assign, steps
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_team, again, an_agent, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team(name="Service desk")


@pytest.fixture
def lead(team):
    return a_person(Role.AGENT, Role.LEAD, teams=[team], name="Mari Lead")


@pytest.fixture
def agents(team):
    return [an_agent(team, name=name) for name in ("Aki One", "Ben Two")]


@pytest.fixture
def work(team, lead, agents):
    """Some of everything that is counted."""
    now = timezone.now()
    tickets = [an_incident(team=team, title=f"Case {n}").ticket for n in range(8)]
    for ticket in tickets[:5]:
        assign(ticket, by=lead, via="page", assignee=agents[0])
    assign(tickets[5], by=lead, via="page", assignee=agents[1])
    resolve_incident(tickets[4].incident, by=agents[0], via="page", resolution="Done")
    resolve_incident(tickets[3].incident, by=agents[0], via="page", resolution="Done")
    steps.reopen(Ticket.objects.get(pk=tickets[3].pk), by=agents[0], via="page", reason="Not yet")
    steps.wait_for_vendor(Ticket.objects.get(pk=tickets[5].pk), by=agents[1], via="page")
    Ticket.objects.filter(pk=tickets[0].pk).update(priority=1, due_at=now - timedelta(hours=1))
    Ticket.objects.filter(pk=tickets[1].pk).update(
        updated_at=now - timedelta(days=9), created_at=now - timedelta(days=40)
    )
    Ticket.objects.filter(pk=tickets[2].pk).update(created_at=now - timedelta(days=4), due_at=now + timedelta(days=9))
    an_incident(team=a_team())
    return tickets


def count_of(line, name):
    return next(number.count for number in line.numbers if number.measure.name == name)


def listed(user, number):
    return filters.read(again(user), QueryDict(number.url.partition("?")[2])).tickets.count()


class TestNumbers:
    def test_are_what_is_there(self, team, lead, agents, work):
        standing = standing_of(lead, team)
        by_name = {line.person.name if line.person else "": line for line in standing.people}
        aki = by_name["Aki One"]
        assert {each.name: count_of(aki, each.name) for each in MEASURES} == {
            "open": 4, "urgent": 1, "late": 1, "today": count_of(aki, "today"), "waiting": 0, "stale": 1,
            "reopened": 1, "in": 3, "out": 1,
        }  # fmt: skip
        assert (count_of(by_name["Ben Two"], "waiting"), count_of(by_name[""], "open")) == (1, 2)
        assert [number.count for number in standing.ages] == [5, 1, 0, 1]

    def test_each_is_the_list_behind_it(self, team, lead, work):
        standing = standing_of(lead, team)
        numbers = [*standing.totals, *standing.ages, *(one for line in standing.people for one in line.numbers)]
        assert len(numbers) == 9 + 4 + 4 * 9
        assert sum(number.count for number in numbers) > 20
        for number in numbers:
            assert listed(lead, number) == number.count, number.url

    def test_count_confidential_ones_only_for_those_who_see_them(self, team, lead, work):
        Ticket.objects.filter(pk=work[6].pk).update(is_confidential=True, team=a_team())
        assert standing_of(again(lead), team).totals[0].count == 6

    def test_cost_the_same_number_of_queries(self, visit, team, lead, work, django_assert_num_queries):
        page = visit(lead)
        page.get(f"/desk/lead/{team.pk}/")
        with django_assert_num_queries(18):
            page.get(f"/desk/lead/{team.pk}/")
        for _more in range(3):
            assign(an_incident(team=team).ticket, by=lead, via="page", assignee=an_agent(team))
        with django_assert_num_queries(18):
            page.get(f"/desk/lead/{team.pk}/")

    def test_somebody_who_left_the_team_still_shows_with_what_they_have(self, team, lead, agents, work):
        agents[0].memberships.all().delete()
        names = [line.person.name for line in standing_of(lead, team).people if line.person]
        assert "Aki One" in names


class TestPage:
    def test_of_whoever_leads(self, visit, team, lead, agents, work):
        team.lead = lead
        team.save()
        create_absence(
            person=agents[1], from_on=timezone.localdate(), until_on=timezone.localdate(), deputy=agents[0], note="",
            by=lead, via="page",
        )  # fmt: skip
        answer = visit(lead).get("/desk/lead/", follow=True)
        said = answer.content.decode()
        assert "Aki One" in said and "away until" in said and work[6].number in said
        assert work[0].number not in said
        assert work[0].number in visit(lead).get(f"/desk/lead/{team.pk}/?of={agents[0].pk}").content.decode()

    @pytest.mark.parametrize("path", ["", "assign/"])
    def test_is_not_there_for_others(self, visit, team, lead, path):
        other = a_person(Role.AGENT, Role.LEAD, teams=[a_team()])
        call = visit(other).post if path else visit(other).get
        assert call(f"/desk/lead/{team.pk}/{path}").status_code == 404
        assert visit(an_agent(team)).get(f"/desk/lead/{team.pk}/").status_code == 403

    def test_says_so_to_whoever_leads_none(self, visit):
        nobody = a_person(Role.AGENT, Role.LEAD)
        assert "You lead no team" in visit(nobody).get("/desk/lead/").content.decode()

    def test_the_lead_of_a_team_needs_no_role(self, visit, team):
        team.lead = an_agent(team)
        team.save()
        assert visit(team.lead).get(f"/desk/lead/{team.pk}/").status_code == 200


class TestSharingOut:
    def test_gives_a_ticket_to_somebody_and_back(self, visit, team, lead, agents, work):
        page = visit(lead)
        address = f"/desk/lead/{team.pk}/assign/"
        answer = page.post(address, {"number": work[6].number, "to": agents[1].pk}, follow=True)
        assert Ticket.objects.get(pk=work[6].pk).assignee == agents[1]
        undo = f"{address}?number={work[6].number}&amp;to="
        assert undo in answer.content.decode()
        page.post(undo.replace("&amp;", "&"))
        assert Ticket.objects.get(pk=work[6].pk).assignee is None

    def test_refuses_with_a_sentence_somebody_of_another_team(self, visit, team, lead, work):
        stranger = an_agent(a_team(), name="Cho Else")
        answer = visit(lead).post(
            f"/desk/lead/{team.pk}/assign/", {"number": work[6].number, "to": stranger.pk}, follow=True
        )
        assert "Cho Else does not belong to the team" in answer.content.decode()

    @pytest.mark.parametrize(
        "given", [{"number": "INC9999999", "to": ""}, {"to": "x"}, {"number": "", "to": "99999999"}]
    )
    def test_of_what_is_not_there_is_not_found(self, visit, team, lead, given):
        assert visit(lead).post(f"/desk/lead/{team.pk}/assign/", given).status_code == 404
