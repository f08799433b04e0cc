"""Which configuration items a ticket is about: named, taken away, found by, and who learns of it."""

import json

import pytest
from django.core.exceptions import PermissionDenied

from cmdb.models import Item
from incidents.actions import cancel_incident
from servicedesk.people.models import Role
from servicedesk.tickets.actions import add_items, assign, merge, remove_item, set_items, unmerge
from servicedesk.tickets.alike import alike_tickets
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import TicketItem
from servicedesk.tickets.search import completions, filters_for, search
from tests.factories import (
    a_person,
    a_service,
    a_service_request,
    a_team,
    a_ticket,
    again,
    an_administrator,
    an_agent,
    an_incident,
    an_item,
    events_of,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team, name="Hana Sato")


@pytest.fixture
def ticket(team):
    return an_incident(team=team, title="The screen flickers").ticket


def numbers(ticket) -> list[str]:
    return list(ticket.items.values_list("number", flat=True))


class TestSetItems:
    def test_makes_them_these_and_says_what_came_and_went(self, ticket, agent):
        one, two, three = (an_item(number=f"PC-{n}") for n in (1, 2, 3))
        before = len(events_of(ticket))
        set_items(ticket, by=agent, via="page", items=[two, one])
        set_items(ticket, by=agent, via="page", items=[one, two, one])
        set_items(ticket, by=agent, via="page", items=[two, three])
        set_items(ticket, by=agent, via="page", items=[])
        assert events_of(ticket)[before:] == [
            ("set_items", {"added": [[one.pk, "PC-1"], [two.pk, "PC-2"]], "removed": []}),
            ("set_items", {"added": [[three.pk, "PC-3"]], "removed": [[one.pk, "PC-1"]]}),
            ("set_items", {"added": [], "removed": [[two.pk, "PC-2"], [three.pk, "PC-3"]]}),
        ]
        assert not ticket.events.filter(verb="set_items", is_public=True).exists()
        assert not TicketItem.objects.exists()

    def test_keeps_who_named_them(self, ticket, agent):
        set_items(ticket, by=agent, via="page", items=[an_item()])
        assert TicketItem.objects.get().by == agent

    def test_requests_have_them_too(self, team, agent):
        request, item = a_service_request(team=team).ticket, an_item()
        set_items(request, by=agent, via="page", items=[item])
        assert list(request.items.all()) == [item]

    def test_one_is_added_and_taken_away_beside_others(self, ticket, agent):
        one, two = an_item(number="PC-1"), an_item(number="PC-2")
        add_items(ticket, [one], by=agent, via="page")
        add_items(ticket, [one, two], by=agent, via="page")
        assert numbers(ticket) == ["PC-1", "PC-2"]
        remove_item(ticket, one, by=agent, via="page")
        remove_item(ticket, one, by=agent, via="page")
        assert numbers(ticket) == ["PC-2"]
        assert [verb for verb, _data in events_of(ticket)] == ["open", "set_items", "set_items", "set_items"]

    def test_refuses_what_is_retired_and_keeps_what_is_there(self, ticket, agent):
        old, new = an_item(number="PC-1", name="Old"), an_item(number="PC-2")
        set_items(ticket, by=agent, via="page", items=[old])
        Item.objects.update(state="retired")
        set_items(ticket, by=agent, via="page", items=[old])
        for act in (lambda: set_items(ticket, by=agent, via="page", items=[old, new]),
                    lambda: add_items(ticket, [new], by=agent, via="page")):  # fmt: skip
            with pytest.raises(TicketError) as refusal:
                act()
            assert refusal.value.field == "items"
            assert "PC-2" in refusal.value.sentence and "retired" in refusal.value.sentence
        assert numbers(ticket) == ["PC-1"]

    def test_refuses_more_than_fifty(self, ticket, agent):
        with pytest.raises(TicketError) as refusal:
            set_items(ticket, by=agent, via="page", items=[an_item() for _n in range(51)])
        assert refusal.value.field == "items" and numbers(ticket) == []

    def test_what_one_may_not_see_is_not_there(self, team):
        requester = a_person()
        ticket = a_ticket(team=team, requester=requester)
        with pytest.raises(TicketError) as refusal:
            set_items(ticket, by=requester, via="page", items=[an_item(requester)], permitted=True)
        assert (refusal.value.field, str(refusal.value.sentence)) == ("items", "There is no such item.")

    def test_is_for_those_who_work_on_the_ticket(self, ticket):
        for person in (ticket.requester, an_agent(a_team()), an_administrator(), a_person(Role.CMDB_MANAGER)):
            with pytest.raises(PermissionDenied):
                set_items(ticket, by=person, via="page", items=[an_item()])


