"""Taking waiting events through the consumers of `settings.EVENT_CONSUMERS`.

A consumer is a function of a list of events, which it takes as one: what it reads and writes for twenty costs it little
more than for one. When it fails with some of them, each is tried alone. Repeating an event must do no harm.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from servicedesk.web.logs import about

from .models import Outbox

log = logging.getLogger(__name__)

AT_ONCE = 20
_LONGEST_PAUSE = timedelta(hours=1)


@cache
def consumers():
    return [import_string(path) for path in settings.EVENT_CONSUMERS]


def deliver_waiting(limit: int = 500) -> int:
    """Take up to `limit` due events, oldest first, through every consumer; returns how many went through. Workers share
    the work by SKIP LOCKED. An event whose consumer fails waits longer each time and never stops the others.
    """
    done = looked_at = 0
    while looked_at < limit:
        taken, failed = _deliver_some(min(AT_ONCE, limit - looked_at))
        if not taken:
            break
        looked_at += taken
        done += taken - failed
    return done


@transaction.atomic
def _deliver_some(most: int) -> tuple[int, int]:
    """(how many were taken, how many of them failed). All in one transaction, because reading and deleting them one by
    one took as long as the consumers; a process that dies repeats a few.
    """
    taken = list(
        Outbox.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("event__ticket__requester", "event__by")
        .filter(try_after__lte=timezone.now())
        .order_by("try_after", "event_id")[:most]
    )
    # By ticket, so that two workers with events of the same tickets never wait for each other's rows in a circle.
    taken.sort(key=lambda waiting: (waiting.event.ticket_id, waiting.event_id))
    failed = _those_that_fail(taken) if taken else []
    Outbox.objects.filter(pk__in={waiting.pk for waiting in taken} - {waiting.pk for waiting in failed}).delete()
    return len(taken), len(failed)


def _those_that_fail(taken: list[Outbox]) -> list[Outbox]:
    """Take them through all consumers together; if that fails, one by one."""
    try:
        with about(**_whose(taken)), transaction.atomic():
            for consumer in consumers():
                consumer([waiting.event for waiting in taken])
    except Exception as error:
        if len(taken) > 1:
            return [failed for waiting in taken for failed in _those_that_fail([waiting])]
        _put_off(taken[0], error)
        return taken
    return []


def _whose(taken: Iterable[Outbox]) -> dict[str, str]:
    """What the log says of lines in between: the ticket, if it is one."""
    numbers = {waiting.event.ticket.number for waiting in taken}
    return {"ticket_number": numbers.pop()} if len(numbers) == 1 else {}


def _put_off(waiting: Outbox, error: Exception) -> None:
    waiting.attempts += 1
    pause = min(timedelta(seconds=2 ** min(waiting.attempts, 12)), _LONGEST_PAUSE)
    waiting.try_after = timezone.now() + pause
    waiting.error = f"{type(error).__name__}: {error}"[:2000]
    waiting.save()
    log.error("event %s was not delivered, attempt %s", waiting.event_id, waiting.attempts, exc_info=error)
