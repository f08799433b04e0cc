"""What people read of the clocks: the panel, the receipt, the API, and who is told when a target is near or missed."""

import pytest
from django.urls import reverse

from incidents.actions import ask_requester_incident, cancel_incident, resolve_incident
from servicedesk.levels.keeping import sweep, tell
from servicedesk.levels.models import Agreement, AgreementTarget
from servicedesk.notify.models import NoticeSettings, Notification, OutgoingMail
from servicedesk.tickets.delivery import deliver_waiting
from tests.factories import a_team, an_agent, an_incident
from tests.levels.test_hours import at
from tests.levels.test_keeping import friday  # noqa: F401 – a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("friday")]


@pytest.fixture
def told(friday):  # noqa: F811
    """A P3 that rested from Friday 17:00 over a holiday until Wednesday 10:00, with its team's agreement."""
    team = a_team()
    agent = an_agent(team)
    agreement = Agreement.objects.create(name="First line", kind="team", team=team)
    AgreementTarget.objects.create(agreement=agreement, priority=3, minutes=600)
    incident = an_incident(team=team, impact=4, urgency=1)
    friday.move_to(at("2026-11-20T17:00"))
    ask_requester_incident(incident, by=agent, via="page", message="Which printer?")
    return incident, agent


class TestReceipt:
    def test_says_where_every_minute_comes_from(self, visit, told, friday):  # noqa: F811
        incident, agent = told
        ticket = incident.ticket
        friday.move_to(at("2026-11-24T10:00"))
        text = visit(agent).get(f"/tickets/{ticket.number}/receipt/").content.decode()
        for words in (
            "Silver",
            "本社 (Asia/Tokyo)",
            "24 h",
            "Waited for: Requester",
            "1 business interval",
            "First line",
        ):
            assert words in text
        assert "Fri 20 Nov 2026, 16:00" in text
        assert "nobody: it counted as done" not in text  # the first response is over, and no rest
        panel = visit(agent).get(f"/desk/beside/{ticket.number}/", headers={"HX-Request": "true"}).content.decode()
        assert panel.count("<progress") == 3
        assert "paused" in panel

    def test_agreements_of_the_desk_are_not_the_requesters_business(self, visit, told):
        ticket = told[0].ticket
        text = visit(ticket.requester).get(f"/tickets/{ticket.number}/receipt/").content.decode()
        assert "First response" in text
        assert "First line" not in text
        clocks = visit(ticket.requester).get(f"/api/v1/tickets/{ticket.number}/clocks/").json()
        assert [one["clock"] for one in clocks] == ["response", "resolution"]

    def test_by_api(self, visit, told, friday):  # noqa: F811
        incident, agent = told
        friday.move_to(at("2026-11-24T10:00"))
        found = visit(agent).get(f"/api/v1/tickets/{incident.ticket.number}/clocks/").json()
        resolution = found[1]
        assert resolution["state"] == "paused"
        assert (resolution["minutes"], resolution["used_minutes"]) == (1440, 60)
        assert resolution["waited_minutes"] == {"requester": 120}
        assert resolution["pauses"][0]["side"] == "requester"
        assert resolution["intervals"] == [["2026-11-20T16:00:00+09:00", "2026-11-20T17:00:00+09:00"]]

    def test_more_than_all_is_used_of_what_is_late(self, visit, friday):  # noqa: F811
        team = a_team()
        ticket = an_incident(team=team, impact=4, urgency=1).ticket
        friday.move_to(at("2026-11-26T16:00"))
        text = visit(an_agent(team)).get(f"/tickets/{ticket.number}/receipt/").content.decode()
        assert "(300%)" in text and "missed" in text

    def test_what_was_withdrawn_has_met_nothing(self, visit, told):
        incident, agent = told
        cancel_incident(incident, by=agent, via="page", reason="Was a test.")
        text = (
            visit(agent).get(f"/desk/beside/{incident.ticket.number}/", headers={"HX-Request": "true"}).content.decode()
        )
        assert "ended" in text
        page = visit(agent).get(f"/incidents/{incident.ticket.number}/").content.decode()
        assert "clock-met" not in page

    def test_the_queue_says_that_one_waits(self, visit, told):
        deliver_waiting()
        assert "clock-paused" in visit(told[1]).get(reverse("desk:queue") + "?view=all").content.decode()


class TestTelling:
    def test_the_assignee_hears_and_of_a_miss_the_lead_too(self, friday, visit):  # noqa: F811
        team = a_team()
        lead, agent = an_agent(team), an_agent(team)
        team.lead = lead
        team.save()
        NoticeSettings.objects.create(person=agent, ways={"target": "mail"})
        incident = an_incident(team=team, impact=4, urgency=1, assignee=agent)
        deliver_waiting()
        friday.move_to(at("2026-11-24T14:00"))
        sweep(), tell(), deliver_waiting()
        heard = Notification.objects.filter(kind="target")
        assert [each.person for each in heard] == [agent]
        mail = OutgoingMail.objects.get(kind="target")
        assert "First response: 75% of the target is used" in mail.text
        friday.move_to(at("2026-11-24T16:01"))
        sweep(), tell(), deliver_waiting(), tell()
        assert {each.person for each in heard.filter(event__verb="miss_target")} == {agent, lead}
        text = visit(agent).get(f"/incidents/{incident.ticket.number}/?show=changes").content.decode()
        assert "First response: the target was missed." in text

    def test_of_what_is_solved_in_time_nobody_hears(self, friday):  # noqa: F811
        team = a_team()
        agent = an_agent(team)
        incident = an_incident(team=team, impact=4, urgency=1, assignee=agent)
        resolve_incident(incident, by=agent, via="page", resolution="New cable.")
        deliver_waiting()
        friday.move_to(at("2027-02-01T10:00"))
        assert (sweep(), tell()) == (0, 0)
        assert not Notification.objects.filter(kind="target").exists()
