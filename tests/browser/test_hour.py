"""An hour of an agent, by the keyboard alone, among a thousand tickets; a colleague at another browser sees it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from servicedesk.desk.macros import create_macro
from servicedesk.desk.templates import create_template
from servicedesk.people.jobs import run_next_job
from servicedesk.tickets import actions
from servicedesk.tickets.consumers import index_tickets
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_service, a_team, an_administrator, an_agent, an_incident

from .test_call import composing, decided

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def team():
    return a_team(name="Service desk")


@pytest.fixture
def world(team):
    """A thousand open tickets: one urgent, one that came twice, some small ones, and a great many others."""
    service, aya = a_service(team, name="Printers"), a_person(name="Aya Kimura")
    fields = {"service": service, "team": team}
    urgent = an_incident(title="The printer hums", requester=aya, impact=2, urgency=1, **fields).ticket
    first = an_incident(title="VPN drops every hour", requester=aya, impact=2, urgency=2, **fields).ticket
    second = an_incident(title="VPN drops again", requester=aya, impact=2, urgency=2, **fields).ticket
    small = [an_incident(title=f"Toner {n}", requester=aya, impact=3, urgency=2, **fields).ticket for n in range(3)]
    before = timezone.now() - timedelta(days=1)
    rest = [
        Ticket(
            number=f"INC9{n:06d}", type="incident", title=f"Case {n}", requester=aya, entered_by=aya, team=team,
            service=service, status="new", phase="new", channel="portal", created_at=before, updated_at=before,
        )
        for n in range(994)
    ]  # fmt: skip
    Ticket.objects.bulk_create(rest)
    index_tickets([urgent.pk, first.pk, second.pk, *(ticket.pk for ticket in small)])
    assert Ticket.objects.count() == 1000
    admin = an_administrator()
    asks = create_template(
        code="which", name="Which device", body_en="Hello {requester},\n\nwhich device is it?", by=admin, via="page"
    )
    create_macro(name="Toner is out", reply=asks, step="resolve", minutes=5, by=admin, via="page")
    return {"aya": aya, "urgent": urgent, "first": first, "second": second, "small": small}


class Keys:
    """Presses keys and nothing else; a mouse there is none."""

    def __init__(self, page):
        self.page = page

    def __call__(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)

    def palette(self, words: str, chosen: str) -> None:
        self("Control+k")
        self.write(words)
        expect(self.page.locator("#palette [aria-selected=true]")).to_contain_text(chosen)
        self("Enter")

    def tab_to(self, target) -> None:
        for _step in range(120):
            if target.evaluate("one => one === document.activeElement"):
                return
            self("Tab")
        raise AssertionError(f"Tab does not reach {target}")


def state(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


class TestHour:
    def test_by_keyboard_alone(self, visitor, team, world):
        ken = an_agent(team, name="Ken Suzuki")
        mari = an_agent(team, name="Mari Ota")
        urgent, first, second = world["urgent"], world["first"], world["second"]
        desk = visitor().sign_in_by_form(ken)
        page, keys = desk.page, Keys(desk.page)

        # Triage: the most urgent stands on top; it is taken without leaving the list, then opened.
        desk.open("/")
        keys("g", "d")
        page.wait_for_url("**/desk/**")
        keys("j")
        expect(page.locator("#peek")).to_contain_text("The printer hums")
        keys("a")
        expect(page.locator(f"#t{urgent.pk}")).to_contain_text("Ken Suzuki")
        keys("Enter")
        page.wait_for_url(f"**/incidents/{urgent.number}/")

        # A colleague opens it too, and sees who is there.
        other = visitor().sign_in(mari)
        other.open(urgent.get_absolute_url())
        expect(other.page.locator("#here")).to_contain_text("Ken Suzuki")

        # Reply by a template; the input method's Enter sends nothing.
        keys("r")
        box = page.locator("#composer textarea[name=body]")
        expect(box).to_be_focused()
        composing(page, "#composer textarea[name=body]", "機種")
        keys("Enter")
        expect(page.locator("#timeline")).not_to_contain_text("機種")
        decided(page, "#composer textarea[name=body]")
        keys("Control+a", "Delete")
        keys.write("/which")
        expect(page.locator("#writing-options [role=option]")).to_have_count(1)
        keys("Enter")
        expect(box).to_have_value("Hello Aya Kimura,\n\nwhich device is it?")
        expect(other.page.locator("#here")).to_contain_text("writing a reply", timeout=15_000)
        keys("Control+Enter")
        expect(page.locator("#timeline")).to_contain_text("which device is it?")
        expect(other.page.locator("#timeline")).to_contain_text("which device is it?", timeout=15_000)
        desk.check()

        # The same trouble twice: merged by the palette, and taken apart again.
        keys.palette(second.number, second.number)
        page.wait_for_url(f"**/incidents/{second.number}/")
        keys.palette("merge", "Merge")
        choice = page.locator("#sheet").get_by_label(f"{first.number} {first.title}", exact=False)
        expect(page.locator("#sheet input[name=alike]").first).to_be_focused()
        keys("Space")
        for _step in range(6):
            if choice.is_checked():
                break
            keys("ArrowDown")
        assert choice.is_checked()
        keys("Enter")
        expect(page.locator("#ticket-state")).to_contain_text(first.number)
        assert state(second).merged_into_id == first.pk
        keys.palette("undo the merge", "Undo the merge")
        expect(page.locator("#ticket-state")).to_contain_text("New")
        assert state(second).status == "new"

        # A message about something else becomes a ticket of its own.
        actions.reply(first, by=world["aya"], via="page", body="And my mouse is dead")
        keys.palette(first.number, first.number)
        page.wait_for_url(f"**/incidents/{first.number}/")
        keys.tab_to(page.get_by_role("link", name="What to do with this message").nth(1))
        keys("Enter")
        split = page.locator("#sheet").get_by_role("link", name="Split off to a new ticket")
        expect(page.locator("#sheet").get_by_role("link", name="Quote in a reply")).to_be_focused()
        keys.tab_to(split)
        keys("Enter")
        expect(page.locator("#sheet").get_by_label("Title")).to_be_focused()
        keys("Enter")
        expect(page.locator("#ticket-side")).to_contain_text("And my mouse is dead")
        assert Ticket.objects.get(title="And my mouse is dead").requester == world["aya"]

        # One key and Enter: what a macro does.
        toner = world["small"][0]
        keys.palette(toner.number, toner.number)
        page.wait_for_url(f"**/incidents/{toner.number}/")
        keys("m")
        expect(page.get_by_role("button", name="Toner is out")).to_be_focused()
        keys("Enter")
        expect(page.locator("#ticket-state")).to_contain_text("Resolved")

        # The two others at once, from a search.
        keys("/")
        keys.write("toner status:open")
        keys("Enter")
        page.wait_for_url("**/search/**")
        expect(page.locator("main")).to_contain_text("Toner 1")
        expect(page.locator("main")).not_to_contain_text("Case 7")
        keys("g", "d")
        page.wait_for_url("**/desk/**")
        keys("g", "a")
        page.wait_for_url("**view=all**")
        keys("f")
        expect(page.locator("#filter-words")).to_be_focused()
        keys.write("toner")
        keys("Enter")
        page.wait_for_url("**words=toner**")
        keys("j", "x", "j", "x")
        expect(page.locator("form.bulk")).to_contain_text("2 chosen")
        keys("c")
        page.wait_for_url("**/desk/bulk/**")
        keys.tab_to(page.get_by_label("Add tags"))
        keys.write("toner")
        keys("Enter")
        page.wait_for_url("**/desk/bulk/*/")
        while run_next_job():
            pass
        expect(page.locator("#bulk-result")).to_contain_text("Done: 2")
        assert Ticket.objects.filter(tags__name="toner").count() == 2
        keys.tab_to(page.get_by_role("button", name="Undo the whole"))
        keys("Enter")
        expect(page.get_by_role("button", name="Undo the whole")).to_have_count(0)
        while run_next_job():
            pass
        expect(page.locator("#bulk-result")).to_contain_text("Undone: 2")
        assert not Ticket.objects.filter(tags__name="toner").exists()
        desk.check()
        assert other.complaints == []
