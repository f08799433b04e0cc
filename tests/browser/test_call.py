"""The phone log by keyboard: a ticket in under 15 seconds, kept at every pause, and call-backs until they are done."""

import re
import time

import pytest
from playwright.sync_api import expect

from servicedesk.intake.models import Call, CallBack
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_service, a_team, a_ticket, an_agent

from .test_pages import LOOKS, language_of

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "/desk/call/"


@pytest.fixture
def team():
    return a_team(name="サービスデスク")


@pytest.fixture
def agent(team):
    return an_agent(team, name="Ken Suzuki")


@pytest.fixture
def caller():
    return a_person(name="田中 みどり", reading="タナカ ミドリ", phone="03-1234-5678", extension="4021", language="ja")


def composing(page, selector: str, words: str) -> None:
    """Words that an input method is still putting together: the field has them, nothing is decided."""
    page.evaluate(
        """([selector, words]) => {
            const field = document.querySelector(selector);
            field.focus();
            field.dispatchEvent(new CompositionEvent("compositionstart", {bubbles: true}));
            field.value = words;
            field.dispatchEvent(new InputEvent("input", {bubbles: true, isComposing: true}));
        }""",
        [selector, words],
    )


def decided(page, selector: str) -> None:
    page.evaluate(
        """(selector) => document.querySelector(selector)
            .dispatchEvent(new CompositionEvent("compositionend", {bubbles: true}))""",
        selector,
    )


class TestByKeyboard:
    @pytest.mark.parametrize("language", ["ja", "en"])
    def test_a_ticket_in_under_fifteen_seconds(self, visitor, team, caller, language):
        a_person(name="田村 健", reading="タムラ ケン")
        service = a_service(team)
        someone = visitor().sign_in(an_agent(team, language=language))
        page = someone.open(ADDRESS)
        began = time.monotonic()
        keys = page.keyboard
        keys.type("たなか", delay=60)
        expect(page.locator("#callers [role=option]")).to_have_count(1)
        keys.press("Enter")
        expect(page.locator("#call-about h2")).to_contain_text("田中 みどり")
        keys.press("Tab")  # the number
        keys.press("Tab")  # not in the list
        keys.press("Tab")  # kind
        keys.press("ArrowDown")
        keys.press("Tab")
        keys.type("新しいノートパソコンを希望。", delay=20)
        keys.press("Tab")
        keys.type("ノートパソコン", delay=20)
        keys.press("Tab")
        keys.press("ArrowDown")
        keys.press("Control+Enter")
        page.wait_for_url(re.compile(r"/requests/REQ"))
        took = time.monotonic() - began
        ticket = Ticket.objects.get()
        assert (ticket.requester, ticket.title, ticket.description, ticket.channel, ticket.service) == (
            caller, "ノートパソコン", "新しいノートパソコンを希望。", "phone", service,
        )  # fmt: skip
        assert Call.objects.get().state == "done"
        assert took < 15, f"It took {took:.1f} s."
        print(f"a ticket by keyboard took {took:.1f} s")

    def test_arrows_choose_and_escape_closes(self, visitor, agent, caller):
        twin = a_person(name="田中 太郎", reading="タナカ タロウ")
        page = visitor().sign_in(agent).open(ADDRESS)
        page.keyboard.type("田中")
        options = page.locator("#callers [role=option]")
        expect(options).to_have_count(2)
        page.keyboard.press("Escape")
        expect(page.locator("#callers")).to_be_hidden()
        page.keyboard.press("ArrowDown")
        expect(options).to_have_count(2)
        page.keyboard.press("ArrowDown")
        wanted = page.locator("#callers [aria-selected=true]").get_attribute("data-value")
        page.keyboard.press("Enter")
        assert page.locator("[name=requester]").input_value() == wanted
        assert wanted.split("<")[1].rstrip(">") in (caller.email, twin.email)

    def test_nobody_is_offered_while_the_server_does_not_answer(self, visitor, agent, caller):
        a_person(name="田村 健", reading="タムラ ケン")
        page = visitor().sign_in(agent).open(ADDRESS)
        page.keyboard.type("た")
        expect(page.locator("#callers [role=option]")).to_have_count(2)
        page.route("**/desk/call/people/*", lambda route: route.abort())
        with page.expect_event("requestfailed"):
            page.keyboard.type("なか")
        expect(page.locator("#callers")).to_be_hidden()
        page.keyboard.press("Enter")
        assert page.locator("[name=requester]").input_value() == "たなか"

    def test_the_call_is_about_a_ticket_by_one_key(self, visitor, team, agent, caller):
        ticket = a_ticket(requester=caller, team=team, title="Printer hums")
        page = visitor().sign_in(agent).open("/desk/call/?from=0312345678")
        assert page.evaluate("document.activeElement.name") == "text"
        page.locator("#call-about-new").focus()
        page.keyboard.press("ArrowDown")
        expect(page.locator("[name=title]")).to_be_hidden()
        page.locator("[name=text]").fill("It hums louder.")
        page.keyboard.press("Control+Enter")
        page.wait_for_url(f"**{ticket.get_absolute_url()}")
        assert ticket.comments.get().body == "It hums louder."
        assert Ticket.objects.count() == 1

    def test_enter_sends_nothing_by_a_slip(self, visitor, agent, caller):
        page = visitor().sign_in(agent).open("/desk/call/?from=4021")
        page.locator("[name=text]").fill("Half")
        page.locator("[name=title]").fill("Title")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.name") == "service"
        expect(page.locator("#call-saved")).to_contain_text("Saved")
        assert not Ticket.objects.exists()


