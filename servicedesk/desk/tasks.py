"""What beat starts here."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from incidents.actions import close_incident
from incidents.models import Incident
from requests.actions import close_service_request
from requests.models import ServiceRequest
from servicedesk.tickets.actions.drafts import forget_old_drafts
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.workflow import Phase, TicketType
from servicedesk.web.errors import Refused
from servicedesk.web.logs import about

from .actions import forget_deleted_views
from .bulk import forget_old_bulks
from .exporting import forget_old_exports

log = logging.getLogger(__name__)
BATCH = 200
_CLOSE: dict[str, tuple[type, Callable]] = {
    TicketType.INCIDENT: (Incident, close_incident),
    TicketType.REQUEST: (ServiceRequest, close_service_request),
}


@shared_task
def tidy_desk() -> None:
    """Delete for good the views that can no longer be brought back, the files of old exports, what was noted of old
    changes of many tickets, and drafts that nobody goes on with.
    """
    forget_deleted_views()
    forget_old_exports()
    forget_old_bulks()
    forget_old_drafts()


@shared_task
def close_resolved_tickets() -> None:
    """Close what was resolved CLOSE_RESOLVED_AFTER_DAYS ago and nobody objected to."""
    while close_some(timezone.now() - timedelta(days=settings.CLOSE_RESOLVED_AFTER_DAYS)) == BATCH:
        pass


def close_some(before: datetime, limit: int = BATCH) -> int:
    """Close up to `limit` tickets resolved before a moment, oldest first, each in its own transaction; returns how many
    were looked at. Somebody may reopen one meanwhile: `move` looks again under the row's lock, so that doing this
    twice, or in two workers at once, closes each once.
    """
    due = list(
        Ticket.objects.filter(phase=Phase.RESOLVED, resolved_at__lt=before)
        .order_by("resolved_at")
        .values_list("pk", "type", "number")[:limit]
    )
    failed = 0
    for pk, ticket_type, number in due:
        model, close = _CLOSE[ticket_type]
        try:
            with about(ticket_number=number), transaction.atomic():
                close(model.objects.select_related("ticket").get(pk=pk), by=None, via="system")
        except Refused:
            log.info("no longer resolved")
        except Exception:
            failed += 1
            log.exception("could not be closed")
    # Those that fail stay first in line; without this the caller would look at them for ever.
    return 0 if failed else len(due)
