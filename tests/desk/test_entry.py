"""Tickets that agents enter for visitors, and addresses that lead on to the phone log."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from requests.models import ServiceRequest
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_service, a_team, a_ticket, an_agent, an_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def caller():
    return a_person(name="田中 みどり", reading="タナカ ミドリ", phone="03-1234-5678", extension="4021", language="ja")


def data(caller, **more) -> dict:
    return {
        "requester": caller.email,
        "kind": "incident",
        "title": "Cannot print",
        "description": "Since this morning",
        "channel": "phone",
        "key": "k" * 20,
    } | more


class TestNewTicket:
    def test_is_opened_for_the_caller(self, visit, team, agent, caller, picture):
        service = a_service(team)
        file = SimpleUploadedFile("a.png", picture)
        answer = visit(agent).post(
            "/desk/new/", data(caller, service=service.pk, files=[file], impact="1", urgency="1")
        )
        ticket = Ticket.objects.get()
        assert (answer.status_code, answer.url) == (303, ticket.get_absolute_url())
        assert (ticket.requester, ticket.entered_by, ticket.channel, ticket.language) == (caller, agent, "phone", "ja")
        assert (ticket.team, ticket.priority, ticket.attachments.count()) == (team, 1, 1)

    def test_names_the_callers_devices_that_were_ticked(self, visit, agent, caller):
        one, other = an_item(caller, number="PC-1"), an_item(caller, number="PC-2")
        page = visit(agent)
        html = page.get("/desk/new/", {"for": caller.pk}).content.decode()
        assert f'name="items" id="items-{one.pk}" value="{one.pk}" form="new-ticket">' in html
        page.post("/desk/new/", data(caller, items=[one.pk]))
        ticket = Ticket.objects.get()
        assert list(ticket.items.all()) == [one]
        assert [event.verb for event in ticket.events.order_by("number")] == ["open", "set_items"]
        assert other.ticket_rows.count() == 0

    def test_keeps_what_was_ticked_when_it_comes_back(self, visit, agent, caller):
        item = an_item(caller)
        ticked = f'value="{item.pk}" form="new-ticket" checked'
        page = visit(agent)
        answer = page.post("/desk/new/", data(caller, title="", items=[item.pk]))
        assert answer.status_code == 422 and ticked in answer.content.decode()
        panel = page.get("/desk/new/caller/", {"requester": caller.email, "items": item.pk}).content.decode()
        assert ticked in panel

    def test_a_device_that_is_gone_is_refused_and_nothing_opened(self, visit, agent, caller):
        item = an_item(caller, state="retired")
        answer = visit(agent).post("/desk/new/", data(caller, items=[item.pk]))
        assert (answer.status_code, Ticket.objects.count()) == (422, 0)
        assert 'role="alert"' in answer.content.decode()

    def test_an_enquiry(self, visit, agent, caller):
        visit(agent).post("/desk/new/", data(caller, kind="enquiry"))
        assert ServiceRequest.objects.get().kind == "enquiry"

    def test_and_taken_at_once(self, visit, agent, caller):
        visit(agent).post("/desk/new/", data(caller, mine="1"))
        assert Ticket.objects.get().assignee == agent

    def test_a_second_press_makes_no_second_ticket(self, visit, agent, caller):
        page = visit(agent)
        first = page.post("/desk/new/", data(caller))
        second = page.post("/desk/new/", data(caller))
        assert first.url == second.url
        assert Ticket.objects.count() == 1

    @pytest.mark.parametrize(("more", "sentence"), [
        ({"title": " "}, "Please fill this in."),
        ({"requester": "nobody@nowhere.example"}, "Nobody fits."),
        ({"kind": "party"}, "Select a valid choice."),
        ({"channel": "mail"}, "Select a valid choice."),
    ])  # fmt: skip
    def test_what_is_missing_is_said_and_the_rest_kept(self, visit, agent, caller, more, sentence):
        answer = visit(agent).post("/desk/new/", data(caller) | more)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert "Since this morning" in answer.content.decode()
        assert not Ticket.objects.exists()

    def test_not_for_staff(self, visit, caller):
        assert visit(caller).get("/desk/new/").status_code == 403
        assert visit(caller).post("/desk/new/", data(caller)).status_code == 403


class TestCaller:
    @pytest.mark.parametrize("query", ["from=0312345678", "channel=phone", "channel=phone&from=%2B81-3"])
    def test_calls_are_taken_in_the_phone_log(self, visit, agent, query):
        answer = visit(agent).get(f"/desk/new/?{query}")
        assert (answer.status_code, answer.url.partition("?")[0]) == (302, "/desk/call/")

    def test_open_tickets_show_while_one_listens(self, visit, team, agent, caller):
        ticket, hidden = a_ticket(requester=caller, team=team), a_ticket(requester=caller, team=a_team())
        html = visit(agent).get("/desk/new/caller/", {"requester": "タナカ"}).content.decode()
        assert ticket.number in html
        assert hidden.number not in html
        assert "4021" in html

    def test_nobody_fits(self, visit, agent):
        html = visit(agent).get("/desk/new/caller/", {"requester": "zzz"}).content.decode()
        assert "Type a name" in html
        assert visit(a_person()).get("/desk/new/caller/").status_code == 403
