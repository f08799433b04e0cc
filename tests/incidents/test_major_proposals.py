"""What looks like a major incident is proposed, and a person says yes or no."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.major.actions.declaring import declare_major
from incidents.major.actions.proposing import accept_proposal, dismiss_proposal, propose_major
from incidents.major.actions.setting import save_major_settings
from incidents.major.actions.sweeps import find_proposals
from incidents.major.models import MajorProposal
from incidents.major.queries import known_outages, people_hit, visible_proposals
from servicedesk.notify.models import Notification, OutgoingMail
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_service, a_team, again, an_administrator, an_agent, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def service(team):
    return a_service(team)


def reports(service, count, **fields) -> list[Ticket]:
    return [an_incident(service=service, **fields).ticket for _each in range(count)]


class TestManyReports:
    def test_five_people_are_proposed_one_press_gathers_them_and_each_is_told(self, visit, agent, service):
        mine = reports(service, 4)
        again_the_same = an_incident(service=service, requester=mine[0].requester).ticket
        find_proposals()
        assert not MajorProposal.objects.exists()  # five reports of four people
        mine += [again_the_same, *reports(service, 1)]
        old = an_incident(service=service, at=timezone.now() - timedelta(hours=2)).ticket
        for _again in range(2):
            find_proposals()
        proposal = MajorProposal.objects.get()
        assert (proposal.kind, proposal.service, proposal.reports) == ("many_reports", service, 5)
        mine += reports(service, 1)
        find_proposals()

        html = visit(agent).get("/desk/proposals/").content.decode()
        assert f"6 people report the same: {service}" in html
        assert visit(an_agent()).get("/desk/proposals/").context["proposals"] == []
        answer = visit(agent).post("/desk/proposals/", {"accept": proposal.pk})
        major = MajorProposal.objects.get().made
        parent = major.incident.ticket
        assert answer.url == f"/incidents/{parent.number}/major/"
        assert parent.is_major and parent.requester == agent and parent.team == service.team
        assert {tie.source for tie in parent.links_in.all()} == set(mine) and old not in mine
        assert people_hit(major, []).known == 7  # six who reported, and the agent who asked for them
        assert major.outage_from == min(ticket.created_at for ticket in mine)
        assert [each.pk for each in known_outages(a_person())] == [major.pk]
        deliver_waiting()
        told = OutgoingMail.objects.filter(kind="known")
        assert {mail.to_user for mail in told} == {ticket.requester for ticket in mine}
        assert all(parent.number not in mail.text and f"/outages/{major.pk}/" in mail.text for mail in told)
        assert Notification.objects.filter(event__verb="join_major", kind="status").count() == len(mine)

        with pytest.raises(Refused, match="decided"):
            accept_proposal(proposal, by=agent, via="page")
        later = reports(service, 5)
        find_proposals()
        more = MajorProposal.objects.get(state="open")
        done = accept_proposal(more, by=again(agent), via="page")  # picks the one that is running
        assert done.ticket == parent and done.tied == len(later)

    def test_what_was_dismissed_counts_no_more(self, visit, agent, service):
        reports(service, 5)
        find_proposals()
        visit(agent).post("/desk/proposals/", {"dismiss": MajorProposal.objects.get().pk})
        reports(service, 4)
        find_proposals()
        assert not visible_proposals(again(agent)).exists()
        reports(service, 1)
        find_proposals()
        assert visible_proposals(again(agent)).get().reports == 5

    def test_threshold_and_window_are_settings_and_old_proposals_fade(self, agent, service):
        save_major_settings(
            by=an_administrator(), via="page", reports=2, within_minutes=10, stop_minutes=30, update_minutes=30
        )
        reports(service, 2, at=timezone.now() - timedelta(minutes=11))
        find_proposals()
        assert not MajorProposal.objects.exists()
        reports(service, 2)
        find_proposals()
        assert MajorProposal.objects.get().state == "open"
        find_proposals(timezone.now() + timedelta(hours=3))
        assert MajorProposal.objects.get().state == "over"


class TestTotalStop:
    def test_a_p1_that_stops_everything_for_half_an_hour(self, visit, agent, service):
        fields = {"service": service, "impact": 1, "urgency": 1}
        long_ago = timezone.now() - timedelta(minutes=31)
        stop = an_incident(at=long_ago, **fields).ticket
        dismissed = an_incident(at=long_ago, **fields).ticket
        an_incident(**fields)
        an_incident(at=long_ago, service=service, impact=1, urgency=2)
        for _again in range(2):
            find_proposals()
        assert {each.ticket for each in MajorProposal.objects.all()} == {stop, dismissed}
        html = visit(agent).get(f"/desk/beside/{stop.number}/", headers={"HX-Request": "true"})
        assert "Is it a major incident?" in html.content.decode()
        dismiss_proposal(MajorProposal.objects.get(ticket=dismissed), by=agent, via="page")
        declare_major(stop, by=agent, via="page", reason="By hand")
        find_proposals()
        assert {each.state for each in MajorProposal.objects.all()} == {"dismissed", "accepted"}
        assert dismissed.events.last().verb == "dismiss_major"


class TestByRule:
    def test_a_rule_proposes_a_ticket_or_a_service_once(self, agent, service):
        ticket = an_incident(service=service).ticket
        for about in (ticket, service):
            assert propose_major(about, reason="Orders", by=None) == propose_major(about, reason="Orders", by=None)
        assert visible_proposals(again(agent)).count() == 2
        done = accept_proposal(MajorProposal.objects.get(ticket=ticket), by=agent, via="page")
        assert done.ticket.is_major and done.ticket.major_proposals.get().made.reason == "Orders"
