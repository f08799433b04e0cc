"""How a team stands, by the API."""

import pytest

from servicedesk.desk.standing import standing_of
from servicedesk.people.models import Role
from tests.factories import a_person, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db


class TestStanding:
    @pytest.fixture
    def team(self):
        return a_team()

    def test_tells_the_same_numbers_as_the_page(self, api, team):
        lead = a_person(Role.AGENT, Role.LEAD, teams=[team])
        an_incident(team=team)
        assert [each["name"] for each in api(lead).get("/api/v1/standing/").json()] == [team.name]
        told = api(lead).get(f"/api/v1/standing/{team.pk}/").json()
        assert [each["count"] for each in told["totals"]] == [each.count for each in standing_of(lead, team).totals]
        assert told["totals"][0] == {"name": "open", "count": 1, "url": f"/desk/?view=all&team={team.code}"}
        assert [line["person"] and line["person"]["name"] for line in told["people"]] == [None, lead.name]

    def test_is_for_whoever_leads_the_team(self, api, team):
        assert api(an_agent(team)).get(f"/api/v1/standing/{team.pk}/").status_code == 403
        other = a_person(Role.AGENT, Role.LEAD, teams=[a_team()])
        assert api(other).get(f"/api/v1/standing/{team.pk}/").status_code == 404