class TestSavedAtEveryPause:
    def test_survives_a_crash_and_another_machine(self, visitor, agent, caller):
        someone = visitor().sign_in(agent)
        page = someone.open(ADDRESS)
        page.locator("[name=requester]").fill(f"田中 <{caller.email}>")
        page.locator("[name=text]").press_sequentially("The printer hu")
        expect(page.locator("#call-saved")).to_have_text(re.compile(r"Saved \d\d:\d\d"))
        expect(page).to_have_url(re.compile(r"\?call=\d+"))
        someone.context.close()
        elsewhere = visitor().sign_in(agent)
        page = elsewhere.open(ADDRESS)
        expect(page.locator(".calls-left")).to_contain_text("The printer hu")
        elsewhere.check()
        page.get_by_role("link", name="Go on").click()
        text = page.locator("[name=text]")
        expect(text).to_have_value("The printer hu")
        text.press("End")
        text.press_sequentially("ms.")
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/incidents/INC*/")
        assert Ticket.objects.get().description == "The printer hums."
        assert list(Call.objects.values_list("state", flat=True)) == ["done"]

    def test_half_words_of_an_input_method_are_not_sent_about(self, visitor, agent):
        page = visitor().sign_in(agent).open(ADDRESS)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        composing(page, "[name=requester]", "たn")
        composing(page, "[name=text]", "いんさつ")
        page.wait_for_timeout(1200)
        assert [url for url in asked if "/desk/call/" in url] == []
        page.evaluate("document.querySelector('[name=text]').value = '印刷'")
        decided(page, "[name=text]")
        expect(page.locator("#call-saved")).to_have_text(re.compile("Saved"))
        assert Call.objects.get().text == "印刷"

    def test_without_a_connection_the_words_wait_in_the_browser(self, visitor, agent):
        someone = visitor().sign_in(agent)
        page = someone.open(ADDRESS)
        someone.context.set_offline(True)
        page.locator("[name=text]").press_sequentially("Line down")
        expect(page.locator("#call-saved")).to_contain_text("Not saved.")
        assert not Call.objects.exists()
        someone.context.set_offline(False)
        page.goto(ADDRESS)
        expect(page.locator(".calls-left")).to_contain_text("Line down")
        assert Call.objects.get().text == "Line down"
        assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('call:')).length") == 0

    def test_two_tabs_do_not_write_over_each_other(self, visitor, agent):
        someone = visitor().sign_in(agent)
        page = someone.open(ADDRESS)
        page.locator("[name=text]").fill("one")
        expect(page).to_have_url(re.compile(r"\?call=\d+"))
        other = someone.context.new_page()
        other.goto(page.url)
        with other.expect_response("**/call/save/"):  # the line says that it is saved before this one is
            other.locator("[name=text]").fill("one and two")
        page.locator("[name=text]").fill("one and three")
        expect(page.locator("#call-saved")).to_contain_text("in another window")
        assert Call.objects.get().text == "one and two"


class TestUnknownCaller:
    def test_becomes_a_record_with_a_call_back_that_is_tried_and_done(self, visitor, agent, team):
        someone = visitor().sign_in(agent)
        page = someone.open("/desk/call/?from=09011112222")
        expect(page.locator("[name=number]")).to_have_value("09011112222")
        page.locator(".call-stranger summary").click()
        page.locator("[name=caller_name]").fill("山田 太郎")
        page.locator("[name=text]").fill("Needs the new address of the shop.")
        expect(page.locator("[name=call_back_note]")).to_be_hidden()
        page.locator("[name=call_back]").select_option("half_hour")
        expect(page.locator("[name=call_back_note]")).to_be_visible()
        expect(page.locator("[name=call_back_at]")).to_be_hidden()
        someone.check()
        page.get_by_role("button", name="Open the ticket").click()
        page.wait_for_url("**/incidents/INC*/")
        expect(page.locator("#ticket-call-backs")).to_contain_text("山田 太郎")
        someone.check()
        page.locator("#ticket-call-backs").get_by_role("link", name=re.compile("Not reached")).click()
        expect(page.locator("#sheet")).to_be_visible()
        someone.check()
        page.locator("#sheet button[type=submit]").click()
        expect(page.locator("#ticket-call-backs")).to_contain_text("tried once")
        page.goto("/desk/call-backs/")
        someone.check()
        page.get_by_role("link", name="Reached – done").click()
        page.locator("#sheet [name=note]").fill("Told them.")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#call-backs")).to_contain_text("Nobody waits for a call")
        assert (CallBack.objects.get().state, CallBack.objects.get().tries) == ("done", 1)


@pytest.mark.parametrize("look", LOOKS)
class TestLooks:
    def test_pages_are_clean(self, visitor, team, caller, look):
        agent = an_agent(team, language=language_of(look))
        ticket = a_ticket(requester=caller, team=team, title="複合機が紙づまりを繰り返す")
        someone = visitor(**look).sign_in(agent)
        someone.open("/desk/call/?from=4021")
        someone.check()
        page = someone.open(f"/tickets/{ticket.number}/call-backs/new/")
        someone.check()
        page.locator("[name=when][value=half_hour]").check(force=True)
        page.locator("main form button[type=submit]").click()
        page.wait_for_url(f"**{ticket.get_absolute_url()}")
        CallBack.objects.update(due_at="2026-01-05T00:00:00Z", tries=2, note="鍵の件")
        for path in ("/desk/call-backs/", "/desk/", ticket.get_absolute_url(), ADDRESS):
            someone.open(path)
            someone.check()
        page.locator("[name=requester]").fill("たなか")
        page.locator("[name=requester]").press("ArrowDown")
        expect(page.locator("#callers [role=option]")).to_have_count(1)
        someone.check()
        expect(page.locator("#call-saved")).not_to_be_empty()  # nothing is on its way when the test ends
