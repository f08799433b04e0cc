"""What staff read: what happens next, whose turn it is, by when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.actions import (
    ask_requester_incident,
    cancel_incident,
    close_incident,
    reopen_incident,
    resolve_incident,
    start_incident,
    wait_for_vendor_incident,
)
from servicedesk.tickets.actions import reply
from servicedesk.tickets.plain import outlook
from tests.factories import a_person, a_service, a_team, again, an_agent, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return an_incident(requester=a_person(), service=a_service(a_team()))


@pytest.fixture
def agent(incident):
    return again(an_agent(incident.ticket.service.team))


class TestOutlook:
    def test_a_new_ticket_promises_the_first_answer(self, incident):
        next_step = outlook(incident.ticket)

        assert next_step.by == incident.ticket.response_due_at
        assert not next_step.is_yours
        assert not next_step.is_late

    def test_after_the_first_answer_the_resolution_is_promised(self, incident, agent):
        start_incident(incident, by=agent, via="page")
        reply(incident.ticket, by=agent, via="page", body="We look at it.")

        assert outlook(incident.ticket).by == incident.ticket.due_at

    def test_a_question_is_the_requesters_turn_and_promises_nothing(self, incident, agent):
        ask_requester_incident(incident, by=agent, via="page", message="Which floor?")

        next_step = outlook(incident.ticket)

        assert next_step.is_yours
        assert next_step.by is None

    def test_waiting_for_a_vendor_is_not_the_requesters_turn(self, incident, agent):
        wait_for_vendor_incident(incident, by=agent, via="page")

        assert not outlook(incident.ticket).is_yours

    def test_a_resolved_ticket_says_when_it_is_closed_without_a_word(self, incident, agent):
        resolve_incident(incident, by=agent, via="page", resolution="A new roller.")

        next_step = outlook(incident.ticket)

        assert next_step.is_yours
        assert next_step.by == incident.ticket.closes_at > incident.ticket.resolved_at + timedelta(days=4)
        assert not next_step.is_late

    def test_what_is_over_promises_nothing(self, incident, agent):
        resolve_incident(incident, by=agent, via="page", resolution="A new roller.")
        close_incident(incident, by=agent, via="page")

        assert outlook(incident.ticket).by is None
        assert not outlook(incident.ticket).is_yours

    def test_a_withdrawn_ticket_is_over_too(self, incident):
        cancel_incident(incident, by=incident.ticket.requester, via="page")

        assert outlook(incident.ticket).by is None

    def test_a_reopened_ticket_promises_again(self, incident, agent):
        resolve_incident(incident, by=agent, via="page", resolution="A new roller.")
        reopen_incident(incident, by=incident.ticket.requester, via="page", reason="Silent again.")

        assert outlook(incident.ticket).by == incident.ticket.due_at

    def test_a_promise_that_was_not_kept_is_late(self, incident):
        later = incident.ticket.response_due_at + timedelta(minutes=1)

        assert outlook(incident.ticket, later).is_late
        assert not outlook(incident.ticket, timezone.now()).is_late

    def test_it_asks_the_database_nothing(self, incident, django_assert_num_queries):
        with django_assert_num_queries(0):
            outlook(incident.ticket)
