"""Search over tickets: the number at once, words, and nothing that one may not see."""

import pytest

from servicedesk.tickets import actions
from servicedesk.tickets.consumers import index_ticket
from tests.factories import a_person, a_team, a_ticket, an_agent

pytestmark = pytest.mark.django_db


def found(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


class TestSearch:
    def test_a_number_leads_to_its_ticket(self, visit):
        team = a_team()
        ticket = a_ticket(team=team)
        page = visit(an_agent(team))
        digits = str(int(ticket.number[3:]))
        for typed in (ticket.number, ticket.number.lower(), f"ＩＮＣ{digits}", f"inc{digits}", f" {digits} "):
            answer = page.get("/search/", {"q": typed})
            assert (answer.status_code, answer["Location"]) == (302, ticket.get_absolute_url())

    def test_a_number_that_is_not_yours_is_not_found(self, visit):
        ticket = a_ticket(team=a_team())
        answer = visit(an_agent(a_team())).get("/search/", {"q": ticket.number})
        assert "Nothing found" in found(answer)

    def test_words_in_any_width(self, visit):
        team = a_team()
        ticket = a_ticket(team=team, title="プリンターが動かない", description="ABC-123")
        index_ticket(ticket)
        page = visit(an_agent(team))
        for words in ("ﾌﾟﾘﾝﾀ", "プリンタ", "ａｂｃ"):
            assert ticket.number in found(page.get("/search/", {"q": words}))

    def test_words_of_notes_are_not_for_the_requester(self, visit):
        team = a_team()
        agent, requester = an_agent(team), a_person()
        ticket = a_ticket(team=team, requester=requester)
        actions.note(ticket, by=agent, via="page", body="difficultperson")
        index_ticket(ticket)
        assert ticket.number in found(visit(agent).get("/search/", {"q": "difficultperson"}))
        assert ticket.number not in found(visit(requester).get("/search/", {"q": "difficultperson"}))

    def test_others_tickets_are_not_found_by_words(self, visit):
        ticket = a_ticket(team=a_team(), title="Uniqueword")
        index_ticket(ticket)
        assert ticket.number not in found(visit(a_person()).get("/search/", {"q": "uniqueword"}))

    def test_empty_and_odd_input(self, visit):
        page = visit(an_agent(a_team()))
        assert "Search for a ticket" in found(page.get("/search/"))
        for words in ("'", "\\", "& | !", "x" * 500, "🙂", "9" * 50, "INC"):
            found(page.get("/search/", {"q": words}))

    def test_htmx_gets_the_list_alone(self, visit):
        html = found(visit(an_agent(a_team())).get("/search/", {"q": "x"}, headers={"HX-Request": "true"}))
        assert "<html" not in html

    @pytest.mark.parametrize("rows", [1, 3])
    def test_queries_do_not_grow(self, visit, rows, django_assert_num_queries):
        team = a_team()
        for _turn in range(rows):
            index_ticket(a_ticket(team=team, title="Commonword", requester=a_person()))
        page = visit(an_agent(team))
        page.get("/search/", {"q": "commonword"})
        with django_assert_num_queries(8):
            page.get("/search/", {"q": "commonword"})