class TestTimeLine:
    def said(self, visit, reader, ticket, language="en") -> str:
        reader.language = language
        reader.save(update_fields=["language"])
        return visit(again(reader)).get(ticket.get_absolute_url()).content.decode()

    def test_says_what_was_added_and_taken_away(self, visit, ticket, agent):
        one, two = an_item(number="PC-1", name='A "big" one'), an_item(number="PC-<2>")
        set_items(ticket, by=agent, via="page", items=[one])
        set_items(ticket, by=agent, via="page", items=[two])
        set_items(ticket, by=agent, via="page", items=[])
        html = self.said(visit, agent, ticket)
        first = f'<a href="/settings/items/{one.pk}/" title="A &quot;big&quot; one">PC-1</a>'
        second = f'<a href="/settings/items/{two.pk}/" title="{two.name}">PC-&lt;2&gt;</a>'
        assert f"Hana Sato named what this is about: {first}." in html
        assert f"Hana Sato changed the affected items. Added: {second}. Taken away: {first}." in html
        assert f"Hana Sato took affected items away: {second}." in html

    def test_the_requester_reads_nothing_of_it(self, visit, ticket, agent):
        add_items(ticket, [an_item(number="PC-77")], by=agent, via="page")
        html = visit(ticket.requester).get(ticket.get_absolute_url()).content.decode()
        assert "PC-77" not in html and "Affected items" not in html


class TestPages:
    def test_the_panel_says_what_is_affected_and_offers_the_requesters_devices(self, visit, ticket, agent):
        page = visit(agent)
        own = an_item(ticket.requester, number="PC-1", name="Notebook")
        assert "None named yet." in page.get(ticket.get_absolute_url()).content.decode()
        add_url = f"/tickets/{ticket.number}/items/{own.pk}/add/"
        assert add_url in page.get(ticket.get_absolute_url()).content.decode()
        answer = page.post(add_url, headers=HTMX)
        assert json.loads(answer["HX-Trigger"])["ticket-changed"] == {"number": ticket.number}
        html = page.get(ticket.get_absolute_url()).content.decode()
        remove_url = f"/tickets/{ticket.number}/items/{own.pk}/remove/"
        assert remove_url in html and add_url not in html and "None named yet." not in html
        answer = page.post(remove_url)
        assert (answer.status_code, numbers(ticket)) == (303, [])
        assert add_url in page.get(ticket.get_absolute_url()).content.decode()  # the undo, too

    def test_the_form_takes_devices_numbers_and_words(self, visit, ticket, agent):
        own, other = an_item(ticket.requester, number="PC-1"), an_item(number="MFP-007", name="imageRUNNER", place="3F")
        an_item(number="SRV-1", name="Server")
        page, address = visit(agent), f"/tickets/{ticket.number}/items/"
        for headers in ({}, HTMX):
            html = page.get(address, headers=headers).content.decode()
            assert f'value="{own.pk}"' in html and 'id="items-found"' in html
        answer = page.post(address, {"devices": [own.pk], "more": "ｍｆｐ－００７、server"})
        assert (answer.status_code, numbers(ticket)) == (303, ["MFP-007", "PC-1", "SRV-1"])
        assert page.post(address, {"devices": [own.pk], "more": ""}).status_code == 303  # pressed twice
        assert 'name="devices"' not in page.get(address).content.decode()
        assert other in ticket.items.all()

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ("", "Choose an item."),
            ("nothing", "No item fits “nothing”. Try the number on its label."),
            ("notebook", "Several items fit “notebook”. Choose one of the suggestions."),
            ("PC-9", "PC-9 Gone is retired. Choose what is used in its place."),
        ],
    )
    def test_a_refusal_comes_back_with_what_was_typed(self, visit, ticket, agent, typed, sentence):
        an_item(name="Notebook A")
        an_item(name="Notebook B")
        an_item(number="PC-9", name="Gone", state="retired")
        answer = visit(agent).post(f"/tickets/{ticket.number}/items/", {"more": typed}, headers=HTMX)
        html = answer.content.decode()
        assert answer.status_code == 422 and sentence in html and f'value="{typed}"' in html or not typed
        assert numbers(ticket) == []

    def test_an_item_that_is_not_there(self, visit, ticket, agent):
        for verb in ("add", "remove"):
            assert visit(agent).post(f"/tickets/{ticket.number}/items/999999/{verb}/").status_code == 404
            assert visit(agent).get(f"/tickets/{ticket.number}/items/999999/{verb}/").status_code == 405

    def test_the_requester_and_other_teams_do_not_name_any(self, visit, ticket):
        item = an_item(ticket.requester)
        for path in ("items/", f"items/{item.pk}/add/", f"items/{item.pk}/remove/"):
            address = f"/tickets/{ticket.number}/{path}"
            assert visit(ticket.requester).post(address, {"more": item.number}).status_code == 403
            assert visit(an_agent(a_team())).post(address, {"more": item.number}).status_code == 404
        assert numbers(ticket) == []

    def test_suggestions_are_of_items_in_use_after_the_last_comma(self, visit, agent):
        an_item(number="PC-1", name="Notebook")
        an_item(number="PC-2", name="Notebook", state="retired")
        page = visit(agent)
        html = page.get("/tickets/items/", {"more": "MFP-1, note"}, headers=HTMX).content.decode()
        assert 'value="MFP-1, PC-1"' in html and "PC-2" not in html
        html = page.get("/tickets/items/", {"item": "note"}, headers=HTMX).content.decode()
        assert 'value="PC-1"' in html and 'value="PC-2"' in html
        assert "<option" not in page.get("/tickets/items/", {"more": ""}, headers=HTMX).content.decode()
        assert visit(a_person()).get("/tickets/items/", {"more": "note"}).status_code == 403


