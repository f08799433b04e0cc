"""Search over tickets: the number at once, words, and nothing that one may not see."""

import pytest

from servicedesk.tickets import actions
from servicedesk.tickets.consumers import index_tickets
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
        index_tickets([ticket.pk])
        page = visit(an_agent(team))
        for words in ("ﾌﾟﾘﾝﾀ", "プリンタ", "ａｂｃ"):
            assert ticket.number in found(page.get("/search/", {"q": words}))

    def test_words_of_notes_are_not_for_the_requester(self, visit):
        team = a_team()
        agent, requester = an_agent(team), a_person()
        ticket = a_ticket(team=team, requester=requester)
        actions.note(ticket, by=agent, via="page", body="difficultperson")
        index_tickets([ticket.pk])
        assert ticket.number in found(visit(agent).get("/search/", {"q": "difficultperson"}))
        assert ticket.number not in found(visit(requester).get("/search/", {"q": "difficultperson"}))

    def test_others_tickets_are_not_found_by_words(self, visit):
        ticket = a_ticket(team=a_team(), title="Uniqueword")
        index_tickets([ticket.pk])
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
            index_tickets([a_ticket(team=team, title="Commonword", requester=a_person()).pk])
        page = visit(an_agent(team))
        page.get("/search/", {"q": "commonword"})
        with django_assert_num_queries(15):
            page.get("/search/", {"q": "commonword"})


class TestMarks:
    def test_the_words_are_marked_where_they_stand(self, visit):
        team = a_team()
        agent, requester = an_agent(team), a_person()
        ticket = a_ticket(
            team=team, requester=requester, title="ﾌﾟﾘﾝﾀ <b>", description="x " * 60 + "3階のプリンタが動かない & 変"
        )
        actions.note(ticket, by=agent, via="page", body="Printerhead is gone")
        index_tickets([ticket.pk])
        html = found(visit(agent).get("/search/", {"q": "プリンター"}))
        assert "… " in html and "3階の<mark>プリンタ</mark>が動かない &amp; 変" in html and "&lt;b&gt;" in html
        assert "<mark>Printerhead</mark> is gone" in found(visit(agent).get("/search/", {"q": "printerhead"}))

    def test_a_note_is_no_piece_for_the_requester(self, visit):
        team = a_team()
        requester = a_person()
        ticket = a_ticket(team=team, requester=requester, title="Keyword here")
        actions.note(ticket, by=an_agent(team), via="page", body="keyword of a note")
        index_tickets([ticket.pk])
        html = found(visit(requester).get("/search/", {"q": "keyword"}))
        assert "<mark>Keyword</mark> here" in html and "of a note" not in html


class TestPeople:
    def test_agents_find_people_staff_do_not(self, visit):
        person = a_person(name="佐藤 花子", reading="サトウ ハナコ", extension="4021")
        agent = an_agent(a_team())
        for typed in ("佐藤", "さとう", "4021", person.email):
            html = found(visit(agent).get("/search/", {"q": typed}))
            assert f"/settings/people/{person.pk}/" in html, typed
        assert "/settings/people/" not in found(visit(a_person()).get("/search/", {"q": "佐藤"}))


class TestProblems:
    def test_what_is_no_filter_is_said_with_a_link_to_the_nearest(self, visit):
        html = found(visit(an_agent(a_team())).get("/search/", {"q": "printer statsu:open"}))
        assert "There is no filter “statsu”" in html and 'href="/search/?q=printer%20status%3Aopen"' in html

    def test_the_api_refuses_it_with_the_sentence(self, client):
        client.force_login(an_agent(a_team()))
        answer = client.get("/api/v1/search/", {"q": "statsu:open"})
        assert answer.status_code == 400 and "statsu" in answer.content.decode()
        assert client.get("/api/v1/search/", {"q": "status:open"}).status_code == 200


class TestCompletion:
    def test_options_for_the_box(self, visit):
        html = found(visit(an_agent(a_team())).get("/search/complete/", {"q": "vpn sta"}))
        assert 'data-value="vpn status:"' in html and "<html" not in html
