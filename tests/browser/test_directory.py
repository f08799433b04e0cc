"""Taking a ticket outside in a real browser: from the panel of the ticket's page through the dialog and back, with
clean pages.
"""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from servicedesk.directory.models import Referral
from tests.directory.test_directory import a_contract, an_entry
from tests.factories import a_team, a_ticket, an_administrator, an_agent

from .test_pages import LOOKS, language_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("look", LOOKS)
def test_pages_are_clean(visitor, look):
    administrator = an_administrator(language=language_of(look))
    contract = a_contract(an_entry(administrator), used=Decimal(9))
    someone = visitor(**look).sign_in(administrator)
    for path in (
        "", "print/", "import/", "new/?kind=vendor", f"{contract.entry_id}/", f"{contract.entry_id}/change/",
        f"contracts/{contract.pk}/", f"contracts/{contract.pk}/change/",
    ):  # fmt: skip
        someone.open(f"/settings/directory/{path}")
        someone.check()


def test_from_the_panel_through_preview_to_the_time_line_and_back(visitor):
    agent = an_agent(team := a_team())
    ticket = a_ticket(team=team, title="Switch is dead")
    a_contract(an_entry(languages=["en"]))
    someone = visitor().sign_in(agent)
    page = someone.open(ticket.get_absolute_url())
    page.locator("#ticket-outside").get_by_text("Escalate outside").click()
    sheet = page.locator("#sheet")
    expect(sheet).to_contain_text("10 incidents left")
    sheet.get_by_role("button", name="Preview").click()
    expect(sheet.locator("#outside-preview")).to_be_visible()
    expect(sheet).to_contain_text("Subject: Switch is dead")
    sheet.get_by_label("Their number for it").fill("CASE-9")
    sheet.get_by_role("button", name="Escalate", exact=True).click()
    expect(page.locator("#ticket-outside")).to_contain_text("Their number CASE-9")
    expect(page.locator("#timeline")).to_contain_text("took this outside")
    someone.open(ticket.get_absolute_url())  # without the toast, which lies over the box
    expect(page.locator("#ticket-outside")).to_contain_text("Their number CASE-9")
    someone.check()
    page.locator("#ticket-outside").get_by_role("button", name="Take the escalation").click()
    expect(page.locator("#ticket-outside")).to_contain_text("taken back")
    assert Referral.objects.get().undone_at is not None
