"""The palette leads everybody to what they may open, and names nothing else."""

import re

import pytest

from servicedesk.tickets.consumers import index_tickets
from tests.factories import a_person, a_team, a_ticket, an_administrator, an_agent

pytestmark = pytest.mark.django_db


def offered(page, words="") -> list[tuple[str, str]]:
    answer = page.get("/palette/", {"q": words})
    assert answer.status_code == 200
    found = re.findall(r'data-value="([^"]*)" data-href="([^"]*)"', answer.content.decode())
    return [(label.replace("&#x27;", "'"), href) for label, href in found]


class TestPages:
    def test_by_part_of_their_name_the_beginning_first(self, visit):
        page = visit(an_administrator())
        assert offered(page, "audit")[0] == ("Audit log", "/settings/audit/")
        assert ("Teams", "/settings/teams/") in offered(page, "ｔｅａｍｓ")

    def test_only_what_one_may_open(self, visit):
        page = visit(a_person())
        assert all(
            "/settings/" not in href and "/desk/" not in href
            for _label, href in offered(page, "") + offered(page, "audit")
        )
        assert ("My requests", "/my/") in offered(page, "my req")

    def test_each_leads_somewhere(self, visit):
        agent = an_agent(a_team())
        for words in ("", "mine", "phone", "search", "absence"):
            page = visit(agent)
            assert offered(page, words)
            for _label, href in offered(page, words):
                assert page.get(href).status_code == 200, href

    def test_help_pages_in_the_readers_language(self, visit):
        page = visit(an_agent(a_team(), language="ja"))
        assert ("探す", "/help/search/") in offered(page, "探す")


class TestTicketsAndPeople:
    def test_by_number_and_words(self, visit):
        team = a_team()
        ticket = a_ticket(team=team, title="Uniqueword")
        index_tickets([ticket.pk])
        page = visit(an_agent(team))
        for words in (ticket.number, ticket.number.lower(), "uniqueword"):
            assert offered(page, words)[0] == (ticket.number, ticket.get_absolute_url())

    def test_not_what_is_not_yours(self, visit):
        ticket = a_ticket(team=a_team(), title="Uniqueword")
        index_tickets([ticket.pk])
        page = visit(a_person())
        assert all(
            ticket.number not in label
            for words in (ticket.number, "uniqueword")
            for label, _href in offered(page, words)
        )

    def test_people_for_those_who_see_them(self, visit):
        person = a_person(name="佐藤 花子", reading="サトウ ハナコ")
        assert ("佐藤 花子", f"/settings/people/{person.pk}/") in offered(visit(an_agent(a_team())), "さとう")
        assert offered(visit(a_person()), "さとう") == []
