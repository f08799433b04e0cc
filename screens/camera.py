"""Chromium goes from page to page in every look, takes the pictures and says what a machine can see wrong."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from servicedesk.frontdoor.say import Stop

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
KEYS = ("Control+K",)  # beside single letters
LEADING_ON = ("c",)  # to another page
LANGUAGES, SCHEMES = ("ja", "en"), ("light", "dark")
WIDTHS = {1440: {"width": 1440, "height": 900}, 360: {"width": 360, "height": 740}}
LOOKS = [f"{language}-{scheme}-{width}" for language in LANGUAGES for scheme in SCHEMES for width in WIDTHS]


def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not path:
        raise Stop("Chromium is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield one
        one.close()


class Window:
    """One look of one person."""

    def __init__(self, chromium: Browser, address: str, look: str, cookies: list[dict]):
        language, scheme, width = look.split("-")
        self.context: BrowserContext = chromium.new_context(
            base_url=address, locale=f"{language}-JP", color_scheme=scheme, viewport=WIDTHS[int(width)],
            reduced_motion="reduce",
        )  # fmt: skip
        if cookies:
            self.context.add_cookies(cookies)
        # What is chosen in one picture (tickets of the queue) is not chosen in the next.
        self.context.add_init_script("if (window === top) sessionStorage.clear()")
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self._said: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self._said.append(str(error)))

    def _listen(self, message) -> None:
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self._said.append(message.text)

    def shoot(self, path: str, press: tuple[str, ...], file: Path) -> list[str]:
        """The picture of a page, the whole height of it; what is wrong with it in words."""
        self._said = []
        answer = self.page.goto(path)
        self._settle()
        for selector in press:
            if selector in LEADING_ON:
                with self.page.expect_navigation():
                    self.page.keyboard.press(selector)
            elif selector in KEYS or len(selector) == 1:
                self.page.keyboard.press(selector)
            else:
                self.page.locator(selector).first.click()
            self._settle()
        file.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=file, full_page=True)
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        faults = [f"it scrolls sideways by {wide} px"] if wide > 0 else []
        if answer is None or answer.status >= 400 and not path.endswith("/INC9999999/"):
            faults.append(f"it answered {answer and answer.status}")
        return faults + self._said

    def _settle(self) -> None:
        """Until what the page fetches by itself is there: it asks on load, which takes a moment to begin."""
        self.page.wait_for_timeout(60)
        for _each in range(100):
            if not self.page.evaluate("!!document.querySelector('.htmx-request, .htmx-settling')"):
                return
            self.page.wait_for_timeout(50)

    def close(self) -> None:
        self.context.close()
