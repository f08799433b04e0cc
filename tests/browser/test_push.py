"""Allowing pushes in a real browser, and its service worker. `PushManager.subscribe` alone is made up: it would ask the
browser maker's servers, which no test reaches.
"""

import json

import pytest
from playwright.sync_api import expect

from servicedesk.notify.models import PushDevice
from tests.factories import a_team, a_ticket, an_agent
from tests.notify.pushes import Browser, a_device

from .conftest import PHONE
from .test_pages import LOOKS, language_of

pytestmark = pytest.mark.django_db(transaction=True)
ENDPOINT = "https://fcm.googleapis.com/fcm/send/browser"
# What a browser says after its push service has answered, kept for the page as the browser keeps it.
SUBSCRIBES = """
    const kept = () => localStorage.getItem("made up") && {
      toJSON: () => JSON.parse(localStorage.getItem("made up")),
      unsubscribe: async () => { localStorage.removeItem("made up"); return true; },
    };
    PushManager.prototype.subscribe = async (options) => {
      if (!options.userVisibleOnly || options.applicationServerKey.length !== 87) throw new Error("wrong options");
      localStorage.setItem("made up", JSON.stringify(%s));
      return kept();
    };
    PushManager.prototype.getSubscription = async () => kept();
"""
NOTIFICATIONS = """async () => {
    const worker = await navigator.serviceWorker.ready;
    return (await worker.getNotifications()).map((each) => [each.title, each.body, each.tag]);
}"""


@pytest.fixture
def subscribing(visitor):
    """`subscribing(user)` is somebody whose browser may show notices."""

    def visit(user):
        someone = visitor(permissions=["notifications"])
        said = {"endpoint": ENDPOINT, "keys": Browser().keys}
        someone.context.add_init_script(SUBSCRIBES % json.dumps(said))
        return someone.sign_in(user)

    return visit


def pushed(page, data: dict) -> None:
    """Let the browser hand a message to the service worker, as it does when one has come and was opened."""
    session = page.context.new_cdp_session(page)
    found = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    page.wait_for_timeout(200)
    session.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": page.evaluate("location.origin"),
            "registrationId": found[-1]["registrationId"],
            "data": json.dumps(data),
        },
    )


def allow(page) -> None:
    page.get_by_role("button", name="Allow on this device").click()
    expect(page.locator(".toast-text", has_text="Notices now come to this device.")).to_be_visible()


def test_asks_nothing_until_the_button_is_pressed_and_then_tells_the_desk(subscribing):
    agent = an_agent(a_team())
    someone = subscribing(agent)
    page = someone.open("/me/notices/")
    expect(page.get_by_role("button", name="Allow on this device")).to_be_visible()
    assert page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
    allow(page)
    device = PushDevice.objects.get()
    assert (device.person, device.endpoint) == (agent, ENDPOINT)
    expect(page.locator("[data-push-state=here]")).to_be_visible()
    expect(page.get_by_role("button", name="Allow on this device")).to_be_hidden()
    expect(page.get_by_text("This device", exact=True)).to_be_visible()
    scope = page.evaluate("async () => (await navigator.serviceWorker.ready).scope")
    assert scope == page.evaluate("location.origin + '/'")
    someone.check()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name="Allow on this device")).to_be_visible()
    assert not PushDevice.objects.exists() and page.evaluate("localStorage.getItem('made up')") is None


def test_the_worker_shows_what_comes_but_not_to_whom_has_it_open(subscribing):
    someone = subscribing(an_agent(a_team()))
    page = someone.open("/me/notices/")
    allow(page)
    ticket = a_ticket()
    said = {
        "title": "Assigned to you",
        "body": ticket.number,
        "url": ticket.get_absolute_url(),
        "tag": "t",
    }
    pushed(page, said)
    page.wait_for_function(f"async () => (await ({NOTIFICATIONS})()).length === 1")
    assert page.evaluate(NOTIFICATIONS) == [["Assigned to you", ticket.number, "t"]]
    pushed(page, said | {"title": "New reply"})  # about the same ticket: it takes the other's place
    page.wait_for_function(f"async () => (await ({NOTIFICATIONS})())[0][0] === 'New reply'")
    assert len(page.evaluate(NOTIFICATIONS)) == 1
    page.bring_to_front()
    pushed(page, said | {"url": "/me/notices/", "tag": "open"})
    page.wait_for_timeout(500)
    assert len(page.evaluate(NOTIFICATIONS)) == 1


