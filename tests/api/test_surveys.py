"""Ratings and surveys by API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from servicedesk.people.models import Role
from servicedesk.surveys.actions import rate_ticket
from servicedesk.surveys.models import Rating, Response, Survey
from tests.factories import a_person, a_team, an_administrator, an_agent
from tests.surveys.makers import GROUPS, a_closed, a_sent, answered, questions_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(api):
    """`call(person, method, path, body)` as somebody signed in."""

    def ask(person, method, path, body=None):
        return getattr(api(person), method)(f"/api/v1/{path}", body, format=None if method == "get" else "json")

    return ask


class TestRatings:
    def test_the_requester_rates_and_changes_by_api(self, call):
        ticket = a_closed(requester := a_person())
        path = f"tickets/{ticket.number}/rating/"
        assert call(requester, "get", path).json() == {"rating": None, "can_rate": True}
        assert call(requester, "put", path, {"mark": 4, "words": "Fine"}).json()["mark"] == 4
        assert call(requester, "put", path, {"mark": 5}).json()["words"] == "Fine"
        for bad in (
            {"mark": 0},
            {"mark": 6},
            {"mark": "x"},
            {},
            {"mark": 5, "word": ""},
            {"mark": 5, "words": "x" * 2001},
        ):
            answer = call(requester, "put", path, bad)
            assert answer.status_code == 400 and answer.json()["errors"], bad
        assert call(a_person(), "put", path, {"mark": 1}).status_code == 404
        assert call(an_administrator(), "put", path, {"mark": 1}).status_code == 403
        assert Rating.objects.get().mark == 5

    def test_leads_list_those_of_their_teams_and_the_sums(self, call):
        team = a_team()
        team.lead = a_person(Role.LEAD, teams=[team])
        team.save()
        ticket, other = a_closed(team=team), a_closed()
        for one, mark in ((ticket, 2), (other, 5)):
            rate_ticket(one, by=one.requester, via="page", mark=mark, words="Words")
        (row,) = call(team.lead, "get", "ratings/").json()["results"]
        assert (row["ticket"], row["mark"], row["team"]["code"]) == (ticket.number, 2, team.code)
        (sums,) = call(team.lead, "get", "ratings/teams/").json()
        assert (sums["asked"], sums["answered"], sums["average"], sums["marks"]["2"]) == (1, 1, 2.0, 1)
        administrator = an_administrator()
        assert len(call(administrator, "get", "ratings/").json()["results"]) == 2
        assert len(call(administrator, "get", "ratings/?most=2").json()["results"]) == 1
        assert call(administrator, "get", "ratings/?most=9").status_code == 400
        assert call(an_agent(), "get", "ratings/").status_code == 403
        erased = call(administrator, "post", f"ratings/{row['id']}/erase-words/")
        assert erased.json()["words"] == ""

    def test_settings_are_for_administrators(self, call):
        administrator = an_administrator()
        assert call(administrator, "put", "rating-settings/", {"low_mark": 3}).json()["low_mark"] == 3
        assert call(administrator, "put", "rating-settings/", {"low_mark": 5}).status_code == 400
        assert call(administrator, "put", "rating-settings/", {"change_days": 60}).status_code == 400
        assert call(an_agent(), "get", "rating-settings/").status_code == 403


class TestSurveys:
    def test_are_made_sent_answered_closed_and_read(self, call):
        boss, person = an_administrator(), a_person()
        end = (timezone.localdate() + timedelta(days=5)).isoformat()
        body = {"title_ja": "調査", "title_en": "Survey", "closes_on": end, "is_anonymous": False, "groups": GROUPS}
        made = call(boss, "post", "surveys/", body)
        assert made.status_code == 201, made.json()
        path = f"surveys/{made.json()['id']}/"
        assert [len(group["questions"]) for group in made.json()["groups"]] == [2, 2]
        assert call(boss, "patch", path, {"audience": "count"}).status_code == 400
        assert call(boss, "patch", path, {"title_en": "Better", "groups": GROUPS[:1]}).json()["title_en"] == "Better"
        assert call(boss, "post", path + "send/").json()["state"] == "open"
        assert call(boss, "patch", path, {"title_en": "x"}).status_code == 409
        assert call(boss, "delete", path).status_code == 409
        (asked,) = call(person, "get", "me/surveys/").json()
        questions = asked["groups"][0]["questions"]
        answers = [{"question": one["id"], "mark": 4} for one in questions]
        take = f"me/surveys/{asked['survey']}/answer/"
        for bad in (
            {"answers": answers[:1]},
            {"answers": [{"question": questions[0]["id"], "mark": 6}]},
            {"answers": [{"question": questions[0]["id"]}]},
            {"answers": [{"question": questions[0]["id"], "mark": 1, "words": "x"}]},
            {"answers": "x"},
        ):
            assert call(person, "post", take, bad).status_code == 400, bad
        assert call(person, "post", take, {"answers": [{"question": 999_999, "mark": 4}, *answers]}).status_code == 409
        assert call(person, "post", take, {"answers": answers}).status_code == 204
        assert call(person, "post", take, {"answers": answers}).status_code == 404
        assert call(boss, "post", path + "close/").json()["state"] == "closed"
        results = call(a_person(Role.LEAD), "get", path + "results/").json()
        assert results["users"] == 1 and results["groups"][0]["users_average"] == 4.0
        assert call(boss, "get", path + "trend/").json()["lines"][0]["points"] == [
            {"users_average": 4.0, "desk_average": None}
        ]

    def test_from_a_template_or_a_copy(self, call):
        boss = an_administrator()
        made = call(boss, "post", "surveys/", {"template": "half_yearly", "title_en": "Spring"}).json()
        assert (made["title_en"], sum(len(group["questions"]) for group in made["groups"])) == ("Spring", 34)
        copy = call(boss, "post", "surveys/", {"copy_of": made["id"]}).json()
        assert (copy["series"], len(copy["groups"])) == ("half_yearly", 8)
        assert call(boss, "post", "surveys/", {"template": "none"}).status_code == 400
        assert call(boss, "post", "surveys/", {"copy_of": 999_999}).status_code == 404
        assert call(boss, "post", "surveys/", {}).status_code == 400
        assert Survey.objects.count() == 2

    def test_only_administrators_write_and_leads_read(self, call):
        person = a_person()
        survey = a_sent(desk="none")
        lead = a_person(Role.LEAD)
        path = f"surveys/{survey.pk}/"
        assert call(lead, "get", path).status_code == 200
        for method, where in (("post", "surveys/"), ("patch", path), ("post", path + "close/"), ("delete", path)):
            assert call(lead, method, where, {}).status_code == 403
        for where in ("surveys/", path, path + "results/", path + "trend/"):
            assert call(person, "get", where).status_code == 403
            assert call(an_agent(), "get", where).status_code == 403

    def test_leads_write_down_a_cause(self, call):
        users, agents = [a_person()], [an_agent()]
        survey, lead = a_sent(desk="agents"), a_person(Role.LEAD)
        answered(survey, users[0], a1=1)
        answered(survey, agents[0], a1=5)
        asked, path = questions_of(survey), f"surveys/{survey.pk}/findings/"
        given = {"question": asked["a1"].pk, "cause": "One man", "dependence": "mainly"}
        assert call(lead, "post", path, given).json()["dependence"] == "mainly"
        assert call(lead, "post", path, given | {"question": asked["a2"].pk}).status_code == 409
        assert call(lead, "post", path, given | {"dependence": "x"}).status_code == 400
        assert Response.objects.count() == 2