class TestPageOfAnItem:
    def page(self, visit, reader, item) -> str:
        return visit(reader).get(f"/tickets/of-item/{item.pk}/", headers=HTMX).content.decode()

    def test_asks_for_its_tickets_where_somebody_works_on_tickets(self, visit, agent):
        item = an_item()
        address = f'hx-get="/tickets/of-item/{item.pk}/"'
        assert address in visit(agent).get(f"/settings/items/{item.pk}/").content.decode()
        both = an_agent(a_team())
        both.role_rows.create(role=Role.CMDB_MANAGER)
        html = visit(again(both)).get(f"/settings/items/{item.pk}/").content.decode()
        assert address in html and 'name="number"' in html
        manager = visit(a_person(Role.CMDB_MANAGER))
        assert address not in manager.get(f"/settings/items/{item.pk}/").content.decode()
        assert manager.get(f"/tickets/of-item/{item.pk}/").status_code == 403

    def test_lists_open_ones_first_and_only_those_that_one_works_on(self, visit, team, agent):
        item = an_item(number="PC/1 ä")
        closed, old, new = (a_ticket(team=team, title=title) for title in ("Over", "Older", "Newer"))
        other_team = a_team()
        hidden = a_ticket(team=other_team, service=a_service(other_team), title="Hidden", requester=agent)
        for each in (closed, old, new):
            add_items(each, [item], by=agent, via="page")
        add_items(hidden, [item], by=an_agent(other_team), via="page")
        cancel_incident(closed.incident, by=agent, via="page", reason="Twice")
        html = self.page(visit, agent, item)
        assert html.index("Newer") < html.index("Older") < html.index("Over")
        assert "Hidden" not in html and "<html" not in html
        assert "?view=every&amp;item=PC%2F1%20%C3%A4" in html or "item=PC/1%20%C3%A4" in html
        assert "<html" in visit(agent).get(f"/tickets/of-item/{item.pk}/").content.decode()

    def test_says_so_when_there_is_none(self, visit, agent):
        assert "No ticket that you work on names this item." in self.page(visit, agent, an_item())
        assert visit(agent).get("/tickets/of-item/999999/").status_code == 404

    def test_shows_twenty_and_leads_to_all(self, visit, team, agent, django_assert_num_queries):
        item, page = an_item(), visit(agent)
        for n in range(21):
            add_items(a_ticket(team=team, title=f"Number {n}."), [item], by=agent, via="page")
            if n == 0:
                page.get(f"/tickets/of-item/{item.pk}/", headers=HTMX)
                with django_assert_num_queries(8):
                    page.get(f"/tickets/of-item/{item.pk}/", headers=HTMX)
        with django_assert_num_queries(7):  # enough open ones: no look at those that are over
            html = page.get(f"/tickets/of-item/{item.pk}/", headers=HTMX).content.decode()
        assert "Number 20." in html and "Number 0." not in html and "All of them, in the queue" in html