def test_pressing_a_notice_opens_its_page_or_goes_to_the_window_that_has_it(subscribing):
    someone = subscribing(an_agent(a_team()))
    page = someone.open("/me/notices/")
    allow(page)
    worker, origin = page.context.service_workers[0], page.evaluate("location.origin")
    # A browser opens and shows windows only for a hand that pressed something, which no program can.
    worker.evaluate(
        """() => {
            self.went = [];
            self.clients.openWindow = async (url) => { self.went.push(["opened", url]); };
            WindowClient.prototype.focus = async function () { self.went.push(["shown", this.url]); };
        }"""
    )

    def shown(url: str) -> dict:
        pushed(page, {"title": "Assigned to you", "body": "", "url": url, "tag": url})
        # By its tag: one that was closed a moment ago may still be listed.
        tagged = f"getNotifications({{tag: {json.dumps(url)}}})"
        data = f"(await (await navigator.serviceWorker.ready).{tagged}).map((each) => each.data)"
        # What was listed is taken at once: asked again, Chromium may leave out what is not on the screen yet.
        [found] = page.wait_for_function(
            f"async () => {{ const all = {data}; return all.length ? all : null; }}"
        ).json_value()
        page.evaluate(
            """async () => {
                const worker = await navigator.serviceWorker.ready;
                for (const each of await worker.getNotifications()) each.close();
            }"""
        )
        page.wait_for_function(f"async () => {data}.length === 0")
        return found

    def press(data: dict) -> list:
        worker.evaluate(
            """async (data) => {
                const event = new Event("notificationclick");
                event.notification = { data, close: () => self.went.push(["closed"]) };
                event.waitUntil = (work) => { event.work = work; };
                self.dispatchEvent(event);
                await event.work;
            }""",
            data,
        )
        closed, went = worker.evaluate("self.went.splice(0)")
        assert closed == ["closed"]
        return went

    desk = shown("/desk/")
    assert press(desk) == ["opened", f"{origin}/desk/"]
    assert press(shown("https://elsewhere.example/x")) == ["opened", f"{origin}/"]
    page.context.new_page().goto(f"{origin}/desk/?view=all")
    assert press(desk) == ["shown", f"{origin}/desk/?view=all"]


def test_says_when_the_browser_has_it_forbidden(visitor):
    someone = visitor()
    someone.context.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
    page = someone.sign_in(an_agent()).open("/me/notices/")
    expect(page.get_by_text("You have told this browser to show no notices")).to_be_visible()
    expect(page.get_by_role("button", name="Allow on this device")).to_be_hidden()
    someone.check()


def test_says_when_the_browser_cannot(visitor):
    someone = visitor()
    someone.context.add_init_script("delete window.PushManager")
    page = someone.sign_in(an_agent()).open("/me/notices/")
    expect(page.get_by_text("This browser cannot do it.")).to_be_visible()
    assert someone.complaints == []


def test_says_when_the_push_service_does_not_answer(visitor):
    someone = visitor(permissions=["notifications"])
    someone.context.add_init_script("PushManager.prototype.subscribe = async () => { throw new Error('no service'); }")
    page = someone.sign_in(an_agent()).open("/me/notices/")
    page.get_by_role("button", name="Allow on this device").click()
    expect(page.get_by_text("could not arrange it with its push service")).to_be_visible()
    expect(page.get_by_role("button", name="Allow on this device")).to_be_enabled()
    assert not PushDevice.objects.exists()


@pytest.mark.parametrize("look", LOOKS)
def test_the_page_is_clean(visitor, look):
    agent = an_agent(a_team(), language=language_of(look))
    a_device(agent)
    PushDevice.objects.update(failures=3)
    someone = visitor(**look).sign_in(agent)
    someone.open("/me/notices/")
    someone.check()


def test_on_a_phone_too(visitor):
    someone = visitor(viewport=PHONE).sign_in(an_agent())
    someone.open("/me/notices/")
    someone.check()
