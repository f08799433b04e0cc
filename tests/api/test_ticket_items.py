"""The configuration items of tickets by API."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from servicedesk.tickets.actions import add_items
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_service, a_team, a_ticket, an_agent, an_item

pytestmark = pytest.mark.django_db
ALL = "/api/v1/tickets/"


def at(ticket, rest=""):
    return f"{ALL}{ticket.number}/{rest}"


@pytest.fixture
def desk():
    """(agent, ticket)"""
    team = a_team()
    return an_agent(team), a_ticket(service=a_service(team))


class TestItems:
    def test_put_makes_them_these(self, api, desk):
        agent, ticket = desk
        one, two = an_item(number="PC-1", name="Notebook"), an_item(number="PC-2")
        add_items(ticket, [two], by=agent, via="page")
        wanted = {"items": [{"id": one.pk, "number": "PC-1", "name": "Notebook"}]}
        assert api(agent).put(at(ticket, "items/"), {"items": ["ｐｃ－１", "PC-1"]}).json() == wanted
        assert api(agent).get(at(ticket, "items/")).json() == wanted
        assert ticket.events.latest("number").data == {"added": [[one.pk, "PC-1"]], "removed": [[two.pk, "PC-2"]]}
        assert api(agent).put(at(ticket, "items/"), {"items": []}).json() == {"items": []}

    def test_what_is_not_there_or_retired_is_refused(self, api, desk):
        agent, ticket = desk
        an_item(number="PC-9", state="retired")
        for given in ("none", "PC-9", "\x00", 7, None, ["x"]):
            answer = api(agent).put(at(ticket, "items/"), {"items": [given]})
            assert answer.status_code == 400, given
            assert [name.split(".")[0] for name in answer.json()["errors"]] == ["items"]
        assert api(agent).put(at(ticket, "items/"), {}).status_code == 400
        assert not ticket.items.exists()

    def test_they_are_the_desks(self, api, desk):
        agent, ticket = desk
        item = an_item(ticket.requester, number="PC-1")
        add_items(ticket, [item], by=agent, via="page")
        client = api(ticket.requester)
        assert client.get(at(ticket, "items/")).status_code == 403
        assert client.put(at(ticket, "items/"), {"items": []}).status_code == 403
        assert client.get(at(ticket)).json()["items"] == client.get(ALL).json()["results"][0]["items"] == []
        assert api(an_agent(a_team())).get(at(ticket, "items/")).status_code == 404
        shown = [{"id": item.pk, "number": "PC-1", "name": item.name}]
        assert api(agent).get(at(ticket)).json()["items"] == shown
        assert api(agent).get(ALL).json()["results"][0]["items"] == shown


class TestLists:
    def test_are_narrowed_by_an_item(self, api, desk):
        agent, ticket = desk
        a_ticket(service=ticket.service)
        add_items(ticket, [an_item(number="PC-1")], by=agent, via="page")
        rows = api(agent).get(f"{ALL}?item=pc-1").json()["results"]
        assert [row["number"] for row in rows] == [ticket.number]
        assert list(api(agent).get(f"{ALL}?item=PC-9").json()["errors"]) == ["item"]

    def test_a_requester_learns_nothing_by_it(self, api, desk):
        agent, ticket = desk
        add_items(ticket, [an_item(number="PC-1")], by=agent, via="page")
        answers = [api(ticket.requester).get(f"{ALL}?item={number}") for number in ("PC-1", "PC-9")]
        assert [list(each.json()["errors"]) for each in answers] == [["item"], ["item"]]

    @pytest.mark.parametrize(
        "path", ["tickets/", "incidents/", "search/?q=printer%20status:open", "views/{view}/tickets/"]
    )
    def test_three_rows_ask_no_more_than_one(self, api, path):
        team = a_team()
        agent, service, counts = an_agent(team), a_service(team), []
        client, item = api(agent), an_item(number="PC-1")
        view = client.post("/api/v1/views/", {"name": "It", "view": "all", "filters": {"item": ["PC-1"]}}).json()["id"]
        for _turn in range(2):
            for _row in range(2):
                add_items(a_ticket(service=service), [item, an_item()], by=agent, via="page")
            client.get(f"/api/v1/{path.format(view=view)}")
            with CaptureQueriesContext(connection) as seen:
                assert client.get(f"/api/v1/{path.format(view=view)}").status_code == 200
            counts.append(len(seen))
        assert counts[0] == counts[1]

    def test_a_saved_view_keeps_the_filter(self, api, desk):
        agent, ticket = desk
        client = api(agent)
        a_ticket(service=ticket.service)
        add_items(ticket, [an_item(number="PC-1")], by=agent, via="page")
        view = client.post("/api/v1/views/", {"name": "It", "view": "all", "filters": {"item": ["PC-1"]}}).json()
        rows = client.get(f"/api/v1/views/{view['id']}/tickets/").json()["results"]
        assert [row["number"] for row in rows] == [ticket.number]


class TestHandingIn:
    def test_agents_name_items(self, api, desk):
        item = an_item(number="PC-1")
        answer = api(desk[0]).post(ALL, {"title": "Broken", "items": ["PC-1"]})
        assert answer.status_code == 201
        assert list(Ticket.objects.get(number=answer.json()["number"]).items.all()) == [item]

    def test_others_know_none(self, api):
        person = a_person()
        an_item(person, number="PC-1")
        answer = api(person).post(ALL, {"title": "Broken", "items": ["PC-1"]})
        assert answer.status_code == 400 and not Ticket.objects.exists()
        assert [name.split(".")[0] for name in answer.json()["errors"]] == ["items"]

    def test_a_retired_one_is_refused_and_nothing_is_kept(self, api, desk):
        an_item(number="PC-9", state="retired")
        answer = api(desk[0]).post(ALL, {"title": "Broken", "items": ["PC-9"]})
        assert (answer.status_code, Ticket.objects.count()) == (400, 1)
