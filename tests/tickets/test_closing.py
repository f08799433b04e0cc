"""Closing by the rule of kind and priority: who may, what is missing, a lead's approval."""

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from incidents.actions import change_incident, close_incident, reopen_incident, resolve_incident
from incidents.models import CauseCode
from requests.actions import close_service_request, resolve_service_request
from servicedesk.people.models import Absence, Role
from servicedesk.tickets.actions import ask_to_close, send_back
from servicedesk.tickets.closing import approvers, to_approve
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import ClosingRequest, ClosingRule
from tests.factories import a_person, a_service_request, a_team, again, an_agent, an_incident, events_of

pytestmark = pytest.mark.django_db
PAGE = {"via": "page"}


@pytest.fixture
def lead():
    return a_person(Role.AGENT, name="Lena Lead")


@pytest.fixture
def team(lead):
    return a_team(lead=lead)


@pytest.fixture
def agent(team):
    return an_agent(team, name="Aki Agent")


@pytest.fixture
def code():
    return CauseCode.objects.first()


def resolved(agent, team, *, urgent=True, code=None, requester=None):
    """Resolved by the agent; P1 when it is urgent, else P4."""
    fields = {"impact": 1, "urgency": 1} if urgent else {}
    incident = an_incident(team=team, requester=requester or a_person(), **fields)
    resolve_incident(incident, by=agent, resolution="A new roller.", code=code, **PAGE)
    return incident


def last(ticket) -> str:
    return ticket.events.order_by("-number").first().verb


class TestClose:
    def test_a_low_priority_is_closed_by_whoever_works_on_it(self, team, agent):
        incident = resolved(agent, team, urgent=False)
        close_incident(incident, by=agent, **PAGE)
        assert incident.ticket.status == "closed"

    def test_what_is_missing_is_said_with_where_to_fill_it_in(self, team, agent, lead, code):
        incident = resolved(agent, team)
        with pytest.raises(TicketError, match="cause code is missing: choose it with “Change”"):
            close_incident(incident, by=lead, **PAGE)
        change_incident(incident, by=agent, cause_code=code, **PAGE)
        close_incident(incident, by=lead, **PAGE)
        assert incident.ticket.status == "closed"

    def test_a_high_priority_needs_the_lead(self, team, agent, code):
        incident = resolved(agent, team, code=code)
        with pytest.raises(TicketError, match="approval of the lead"):
            close_incident(incident, by=agent, **PAGE)
        assert incident.ticket.status == "resolved"

    def test_only_the_assignee_where_the_rule_says_so(self, team, agent):
        ClosingRule.objects.filter(type="request", priority=4).update(closer="assignee")
        colleague = an_agent(team)
        request = a_service_request(team=team)
        request.ticket.assignee = agent
        request.ticket.save()
        resolve_service_request(request, by=agent, resolution="Done", **PAGE)
        with pytest.raises(TicketError):
            close_service_request(request, by=colleague, **PAGE)
        close_service_request(request, by=agent, **PAGE)
        assert request.ticket.status == "closed"

    def test_the_requester_is_never_refused_but_the_lead_is_asked(self, team, agent, code):
        hana = a_person()
        complete, incomplete = (resolved(agent, team, code=each, requester=hana) for each in (code, None))
        for incident in (complete, incomplete, complete):
            close_incident(incident, by=hana, **PAGE)
            assert incident.ticket.status == "resolved"
            assert incident.ticket.confirmed_at
        assert [verb for verb, _data in events_of(complete.ticket)][-2:] == ["confirm", "ask_to_close"]
        assert last(incomplete.ticket) == "confirm"
        assert list(ClosingRequest.objects.values_list("ticket", "by")) == [(complete.pk, hana.pk)]

    def test_the_requester_closes_a_low_one(self, team, agent):
        hana = a_person()
        incident = resolved(agent, team, urgent=False, requester=hana)
        close_incident(incident, by=hana, **PAGE)
        assert incident.ticket.status == "closed"


