"""My requests: one's own, entered for others, shared, one's department's; open and done; search and pages."""

import pytest

from incidents.actions import ask_requester_incident, cancel_incident
from servicedesk.tickets.actions import share
from servicedesk.tickets.delivery import deliver_waiting
from tests.factories import a_company, a_department, a_person, a_service, a_team, again, an_agent, an_incident

pytestmark = pytest.mark.django_db

MY = "/my/"


@pytest.fixture
def department():
    return a_department(a_company())


@pytest.fixture
def hanako(department):
    return a_person(name="佐藤 花子", company=department.company, department=department)


@pytest.fixture
def taro(department):
    return a_person(name="鈴木 太郎", company=department.company, department=department)


def shown(answer) -> list[str]:
    return [ticket.number for ticket in answer.context["keyset"]]


class TestMyRequests:
    def test_the_own_open_ones_newest_first(self, visit, hanako, taro):
        first, second = (an_incident(requester=hanako).ticket for _ in range(2))
        an_incident(requester=taro)

        assert shown(visit(hanako).get(MY)) == [second.number, first.number]

    def test_done_ones_apart(self, visit, hanako):
        incident = an_incident(requester=hanako)
        cancel_incident(incident, by=hanako, via="page")
        client = visit(hanako)

        assert shown(client.get(MY)) == []
        assert shown(client.get(MY, {"state": "done"})) == [incident.ticket.number]

    def test_entered_for_others(self, visit, hanako, taro):
        ticket = an_incident(requester=taro, by=hanako).ticket
        client = visit(hanako)

        assert shown(client.get(MY)) == []
        assert shown(client.get(MY, {"view": "for-others"})) == [ticket.number]
        assert "鈴木 太郎" in client.get(MY, {"view": "for-others"}).content.decode()

    def test_shared_with_me(self, visit, hanako, taro):
        ticket = an_incident(requester=taro).ticket
        share(ticket, by=taro, via="page", user=hanako)

        assert shown(visit(hanako).get(MY, {"view": "shared"})) == [ticket.number]

    def test_the_department_of_its_head_without_confidential_ones(self, visit, hanako, taro, department):
        department.head = taro
        department.save()
        ticket = an_incident(requester=hanako).ticket
        an_incident(requester=hanako, is_confidential=True)

        assert shown(visit(taro).get(MY, {"view": "department"})) == [ticket.number]

    def test_of_others_it_says_whose_turn_it_is(self, visit, hanako, taro):
        team = a_team()
        incident = an_incident(requester=taro, service=a_service(team))
        share(incident.ticket, by=taro, via="page", user=hanako)
        ask_requester_incident(incident, by=again(an_agent(team)), via="page", message="Which floor?")

        html = visit(hanako).get(MY, {"view": "shared"}).content.decode()
        page = visit(hanako).get(incident.ticket.get_absolute_url()).content.decode()

        for shown_to_others in (html, page):
            assert "Now it is up to 鈴木 太郎." in shown_to_others
            assert "Please answer our question" not in shown_to_others

    def test_who_heads_nothing_has_no_such_page(self, visit, hanako):
        client = visit(hanako)

        assert "My department" not in client.get(MY).content.decode()
        assert client.get(MY, {"view": "department"}).status_code == 404
        assert client.get(MY, {"view": "everything"}).status_code == 404

    def test_search_by_number_and_words_within_the_view(self, visit, hanako, taro):
        mine = an_incident(requester=hanako, title="複合機が動かない").ticket
        an_incident(requester=taro, title="複合機が動かない")
        deliver_waiting()
        client = visit(hanako)

        assert shown(client.get(MY, {"q": mine.number.lower()})) == [mine.number]
        assert shown(client.get(MY, {"q": "複合機"})) == [mine.number]
        assert shown(client.get(MY, {"q": "電話"})) == []

    def test_pages_by_key(self, visit, hanako, monkeypatch):
        monkeypatch.setattr("servicedesk.desk.portal.PAGE_SIZE", 2)
        tickets = [an_incident(requester=hanako).ticket for _ in range(3)]
        client = visit(hanako)

        first = client.get(MY)
        second = client.get(MY, {"after": first.context["keyset"].next})

        assert shown(first) == [tickets[2].number, tickets[1].number]
        assert shown(second) == [tickets[0].number]
        assert 'rel="next"' in first.content.decode()

    def test_htmx_gets_the_list_alone(self, visit, hanako):
        html = visit(hanako).get(MY, headers={"HX-Request": "true"}).content.decode()

        assert '<div id="my-tickets">' in html
        assert "<html" not in html

    def test_each_empty_list_says_what_would_be_here(self, visit, hanako):
        client = visit(hanako)
        for query, words in (
            ({}, "Nothing is open"),
            ({"state": "done"}, "Nothing is done yet"),
            ({"view": "shared"}, "Nobody has shared anything with you"),
            ({"q": "nothing"}, "Nothing found"),
        ):
            assert words in client.get(MY, query).content.decode()

    def test_queries_do_not_grow_with_the_rows(self, visit, hanako, django_assert_max_num_queries):
        client = visit(hanako)
        an_incident(requester=hanako, service=a_service())
        client.get(MY)
        with django_assert_max_num_queries(12) as few:
            client.get(MY)
        for _ in range(2):
            an_incident(requester=hanako, service=a_service())

        with django_assert_max_num_queries(12) as many:
            client.get(MY)

        assert len(few) == len(many)
