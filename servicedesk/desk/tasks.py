"""What beat starts here."""

from celery import shared_task
from django.utils import timezone

from servicedesk.tickets.actions.drafts import forget_old_drafts
from servicedesk.tickets.actions.snoozing import wake_some
from servicedesk.tickets.actions.steps import go_on_some

from .actions import forget_deleted_views
from .bulk import forget_old_bulks
from .closing_sweep import closing_sweep
from .exporting import forget_old_exports

BATCH = 200


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
    """Close what was resolved so many business days ago that its rule says so, and tell requesters beforehand."""
    closing_sweep(timezone.now())


@shared_task
def wake_snoozed_tickets() -> None:
    """Bring back the tickets whose time has come, and go on with those whose agreed day it is."""
    while wake_some(timezone.now(), BATCH) == BATCH:
        pass
    while go_on_some(timezone.localdate(), BATCH) == BATCH:
        pass
