"""Nothing that was imported is taken for something that began here: each consumer and each sweep is asked. The same
ticket of the desk itself is there too, and shows that the sweep would do something.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.major.actions.sweeps import find_proposals
from incidents.major.models import MajorProposal
from servicedesk.desk.closing_sweep import closing_sweep
from servicedesk.escalation.consumers import count_savings, queue_turns
from servicedesk.escalation.ledger import find_missed_savings, uncounted
from servicedesk.escalation.models import Saving, Turn
from servicedesk.escalation.running import find_missed
from servicedesk.escalation.triggers import due_tickets, events_q
from servicedesk.importers.actions import run_import, upload_import
from servicedesk.levels.consumers import move_clocks
from servicedesk.levels.keeping import keep_missing, sweep
from servicedesk.levels.models import Clock
from servicedesk.levels.receipts import read_clocks
from servicedesk.notify.actions import send_waiting
from servicedesk.notify.models import Notification, OutgoingMail
from servicedesk.notify.stale_mail import send_stale_mails
from servicedesk.people.models import Team
from servicedesk.priorities.stale import forget_quiet, stale
from servicedesk.tickets.actions import reply
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import BORN_HERE, Outbox, Ticket, TicketEvent
from tests.factories import a_service, an_administrator, an_agent, an_incident

from .logs import log, still_open, waiting_to_close

pytestmark = pytest.mark.django_db
NOW = timezone.now


@pytest.fixture
def admin():
    return an_administrator()


def text(moment) -> str:
    return moment.strftime("%d-%m-%Y %H:%M")


@pytest.fixture
def imported(admin):
    """One that is open and one that is resolved, both by mail, an hour old."""
    hour = {"opened_at": text(NOW() - timedelta(hours=2)), "sys_updated_at": text(NOW() - timedelta(hours=1))}
    opened = still_open("INC2", contact_type="Email", impact="1 - High", urgency="1 - High", priority="1 - Critical")
    rows = [one | hour for one in [*opened, *waiting_to_close("INC3", contact_type="Email")]]
    rows[-1]["resolved_at"] = hour["sys_updated_at"]
    run = upload_import("servicenow", name="x", content=log(*rows), time_zone="UTC", by=admin, via="page")
    run_import(run, by=admin, via="page")
    return {one.external_id: one for one in Ticket.objects.exclude(BORN_HERE)}


@pytest.fixture
def events(imported):
    return list(TicketEvent.objects.filter(ticket__in=imported.values()).select_related("ticket__requester", "by"))


class TestEvents:
    def test_wait_for_no_consumer(self, imported):
        assert not Outbox.objects.exists()
        deliver_waiting()
        assert not (OutgoingMail.objects.exists() or Notification.objects.exists() or Turn.objects.exists())

    def test_that_come_to_a_consumer_all_the_same_do_nothing(self, events):
        move_clocks(events)
        queue_turns(events)
        count_savings(events)
        assert not (Clock.objects.exists() or Turn.objects.exists() or Saving.objects.exists())

    def test_are_not_missed_by_the_rules(self, imported):
        TicketEvent.objects.filter(ticket__in=imported.values())
        find_missed()
        assert not Turn.objects.exists()

    def test_are_not_missed_by_the_ledger(self, imported):
        find_missed_savings()
        assert not uncounted(TicketEvent.objects.all()).exists()
        assert not Saving.objects.exists()

    def test_set_no_rule_off(self, imported):
        for trigger in ({"on": "created"}, {"on": "status", "status": []}, {"on": "changed", "fields": []}):
            assert not TicketEvent.objects.filter(events_q(trigger)).exists()


class TestSweeps:
    def test_clocks_are_not_made(self, imported):
        born = an_incident().ticket
        keep_missing()
        sweep(NOW() + timedelta(days=30))
        assert set(Clock.objects.values_list("ticket", flat=True)) == {born.pk}
        assert read_clocks(imported["INC2"], ours=True) == []
        assert Ticket.objects.get(external_id="INC2").due_at is None

    def test_time_sets_no_rule_off(self, imported):
        born = an_incident(at=NOW() - timedelta(hours=2)).ticket
        trigger = {"on": "time", "since": "created", "minutes": 1}
        assert list(due_tickets(trigger)) == [born]

    def test_nothing_closes_by_itself(self, imported):
        closing_sweep(NOW() + timedelta(days=365))
        ticket = Ticket.objects.get(external_id="INC3")
        assert (ticket.status, ticket.closes_at) == ("resolved", None)
        assert not TicketEvent.objects.filter(verb__in=["close", "announce_closing", "ask_to_close"]).exists()

    def test_nothing_is_stale(self, imported):
        born = an_incident(at=NOW() - timedelta(days=1)).ticket
        forget_quiet()
        later = NOW() + timedelta(days=200)
        assert list(Ticket.objects.filter(stale(later))) == [born]
        send_stale_mails(later)
        assert not OutgoingMail.objects.exclude(ticket=None).exists()

    def test_no_major_incident_is_proposed(self, imported):
        service = a_service()
        Ticket.objects.filter(pk__in=[one.pk for one in imported.values()]).update(service=service, impact=1, urgency=1)
        find_proposals(NOW())
        find_proposals(NOW() + timedelta(hours=3))
        assert not MajorProposal.objects.exists()


class TestAReply:
    def test_goes_to_nobody_who_is_known_by_name_alone(self, imported):
        Team.objects.update(is_active=True)
        agent = an_agent(Team.objects.get(name="Group 70"))
        reply(imported["INC2"], by=agent, via="page", body="Is it better?")
        deliver_waiting()
        assert not OutgoingMail.objects.exists()
        assert not Clock.objects.exists()

    def test_is_not_sent_to_a_made_up_address_whatever_made_the_mail(self, imported):
        ticket = imported["INC2"]
        mail = OutgoingMail.objects.create(
            ticket=ticket, kind="reply", to_user=ticket.requester, to_address=ticket.requester.email,
            from_address="desk@example.com", subject="x", text="x", message_id="<x@example.com>",
        )  # fmt: skip
        assert send_waiting() == 0
        mail.refresh_from_db()
        assert (mail.state, mail.error) == ("failed", "no_address")
