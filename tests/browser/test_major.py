"""A major incident in the browser: declared from the ticket, told of, read on the portal, and subscribed to."""

import pytest
from playwright.sync_api import expect

from incidents.major.models import MajorIncident, Subscriber
from tests.factories import a_person, a_service, a_team, an_agent, an_incident

from .test_pages import LOOKS, language_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("look", LOOKS)
def test_from_the_dialog_to_the_reader_who_need_not_ask(visitor, look):
    team = a_team()
    agent, staff = an_agent(team, language=language_of(look)), a_person(language=language_of(look))
    service = a_service(team)
    ticket = an_incident(service=service).ticket
    desk = visitor(**look).sign_in(agent)
    page = desk.open(f"/incidents/{ticket.number}/")
    page.locator(".ticket-actions > details.menu > summary").last.click()
    page.locator("a.menu-item[href$='/major/declare/']").click()
    page.locator("#id_declare_reason").fill("Nobody can order")
    page.locator("#id_declare_public_title_en").fill("Orders cannot be entered")
    page.locator("#sheet-body button[type=submit]").click()
    expect(page.locator("#side-major")).to_be_visible()
    page.locator("#ticket-side a[href$='/major/update/']").click()
    page.locator("#id_update_text_en").fill("We know the cause.")
    page.locator("#sheet-body button[type=submit]").click()
    expect(page.locator("#sheet")).not_to_be_visible()
    desk.open(f"/incidents/{ticket.number}/major/")
    expect(page.locator(".updates")).to_contain_text("We know the cause.")
    desk.check()
    for path in ("major/report/", "post-mortem/"):
        desk.open(f"/incidents/{ticket.number}/{path}")
        desk.check()

    someone = visitor(**look).sign_in(staff)
    page = someone.open("/new/")
    page.locator(".choice-services label", has_text=str(service)).or_(
        page.locator(f".choice-services input[value='{service.pk}'] + label")
    ).first.click()
    known = page.locator("form.request-form .notice-warning")
    expect(known).to_contain_text("We know the cause.")
    someone.check()
    known.locator("button").click()
    page.wait_for_url(f"**/outages/{MajorIncident.objects.get().pk}/")
    someone.check()
    assert Subscriber.objects.get().person == staff
