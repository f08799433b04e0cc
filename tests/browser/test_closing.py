"""Closing and snoozing in a real browser: a lead approves by one press, a key snoozes; the pages are clean."""

import pytest
from playwright.sync_api import expect

from incidents.actions import resolve_incident
from incidents.models import CauseCode
from servicedesk.people.models import Role
from servicedesk.tickets.actions import ask_to_close
from tests.factories import a_person, a_team, a_ticket, an_agent, an_incident

from .test_pages import LOOKS, language_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("look", LOOKS)
def test_a_lead_approves_by_one_press_and_a_key_snoozes(visitor, look):
    lead = a_person(Role.AGENT, language=language_of(look))
    team = a_team(lead=lead)
    agent = an_agent(team)
    incident, later = an_incident(team=team, impact=1, urgency=1), a_ticket(team=team)
    code = CauseCode.objects.first()
    resolve_incident(incident, by=agent, via="page", resolution="A new roller.", code=code)
    ask_to_close(incident.ticket, by=agent, via="page")
    someone = visitor(**look).sign_in(lead)
    someone.open(incident.ticket.get_absolute_url())
    someone.check()
    page = someone.open("/desk/approvals/")
    someone.check()
    page.wait_for_load_state("networkidle")
    page.locator("#approvals .btn-primary").click()
    expect(page.locator("#approvals .empty-state")).to_be_visible()
    incident.ticket.refresh_from_db()
    assert incident.ticket.status == "closed"
    page = someone.open(later.get_absolute_url())
    page.wait_for_load_state("networkidle")
    page.keyboard.press("z")
    expect(page.locator("#sheet-body input[type=radio]").first).to_be_visible()
    someone.check()
    page.locator("#sheet-body input[value=reply]").check()
    page.locator("#sheet-body button[type=submit]").click()
    expect(page.locator("#ticket-state .notice")).to_be_visible()
    later.refresh_from_db()
    assert later.is_snoozed
