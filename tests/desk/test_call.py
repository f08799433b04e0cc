"""The page of the phone log."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from servicedesk.intake.actions import save_call
from servicedesk.intake.models import Call
from servicedesk.people.models import Role, User
from servicedesk.people.queries import find_people, people_with_number
from servicedesk.tickets.actions import add_items
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_service, a_team, a_ticket, an_agent, an_incident, an_item

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
KEY = "k" * 20


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def caller():
    return a_person(
        name="田中 みどり", reading="タナカ ミドリ", phone="03-1234-5678", extension="4021", employee_number="E-77",
        language="ja",
    )  # fmt: skip


def data(caller=None, **more) -> dict:
    return {
        "requester": caller.email if caller else "",
        "kind": "incident",
        "text": "印刷できません。\n昨日から",
        "key": KEY,
        "window": "w",
        "version": "0",
        "call_back": "",
    } | more


def hidden(html: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', html)[1]


class TestFinding:
    @pytest.mark.parametrize("words", [
        "田中", "タナカ", "たなか", "ﾀﾅｶ", "みどり", "たなか　みどり", "0312345678", "03-1234-5678", "(03) 1234 5678",
        "+81 3 1234 5678", "０３ー１２３４", "1234-56", "4021", "４０２１", "e-77",
    ])  # fmt: skip
    def test_by_any_part_however_it_is_typed(self, agent, caller, words):
        a_person(name="Somebody", phone="06-9999-0000")
        assert list(find_people(agent, words)) == [caller]

    def test_by_address(self, agent, caller):
        assert list(find_people(agent, caller.email.upper())) == [caller]

    @pytest.mark.parametrize("kept", ["+81 3-1234-5678", "０３－１２３４－５６７８", "(03)12345678"])
    def test_whatever_way_the_number_is_kept(self, agent, kept):
        person = a_person(phone=kept)
        assert list(find_people(agent, "03-1234-5678")) == [person]
        assert people_with_number(agent, "+81312345678") == [person]

    def test_readings_in_hiragana_are_found_as_well(self, agent):
        person = a_person(name="山田", reading="やまだ")
        assert list(find_people(agent, "ﾔﾏﾀﾞ")) == [person]

    def test_suggestions_say_what_tells_people_apart(self, visit, agent, caller):
        guest = a_person(name="田中 次郎", is_guest=True)
        html = visit(agent).get("/desk/call/people/", {"q": "田中"}).content.decode()
        assert html.count('role="option"') == 2
        assert "田中 みどり &lt;" in html and "4021" in html and "タナカ ミドリ" in html and guest.email in html

    def test_nothing_for_one_letter_and_nobody_who_left(self, visit, agent, caller):
        page = visit(agent)
        assert "option" not in page.get("/desk/call/people/", {"q": "t"}).content.decode()
        User.objects.filter(pk=caller.pk).update(is_active=False)
        assert "option" not in page.get("/desk/call/people/", {"q": "田中"}).content.decode()


class TestByTheNumber:
    @pytest.mark.parametrize("number", [
        "0312345678", "03-1234-5678", "(03) 1234 5678", "%2B81312345678", "４０２１", "4021", "tel:%2B81-3-1234-5678",
        "sip:4021@pbx.example.com",
    ])  # fmt: skip
    def test_the_caller_is_filled_in(self, visit, agent, caller, number):
        html = visit(agent).get(f"/desk/call/?from={number}").content.decode()
        assert f"田中 みどり &lt;{caller.email}" in html
        assert "タナカ ミドリ" in html
        assert not Call.objects.exists()

    @pytest.mark.parametrize("number", ["", "1", "0399999999", "anonymous", "9" * 60, "%00", "<script>"])
    def test_or_not(self, visit, agent, caller, number):
        answer = visit(agent).get(f"/desk/call/?from={number}")
        assert answer.status_code == 200
        assert f"&lt;{caller.email}" not in answer.content.decode()

    def test_one_of_several_is_chosen(self, visit, agent, caller):
        twin = a_person(name="田中 太郎", extension="4021")
        html = visit(agent).get("/desk/call/?from=4021").content.decode()
        assert "Several people have this number." in html
        assert f"/desk/call/?from=4021&amp;for={twin.pk}" in html
        html = visit(agent).get(f"/desk/call/?from=4021&for={twin.pk}").content.decode()
        assert twin.email in html


class TestSending:
    def test_opens_a_ticket(self, visit, team, agent, caller):
        service = a_service(team)
        answer = visit(agent).post("/desk/call/", data(caller, service=service.pk, number="03-1234-5678", impact="1"))
        ticket = Ticket.objects.get()
        assert (answer.status_code, answer.url) == (303, ticket.get_absolute_url())
        assert (ticket.title, ticket.channel, ticket.requester, ticket.team) == (
            "印刷できません", "phone", caller, team,
        )  # fmt: skip

    def test_twice_is_one_ticket(self, visit, agent, caller):
        page = visit(agent)
        urls = {page.post("/desk/call/", data(caller)).url for _turn in range(2)}
        assert (len(urls), Ticket.objects.count()) == (1, 1)

    def test_and_takes_it(self, visit, agent, caller):
        visit(agent).post("/desk/call/", data(caller, mine="1"))
        assert Ticket.objects.get().assignee == agent

    def test_by_reading_alone(self, visit, agent, caller):
        visit(agent).post("/desk/call/", data(requester="たなか みどり"))
        assert Ticket.objects.get().requester == caller

    def test_somebody_unknown_with_a_call_back(self, visit, agent, team):
        answer = visit(agent).post(
            "/desk/call/",
            data(
                caller_name="山田 太郎",
                number="090-1",
                call_back="hour",
                call_back_by="team",
                service=a_service(team).pk,
            ),
            follow=True,
        )
        call = Call.objects.get()
        promised = call.call_backs.get()
        assert (promised.whom, promised.number, promised.team) == ("山田 太郎", "090-1", team)
        assert call.ticket.source == "山田 太郎 · 090-1"
        assert "is open. Call-back: " in answer.content.decode()

    def test_at_a_time_in_ones_own_zone(self, visit, team, caller):
        agent = an_agent(team, time_zone="America/New_York")
        day = timezone.now() + timedelta(days=2)
        visit(agent).post("/desk/call/", data(caller, call_back="other", call_back_at=f"{day:%Y-%m-%d}T14:30"))
        due = Call.objects.get().call_backs.get().due_at
        assert due.hour in (18, 19) and due.minute == 30

    def test_about_a_ticket_it_becomes_a_note(self, visit, team, agent, caller):
        ticket = a_ticket(requester=caller, team=team)
        answer = visit(agent).post("/desk/call/", data(caller, about=ticket.number, say="note"))
        assert answer.url == ticket.get_absolute_url()
        assert (ticket.comments.get().is_public, Ticket.objects.count()) == (False, 1)
        assert "by phone" in visit(agent).get(ticket.get_absolute_url()).content.decode()

    @pytest.mark.parametrize(("more", "sentence"), [
        ({"requester": "nobody@nowhere.example"}, "Nobody fits."),
        ({"requester": ""}, "Say who calls."),
        ({"text": " "}, "Write a word of what it is about."),
        ({"caller_email": "x"}, "Enter a valid email address."),
        ({"call_back": "other"}, "Write when to call."),
        ({"call_back": "other", "call_back_at": "2001-01-01T10:00"}, "This time is over."),
        ({"about": "INC9999999"}, "There is no such ticket."),
        ({"is_confidential": "on"}, "Choose the service, so that the right team sees this"),
        ({"kind": "party"}, "Select a valid choice."),
    ])  # fmt: skip
    def test_what_is_missing_is_said_and_the_rest_kept(self, visit, agent, caller, more, sentence):
        answer = visit(agent).post("/desk/call/", data(caller) | more)
        html = answer.content.decode()
        assert answer.status_code == 422
        assert sentence in html
        assert ("昨日から" in html) == ("text" not in more)
        assert hidden(html, "key") == KEY
        assert not Ticket.objects.exists()

    def test_a_hidden_ticket_is_as_one_that_is_not_there(self, visit, agent, caller):
        hushed = an_incident(requester=caller, service=a_service(a_team(), is_confidential=True)).ticket
        html = visit(agent).post("/desk/call/", data(caller, about=hushed.number)).content.decode()
        assert "There is no such ticket." in html
        assert hushed.title not in html


class TestSaved:
    def save(self, page, **more):
        return page.post("/desk/call/save/", data(turn="1") | more, headers=HTMX)

    def test_at_a_pause_and_found_again(self, visit, agent, caller):
        page = visit(agent)
        answer = self.save(
            page, requester=f"田中 <{caller.email}>", title="途中", call_back="hour", is_confidential="on"
        )
        assert re.fullmatch(r"Saved \d\d:\d\d", answer.content.decode())
        call = Call.objects.get()
        assert (answer.headers["X-Call"], call.caller, call.is_confidential) == (str(call.pk), caller, True)
        assert f"/desk/call/?call={call.pk}" in page.get("/desk/call/").content.decode()
        html = page.get(f"/desk/call/?call={call.pk}").content.decode()
        assert "昨日から" in html and 'value="途中"' in html and '<option value="hour" selected>' in html
        assert hidden(html, "key") == KEY and hidden(html, "version") == "1"
        assert "Unfinished calls" not in html

    def test_sent_from_where_it_was_resumed(self, visit, agent, caller):
        page = visit(agent)
        self.save(page)
        html = page.get(f"/desk/call/?call={Call.objects.get().pk}").content.decode()
        sent = data(caller, window=hidden(html, "window"), version=hidden(html, "version"))
        assert page.post("/desk/call/", sent).status_code == 303
        assert Call.objects.get().state == "done"

    def test_in_two_windows_neither_writes_over_the_other(self, visit, agent, caller):
        page = visit(agent)
        self.save(page, text="one")
        other = self.save(page, text="two", window="x")
        assert other.status_code == 409
        assert "in another window" in other.content.decode()
        assert Call.objects.get().text == "one"
        refused = page.post("/desk/call/", data(caller, text="two", window="x"))
        html = refused.content.decode()
        assert (refused.status_code, "in another window" in html) == (422, True)
        again = data(caller, text="two", window=hidden(html, "window"), version=hidden(html, "version"))
        assert page.post("/desk/call/", again).status_code == 303
        assert Ticket.objects.get().description == "two"

    def test_a_late_save_of_a_sent_call_is_told_so(self, visit, agent, caller):
        page = visit(agent)
        page.post("/desk/call/", data(caller))
        late = self.save(page, text="one more word")
        assert (late.status_code, Ticket.objects.get().number in late.content.decode()) == (409, True)
        assert Ticket.objects.count() == 1

    def test_without_scripts_by_a_button(self, visit, agent):
        answer = visit(agent).post("/desk/call/save/", data(), follow=True)
        assert "Unfinished calls" in answer.content.decode()

    def test_signed_out_it_says_so(self, client):
        assert client.post("/desk/call/save/", data(), headers=HTMX).status_code == 401

    def test_dropped_and_brought_back(self, visit, agent):
        page = visit(agent)
        self.save(page)
        call = Call.objects.get()
        assert "Undo" in page.post(f"/desk/call/{call.pk}/drop/", follow=True).content.decode()
        assert "Unfinished calls" not in page.get("/desk/call/").content.decode()
        page.post(f"/desk/call/{call.pk}/restore/")
        assert "Unfinished calls" in page.get("/desk/call/").content.decode()

    def test_taken_over_by_the_lead(self, visit, agent, team):
        lead = a_person(Role.LEAD)
        team.lead = lead
        team.save()
        call = save_call(by=agent, key=KEY, fields={"text": "half a sen"})
        Call.objects.update(saved_at=timezone.now() - timedelta(hours=1))
        page = visit(lead)
        assert "half a sen" in page.get("/desk/call/").content.decode()
        answer = page.post(f"/desk/call/{call.pk}/take-over/")
        assert "half a sen" in page.get(answer.url).content.decode()

    @pytest.mark.parametrize("more", [
        {"turn": "x", "version": "-1", "started_at": "yesterday"},
        {"turn": "9" * 30, "version": "9" * 30, "started_at": "9999-99-99T00:00"},
        {"requester": "\x00", "window": "\n" * 50, "service": "9" * 30, "about": "'"},
    ])  # fmt: skip
    def test_nonsense_is_no_error(self, visit, agent, more):
        assert self.save(visit(agent), **more).status_code == 200


class TestAbout:
    def test_tickets_of_the_caller_that_the_agent_sees(self, visit, team, agent, caller):
        ticket, hidden_one = a_ticket(requester=caller, team=team), a_ticket(requester=caller, team=a_team())
        closed = a_ticket(requester=caller, team=team, title="Old thing")
        old = a_ticket(requester=caller, team=team, title="Ancient thing")
        for one, days in ((closed, 3), (old, 300)):
            Ticket.objects.filter(pk=one.pk).update(
                phase="closed", status="closed", closed_at=timezone.now() - timedelta(days=days)
            )
        html = visit(agent).get("/desk/call/about/", {"requester": "タナカ", "about": ticket.number}).content.decode()
        assert f'value="{ticket.number}" checked' in html
        assert "Something new" in html and "Old thing" in html and "4021" in html
        assert hidden_one.number not in html and "Ancient thing" not in html

    def test_nobody_fits(self, visit, agent):
        html = visit(agent).get("/desk/call/about/", {"requester": "zzz"}).content.decode()
        assert "Once you have chosen who calls" in html

    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_for_any_number_of_tickets_and_calls(
        self, visit, team, agent, caller, rows, django_assert_num_queries
    ):
        for turn in range(rows):
            a_ticket(requester=caller, team=team)
            save_call(by=agent, key=f"{turn}" * 20, fields={"text": "x", "requester": caller.email}, caller=caller)
        page = visit(agent)
        page.get("/desk/call/?from=4021")
        with django_assert_num_queries(13):
            page.get("/desk/call/?from=4021")


class TestDevices:
    def test_those_that_were_ticked_are_named_by_the_ticket(self, visit, agent, caller):
        item = an_item(caller)
        an_item(caller)
        page = visit(agent)
        assert f'value="{item.pk}" form="call-form"' in page.get("/desk/call/", {"for": caller.pk}).content.decode()
        page.post("/desk/call/", data(caller, items=[item.pk]))
        assert list(Ticket.objects.get().items.all()) == [item]

    def test_they_are_added_to_the_ticket_that_the_call_is_about(self, visit, team, agent, caller):
        ticket, had, item = a_ticket(team=team, requester=caller), an_item(), an_item(caller)
        add_items(ticket, [had], by=agent, via="page")
        visit(agent).post("/desk/call/", data(caller, about=ticket.number, items=[item.pk]))
        assert set(ticket.items.all()) == {had, item}

    def test_what_is_ticked_is_kept_with_the_call(self, visit, agent, caller):
        one, two, other = (an_item(caller) for _n in range(3))
        page = visit(agent)
        page.post("/desk/call/save/", data(caller, turn="1", items=[one.pk, two.pk]), headers=HTMX)
        html = page.get("/desk/call/", {"call": Call.objects.get().pk}).content.decode()
        for item in (one, two):
            assert f'value="{item.pk}" form="call-form" checked' in html
        assert f'value="{other.pk}" form="call-form">' in html

    def test_they_stay_ticked_while_the_caller_stays(self, visit, agent, caller):
        item = an_item(caller)
        html = visit(agent).get("/desk/call/about/", {"requester": caller.email, "items": item.pk}).content.decode()
        assert f'value="{item.pk}" form="call-form" checked' in html