class TestApproval:
    def test_is_asked_for_once_and_given_by_closing(self, team, agent, lead, code):
        incident = resolved(agent, team, code=code)
        for _turn in range(2):
            ask_to_close(incident.ticket, by=agent, **PAGE)
        assert to_approve(again(lead)) == [incident.ticket]
        assert to_approve(again(agent)) == []
        close_incident(incident, by=lead, **PAGE)
        events = events_of(incident.ticket)
        assert [verb for verb, _data in events].count("ask_to_close") == 1
        assert events[-1] == ("close", {"from": "resolved", "to": "closed", "asked": [agent.pk]})
        assert not ClosingRequest.objects.exists()

    def test_is_sent_back_with_a_reason_that_only_the_desk_reads(self, team, agent, lead, code):
        incident = resolved(agent, team, code=code)
        ask_to_close(incident.ticket, by=agent, **PAGE)
        with pytest.raises(TicketError, match="Say what is missing"):
            send_back(incident.ticket, by=lead, reason=" ", **PAGE)
        with pytest.raises(TicketError, match="Only the lead"):
            send_back(incident.ticket, by=agent, reason="No", **PAGE)
        send_back(incident.ticket, by=lead, reason="Which batch was it?", **PAGE)
        comment = incident.ticket.comments.get(event__verb="send_back")
        assert (comment.body, comment.is_public) == ("Which batch was it?", False)
        assert incident.ticket.status == "resolved"
        assert to_approve(again(lead)) == []
        ask_to_close(incident.ticket, by=agent, **PAGE)
        assert to_approve(again(lead)) == [incident.ticket]

    def test_goes_with_the_ticket_that_is_taken_up_again(self, team, agent, lead, code):
        incident = resolved(agent, team, code=code)
        ask_to_close(incident.ticket, by=agent, **PAGE)
        reopen_incident(incident, by=agent, reason="It is back", **PAGE)
        assert not ClosingRequest.objects.exists()
        with pytest.raises(TicketError, match="Only what is resolved"):
            ask_to_close(incident.ticket, by=agent, **PAGE)

    def test_a_deputy_decides_while_the_lead_is_away_and_a_colleague_when_there_is_none(self, team, agent, lead, code):
        incident = resolved(agent, team, code=code)
        deputy, colleague, stranger = an_agent(team), an_agent(team), an_agent()
        ask_to_close(incident.ticket, by=agent, **PAGE)
        today = timezone.localdate()
        absence = Absence.objects.create(user=lead, from_on=today, until_on=today, deputy=deputy)
        assert approvers(incident.ticket, agent.pk) == [deputy]
        with pytest.raises(TicketError):
            close_incident(incident, by=again(colleague), **PAGE)
        absence.deputy = None
        absence.save()
        assert set(approvers(incident.ticket, agent.pk)) >= {deputy, colleague}
        assert agent not in approvers(incident.ticket, agent.pk)
        with pytest.raises(TicketError):
            close_incident(incident, by=again(agent), **PAGE)
        with pytest.raises(PermissionDenied):
            send_back(incident.ticket, by=stranger, reason="No", **PAGE)
        close_incident(incident, by=again(colleague), **PAGE)
        assert incident.ticket.status == "closed"


class TestPages:
    def test_the_ticket_says_what_is_missing_then_asks_then_waits_then_is_approved(
        self, visit, team, agent, lead, code
    ):
        incident = an_incident(team=team, impact=1, urgency=1)
        url = incident.ticket.get_absolute_url()
        assert "Needed before this can be closed." in visit(agent).get(f"{url}resolve/").content.decode()
        resolve_incident(incident, by=agent, resolution="A new roller.", **PAGE)
        page = visit(agent).get(url).content.decode()
        assert "Before this can be closed:" in page
        assert "The cause code is missing" in page
        assert f"{url}close/" not in page
        change_incident(incident, by=agent, cause_code=code, **PAGE)
        assert "Ask to close" in visit(agent).get(url).content.decode()
        assert visit(agent).post(f"/tickets/{incident.ticket.number}/ask-to-close/").status_code == 303
        page = visit(agent).get(url).content.decode()
        assert "Closing waits for an approval" in page
        assert "Lena Lead" in page
        assert "Approve and close" not in page
        visitor = visit(lead)
        for address in (url, "/desk/approvals/"):
            assert "Approve and close" in visitor.get(address).content.decode()
        assert "1 closing waits for your approval" in visitor.get("/").content.decode()
        assert visitor.post(f"/tickets/{incident.ticket.number}/send-back/", {"reason": ""}).status_code == 422
        assert visitor.post(f"{url}close/").status_code == 303
        incident.ticket.refresh_from_db()
        assert incident.ticket.status == "closed"
        assert "approved and closed this; Aki Agent had asked for it." in visitor.get(url).content.decode()
        assert "Nothing waits for your approval" in visitor.get("/desk/approvals/").content.decode()

    @pytest.mark.parametrize("rows", [1, 4])
    def test_the_list_costs_the_same_for_any_number(
        self, visit, team, agent, lead, code, rows, django_assert_max_num_queries
    ):
        for _turn in range(rows):
            ask_to_close(resolved(agent, team, code=code).ticket, by=agent, **PAGE)
        visitor = visit(lead)
        visitor.get("/desk/approvals/")
        with django_assert_max_num_queries(22):
            assert visitor.get("/desk/approvals/").content.decode().count("Approve and close") == rows

    def test_the_requester_who_confirmed_is_thanked_and_not_asked_again(self, visit, team, agent):
        hana = a_person()
        incident = resolved(agent, team, requester=hana)
        visitor = visit(hana)
        assert visitor.post(f"{incident.ticket.get_absolute_url()}close/").status_code == 303
        for address in (incident.ticket.get_absolute_url(), "/"):
            page = visitor.get(address).content.decode()
            assert "Thank you for telling us" in page
            assert "Yes, it is solved" not in page
