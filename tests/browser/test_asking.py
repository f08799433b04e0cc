"""Asking on a phone: nothing is typed twice, nothing is lost, nothing is sent twice; and all of it without scripts."""

import pytest
from playwright.sync_api import expect

from servicedesk.tickets.models import Ticket
from tests.factories import a_company, a_person, a_service

from .conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)

PASTE = """async (selector) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 40;
  const blob = await new Promise((done) => canvas.toBlob(done));
  const data = new DataTransfer();
  data.items.add(new File([blob], "image.png", { type: "image/png" }));
  const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.querySelector(selector).dispatchEvent(paste);
}"""
SMALL = """() => [..."a button summary .form-check input textarea".split(" ")]
  .flatMap((kind) => [...document.querySelectorAll(`main ${kind}`)])
  .filter((one) => one.checkVisibility() && !one.closest("p, .prose, .crumbs") && !one.closest(".form-check input"))
  .filter((one) => !one.matches("input[type=radio]") && one.getBoundingClientRect().height < 44)
  .map((one) => `${one.tagName} ${one.className} ${one.getBoundingClientRect().height}`)"""


@pytest.fixture
def company():
    return a_company()


@pytest.fixture
def hanako(company):
    a_service(name_en="Printers")
    return a_person(name="佐藤 花子", company=company)


class TestAskingOnAPhone:
    def test_from_the_box_to_the_number_with_a_pasted_screenshot(self, visitor, hanako):
        someone = visitor(viewport=PHONE, has_touch=True).sign_in(hanako)
        page = someone.open("/")
        page.fill("#ask", "Hello,\nthe printer on 3F is silent.")
        page.click("button:has-text('Next')")
        page.wait_for_url("**/new/")

        assert page.input_value("[name=text]") == "Hello,\nthe printer on 3F is silent."
        page.click("label:has-text('Something is broken')")
        page.click("label:has-text('It hinders my work')")
        page.evaluate(PASTE, "[name=text]")
        page.wait_for_selector(".file-chip")
        page.locator(".btn-send").dblclick()
        page.wait_for_selector(".sent-number")
        someone.check()

        ticket = Ticket.objects.get()
        assert ticket.title == "the printer on 3F is silent."
        assert ticket.urgency == 2
        assert ticket.attachments.count() == 1
        assert page.evaluate("Object.keys(localStorage)") == []

    def test_everything_can_be_touched(self, visitor, hanako):
        someone = visitor(viewport=PHONE, has_touch=True).sign_in(hanako)

        for path in ("/", "/new/", "/my/", "/help/", "/help/asking/"):
            assert someone.open(path).evaluate(SMALL) == [], path

    def test_a_refused_form_keeps_the_words_and_begins_where_something_is_missing(self, visitor, hanako):
        someone = visitor(viewport=PHONE).sign_in(hanako)
        page = someone.open("/new/")
        page.fill("[name=text]", "The printer is silent.")
        page.evaluate(PASTE, "[name=text]")
        page.click(".btn-send")
        page.wait_for_selector(".field-error")
        someone.check()

        assert page.input_value("[name=text]") == "The printer is silent."
        assert page.evaluate("document.activeElement.name") == "kind"
        assert "choose them again" in page.inner_text(".notice-warning")

    def test_what_was_begun_is_there_after_a_reload(self, visitor, hanako):
        page = visitor(viewport=PHONE).sign_in(hanako).open("/new/")
        page.fill("[name=text]", "The printer is")
        page.click("summary:has-text('where we reach you')")
        page.fill("[name=reach]", "ext. 2210")

        page.reload()

        expect(page.locator("[name=text]")).to_have_value("The printer is")
        expect(page.locator("[name=reach]")).to_have_value("ext. 2210")
        expect(page.locator("[name=reach]")).to_be_visible()

    def test_a_lost_session_loses_no_word(self, visitor, hanako):
        someone = visitor(viewport=PHONE).sign_in(hanako)
        page = someone.open("/")
        page.fill("#ask", "The printer is silent.")
        someone.context.clear_cookies(name="sessionid")
        page.click("button:has-text('Next')")
        page.wait_for_url("**/account/login/**")

        page.locator("input[name=login]").fill(hanako.email)
        page.locator("input[name=password]").fill("correct horse battery")
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda address: "/account/login" not in address)
        page.goto("/")

        expect(page.locator("#ask")).to_have_value("The printer is silent.")

    def test_a_colleague_is_found_while_typing_and_can_be_taken_back(self, visitor, hanako, company):
        a_person(name="鈴木 太郎", reading="スズキ タロウ", company=company)
        someone = visitor(viewport=PHONE).sign_in(hanako)
        page = someone.open("/new/")
        page.click("summary:has-text('It is for somebody else')")
        page.locator("[name=for_whom]").press_sequentially("すず", delay=20)
        page.wait_for_selector("label:has-text('鈴木 太郎')")
        page.evaluate("scrollTo(0, 0)")
        someone.check()

        page.locator("[name=for_whom]").fill("")
        page.wait_for_selector("label:has-text('鈴木 太郎')", state="detached")


class TestWithoutScripts:
    def test_from_the_box_to_the_number(self, visitor, hanako):
        page = visitor(viewport=PHONE, java_script_enabled=False).sign_in(hanako).open("/")
        page.fill("#ask", "The printer is silent.")
        page.click("button:has-text('Next')")
        page.click("label:has-text('Something is broken')")
        page.click(".btn-send")

        ticket = Ticket.objects.get()
        assert page.inner_text(".figure-large") == ticket.number
        page.click("text=Open the request")
        page.fill("#answer-body", "And it smells.")
        page.click("form.answer button[type=submit]")
        assert "And it smells." in page.inner_text(".talk")
        page.click("summary:has-text('I no longer need this')")
        page.click("button:has-text('Withdraw the request')")
        ticket.refresh_from_db()
        assert ticket.status == "cancelled"
