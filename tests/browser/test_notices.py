"""The bell and the notices in a real browser: they come without reload, opening reads them, the pages are clean."""

import pytest
from playwright.sync_api import expect

from servicedesk.notify.models import Notification
from servicedesk.tickets.actions import assign, reply
from tests.factories import a_person, a_team, a_ticket, an_agent

from .conftest import PHONE
from .test_pages import LOOKS, language_of

pytestmark = pytest.mark.django_db(transaction=True)


def given(agent, deliver, **fields):
    """A ticket that a colleague gives to the agent."""
    ticket = a_ticket(**fields)
    assign(ticket, by=an_agent(name="Hana Sato"), via="page", assignee=agent)
    deliver()
    return ticket


@pytest.mark.parametrize("look", LOOKS)
def test_pages_are_clean(visitor, deliver, look):
    agent = an_agent(a_team(), language=language_of(look))
    someone = visitor(**look).sign_in(agent)
    for path in ("/notices/", "/notices/?state=unread", "/me/notices/"):
        someone.open(path)
        someone.check()
    given(agent, deliver, title="A title that goes on and on, as titles do when somebody tells all of it in one line")
    ticket = given(agent, deliver)
    reply(ticket, by=ticket.requester, via="page", body="Hello?")
    deliver()
    page = someone.open("/notices/")
    assert page.locator(".told-line.is-unread").count() == 3
    someone.check()
    page = someone.open("/")
    expect(page.locator("#bell .bell-count")).to_have_text("3")
    someone.check()


def test_the_bell_counts_up_without_reload_and_opening_the_ticket_counts_down(visitor, deliver):
    agent = an_agent(a_team())
    someone = visitor()
    someone.page.clock.install()
    page = someone.sign_in(agent).open("/desk/")
    bell = page.locator("#bell-link")
    expect(bell).to_have_accessible_name("Notices")
    page.wait_for_load_state("networkidle")
    ticket = given(agent, deliver, title="The printer jams")
    assert page.locator("#bell .bell-count").count() == 0
    page.clock.fast_forward(61_000)
    expect(page.locator("#bell .bell-count")).to_have_text("1")
    expect(bell).to_have_accessible_name("Notices, 1 unread")
    expect(page.locator("#announcer")).to_have_text("Notices, 1 unread")
    bell.click()
    line = page.get_by_role("link", name="Hana Sato assigned this")
    expect(line).to_contain_text("The printer jams")
    with page.expect_response("**/notices/read/"):
        line.click()
    assert page.url.endswith(ticket.get_absolute_url())
    expect(page.locator("#bell .bell-count")).to_have_count(0)
    assert Notification.objects.get(person=agent).read_at is not None
    someone.check()


def test_a_count_from_before_the_reading_is_not_shown_after_it(visitor, deliver):
    agent = an_agent(a_team())
    ticket = given(agent, deliver)
    someone = visitor().sign_in(agent)
    page, held = someone.page, []
    page.route("**/notices/bell/*", lambda route: held.append((route, route.fetch())), times=1)
    page.route("**/notices/read/", lambda route: page.wait_for_timeout(3000) or route.continue_())
    with page.expect_response("**/notices/read/"):
        someone.open(ticket.get_absolute_url())
    page.wait_for_timeout(100)
    (route, answer), *_none = held
    assert "1 unread" in answer.text()
    route.fulfill(response=answer)
    expect(page.locator("#bell-link")).to_have_accessible_name("Notices")
    someone.check()


def test_what_comes_while_the_ticket_is_open_is_read_by_that(visitor, deliver):
    agent = an_agent(a_team())
    ticket = given(agent, deliver)
    someone = visitor()
    someone.page.clock.install()
    page = someone.sign_in(agent).open(ticket.get_absolute_url())
    page.wait_for_load_state("networkidle")
    reply(ticket, by=ticket.requester, via="page", body="It jams again")
    deliver()
    with page.expect_response("**/notices/read/"):
        page.clock.fast_forward(7_000)
    expect(page.locator(".timeline")).to_contain_text("It jams again")
    assert not Notification.objects.filter(person=agent, read_at=None).exists()


def test_all_are_read_at_once_on_a_phone(visitor, deliver):
    hanako, agent = a_person(), an_agent()
    for _n in range(2):
        ticket = a_ticket(requester=hanako)
        reply(ticket, by=agent, via="page", body="Which printer?")
    deliver()
    someone = visitor(viewport=PHONE).sign_in(hanako)
    page = someone.open("/")
    expect(page.locator("#bell .bell-count")).to_have_text("2")
    page.locator("#bell-link").click()
    page.get_by_role("button", name="Mark all as read").click()
    page.locator(".toast-text", has_text="All notices are marked as read.").wait_for()
    expect(page.locator(".told-line.is-unread")).to_have_count(0)
    expect(page.locator("#bell .bell-count")).to_have_count(0)
    someone.check()
