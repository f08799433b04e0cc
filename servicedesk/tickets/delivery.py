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
_LONGEST_PAUSE = timedelta(hours=1)


@cache
def consumers():
    return [import_string(path) for path in settings.EVENT_CONSUMERS]


def deliver_waiting(limit: int = 500) -> int:
    """Take up to `limit` due events, oldest first, each in a transaction of its own, through every consumer; returns
    how many went through. Workers share the work by SKIP LOCKED. An event whose consumer fails waits longer each time
    and never stops the others.
    """
    done = 0
    for _turn in range(limit):
        with transaction.atomic():
            waiting = (
                Outbox.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("event__ticket", "event__by")
                .filter(try_after__lte=timezone.now())
                .order_by("try_after", "event_id")
                .first()
            )
            if waiting is None:
                break
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
            else:
                waiting.delete()
                done += 1
    return done
