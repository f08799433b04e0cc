"""Taking waiting events through the consumers of `settings.EVENT_CONSUMERS`."""

import logging
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
    one took as long as the consumers; a process that dies repeats a few, which consumers bear.
    """
    taken = list(
        Outbox.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("event__ticket__requester", "event__by")
        .filter(try_after__lte=timezone.now())
        .order_by("try_after", "event_id")[:most]
    )
    # By ticket, so that two workers with events of the same tickets never wait for each other's rows in a circle.
    taken.sort(key=lambda waiting: (waiting.event.ticket_id, waiting.event_id))
    failed = [waiting for waiting in taken if not _went_through(waiting)]
    Outbox.objects.filter(pk__in={waiting.pk for waiting in taken} - {waiting.pk for waiting in failed}).delete()
    return len(taken), len(failed)


def _went_through(waiting: Outbox) -> bool:
    try:
        with about(ticket_number=waiting.event.ticket.number), transaction.atomic():
            for consumer in consumers():
                consumer(waiting.event)
    except Exception as error:
        waiting.attempts += 1
        pause = min(timedelta(seconds=2 ** min(waiting.attempts, 12)), _LONGEST_PAUSE)
        waiting.try_after = timezone.now() + pause
        waiting.error = f"{type(error).__name__}: {error}"[:2000]
        waiting.save()
        log.exception("event %s was not delivered, attempt %s", waiting.event_id, waiting.attempts)
        return False
    return True
