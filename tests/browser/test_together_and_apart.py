"""Choosing many tickets, merging, splitting and moving messages, by keyboard in a real browser."""

import pytest
from playwright.sync_api import expect

from servicedesk.people.jobs import run_next_job
from servicedesk.tickets import actions
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_service, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def team():
    return a_team(name="Service desk")


def work():
    while run_next_job():
        pass


class TestBulk:
    def test_chosen_across_pages_changed_and_undone(self, visitor, team):
        service = a_service(team)
        tickets = [an_incident(service=service, title=f"Case {n}").ticket for n in range(60)]
        someone = visitor().sign_in(an_agent(team))
        page = someone.open("/desk/?view=all")
        bar = page.locator("form.bulk")
        expect(bar).to_be_hidden()
        page.keyboard.press("j")
        page.keyboard.press("x")
        page.keyboard.press("j")
        page.keyboard.press("x")
        expect(bar).to_contain_text("2 chosen")
        someone.check()
        page.locator("a[rel=next]").first.click()
        expect(page.locator("#queue .queue-pick input").first).not_to_be_checked()
        page.locator("#queue .queue-pick input").first.check()
        expect(bar).to_contain_text("3 chosen")
        page.keyboard.press("Escape")
        page.locator("body").click(position={"x": 1, "y": 1})
        page.keyboard.press("c")
        page.wait_for_url("**/desk/bulk/**")
        expect(page.locator("h1")).to_have_text("Change 3 tickets")
        someone.check()
        page.get_by_label("Add tags").fill("network")
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/bulk/*/")
        someone.check()
        work()
        expect(page.locator("#bulk-result")).to_contain_text("Done: 3")
        someone.check()
        changed = Ticket.objects.filter(tags__name="network")
        assert changed.count() == 3 and set(changed) < set(tickets)
        page.get_by_role("button", name="Undo the whole").click()
        expect(page.get_by_role("button", name="Undo the whole")).to_have_count(0)
        work()
        expect(page.locator("#bulk-result")).to_contain_text("Undone: 3")
        assert not Ticket.objects.filter(tags__name="network").exists()
        assert someone.complaints == []


class TestMerging:
    def test_merge_and_undo_from_the_palette(self, visitor, team):
        asker = a_person(name="Aya Kimura")
        first = an_incident(team=team, requester=asker, title="Paper jam").ticket
        second = an_incident(team=team, requester=asker, title="Printer again").ticket
        actions.reply(first, by=asker, via="page", body="It jams")
        someone = visitor().sign_in(an_agent(team))
        page = someone.open(f"/incidents/{first.number}/")
        page.keyboard.press("Control+k")
        page.keyboard.type("merge")
        expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Merge")
        page.keyboard.press("Enter")
        sheet = page.locator("#sheet")
        expect(sheet.get_by_label(f"{second.number} Printer again")).to_be_focused()
        page.keyboard.press("Space")
        someone.check()
        page.keyboard.press("Enter")
        expect(page.locator("#ticket-state")).to_contain_text(f"{second.number} Printer again")
        someone.check()
        page.locator("#ticket-state a", has_text=second.number).press("Enter")
        page.wait_for_url(f"**/incidents/{second.number}/")
        expect(page.locator("#timeline")).to_contain_text("It jams")
        someone.check()
        page.get_by_role("button", name=f"Separate {first.number} again").press("Enter")
        expect(page.locator("#timeline")).not_to_contain_text("It jams")
        assert Ticket.objects.get(pk=first.pk).status == "new"
        assert someone.complaints == []

    def test_a_message_is_split_off_and_another_moved(self, visitor, team):
        asker = a_person(name="Aya Kimura")
        ticket = an_incident(team=team, requester=asker, title="Paper jam").ticket
        other = an_incident(team=team, requester=asker, title="VPN").ticket
        actions.reply(ticket, by=asker, via="page", body="And my mouse is broken")
        actions.reply(ticket, by=asker, via="page", body="The tunnel is slow")
        someone = visitor().sign_in(an_agent(team))
        page = someone.open(f"/incidents/{ticket.number}/")
        page.get_by_role("link", name="What to do with this message").nth(1).press("Enter")
        sheet = page.locator("#sheet")
        expect(sheet.get_by_role("link", name="Quote in a reply")).to_be_focused()
        someone.check()
        sheet.get_by_role("link", name="Split off to a new ticket").press("Enter")
        title = sheet.get_by_label("Title")
        expect(title).to_be_focused()
        expect(title).to_have_value("And my mouse is broken")
        someone.check()
        page.keyboard.press("Enter")
        expect(page.locator("#ticket-side")).to_contain_text("And my mouse is broken")
        new = Ticket.objects.get(title="And my mouse is broken")
        assert (new.requester, new.description) == (asker, "And my mouse is broken")
        page.get_by_role("link", name="What to do with this message").last.press("Enter")
        sheet.get_by_role("link", name="Move to another ticket").press("Enter")
        expect(sheet.get_by_label(f"{other.number} VPN")).to_be_visible()
        sheet.get_by_label(f"{other.number} VPN").press("Space")
        someone.check()
        page.keyboard.press("Enter")
        expect(page.locator("#timeline")).not_to_contain_text("The tunnel is slow")
        page.goto(other.get_absolute_url())
        expect(page.locator("#timeline")).to_contain_text("The tunnel is slow")
        assert someone.complaints == []
