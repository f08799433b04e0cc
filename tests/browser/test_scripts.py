"""The page scripts in a real browser under the strict policy: keys, input methods, drafts, files, toasts, passkeys."""

import pytest
from playwright.sync_api import expect

from servicedesk.tickets.actions import note
from tests.factories import a_person, a_service, a_team, an_administrator, an_agent, an_incident

from .conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)

FORM = "form[data-draft=style-ja]"


@pytest.fixture
def style(visitor):
    """An agent on the style page."""
    someone = visitor().sign_in(an_agent())
    someone.open("/style/")
    return someone


class TestTheme:
    def test_a_choice_holds_from_page_to_page_and_the_system_is_followed_otherwise(self, visitor):
        someone = visitor(color_scheme="dark").sign_in(a_person())
        page = someone.open("/style/")
        ground = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(ground) == "rgb(22, 24, 29)"
        page.click(".topbar-user")
        page.click("[data-theme-choice=light]")
        assert page.evaluate(ground) == "rgb(255, 255, 255)"
        page.reload()
        assert page.evaluate(ground) == "rgb(255, 255, 255)"
        page.click(".topbar-user")
        page.click("[data-theme-choice='']")
        page.reload()
        assert page.evaluate(ground) == "rgb(22, 24, 29)"


class TestMenusAndDialogs:
    def test_escape_closes_and_gives_the_focus_back(self, style):
        page = style.page
        page.click(".topbar-user")
        assert page.locator("details.menu[open]").count() == 1
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Escape")
        assert page.locator("details.menu[open]").count() == 0
        assert page.evaluate("document.activeElement.matches('.topbar-user')")

    def test_a_click_elsewhere_closes_the_menu(self, style):
        page = style.page
        page.click(".topbar-user")
        page.click("h1")
        assert page.locator("details.menu[open]").count() == 0

    @pytest.mark.parametrize("language", ["ja", "en"])
    def test_every_menu_stays_on_the_screen_of_a_phone(self, visitor, language):
        team = a_team(next_team=a_team(tier=2))
        incident = an_incident(service=a_service(team))
        someone = visitor(viewport=PHONE).sign_in(an_agent(team, language=language))
        page = someone.open(f"/incidents/{incident.ticket.number}/")
        menus = page.locator("details.menu")
        assert menus.count() >= 3
        for at in range(menus.count()):
            menus.nth(at).locator("summary").click()
            box = menus.nth(at).locator(".menu-sheet").bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"], (at, box)
            page.keyboard.press("Escape")
        someone.check()

    def test_the_strip_of_a_phone_shows_where_one_is(self, visitor):
        page = visitor(viewport=PHONE).sign_in(an_administrator()).open("/settings/audit/")
        box = page.locator(".rail [aria-current]").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
        assert page.evaluate("scrollY") == 0

    def test_a_button_opens_its_dialog(self, style):
        page = style.page
        page.click("[data-dialog=example-dialog]")
        assert page.locator("#example-dialog").is_visible()
        style.check()
        page.keyboard.press("Escape")
        assert not page.locator("#example-dialog").is_visible()


class TestKeys:
    def test_j_and_k_move_among_the_rows(self, style):
        page = style.page
        page.keyboard.press("j")
        page.keyboard.press("j")
        assert page.locator("tr.is-current").get_attribute("id") == "row-ja-INC0000119"
        page.keyboard.press("k")
        assert page.locator("tr.is-current").get_attribute("id") == "row-ja-INC0000124"

    def test_a_question_mark_shows_the_keys(self, style):
        style.page.keyboard.press("?")
        assert style.page.locator("#keys").is_visible()
        style.check()

    def test_letters_in_a_field_are_letters(self, style):
        field = style.page.locator(f"{FORM} textarea")
        field.fill("")
        field.press_sequentially("jk?x")
        assert field.input_value() == "jk?x"
        assert style.page.locator("tr.is-current, dialog[open]").count() == 0

    def test_keys_with_ctrl_belong_to_the_browser(self, style):
        style.page.evaluate("dispatchEvent(new KeyboardEvent('keydown', {key: 'j', ctrlKey: true, bubbles: true}))")
        assert style.page.locator("tr.is-current").count() == 0


