"""Closing by itself what was resolved long ago."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.actions import reopen_incident, resolve_incident
from requests.actions import resolve_service_request
from servicedesk.desk import tasks
from servicedesk.tickets.models import Ticket
from tests.factories import a_service_request, a_team, an_agent, an_incident, events_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return an_agent(a_team())


def resolved(agent, days: float, make=an_incident, resolve=resolve_incident):
    at = timezone.now() - timedelta(days=days)
    record = make(team=agent.teams.get(), at=at)
    resolve(record, by=agent, via="page", resolution="Done", at=at)
    return record.ticket


def status(ticket) -> str:
    return Ticket.objects.get(pk=ticket.pk).status


class TestCloseResolvedTickets:
    def test_closes_what_nobody_objected_to(self, agent, settings):
        settings.CLOSE_RESOLVED_AFTER_DAYS = 7
        old = resolved(agent, 7.1)
        request = resolved(agent, 30, a_service_request, resolve_service_request)
        young = resolved(agent, 6.9)
        tasks.close_resolved_tickets()
        assert (status(old), status(request), status(young)) == ("closed", "closed", "resolved")
        event = old.events.order_by("-number").first()
        assert (event.verb, event.by, event.via) == ("close", None, "system")

    def test_again_does_nothing(self, agent):
        ticket = resolved(agent, 30)
        tasks.close_resolved_tickets()
        before = events_of(ticket)
        tasks.close_resolved_tickets()
        assert events_of(ticket) == before

    def test_leaves_what_was_reopened(self, agent):
        incident = an_incident(team=agent.teams.get())
        long_ago = timezone.now() - timedelta(days=30)
        resolve_incident(incident, by=agent, via="page", resolution="Done", at=long_ago)
        reopen_incident(incident, by=agent, via="page", reason="Not yet")
        tasks.close_resolved_tickets()
        assert status(incident.ticket) == "in_progress"

    def test_in_batches_until_nothing_is_left(self, agent, monkeypatch):
        monkeypatch.setattr(tasks, "BATCH", 2)
        monkeypatch.setattr(tasks.close_some, "__defaults__", (2,))
        tickets = [resolved(agent, 30) for _turn in range(5)]
        tasks.close_resolved_tickets()
        assert {status(ticket) for ticket in tickets} == {"closed"}

    def test_one_that_fails_does_not_stop_the_others_nor_the_worker(self, agent, monkeypatch):
        broken, fine = resolved(agent, 40), resolved(agent, 30)
        real = tasks._CLOSE["incident"]

        def close(incident, **kwargs):
            if incident.pk == broken.pk:
                raise RuntimeError("boom")
            return real[1](incident, **kwargs)

        monkeypatch.setitem(tasks._CLOSE, "incident", (real[0], close))
        tasks.close_resolved_tickets()
        assert (status(broken), status(fine)) == ("resolved", "closed")
