"""Events go once through every consumer, whatever fails."""

from datetime import timedelta

import pytest
from django.utils import timezone

from servicedesk.tickets import delivery
from servicedesk.tickets.actions import note
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Outbox
from tests.factories import a_ticket, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen(monkeypatch):
    """The verbs that two consumers saw in each call; the second one fails for those in `seen.broken`."""

    class Seen(list):
        broken: set[str] = set()

    seen = Seen()

    def second(events):
        for event in events:
            if event.verb in seen.broken:
                event.ticket.watcher_rows.create(user=event.by)
                raise ValueError("no")

    monkeypatch.setattr(delivery, "consumers", lambda: [lambda events: seen.append([e.verb for e in events]), second])
    return seen


class TestDelivery:
    def test_takes_each_event_once_in_order(self, seen):
        ticket = a_ticket()
        note(ticket, by=an_agent(), body="x", via="page")
        assert deliver_waiting() == 2
        assert seen == [["open", "note"]]
        assert deliver_waiting() == 0
        assert Outbox.objects.count() == 0

    def test_keeps_what_failed_and_goes_on_with_the_rest(self, seen):
        seen.broken = {"open"}
        ticket = a_ticket()
        note(ticket, by=an_agent(), body="x", via="page")
        assert deliver_waiting() == 1
        waiting = Outbox.objects.get()
        assert (waiting.event.verb, waiting.attempts, waiting.error) == ("open", 1, "ValueError: no")
        assert waiting.try_after > timezone.now()
        assert seen == [["open", "note"], ["open"], ["note"]]

    def test_undoes_what_a_failing_consumer_wrote(self, seen):
        seen.broken = {"open"}
        ticket = a_ticket()
        deliver_waiting()
        assert ticket.watcher_rows.count() == 0

    def test_tries_again_later_with_longer_pauses(self, seen):
        seen.broken = {"open"}
        a_ticket()
        deliver_waiting()
        assert deliver_waiting() == 0
        first = Outbox.objects.get().try_after - timezone.now()
        Outbox.objects.update(try_after=timezone.now() - timedelta(seconds=1))
        deliver_waiting()
        assert Outbox.objects.get().try_after - timezone.now() > first
        seen.broken = set()
        Outbox.objects.update(try_after=timezone.now() - timedelta(seconds=1))
        assert deliver_waiting() == 1
        assert Outbox.objects.count() == 0

    def test_that_is_killed_in_the_middle_loses_no_event(self, monkeypatch):
        class Killed(BaseException):
            pass

        def dies_at_a_note(events):
            for event in events:
                event.ticket.watcher_rows.get_or_create(user=event.ticket.requester)
                if event.verb == "note":
                    raise Killed

        ticket = a_ticket()
        note(ticket, by=an_agent(), body="x", via="page")
        with monkeypatch.context() as patch:
            patch.setattr(delivery, "consumers", lambda: [dies_at_a_note])
            with pytest.raises(Killed):
                deliver_waiting()
        assert ticket.watcher_rows.count() == 0
        assert Outbox.objects.count() == 2
        assert deliver_waiting() == 2

    def test_stops_at_its_limit_so_that_a_task_ends(self, seen):
        for _turn in range(3):
            a_ticket()
        assert deliver_waiting(limit=2) == 2
