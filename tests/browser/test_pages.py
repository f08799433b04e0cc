"""Every page, in both languages, light and dark, on a phone and on a desk: axe finds nothing, nothing scrolls
sideways.
"""

import pytest
from playwright.sync_api import expect

from servicedesk.desk.areas import areas_of
from servicedesk.levels.models import Rank
from servicedesk.notify.models import MailText
from servicedesk.people.models import Role
from servicedesk.tickets.actions import assign, note, reply
from tests.factories import a_person, a_service, a_team, an_administrator, an_incident
from tests.intake.mails import a_mail, a_mailbox, arrives

from .conftest import DESKTOP, PHONE

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = [
    pytest.param({"locale": "ja-JP", "viewport": PHONE, "color_scheme": "dark"}, id="ja-phone-dark"),
    pytest.param({"locale": "en-GB", "viewport": DESKTOP, "color_scheme": "light"}, id="en-desktop-light"),
]
"""Each language, width and scheme once; every page in all eight looks is the screenshots' work."""


def language_of(look) -> str:
    return look["locale"][:2]


@pytest.mark.parametrize("look", LOOKS)
class TestBeforeSignIn:
    @pytest.mark.parametrize("path", ["/account/login/", "/account/password/reset/"])
    def test_pages_are_clean(self, visitor, look, path):
        a_person()
        someone = visitor(**look)
        someone.open(path)
        someone.check()


@pytest.mark.parametrize("look", LOOKS)
class TestStaff:
    def test_pages_are_clean(self, visitor, look):
        team = a_team()
        agent = a_person(Role.AGENT, teams=[team])
        staff = a_person(language=language_of(look))
        incident = an_incident(requester=staff, service=a_service(team))
        reply(incident.ticket, by=agent, body="Which **printer**?\n\n- the grey one\n- the white one", via="page")
        someone = visitor(**look).sign_in(staff)
        for path in [
            "/",
            "/new/",
            f"/new/{incident.ticket.number}/",
            "/my/",
            f"/incidents/{incident.ticket.number}/",
            "/help/",
            "/search/?q=printer",
            "/me/",
            "/me/tokens/",
            "/account/2fa/",
            "/account/sessions/",
            "/account/password/change/",
        ]:
            someone.open(path)
            someone.check()


@pytest.mark.parametrize("look", LOOKS)
class TestAgents:
    def test_pages_are_clean(self, visitor, look):
        team = a_team(next_team=a_team(tier=2))
        agent = a_person(Role.AGENT, teams=[team], language=language_of(look))
        incident = an_incident(service=a_service(team))
        ticket = incident.ticket
        assign(ticket, by=agent, via="page", assignee=agent)
        reply(ticket, by=agent, body="Which printer?", via="page")
        note(ticket, by=agent, body="She called twice.", via="page")
        someone = visitor(**look).sign_in(agent)
        for path in [
            "/desk/",
            "/desk/?view=all",
            "/desk/?view=unassigned",
            "/desk/new/",
            f"/incidents/{ticket.number}/",
            f"/incidents/{ticket.number}/resolve/",
            f"/incidents/{ticket.number}/ask_requester/",
            f"/tickets/{ticket.number}/assign/",
            f"/tickets/{ticket.number}/escalate/",
            f"/tickets/{ticket.number}/change/",
            f"/tickets/{ticket.number}/priority/",
            "/search/?q=printer",
            "/style/",
        ]:
            someone.open(path)
            someone.check()


@pytest.mark.parametrize("look", LOOKS)
class TestAdministrators:
    def test_settings_are_clean(self, visitor, look):
        team = a_team()
        service = a_service(team)
        admin = an_administrator(language=language_of(look))
        an_incident(service=service, requester=a_person())
        box = a_mailbox()
        held = arrives(a_mail("stranger@example.net", html="<p>Hello</p>"), box)
        someone = visitor(**look).sign_in(admin)
        areas = [area["url"] for _label, group in areas_of(admin) for area in group]
        assert len(areas) >= 15
        for path in [
            "/settings/",
            *areas,
            "/settings/mail-texts/reply/ja/",
            f"/settings/mail-texts/signature/en/?team={team.pk}",
            "/settings/mailboxes/new/",
            f"/settings/mailboxes/{box.pk}/",
            f"/settings/mails/{held.pk}/",
            f"/settings/people/{admin.pk}/",
            "/settings/people/new/",
            f"/settings/teams/{team.pk}/",
            "/settings/calendars/new/",
            f"/settings/ranks/{Rank.objects.first().pk}/",
            "/settings/agreements/new/",
        ]:
            someone.open(path)
            someone.check()


class TestTextsOfMails:
    def test_a_variable_is_put_where_one_writes_and_the_preview_follows(self, visitor):
        someone = visitor(locale="en-GB").sign_in(an_administrator(language="en"))
        page = someone.open("/settings/mail-texts/closed/en/")
        page.fill("[name=body]", "Number: ")
        page.locator("[name=body]").press("End")
        page.click("button[data-insert='{number}']")
        assert page.input_value("[name=body]") == "Number: {number}"
        page.wait_for_selector("#text-preview :text('Number: INC0000123')")
        page.click("form#mail-text button[type=submit]")
        page.wait_for_url("**/settings/mail-texts/")
        assert MailText.objects.get().body == "Number: {number}"


class TestUndoOfAReply:
    def test_brings_the_words_back_and_sends_nothing(self, visitor):
        team = a_team()
        agent = a_person(Role.AGENT, teams=[team], language="en")
        incident = an_incident(service=a_service(team))
        someone = visitor(locale="en-GB").sign_in(agent)
        page = someone.open(f"/incidents/{incident.ticket.number}/")
        page.click(".composer-copies summary")
        page.fill("[name=cc]", "vendor@example.net")
        page.fill("#composer textarea[name=body]", "Wrong ticket")
        page.click("#composer button[type=submit]")
        page.wait_for_selector(".toast-sheet:has-text('Your reply leaves in 10 seconds.')")
        page.click(".toast-undo")
        page.wait_for_selector(".toast-sheet:has-text('Taken back.')")
        assert page.input_value("#composer textarea[name=body]") == "Wrong ticket"
        assert "vendor@example.net" in page.input_value("[name=cc]")
        page.wait_for_selector(".timeline :text('Reply that was taken back')")
        someone.check()
        comment = incident.ticket.comments.get()
        assert comment.taken_back_at is not None and not comment.is_public


class TestOwnReply:
    def test_comes_into_view_above_the_box(self, visitor):
        team = a_team()
        agent = a_person(Role.AGENT, teams=[team], language="en")
        incident = an_incident(service=a_service(team))
        for number in range(15):
            note(incident.ticket, by=agent, body=f"Step {number} of the search.", via="page")
        someone = visitor(locale="en-GB").sign_in(agent)
        page = someone.open(f"/incidents/{incident.ticket.number}/")
        page.fill("#composer textarea[name=body]", "Please try again.")
        page.click("#composer button[type=submit]")
        mine = page.locator(".timeline > :last-child")
        expect(mine).to_contain_text("Please try again.")
        expect(mine).to_be_in_viewport(ratio=1)
        place, box = mine.bounding_box(), page.locator("#composer").bounding_box()
        assert place["y"] + place["height"] <= box["y"], "It lies behind the box."
