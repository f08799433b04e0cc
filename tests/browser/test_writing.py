"""Writing by keyboard: templates at a slash, people at an @, macros by one key; nothing while an input method
composes.
"""

import pytest
from playwright.sync_api import expect

from servicedesk.desk.macros import create_macro
from servicedesk.desk.templates import create_template
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_team, a_ticket, an_administrator, an_agent

from .conftest import DESKTOP, PHONE
from .test_call import composing

pytestmark = pytest.mark.django_db(transaction=True)
BOX = "#composer textarea[name=body]"
OPTIONS = "#writing-options [role=option]"


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team, name="Ken Suzuki")


@pytest.fixture
def ticket(team):
    return a_ticket(team=team, requester=a_person(name="田中 みどり"), title="The printer hums")


@pytest.fixture
def templates():
    admin = an_administrator()
    texts = {"pw": ("パスワードの再設定", "Hello {requester},\n\nabout {title}"), "vpn": ("VPN 接続", "VPN {number}")}
    given = {"by": admin, "via": "page"}
    return [create_template(code=code, name=name, body_en=text, **given) for code, (name, text) in texts.items()]


class TestTemplates:
    def test_a_slash_offers_arrows_choose_and_enter_puts_it_at_the_caret(self, visitor, agent, ticket, templates):
        someone = visitor().sign_in(agent)
        page = someone.open(ticket.get_absolute_url())
        box = page.locator(BOX)
        box.fill("Before\n\nAfter")
        box.evaluate("box => box.setSelectionRange(7, 7)")
        page.keyboard.type("/")
        options = page.locator(OPTIONS)
        expect(options).to_have_count(2)
        expect(box).to_have_attribute("aria-activedescendant", f"template-{templates[1].pk}")
        someone.check()
        page.keyboard.press("ArrowDown")
        expect(box).to_have_attribute("aria-activedescendant", f"template-{templates[0].pk}")
        page.keyboard.press("Enter")
        expect(page.locator("#writing-options")).to_be_hidden()
        assert box.input_value() == "Before\nHello 田中 みどり,\n\nabout The printer hums\nAfter"
        assert box.evaluate("box => box.selectionStart") == len("Before\nHello 田中 みどり,\n\nabout The printer hums")
        page.get_by_role("button", name="Send reply").click()
        expect(box).to_have_value("")
        assert ticket.events.get(verb="reply").data["template"] == [templates[0].pk, templates[0].name]

    def test_letters_narrow_also_japanese_ones(self, visitor, agent, ticket, templates):
        page = visitor().sign_in(agent).open(ticket.get_absolute_url())
        page.locator(BOX).focus()
        page.keyboard.type("See /ぱす")
        expect(page.locator(OPTIONS)).to_have_count(1)
        expect(page.locator(OPTIONS)).to_contain_text("パスワード")
        page.keyboard.press("Escape")
        expect(page.locator("#writing-options")).to_be_hidden()
        assert page.locator(BOX).input_value() == "See /ぱす"

    def test_not_inside_of_a_word(self, visitor, agent, ticket, templates):
        page = visitor().sign_in(agent).open(ticket.get_absolute_url())
        page.locator(BOX).focus()
        page.keyboard.type("and/or")
        page.wait_for_timeout(400)
        expect(page.locator("#writing-options")).to_be_hidden()

    def test_not_while_an_input_method_composes(self, visitor, agent, ticket, templates):
        page = visitor().sign_in(agent).open(ticket.get_absolute_url())
        composing(page, BOX, "／ぱす")
        page.wait_for_timeout(400)
        expect(page.locator("#writing-options")).to_be_hidden()
        page.evaluate(
            f"document.querySelector('{BOX}').dispatchEvent(new CompositionEvent('compositionend', {{bubbles: true}}))"
        )
        expect(page.locator(OPTIONS)).to_have_count(1)
        # The Enter that ends a composition chooses nothing.
        page.locator(BOX).evaluate(
            "box => box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, bubbles: true}))"
        )
        assert page.locator(BOX).input_value() == "／ぱす"

    def test_by_the_button_also_in_a_note(self, visitor, agent, ticket, templates):
        page = visitor(viewport=PHONE).sign_in(agent).open(ticket.get_absolute_url())
        page.locator("#composer").get_by_text("Note", exact=True).click()
        expect(page.locator("#composer.is-note")).to_be_visible()
        page.locator("#composer").get_by_text("Templates").click()
        expect(page.locator(OPTIONS)).to_have_count(2)
        page.locator(OPTIONS).first.click()
        assert page.locator(BOX).input_value() == f"VPN {ticket.number}"

    def test_without_scripts(self, visitor, agent, ticket, templates):
        someone = visitor(java_script_enabled=False).sign_in(agent)
        page = someone.open(ticket.get_absolute_url())
        page.locator("#composer").get_by_text("Templates").click()
        page.get_by_text("VPN 接続").click()
        page.get_by_role("button", name="Send").click()
        said = ticket.comments.get()
        assert (said.body, said.event.data["template"][0]) == (f"VPN {ticket.number}", templates[1].pk)

    @pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
    def test_the_settings_try_it_out_while_one_writes(self, visitor, viewport):
        someone = visitor(viewport=viewport).sign_in(an_administrator())
        page = someone.open("/settings/templates/new/")
        page.locator("[name=body_en]").fill("Dear ")
        page.locator("[data-insert='{requester}']").click()
        assert page.locator("[name=body_en]").input_value() == "Dear {requester}"
        expect(page.locator("#template-preview")).to_contain_text("Dear Hanako Yamada")
        page.evaluate("scrollTo(0, 0)")  # what the bar at the top covers half is too small to axe
        someone.check()


class TestMentions:
    def test_an_at_offers_people_and_marks_them(self, visitor, agent, team, ticket):
        hanako = an_agent(team, name="佐藤 花子", reading="サトウ ハナコ")
        someone = visitor().sign_in(agent)
        page = someone.open(ticket.get_absolute_url())
        page.keyboard.press("n")
        expect(page.locator("#composer.is-note")).to_be_visible()
        page.locator(BOX).focus()
        page.keyboard.type("担当の@さとう")
        expect(page.locator(OPTIONS)).to_have_count(1)
        someone.check()
        page.keyboard.press("Enter")
        assert page.locator(BOX).input_value() == "担当の@佐藤 花子 "
        page.keyboard.type("お願いします")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#timeline .mention")).to_have_text("@佐藤 花子")
        assert ticket.events.get(verb="note").data["mentions"] == [[hanako.pk]]
        someone.check()


class TestMacros:
    @pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
    def test_one_key_and_enter(self, visitor, agent, ticket, templates, viewport):
        create_macro(by=an_administrator(), via="page", name="Ends it", reply=templates[1], step="resolve", minutes=5)
        someone = visitor(viewport=viewport).sign_in(agent)
        page = someone.open(ticket.get_absolute_url())
        page.keyboard.press("m")
        button = page.get_by_role("button", name="Ends it")
        expect(button).to_be_focused()
        someone.check()
        page.keyboard.press("Enter")
        expect(page.locator("#ticket-state")).to_contain_text("Resolved")
        assert Ticket.objects.get().resolution == f"VPN {ticket.number}"

    def test_a_double_press_runs_it_once(self, visitor, agent, ticket):
        create_macro(by=an_administrator(), via="page", name="Notes it", note="Seen")
        page = visitor().sign_in(agent).open(ticket.get_absolute_url())
        page.keyboard.press("m")
        page.get_by_role("button", name="Notes it").dblclick()
        expect(page.locator("#timeline")).to_contain_text("ran the macro")
        assert ticket.comments.count() == 1
