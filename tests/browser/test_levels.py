"""Calendars by hand: a look at what would move, saving, and when something would be due, without a new page."""

import pytest
from playwright.sync_api import expect

from servicedesk.levels.models import Calendar
from servicedesk.tickets.delivery import deliver_waiting
from tests.factories import an_administrator, an_incident

from .conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)


class TestCalendar:
    def test_is_tried_saved_and_asked(self, visitor):
        an_incident(impact=4, urgency=1, title="The printer")
        deliver_waiting()
        calendar = Calendar.objects.get(is_default=True)
        someone = visitor(locale="ja-JP", viewport=PHONE, color_scheme="dark").sign_in(an_administrator(language="ja"))
        page = someone.open(f"/settings/calendars/{calendar.pk}/")
        page.fill("[name=mon]", "１０：００～１２：００")
        page.check("[name=like_monday]")
        page.click("button[name=preview]")
        page.wait_for_selector("#moves :text('The printer')")
        assert page.input_value("[name=mon]") == "１０：００～１２：００"
        someone.check()
        page.fill("#due [name=start]", "2026-12-28T11:30")
        page.fill("#due [name=minutes]", "300")
        page.click("#due button[type=submit]")
        page.wait_for_selector("#due [role=status] :text('2026年12月28日(月) 17:30')")
        page.click("button[name=save]")
        expect(page.locator("[name=mon]")).to_have_value("10:00-12:00")
        calendar.refresh_from_db()
        assert calendar.weekly["fri"] == [["10:00", "12:00"]]
