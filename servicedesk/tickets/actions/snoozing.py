"""Snoozing: what cannot go on yet leaves the usual views until a moment, or until its requester writes."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.text import lines

from ..errors import TicketError
from ..models import Comment, Ticket
from ..workflow import Phase
from .core import lock, person_ref, record, written

LONGEST = timedelta(days=366)


@transaction.atomic
def snooze(
    ticket: Ticket,
    *,
    by: User,
    via: str,
    until: datetime | None = None,
    reason: str = "",
    at: datetime | None = None,
    permitted: bool = False,
) -> Ticket:
    """Take it out of the usual views until a moment; without one until its requester writes, which brings it back in
    any case. The reason becomes an internal note. What is snoozed already gets the new moment.

    Refuses what is resolved or closed, and a moment that is past or more than a year ahead (until). `permitted`: the
    caller has asked for the permission as part of another action.
    """
    lock(ticket)
    if not permitted:
        check(by, "tickets.snooze", ticket)
    now = at or timezone.now()
    if ticket.phase in (Phase.RESOLVED, Phase.CLOSED):
        raise TicketError(_("Only what is still to be done can be snoozed."), code="wrong_status")
    if until is not None and until <= now:
        raise TicketError(_("This time is over. Choose a later one."), field="until")
    if until is not None and until > now + LONGEST:
        raise TicketError(_("Choose a time within a year."), field="until")
    ticket.snoozed_at, ticket.snoozed_until = now, until
    ticket.save(update_fields=["snoozed_at", "snoozed_until"])
    event = record(ticket, "snooze", by=by, via=via, at=at, until=until)
    if text := lines(reason).strip():
        Comment.objects.create(event=written(event), ticket=ticket, author=by, is_public=False, body=text)
    return ticket


@transaction.atomic
def wake(ticket: Ticket, *, by: User, via: str, at: datetime | None = None) -> Ticket:
    """Bring it back before its time. What is not snoozed stays as it is."""
    lock(ticket)
    check(by, "tickets.snooze", ticket)
    rouse(ticket, by=by, via=via, at=at)
    return ticket


def rouse(ticket: Ticket, *, by: User | None, via: str, at: datetime | None = None, wrote: bool = False) -> None:
    """Bring it back if it is snoozed; in the caller's transaction, which holds the ticket's row lock. `wrote`: because
    somebody wrote, who need not know that it was.
    """
    if ticket.snoozed_at is None:
        return
    snoozed = ticket.events.filter(verb="snooze").select_related("by").order_by("-number").first()
    ticket.snoozed_at = ticket.snoozed_until = None
    ticket.save(update_fields=["snoozed_at", "snoozed_until"])
    data = {"wrote": True} if wrote else {}
    record(ticket, "wake", by=by, via=via, at=at, user=person_ref(snoozed.by) if snoozed else None, **data)


def wake_some(now: datetime, limit: int = 200) -> int:
    """Bring back up to `limit` tickets whose time has come, each in its own transaction; returns how many were looked
    at. The views show them from that moment on anyhow; this tells people.
    """
    due = Ticket.objects.filter(snoozed_at__isnull=False, snoozed_until__lte=now).order_by("snoozed_until", "id")
    pks = list(due.values_list("pk", flat=True)[:limit])
    for pk in pks:
        with transaction.atomic():
            ticket = Ticket.objects.select_for_update().get(pk=pk)
            if ticket.snoozed_until is not None and ticket.snoozed_until <= now:
                rouse(ticket, by=None, via="system")
    return len(pks)
