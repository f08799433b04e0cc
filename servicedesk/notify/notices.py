"""Notices on the pages: read marks, and forgetting."""

from datetime import timedelta

from django.utils import timezone

from servicedesk.people.models import User

from .models import Notification

KEPT_FOR = timedelta(days=90)
_AT_ONCE = 5_000


def mark_read(by: User, *, number: str = "", newest: int | None = None) -> int:
    """Note that a person has read their notices: those of the ticket with this number, else all up to the one with the
    id `newest`, else all. Returns how many were new to them; what comes meanwhile stays unread.
    """
    unread = Notification.objects.filter(person=by, read_at__isnull=True)
    if number:
        unread = unread.filter(ticket__number=number)
    elif newest is not None:
        unread = unread.filter(pk__lte=newest)
    return unread.update(read_at=timezone.now())


def forget_old_notices() -> int:
    """Delete what was read long ago; returns how many."""
    gone = 0
    while True:
        old = Notification.objects.filter(read_at__lt=timezone.now() - KEPT_FOR).order_by("read_at")
        count, _rows = Notification.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:_AT_ONCE])).delete()
        gone += count
        if count < _AT_ONCE:
            return gone
