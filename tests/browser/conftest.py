"""A real browser against the real pages: Debian's Chromium by Playwright, axe on every page, no console error
passes.
"""

import os
import shutil
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.test import Client
from django.utils import translation
from playwright.sync_api import Page, sync_playwright

from servicedesk.tickets.delivery import deliver_waiting

# Playwright's synchronous interface runs an event loop in this thread; Django would take our queries for async ones.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1440, "height": 900}


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing: apt-get install chromium")
        pytest.skip("Chromium is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


PASSWORD = "correct horse battery"


def _with_password(user) -> str:
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return PASSWORD


class Visitor:
    """Somebody at a browser. `page` is Playwright's page; what the console complains of is collected in
    `complaints`.
    """

    def __init__(self, chromium, address: str, **options):
        options = {"viewport": DESKTOP, "locale": "en-GB"} | options
        self.address, self.locale = address, options["locale"]
        self.context = chromium.new_context(base_url=address, reduced_motion="reduce", **options)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.complaints: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message):
        # A refused form answers 422 and a lost object 404: the browser logs both, and both are right.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.complaints.append(message.text)

    def sign_in(self, user) -> "Visitor":
        """The same request as the sign-in page sends, but not by the browser, which gets the session from it."""
        client = Client(headers={"accept-language": self.locale})
        with translation.override("en"):  # and after it as before: the request chooses a language in this thread
            answer = client.post("/account/login/", {"login": user.email, "password": _with_password(user)})
        assert answer.status_code == 302, answer.content.decode()[:2000]
        session = client.cookies[settings.SESSION_COOKIE_NAME]
        self.context.add_cookies([
            {"name": session.key, "value": session.value, "url": self.address, "httpOnly": True, "sameSite": "Lax"}
        ])  # fmt: skip
        return self

    def sign_in_by_form(self, user) -> "Visitor":
        """Through the sign-in page, as people do."""
        self.page.goto("/account/login/")
        self.page.locator("input[name=login]").fill(user.email)
        self.page.locator("input[name=password]").fill(_with_password(user))
        self.page.locator("input[name=password]").press("Enter")
        self.page.wait_for_url(lambda address: "/account/login" not in address)
        return self

    def open(self, path: str) -> Page:
        answer = self.page.goto(path)
        assert answer and answer.status < 400, f"{path} answered {answer and answer.status}"
        return self.page

    def check(self) -> None:
        """axe finds nothing, the page does not scroll sideways, and the console is silent."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        # From the top: wherever a page was left, something lies half under the bar, and axe takes it for too small.
        self.page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        # Every rule looks at every element; told is how many rules passed and all that is violated, no more.
        result = self.page.evaluate(
            "axe.run(document, {resultTypes: ['violations'], runOnly:"
            " ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
            ".then(({passes, violations}) => ({passes: passes.length, violations}))"
        )
        assert result["passes"], "axe did not look at anything"
        faults = [
            f"{fault['id']}: {fault['help']}: {[node['target'] for node in fault['nodes']][:4]}"
            for fault in result["violations"]
        ]
        assert faults == [], f"{self.page.url}: " + "\n".join(faults)
        width = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert width[0] <= width[1], f"{self.page.url} scrolls sideways: {width}"
        assert self.complaints == [], self.complaints


@pytest.fixture
def visitor(chromium, live_server):
    """`visitor(**options)` opens a browser window of its own, closed after the test."""
    cache.clear()
    opened: list[Visitor] = []

    def visit(**options) -> Visitor:
        opened.append(Visitor(chromium, live_server.url, **options))
        return opened[-1]

    with _Underway() as underway:
        yield visit
        for each in opened:
            each.context.close()
        # The tables are emptied next, and a page may still have asked for something.
        underway.wait()


class _Underway:
    """Counts the requests that the live server is answering."""

    def __init__(self):
        self._count, self._changed = 0, threading.Condition()

    def __enter__(self):
        request_started.connect(self._more)
        request_finished.connect(self._fewer)
        return self

    def __exit__(self, *exc):
        request_started.disconnect(self._more)
        request_finished.disconnect(self._fewer)

    def _more(self, **kwargs):
        with self._changed:
            self._count += 1

    def _fewer(self, **kwargs):
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait(self):
        with self._changed:
            assert self._changed.wait_for(lambda: self._count <= 0, timeout=20), f"{self._count} requests do not end"


@pytest.fixture
def deliver():
    """Let the desk do what its background tasks would: take events through their consumers."""
    return deliver_waiting
