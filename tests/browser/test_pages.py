"""Every page, in both languages, light and dark, on a phone and on a desk: axe finds nothing, nothing scrolls
sideways.
"""

import pytest

from servicedesk.people.models import Role
from servicedesk.tickets.actions import assign, note, reply
from tests.factories import a_person, a_service, a_team, an_incident

from .conftest import DESKTOP, PHONE

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = [
    pytest.param({"locale": "ja-JP", "viewport": DESKTOP, "color_scheme": "light"}, id="ja-desktop-light"),
    pytest.param({"locale": "ja-JP", "viewport": PHONE, "color_scheme": "dark"}, id="ja-phone-dark"),
    pytest.param({"locale": "en-GB", "viewport": PHONE, "color_scheme": "light"}, id="en-phone-light"),
    pytest.param({"locale": "en-GB", "viewport": DESKTOP, "color_scheme": "dark"}, id="en-desktop-dark"),
]
"""Each language, width and scheme twice, in all pairings that differ; every page in all 8 is the screenshots' work."""


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
