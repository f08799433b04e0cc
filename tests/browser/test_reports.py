"""The month page in a real browser: by keyboard, with a reason typed in its place, filtered, clean in two looks."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from servicedesk.people.models import Role
from servicedesk.reports.models import Remark
from servicedesk.reports.targets import Goal, save_targets
from tests.factories import a_person, a_team, an_administrator, an_agent, an_incident
from tests.reports.test_facts import keep, resolve

from .conftest import PHONE
from .test_pages import LOOKS, language_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lead():
    """Who owns a target that was missed in the last of three months with tickets."""
    agent = an_agent(team := a_team(name="Desk"))
    person = a_person(Role.AGENT, Role.LEAD, teams=[team], language="en")
    for month in (1, 2, 3):
        for day in range(3, 3 + month * 2):
            moment = datetime(2026, month, day, 1, tzinfo=UTC)
            incident = an_incident(team=team, assignee=agent, at=moment)
            resolve(incident, agent, at=moment + timedelta(hours=day))
    keep()
    goals = {"tickets.resolved": Goal(Decimal(50), person), "tickets.reopened": Goal(Decimal(2), person)}
    save_targets(2025, goals, by=an_administrator(language="en"), via="page")
    return person


@pytest.mark.parametrize("look", LOOKS)
def test_pages_are_clean(visitor, lead, look):
    administrator = an_administrator(language=language_of(look))
    someone = visitor(**look).sign_in(administrator)
    for path in (
        "reports/2026-03/", "reports/2026-03/?with=2026-01",
        "reports/2026-03/tickets.resolved/", "reports/2026-03/tickets.resolved/remarks/", "reports/targets/?year=2025",
        "settings/reports/",
    ):  # fmt: skip
        someone.open(f"/{path}")
        someone.check()


def test_a_lead_whose_bar_has_all_links_reads_on_a_phone(visitor, lead):
    someone = visitor(viewport=PHONE).sign_in(lead)
    page = someone.open("/reports/2026-03/")
    expect(page.locator(".topnav-link")).to_have_count(3)
    someone.check()
    chart = page.locator(".chart").first.bounding_box()
    assert round(chart["width"] / chart["height"], 1) == 2.9  # as it was drawn, with nothing empty around it


def test_a_reason_is_typed_in_its_place_by_keyboard_alone(visitor, lead):
    someone = visitor().sign_in(lead)
    page = someone.open("/reports/2026-03/")
    kpi = page.locator("[id='kpi-tickets.resolved']")
    expect(kpi).to_contain_text("missed")
    kpi.locator(".kpi-meaning summary").focus()
    page.keyboard.press("Enter")
    expect(kpi).to_contain_text("Tickets whose last resolution was in the month.")
    kpi.locator(".kpi-write").focus()
    page.keyboard.press("Enter")
    form = kpi.locator("form")
    expect(form.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("Two of us were ill.")
    page.keyboard.press("Tab")
    page.keyboard.type("A deputy for each.")
    form.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(kpi.locator("form")).to_have_count(0)
    expect(kpi).to_contain_text("Two of us were ill.")
    assert set(Remark.objects.values_list("kind", "by")) == {("reason", lead.pk), ("measure", lead.pk)}
    someone.check()


def test_filters_are_kept_on_the_way_to_the_tickets(visitor, lead):
    someone = visitor().sign_in(lead)
    page = someone.open("/reports/2026-03/")
    page.get_by_label("Team", exact=True).select_option(label="Desk")
    page.get_by_label("Compare with").fill("2026-02")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("[id='kpi-tickets.opened']")).to_contain_text("February 2026")
    expect(page.locator("[id='kpi-tickets.opened']")).to_contain_text("+2")
    page.locator("[id='kpi-tickets.opened'] .kpi-actual a").click()
    expect(page).to_have_url(re.compile(r"tickets.opened.*team="))
    expect(page.locator("main")).to_contain_text("6 rows, of which you see 6.")