class TestInputMethod:
    ENTER = """([selector, composing, keyCode]) => {
        const field = document.querySelector(selector);
        let sent = 0;
        field.form.addEventListener("submit", (event) => { sent += 1; event.preventDefault(); });
        const key = {key: "Enter", bubbles: true, cancelable: true, keyCode, ctrlKey: !composing};
        key.isComposing = composing;
        field.dispatchEvent(new KeyboardEvent("keydown", key));
        return sent;
    }"""

    @pytest.mark.parametrize("how", [(True, 0), (False, 229)], ids=["composing", "Safari"])
    def test_enter_while_composing_sends_nothing(self, style, how):
        assert style.page.evaluate(self.ENTER, [f"{FORM} textarea", *how]) == 0

    @pytest.mark.parametrize("field", ["textarea", "input:not([type=hidden], [type=file])", "select"])
    def test_ctrl_enter_sends(self, style, field):
        style.page.eval_on_selector(FORM, "form => { form.noValidate = true; }")
        assert style.page.evaluate(self.ENTER, [f"{FORM} {field}", False, 13]) == 1


class TestDrafts:
    def test_what_was_typed_survives_a_reload_and_belongs_to_the_person(self, visitor):
        someone = visitor().sign_in(a_person())
        page = someone.open("/style/")
        page.locator(f"{FORM} textarea").fill("まだ送っていない文")
        page.locator(f"{FORM} input[name=title]").fill("件名")
        page.reload()
        assert page.locator(f"{FORM} textarea").input_value() == "まだ送っていない文"
        assert page.locator(f"{FORM} input[name=title]").input_value() == "件名"
        someone.context.clear_cookies()
        someone.sign_in_by_form(a_person())
        someone.open("/style/")
        assert page.locator(f"{FORM} textarea").input_value() == ""

    def test_an_emptied_form_leaves_no_draft(self, style):
        page = style.page
        page.locator(f"{FORM} textarea").fill("x")
        page.locator(f"{FORM} textarea").fill("")
        page.reload()
        assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:'))") == []


class TestFiles:
    PASTE = """([selector, text]) => {
        const data = new DataTransfer();
        data.items.add(new File(["x"], "image.png", {type: "image/png"}));
        if (text) data.setData("text/plain", text);
        document.querySelector(selector).dispatchEvent(
            new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
    }"""
    COUNT = f"document.querySelector('{FORM} input[type=file]').files.length"

    def test_chosen_files_are_listed_and_can_be_taken_away(self, style):
        page = style.page
        page.set_input_files(
            f"{FORM} input[type=file]",
            [{"name": f"{n}.txt", "mimeType": "text/plain", "buffer": b"hello"} for n in ("a", "b")],
        )
        assert page.locator(f"{FORM} .file-chip").count() == 2
        page.get_by_role("button", name="Remove: a.txt").click()
        assert page.evaluate(self.COUNT) == 1

    def test_a_screenshot_can_be_pasted(self, style):
        style.page.evaluate(self.PASTE, [f"{FORM} textarea", ""])
        assert style.page.evaluate(self.COUNT) == 1
        assert "Screenshot-" in style.page.inner_text(f"{FORM} .file-list")

    def test_pasted_text_is_text_even_when_a_picture_of_it_comes_along(self, style):
        style.page.evaluate(self.PASTE, [f"{FORM} textarea", "from a spreadsheet"])
        assert style.page.evaluate(self.COUNT) == 0


class TestToasts:
    def test_events_become_toasts_as_text(self, style):
        page = style.page
        page.evaluate(
            "document.body.dispatchEvent(new CustomEvent('toast', {bubbles: true, detail:"
            " {message: '<img src=x onerror=alert(1)>', level: 'danger', undo: '//evil.example/'}}))"
        )
        assert "<img" in page.inner_text("#toasts")
        assert page.locator("#toasts img, #toasts .toast-undo").count() == 0
        page.click("#toasts [data-toast-close]")
        assert page.locator("#toasts .toast-sheet").count() == 0


class TestPasskeys:
    def test_one_is_added_and_signs_in_without_a_password(self, visitor):
        someone = visitor().sign_in_by_form(a_person())
        page = someone.page
        devtools = someone.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        devtools.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        someone.open("/account/2fa/webauthn/add/")
        if "reauthenticate" in page.url:
            page.fill("[name=password]", "correct horse battery")
            page.click("main button[type=submit]")
        page.check("input[name=passwordless]")
        someone.check()
        page.click("#mfa_webauthn_add")
        page.wait_for_url("**/recovery-codes/")
        someone.check()
        someone.open("/account/2fa/webauthn/")
        assert page.locator("tbody tr").count() == 1
        someone.check()
        someone.open("/account/logout/")
        page.click("main button[type=submit]")
        someone.open("/account/login/?next=/style/")
        page.click("#passkey_login")
        page.wait_for_url("**/style/")


