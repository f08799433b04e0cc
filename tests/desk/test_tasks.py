"""What the desk itself does with what is resolved: it tells, closes, asks a lead, or says what is missing."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone, translation

from incidents.actions import change_incident, reopen_incident, resolve_incident
from incidents.models import CauseCode
from requests.actions import resolve_service_request
from servicedesk.desk import closing_sweep
from servicedesk.notify.actions import send_waiting
from servicedesk.notify.models import OutgoingMail
from servicedesk.priorities.closing_rules import save_closing_rules
from servicedesk.tickets.actions import assign, send_back
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import ClosingRequest, ClosingRule, Ticket
from servicedesk.web.formats import exact
from tests.factories import a_person, a_service_request, a_team, an_administrator, an_agent, an_incident, events_of

pytestmark = pytest.mark.django_db


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+09:00")


def exact_in_japanese(moment: datetime) -> str:
    with translation.override("ja"):
        return exact(moment)


# Thursday; five business days later it is Friday, 27 November: 23 November is a holiday.
RESOLVED, TOLD, CLOSED = at("2026-11-19T10:00"), at("2026-11-26T18:00"), at("2026-11-27T18:00")


@pytest.fixture
def lead():
    return an_agent()


@pytest.fixture
def agent(lead):
    return an_agent(a_team(lead=lead), name="Aki Agent")


def resolved(agent, moment=RESOLVED, *, make=an_incident, resolve=resolve_incident, **fields):
    record = make(team=agent.teams.get(), at=moment, **fields)
    resolve(record, by=agent, via="page", resolution="A new roller.", at=moment)
    return record


def status(record) -> str:
    return Ticket.objects.get(pk=record.pk).status


def verbs(record) -> list[str]:
    return [verb for verb, _data in events_of(record.ticket)]


class TestClosingSweep:
    def test_tells_the_requester_once_and_closes_after_five_business_days(self, agent):
        incident, request = resolved(agent), resolved(agent, make=a_service_request, resolve=resolve_service_request)
        assert incident.ticket.closes_at == CLOSED
        before = verbs(incident)
        closing_sweep.closing_sweep(at("2026-11-26T17:59"))
        assert verbs(incident) == before
        for moment in (TOLD, at("2026-11-27T17:59")):
            closing_sweep.closing_sweep(moment)
        assert verbs(incident) == [*before, "announce_closing"]
        for _turn in range(2):
            closing_sweep.closing_sweep(CLOSED)
        assert (status(incident), status(request)) == ("closed", "closed")
        assert verbs(incident) == [*before, "announce_closing", "close"]
        event = incident.ticket.events.get(verb="close")
        assert (event.by, event.via) == (None, "system")

    def test_leaves_what_was_reopened_and_begins_anew_with_the_next_resolution(self, agent):
        incident = resolved(agent)
        closing_sweep.closing_sweep(TOLD)
        reopen_incident(incident, by=agent, via="page", reason="Not yet", at=at("2026-11-27T09:00"))
        closing_sweep.closing_sweep(CLOSED)
        assert status(incident) == "in_progress"
        assert Ticket.objects.get(pk=incident.pk).closes_at is None
        resolve_incident(incident, by=agent, via="page", resolution="Again", at=at("2026-11-27T10:00"))
        closing_sweep.closing_sweep(at("2026-12-03T18:00"))
        closing_sweep.closing_sweep(at("2026-12-04T18:00"))
        assert verbs(incident).count("announce_closing") == 2
        assert status(incident) == "closed"

    def test_closes_nothing_incomplete_says_so_once_and_closes_when_it_is_filled_in(self, agent):
        ClosingRule.objects.filter(priority=4).update(needs_cause_code=True)
        incident = resolved(agent)
        for _turn in range(2):
            closing_sweep.closing_sweep(CLOSED)
        assert verbs(incident)[-1] == "hold_closing"
        assert verbs(incident).count("hold_closing") == 1
        change_incident(incident, by=agent, via="page", cause_code=CauseCode.objects.first())
        closing_sweep.closing_sweep(CLOSED)
        assert status(incident) == "closed"

    def test_asks_the_lead_once_where_a_lead_has_to_approve(self, agent, lead):
        incident = resolved(agent, make=a_service_request, resolve=resolve_service_request, impact=1, urgency=1)
        assert incident.ticket.closes_at is None
        for _turn in range(2):
            closing_sweep.closing_sweep(CLOSED)
        assert ClosingRequest.objects.get(pk=incident.pk).by is None
        send_back(incident.ticket, by=lead, via="page", reason="Call them first")
        closing_sweep.closing_sweep(CLOSED)
        assert verbs(incident).count("ask_to_close") == 1
        assert status(incident) == "resolved"

    def test_one_that_fails_stops_no_other_and_batches_go_on_behind_it(self, agent, monkeypatch):
        monkeypatch.setattr(closing_sweep, "BATCH", 2)
        broken, *fine = [resolved(agent) for _turn in range(5)]
        real = closing_sweep._CLOSE["incident"]

        def close(incident, **kwargs):
            if incident.pk == broken.pk:
                raise RuntimeError("boom")
            return real[1](incident, **kwargs)

        monkeypatch.setitem(closing_sweep._CLOSE, "incident", (real[0], close))
        closing_sweep.closing_sweep(CLOSED)
        assert status(broken) == "resolved"
        assert {status(each) for each in fine} == {"closed"}

    def test_a_changed_rule_holds_for_what_is_resolved(self, agent):
        incident, admin = resolved(agent), an_administrator()
        save_closing_rules({("incident", 4): {"close_after_days": 2}}, {}, by=admin, via="page")
        assert Ticket.objects.get(pk=incident.pk).closes_at == at("2026-11-24T18:00")
        save_closing_rules({("incident", 4): {"close_after_days": None}}, {}, by=admin, via="page")
        closing_sweep.closing_sweep(at("2027-11-24T18:00"))
        assert status(incident) == "resolved"


class TestMails:
    def test_say_when_it_closes_who_asks_and_what_was_sent_back(self, agent, lead):
        hana = a_person(language="ja")
        now = timezone.now()
        for days in range(3, 15):  # resolved so long ago that one of them is about to close
            resolved(agent, now - timedelta(days=days), requester=hana)
        long_ago, urgent = now - timedelta(days=30), {"impact": 1, "urgency": 1}
        request = resolved(agent, long_ago, make=a_service_request, resolve=resolve_service_request, **urgent)
        assign(request.ticket, by=agent, via="page", assignee=agent)
        closing_sweep.closing_sweep(now)
        deliver_waiting()
        send_back(request.ticket, by=lead, via="page", reason="Call them first")
        deliver_waiting()
        send_waiting()
        sent = {row.kind: row for row in OutgoingMail.objects.filter(kind__in=["closes", "approval", "sent_back"])}
        assert (sent["closes"].to_user, sent["approval"].to_user) == (hana, lead)
        assert f"{exact_in_japanese(sent['closes'].ticket.closes_at)}に完了とします" in sent["closes"].text
        assert "Your approval is needed" in sent["approval"].text
        assert "Call them first" in sent["sent_back"].text
        assert any("approval" in each.body for each in mail.outbox)
