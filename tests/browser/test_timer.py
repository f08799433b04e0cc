"""Work time in a real browser: the timer by one key, in the bar on every page, a few minutes at one press, corrections;
the pages are clean.
"""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from servicedesk.tickets.actions import log_work, start_timer
from servicedesk.tickets.models import WorkTime, WorkTimer
from tests.factories import a_team, a_ticket, an_administrator, an_agent

from .test_pages import LOOKS, language_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def team():
    return a_team()


def back(**ago):
    WorkTimer.objects.update(started_at=timezone.now() - timedelta(**ago))


@pytest.mark.parametrize("look", LOOKS)
def test_pages_are_clean(visitor, team, look):
    agent = an_agent(team, language=language_of(look))
    ticket = a_ticket(team=team)
    work = log_work(ticket, by=agent, via="page", minutes=20, note="A note that tells more than one line has room for")
    someone = visitor(**look).sign_in(agent)
    someone.open("/tickets/timer/")
    someone.check()
    start_timer(ticket, by=agent, via="page")
    for ago in ({"minutes": 17}, {"hours": 11}):
        back(**ago)
        for path in ("/tickets/timer/", f"/tickets/{ticket.number}/work-time/{work.pk}/", ticket.get_absolute_url()):
            page = someone.open(path)
            expect(page.locator("#timer-link")).to_be_visible()
            someone.check()


@pytest.mark.parametrize("look", LOOKS)
def test_settings_are_clean(visitor, look):
    someone = visitor(**look).sign_in(an_administrator(language=language_of(look)))
    for path in ("/settings/work-months/", "/settings/work-rounding/"):
        someone.open(path)
        someone.check()


def test_one_key_starts_and_stops_and_the_bar_shows_it_everywhere(visitor, team):
    agent = an_agent(team)
    ticket = a_ticket(team=team)
    someone = visitor().sign_in(agent)
    page = someone.open(ticket.get_absolute_url())
    expect(page.locator("#timer-button")).to_have_text("Start the timer")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("t")
    expect(page.locator("#timer-button")).to_have_text("Stop the timer")
    link = page.locator("#timer-link")
    expect(link).to_have_accessible_name(f"Timer on {ticket.number}: 0:00")
    assert not page.locator("#sheet").is_visible()
    back(minutes=17, seconds=5)
    page = someone.open("/desk/")
    expect(link).to_have_accessible_name(f"Timer on {ticket.number}: 0:17")
    link.click()
    expect(page.locator(".work-timer")).to_contain_text("17 min → 20 min")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("t")
    expect(page.locator(".toast-sheet").last).to_contain_text("20 min was logged")
    expect(page.locator("#side-work")).to_have_text("Work time · 20 min")
    expect(page.locator("#timer-link")).to_have_count(0)
    someone.check()


def test_discarding_is_undone_from_the_toast(visitor, team):
    agent = an_agent(team)
    ticket = a_ticket(team=team)
    start_timer(ticket, by=agent, via="page")
    back(minutes=30)
    page = visitor().sign_in(agent).open(ticket.get_absolute_url())
    page.wait_for_load_state("networkidle")
    page.locator("#timer-other").click()
    page.locator("#sheet").get_by_role("button", name="Discard").click()
    expect(page.locator("#timer-button")).to_have_text("Start the timer")
    expect(page.locator("#sheet")).to_be_hidden()
    page.locator(".toast-sheet").last.get_by_role("button", name="Undo").click()
    expect(page.locator(".work-timer")).to_contain_text("0:30")
    assert not WorkTime.objects.exists()


def test_a_few_minutes_are_logged_undone_and_corrected(visitor, team):
    agent = an_agent(team)
    ticket = a_ticket(team=team)
    page = visitor().sign_in(agent).open(ticket.get_absolute_url())
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="+15 min").click()
    expect(page.locator("#side-work")).to_have_text("Work time · 15 min")
    page.locator(".toast-sheet").last.get_by_role("button", name="Undo").click()
    expect(page.locator("#side-work")).to_have_text("Work time")
    page.get_by_role("button", name="+5 min").click()
    expect(page.get_by_role("link", name="Correct 5 min")).to_be_visible()
    page.wait_for_load_state("networkidle")  # the panel is written twice, and a click between the two finds neither
    page.get_by_role("link", name="Correct 5 min").click()
    page.locator("#sheet").get_by_label("Minutes").fill("25")
    page.locator("#sheet").get_by_role("button", name="Save").click()
    expect(page.locator("#side-work")).to_have_text("Work time · 25 min")
    assert WorkTime.objects.get().minutes == 25