class TestSearchBox:
    def test_completes_filters_by_keyboard_and_enter_searches_until_one_has_moved(self, visitor):
        team = a_team(code="network", name="ネットワーク")
        someone = visitor(locale="en-GB").sign_in(an_agent(team, language="en"))
        page = someone.open("/desk/")
        page.keyboard.press("/")
        box = page.locator("input[name=q]:focus")
        page.keyboard.type("printer sta")
        options = page.locator("#topsearch-options [role=option]")
        expect(options).to_have_count(1)
        someone.check()
        page.keyboard.press("ArrowDown")
        expect(box).to_have_attribute("aria-activedescendant", "completion-1")
        page.keyboard.press("Enter")
        expect(box).to_have_value("printer status:")
        expect(options.first).to_contain_text("status:open")
        page.keyboard.type("opn")
        expect(options).to_have_count(0)
        page.keyboard.press("Enter")  # nothing is chosen: it searches
        page.wait_for_url("**/search/?q=printer+status%3Aopn")
        expect(page.locator("#found .notice")).to_contain_text("status:open")
        someone.check()


class TestPalette:
    def test_goes_and_does_by_keyboard(self, visitor):
        team = a_team()
        incident = an_incident(service=a_service(team))
        someone = visitor(locale="en-GB").sign_in(an_agent(team, language="en"))
        page = someone.open(f"/incidents/{incident.ticket.number}/")
        page.keyboard.press("Control+k")
        palette = page.locator("#palette")
        expect(palette).to_be_visible()
        expect(palette.get_by_role("option").first).to_be_visible()
        someone.check()
        page.keyboard.press("Escape")
        expect(palette).to_be_hidden()
        page.keyboard.press("Control+k")
        page.keyboard.type("assign to")
        expect(palette.locator("[aria-selected=true]")).to_contain_text("Assign to me")
        page.keyboard.press("Enter")
        expect(page.locator("#ticket-state, .ticket-state, main").first).to_contain_text("Assigned")
        expect(palette).to_be_hidden()
        page.keyboard.press("Control+k")
        page.keyboard.type(incident.ticket.number.lower())
        expect(palette.locator("[aria-selected=true]")).to_contain_text(incident.ticket.number)
        page.keyboard.press("Escape")
        page.keyboard.press("Control+k")
        page.keyboard.type("unassigned")
        expect(palette.locator("[aria-selected=true]")).to_contain_text("Unassigned")
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/?view=unassigned")
        assert someone.complaints == []


class TestPolls:
    def test_what_was_read_before_a_change_does_not_swallow_the_change(self, visitor):
        team = a_team()
        ticket, hana = an_incident(team=team).ticket, an_agent(team)
        someone = visitor().sign_in(hana)
        page = someone.open(ticket.get_absolute_url())
        held = []

        def hold(route):
            held.append((route, route.fetch()))

        # The poll is answered with somebody's note, and the answer is still on its way when one's own reply is sent.
        note(ticket, by=an_agent(team), via="page", body="Seen from the other side")
        page.route("**/*part=live*", hold, times=1)
        while not held:
            page.wait_for_timeout(100)
        page.locator("#composer textarea").fill("It was the fuse")
        page.get_by_role("button", name="Send reply").click()
        expect(page.locator("#composer textarea")).to_have_value("")
        route, answer = held[0]
        route.fulfill(response=answer)
        expect(page.locator("#timeline")).to_contain_text("It was the fuse", timeout=3_000)
        expect(page.locator("#timeline")).to_contain_text("Seen from the other side")
        someone.check()

    def test_a_queue_that_nobody_touches_asks_less_often(self, visitor):
        someone = visitor()
        someone.page.clock.install()
        page, asked = someone.sign_in(an_agent(a_team())).open("/desk/"), []
        page.on("request", lambda request: asked.append(request) if "/desk/changes/" in request.url else None)

        def pass_seconds(number):
            asked.clear()
            for _each in range(number // 10):
                page.clock.run_for(10_000)
                page.wait_for_timeout(300)  # of the real clock: the answer comes
            return len(asked)

        page.mouse.move(200, 200)
        assert pass_seconds(50) >= 5  # the clock goes on by itself too
        pass_seconds(30)
        assert 3 <= pass_seconds(90) <= 4
        page.mouse.move(300, 300)
        assert pass_seconds(50) >= 5


class TestSwaps:
    def test_what_is_pressed_as_soon_as_it_is_there_stays_on_the_page(self, visitor):
        # Before, for the 20 ms in which htmx let a swap settle, a form just come was an ordinary form.
        team = a_team()
        ticket, hana = an_incident(team=team).ticket, an_agent(team, name="Hana Mori")
        page = visitor().sign_in(hana).open("/desk/")
        page.evaluate(
            """new MutationObserver((_changes, one) => {
              const button = document.querySelector("#peek [data-key=a]");
              if (button) { one.disconnect(); button.click(); }
            }).observe(document.body, { childList: true, subtree: true })"""
        )
        page.keyboard.press("j")
        expect(page.locator(f"#t{ticket.pk}")).to_contain_text("Hana Mori")
        assert "/desk/" in page.url
