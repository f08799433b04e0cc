"""Two people on one ticket, and one person on several devices."""

import pytest
from playwright.sync_api import expect

from servicedesk.tickets.models import Draft
from tests.factories import a_person, a_team, an_agent, an_incident, events_of

from .conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)
KEPT = "#composer [data-draft-line] [data-discard]"


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def ticket(team):
    return an_incident(team=team).ticket


class TestTwoAgents:
    def test_see_each_other_and_do_not_answer_twice(self, visitor, team, ticket):
        hana = visitor().sign_in(an_agent(team, name="Hana Sato"))
        ken = visitor(viewport=PHONE).sign_in(an_agent(team, name="Ken Mori"))
        hers = hana.open(ticket.get_absolute_url())
        expect(hers.locator("#here")).to_be_empty()
        his = ken.open(ticket.get_absolute_url())

        # She learns that he is there; nothing that she reads moves.
        top = hers.locator("#timeline").bounding_box()["y"]
        expect(his.locator("#here")).to_contain_text("Hana Sato is reading")
        expect(hers.locator("#here")).to_contain_text("Ken Mori is reading", timeout=15_000)
        assert hers.locator("#timeline").bounding_box()["y"] == top
        his.locator("#composer textarea").press_sequentially("It was the fuse")
        expect(hers.locator("#here")).to_contain_text("Ken Mori is writing a reply", timeout=15_000)
        expect(hers.locator("#here-box")).to_contain_text("Ken Mori is writing a reply")
        hana.check()
        ken.check()

        # He answers while she writes: hers is stopped, with what she typed.
        hers.locator("#composer textarea").fill("Look at the fuse")
        his.get_by_role("button", name="Send reply").click()
        expect(his.locator("#timeline")).to_contain_text("It was the fuse")
        hers.get_by_role("button", name="Send reply").click()
        told = hers.locator("#composer .overtaken")
        expect(told).to_contain_text("Ken Mori answered just now.")
        expect(told).to_contain_text("It was the fuse")
        expect(told).to_be_focused()
        expect(hers.locator("#composer textarea")).to_have_value("Look at the fuse")
        hana.check()
        hers.get_by_role("button", name="Send it all the same").click()
        expect(hers.locator("#timeline")).to_contain_text("Look at the fuse")
        expect(hers.locator("#composer textarea")).to_have_value("")
        assert [verb for verb, _data in events_of(ticket)][-2:] == ["reply", "reply"]

        # What came in before she began is nothing to be told of; and he leaves.
        expect(his.locator("#timeline")).to_contain_text("Look at the fuse", timeout=15_000)
        his.locator("#composer textarea").fill("Thank you")
        his.get_by_role("button", name="Send reply").click()
        expect(his.locator("#timeline")).to_contain_text("Thank you")
        ken.open("/desk/")
        expect(hers.locator("#here")).to_be_empty(timeout=15_000)


class TestDrafts:
    def test_outlive_a_reload_and_signing_out(self, visitor, team, ticket):
        hana = an_agent(team)
        someone = visitor().sign_in(hana)
        page = someone.open(ticket.get_absolute_url())
        page.locator("#composer textarea").fill("まだ送っていない文")
        expect(page.locator(KEPT)).to_be_visible()
        someone.check()
        page.reload()
        expect(page.locator("#composer textarea")).to_have_value("まだ送っていない文")
        someone.context.clear_cookies()
        other = visitor(viewport=PHONE).sign_in(hana)
        page = other.open(ticket.get_absolute_url())
        expect(page.locator("#composer textarea")).to_have_value("まだ送っていない文")
        other.check()
        page.locator(KEPT).click()
        expect(page.locator("#composer textarea")).to_have_value("")
        page.locator("#toasts .toast-undo").click()
        expect(page.locator("#composer textarea")).to_have_value("まだ送っていない文")
        page.get_by_role("button", name="Send reply").click()
        expect(page.locator("#timeline")).to_contain_text("まだ送っていない文")
        page.reload()
        expect(page.locator("#composer textarea")).to_have_value("")

    def test_go_along_from_reply_to_note_and_back(self, visitor, team, ticket):
        someone = visitor().sign_in(an_agent(team))
        page = someone.open(ticket.get_absolute_url())
        page.locator("#composer textarea").fill("To you")
        page.locator("#composer .tab[data-key=n]").click()
        expect(page.locator("#composer.is-note textarea")).to_have_value("")
        page.locator("#composer textarea").fill("To us")
        expect(page.locator(KEPT)).to_be_visible()
        page.locator("#composer .tab[data-key=r]").click()
        expect(page.locator("#composer:not(.is-note) textarea")).to_have_value("To you")
        expect(page.locator("#composer .tab[data-key=n]")).to_contain_text("Draft")
        someone.check()

    def test_of_two_windows_are_not_mixed_up(self, visitor, team, ticket):
        someone = visitor().sign_in(an_agent(team))
        first, second = someone.open(ticket.get_absolute_url()), someone.context.new_page()
        second.goto(ticket.get_absolute_url())
        first.locator("#composer textarea").fill("One")
        expect(first.locator(KEPT)).to_be_visible()
        second.locator("#composer textarea").fill("Two")
        expect(second.locator("#composer [data-conflict]")).to_contain_text("in another window")
        assert Draft.objects.get().body == "One"
        second.reload()
        expect(second.locator("#composer textarea")).to_have_value("Two")
        expect(second.locator("#composer [data-conflict]")).to_be_visible()
        second.locator("[data-keep-mine]").click()
        expect(second.locator(KEPT)).to_be_visible()
        assert Draft.objects.get().body == "Two"
        first.locator("#composer textarea").fill("One more")
        someone.check()
        first.locator("[data-take-other]").click()
        expect(first.locator("#composer textarea")).to_have_value("Two")

    def test_are_the_requesters_too_even_when_the_session_was_lost(self, visitor, team):
        asker = a_person()
        ticket = an_incident(team=team, requester=asker).ticket
        someone = visitor(viewport=PHONE).sign_in(asker)
        page = someone.open(ticket.get_absolute_url())
        page.locator("#answer-body").fill("Half a")
        expect(page.locator("#answer [data-discard]")).to_be_visible()
        someone.check()
        someone.context.clear_cookies()
        page.locator("#answer-body").fill("Half a sentence")
        page.locator("#answer h2").click()
        expect(page.locator("#answer [data-draft-line]")).to_contain_text("could not be saved")
        someone.sign_in_by_form(asker)
        page = someone.open(ticket.get_absolute_url())
        expect(page.locator("#answer-body")).to_have_value("Half a sentence")
        page.locator("#answer button.btn-primary").click()
        expect(page.locator("#requester-live")).to_contain_text("Half a sentence")
        expect(page.locator("#answer-body")).to_have_value("")
        assert Draft.objects.get().body == ""
