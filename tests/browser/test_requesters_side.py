"""The requester's page and the settings in a real browser: thanks, where one stands after sending, what is read out."""

import pytest
from playwright.sync_api import expect

from incidents.actions import resolve_incident
from servicedesk.tickets.actions import reply
from tests.factories import a_person, a_service, a_team, an_administrator, an_agent, an_incident

from .conftest import PHONE
from .test_pages import LOOKS, language_of

pytestmark = pytest.mark.django_db(transaction=True)


def solved(requester, team=None):
    """A ticket of the requester that somebody has solved."""
    team = team or a_team()
    incident = an_incident(service=a_service(team), requester=requester)
    resolve_incident(incident, by=an_agent(team), via="page", resolution="Paper added.")
    incident.ticket.refresh_from_db()
    return incident.ticket


@pytest.mark.parametrize("look", LOOKS)
def test_the_pages_are_clean_before_and_after_thanks(visitor, look):
    person = a_person(language=language_of(look))
    someone = visitor(**look).sign_in(person)
    page = someone.open(solved(person).get_absolute_url())
    someone.check()
    page.locator("#thank-word").fill("とても助かりました。またお願いします。" * 4)
    page.locator("#thank button").click()
    expect(page.locator(".thanked")).to_be_visible()
    expect(page.locator(".thanks-word")).to_contain_text("とても助かりました")
    someone.check()


def test_on_a_phone_in_japanese_nothing_runs_over(visitor):
    person = a_person(language="ja")
    someone = visitor(viewport=PHONE, locale="ja-JP").sign_in(person)
    page = someone.open(solved(person).get_absolute_url())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map((one) => Number(one.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    nameless = page.evaluate(
        "[...document.querySelectorAll('main button, main a, main summary')]"
        ".filter((one) => !one.textContent.trim() && !one.getAttribute('aria-label')).length"
    )
    assert nameless == 0
    someone.check()


def test_after_sending_one_stands_at_what_one_wrote_and_hears_that_it_was_sent(visitor):
    person = a_person()
    ticket = solved(person)
    someone = visitor().sign_in(person)
    page = someone.open(ticket.get_absolute_url())
    page.locator("#answer-body").fill("It jams again.")
    page.locator("#answer button[type=submit]").click()
    event = ticket.events.get(verb="reply")
    page.wait_for_url(f"**{ticket.get_absolute_url()}#e{event.number}")
    expect(page.locator(f"#e{event.number}")).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("Your reply was sent.")
    someone.check()


def test_what_happens_while_it_is_open_is_read_out(visitor):
    person, team = a_person(), a_team()
    ticket = solved(person, team)
    someone = visitor()
    someone.page.clock.install()
    page = someone.sign_in(person).open(ticket.get_absolute_url())
    page.wait_for_load_state("networkidle")
    reply(ticket, by=an_agent(team), via="page", body="Is it still well?")
    page.clock.fast_forward(16_000)
    expect(page.locator(".timeline")).to_contain_text("Is it still well?")
    expect(page.locator("#announcer")).to_have_text("There is news about your request: We think it is solved. Is it?")


@pytest.mark.parametrize("look", LOOKS)
def test_the_search_of_the_settings_answers_while_one_types(visitor, look):
    someone = visitor(**look).sign_in(an_administrator(language=language_of(look)))
    page = someone.open("/settings/")
    page.locator("#settings-q").press_sequentially("ﾊﾟｽﾜｰﾄﾞ")
    expect(page.locator(".settings-hit").first).to_be_visible()
    assert "?q=" in page.url
    expect(page.locator("#settings-q")).to_be_focused()
    expect(page.locator("#announcer")).not_to_be_empty()
    someone.check()
    page.locator("#settings-q").fill("qwertz")
    expect(page.locator(".settings-hit")).to_have_count(0)
    someone.check()


@pytest.mark.parametrize("look", LOOKS)
def test_the_foot_of_a_page_leads_to_the_history_of_one_object(visitor, look):
    admin = an_administrator(language=language_of(look))
    service = a_service(a_team())
    someone = visitor(**look).sign_in(admin)
    page = someone.open(f"/settings/services/{service.pk}/")
    page.locator("input[name=name]").fill("Better name")
    page.locator(".settings-form button[type=submit]").click()
    page = someone.open(f"/settings/services/{service.pk}/")
    expect(page.locator("#last-change")).to_contain_text(admin.display_name)
    someone.check()
    page.locator("#last-change a").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator(".audit-only")).to_contain_text("Better name")
    someone.check()
