"""Business rules by hand: rows come and change without a new page, a row is dragged to its place."""

from contextlib import suppress

import pytest
from playwright.sync_api import Error, Route

from servicedesk.escalation.actions import create_rule
from servicedesk.escalation.models import Rule
from tests.factories import a_team, an_administrator

from .conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)


class TestRule:
    def test_is_written_row_by_row_and_dragged_to_its_place(self, visitor):
        a_team(code="network", name="ネットワーク")
        admin = an_administrator(language="ja")
        document = {"name": "Old", "trigger": "created", "actions": [{"do": "add_tag", "tag": "x"}]}
        create_rule(by=admin, via="page", document=document)
        someone = visitor(locale="ja-JP", viewport=PHONE, color_scheme="dark").sign_in(admin)
        page = someone.open("/settings/rules/new/")
        page.fill("[name=name]", "無線はネットワークへ")
        page.click("button[value='add:group:0']")
        page.wait_for_selector("[name=c2-field]:focus")  # one goes on where something is new, also by keyboard
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("[name=c1-group]", state="detached")
        page.wait_for_selector("button[value='add:condition:0']:focus")
        page.keyboard.press("Enter")
        page.wait_for_selector("[name=c1-field]:focus")
        page.select_option("[name=c1-field]", "words")
        page.fill("[name=c1-value]", "無線、ＶＰＮ")
        page.click("button[value='add:action']")
        page.select_option("[name=a0-do]", "assign_team")
        page.select_option("[name=a0-team]", "network")
        page.press("[name=c1-value]", "Enter")  # removes nothing
        page.wait_for_load_state("networkidle")
        assert page.input_value("[name=c1-value]") == "無線、ＶＰＮ"
        page.click("button[value='add:group:0']")
        page.wait_for_selector("[name=c3-field]:focus")
        page.evaluate("scrollTo(0, 0)")
        someone.check()
        page.click("button[value='remove:c2']")
        page.wait_for_selector("[name=c2-group]", state="detached")
        page.click("button[value=save]")
        page.wait_for_url("**/settings/rules/*/")
        assert Rule.objects.get(name="無線はネットワークへ").document["conditions"] == {
            "all": [{"field": "words", "has": ["無線", "vpn"]}]
        }
        page = someone.open("/settings/rules/")
        someone.check()
        page.drag_and_drop("tr:has-text('無線は') td:last-child", "tr:has-text('Old') td:last-child")
        page.wait_for_selector("tbody tr:first-child:has-text('無線は')")

    def test_a_row_that_is_added_at_once_is_not_lost_to_the_answer_before(self, visitor):
        """Two requests on their way: of the first the answer writes the rows anew, and with them the button pressed."""
        page = visitor().sign_in(an_administrator()).open("/settings/rules/new/")
        held, ended = [], []

        def hold(route: Route) -> None:
            held.append(route)

        page.route("**/settings/rules/new/", hold)
        for event in ("requestfinished", "requestfailed"):
            page.on(event, lambda request: ended.append(request) if request.method == "POST" else None)
        page.select_option("[name=t-on]", "created")
        page.click("button[value='add:condition:0']")
        while len(held) < 2:
            page.wait_for_timeout(20)
        with suppress(Error):  # the browser may have given it up
            held[0].continue_()
        while not ended:
            page.wait_for_timeout(20)
        held[1].continue_()
        page.wait_for_selector("[name=c1-field]")
        assert page.input_value("[name=t-on]") == "created"
