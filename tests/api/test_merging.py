"""Merging, splitting and moving by the API."""

import pytest

from servicedesk.people.jobs import run_next_job
from servicedesk.tickets import actions
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket, TicketLink
from tests.factories import a_person, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def desk(api, team):
    return api(an_agent(team))


@pytest.fixture
def pair(team):
    asker = a_person()
    return [an_incident(team=team, requester=asker).ticket for _turn in range(2)]


class TestMerge:
    def test_and_undo(self, desk, pair):
        first, second = pair
        answer = desk.post(f"/api/v1/tickets/{first.number}/merge/", {"other": second.number})
        assert (answer.status_code, answer.json()["number"]) == (200, second.number)
        told = desk.get(f"/api/v1/tickets/{first.number}/").json()
        assert (told["status"], told["merged_into"], told["transitions"]) == ("merged", second.number, [])
        events = desk.get(f"/api/v1/tickets/{second.number}/events/").json()["results"]
        assert [(event["ticket"], event["verb"]) for event in events] == [
            (first.number, "open"), (second.number, "open"), (first.number, "merge"), (second.number, "merge"),
        ]  # fmt: skip
        answer = desk.post(f"/api/v1/tickets/{first.number}/unmerge/")
        assert (answer.json()["status"], answer.json()["merged_into"]) == ("new", None)

    def test_refuses_until_it_is_agreed_who_reads_more(self, desk, pair, team):
        stranger = an_incident(team=team, requester=a_person(name="Ren Abe")).ticket
        address, body = f"/api/v1/tickets/{pair[0].number}/merge/", {"other": stranger.number}
        answer = desk.post(address, body)
        assert answer.status_code == 400 and "Ren Abe" in str(answer.json())
        assert desk.post(address, body | {"agreed": True}).status_code == 200

    @pytest.mark.parametrize("other", ["INC9999999", "", "x"])
    def test_with_what_is_not_there(self, desk, pair, other):
        assert desk.post(f"/api/v1/tickets/{pair[0].number}/merge/", {"other": other}).status_code == 400

    def test_comments_say_where_they_were_written(self, api, desk, pair):
        first, second = pair
        actions.reply(first, by=first.requester, via="page", body="Hm")
        desk.post(f"/api/v1/tickets/{first.number}/merge/", {"other": second.number})
        told = api(first.requester).get(f"/api/v1/tickets/{second.number}/comments/").json()["results"]
        assert [(each["ticket"], each["body"]) for each in told] == [(first.number, "Hm")]


class TestMessages:
    def test_move(self, desk, pair):
        comment = actions.reply(pair[0], by=pair[0].requester, via="page", body="Hm")
        address = f"/api/v1/tickets/{pair[0].number}/comments/{comment.pk}/move/"
        answer = desk.post(address, {"other": pair[1].number})
        assert (answer.status_code, answer.json()["ticket"]) == (200, pair[1].number)
        assert desk.get(f"/api/v1/tickets/{pair[0].number}/comments/").json()["results"] == []
        assert desk.post(address, {"other": pair[1].number}).status_code == 404

    def test_split(self, desk, pair):
        comment = actions.reply(pair[0], by=pair[0].requester, via="page", body="Another thing")
        address = f"/api/v1/tickets/{pair[0].number}/comments/{comment.pk}/split/"
        answer = desk.post(address, {"title": "Mouse", "kind": "request"})
        assert answer.status_code == 201
        new = Ticket.objects.get(number=answer.json()["number"])
        assert (new.type, new.description, new.requester) == ("request", "Another thing", pair[0].requester)
        assert TicketLink.objects.get().kind == "split"
        assert desk.post(address, {"title": ""}).status_code == 400


class TestChildren:
    def test_are_resolved_with_their_parent(self, desk, pair, team):
        parent, child = pair
        actions.link(child, parent, TicketLink.Kind.CHILD, by=an_agent(team), via="page")
        answer = desk.post(f"/api/v1/incidents/{parent.number}/resolve/", {"resolution": "x", "children": True})
        assert answer.status_code == 200
        deliver_waiting()
        while run_next_job():
            pass
        assert Ticket.objects.get(pk=child.pk).status == "resolved"