class TestFinding:
    @pytest.fixture
    def about(self, team, agent):
        item, other = an_item(number="PC-0001", name="Notebook"), an_item(number="nb 2")
        wanted = a_ticket(team=team, title="Wanted")
        set_items(wanted, by=agent, via="page", items=[item, other])
        a_ticket(team=team, title="Other")
        return wanted

    def titles(self, user, text) -> set[str]:
        return {each.title for each in search(again(user), text).tickets}

    def test_by_search(self, agent, about):
        for typed in ("item:PC-0001", "item:pc-0001", "構成アイテム:ＰＣ－０００１", "機器:PC-0001", 'item:"nb 2"',
                      "item:PC-0001,XX"):  # fmt: skip
            assert self.titles(agent, typed) == {"Wanted"}, typed
        assert self.titles(agent, "-item:PC-0001 status:open") == {"Other"}

    def test_an_unknown_one_is_said(self, agent, about):
        found = search(agent, "item:PC-9")
        assert [each.sentence for each in found.problems] == [
            "“PC-9” is nothing that “Affected item” knows; it was left out."
        ]
        for typed in ("item:\x00", 'item:"\u202e"', "item:,"):
            search(agent, typed)

    def test_completion_has_number_and_name(self, agent, about):
        assert completions(agent, "item:pc-00") == [("item:PC-0001 ", "item:PC-0001", "Notebook")]
        assert completions(agent, "item:nb") == [('item:"nb 2" ', "item:nb 2", Item.objects.get(number="nb 2").name)]
        assert [put for _text, put, _means in completions(agent, "構成")] == ["構成アイテム:"]

    def test_only_where_one_works(self, about, agent):
        other_team = a_team()
        elsewhere = a_ticket(team=other_team, service=a_service(other_team), requester=agent, title="Asked for")
        add_items(elsewhere, [about.items.get(number="PC-0001")], by=an_agent(other_team), via="page")
        assert self.titles(agent, "item:PC-0001") == {"Wanted"}
        assert not {"item", "機器"} & set(filters_for(a_person()))

    def test_in_the_queue_and_its_form(self, visit, agent, about):
        page = visit(agent)
        for value in ("PC-0001", "pc-0001", "nb 2"):
            html = page.get("/desk/", {"view": "all", "item": value}).content.decode()
            assert "Wanted" in html and "Other" not in html, value
        assert "PC-0001 Notebook" in page.get("/desk/", {"view": "all", "item": "PC-0001"}).content.decode()
        assert 'name="item"' in page.get("/desk/filters/", {"item": "PC-0001"}).content.decode()
        html = page.get("/desk/", {"view": "all", "item": "PC-9"}).content.decode()
        assert "“PC-9” is nothing that “Affected item” knows" in html and "Other" in html


class TestAlike:
    def test_the_same_item_comes_first_and_is_said(self, visit, team, agent, ticket):
        printer, pc = an_item(number="MFP-1"), an_item(number="PC-1")
        set_items(ticket, by=agent, via="page", items=[printer, pc])
        others = [a_ticket(team=team, title=f"Paper jam {n}") for n in range(3)]
        for each in others:
            add_items(each, [printer], by=agent, via="page")
        theirs = a_ticket(team=team, title="Theirs", requester=ticket.requester)
        same = a_ticket(team=team, title="Theirs, same", requester=ticket.requester)
        add_items(same, [printer, pc], by=agent, via="page")
        a_ticket(team=team, title="Newest of all", requester=a_person())
        found = alike_tickets(agent, ticket)
        assert found == [same, others[2], theirs]
        assert [getattr(each, "same_items", []) for each in found] == [["MFP-1", "PC-1"], ["MFP-1"], []]
        html = visit(agent).get(f"/tickets/{ticket.number}/link/").content.decode()
        assert "same item: MFP-1, PC-1" in html and html.count("same item:") == 2

    def test_only_open_ones_that_one_works_on(self, team, agent, ticket):
        item, other_team = an_item(), a_team()
        hidden = a_ticket(team=other_team, service=a_service(other_team), requester=agent)
        add_items(hidden, [item], by=an_agent(other_team), via="page")
        add_items(ticket, [item], by=agent, via="page")
        assert alike_tickets(agent, ticket) == []


class TestMerging:
    def test_each_keeps_its_own(self, team, agent, ticket):
        into, item, other = a_ticket(team=team, requester=ticket.requester), an_item(), an_item()
        add_items(ticket, [item], by=agent, via="page")
        add_items(into, [other], by=agent, via="page")
        merge(ticket, into, by=agent, via="page", agreed=True)
        assert (list(ticket.items.all()), list(into.items.all())) == ([item], [other])
        unmerge(ticket, by=agent, via="page")
        assert (list(ticket.items.all()), list(into.items.all())) == ([item], [other])


def test_a_ticket_that_goes_to_another_team_takes_them_along(team, agent, ticket):
    add_items(ticket, [an_item(number="PC-1")], by=agent, via="page")
    other = an_agent(a_team())
    assign(ticket, by=agent, via="page", assignee=other)
    assert numbers(ticket) == ["PC-1"]
