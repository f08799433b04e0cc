"""Work time: minutes that people log and correct, timers, how these are rounded, and months that are closed.

What is logged is its person's alone: nobody else changes it, leads neither.
"""

from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import allow, audit, changed_fields, hold, keep
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web import formats
from servicedesk.web.errors import Refused
from servicedesk.web.text import one_line

from ..errors import TicketError
from ..models import ClosedWorkMonth, Ticket, WorkRounding, WorkTime, WorkTimer
from ..queries import rounding, running_timer
from .core import lock, record

_MONTHS_LOCK = 0x776F726B


@transaction.atomic
def log_work(
    ticket: Ticket,
    *,
    by: User,
    via: str,
    minutes: int,
    worked_on: date | None = None,
    note: str = "",
    at: datetime | None = None,
    permitted: bool = False,
) -> WorkTime:
    """Note minutes (1 to 1,440) that `by` worked on the ticket on a day, today by default and never in the future.

    Refuses a day of a closed month. `permitted`: the right was asked when the work began.
    """
    lock(ticket)
    if not permitted:
        check(by, "tickets.log_work", ticket)
    day = worked_on or timezone.localdate()
    _check(minutes, day)
    row = WorkTime.objects.create(
        ticket=ticket,
        user=by,
        minutes=minutes,
        worked_on=day,
        note=one_line(note, 200),
        created_at=at or timezone.now(),
    )
    record(ticket, "log_work", by=by, via=via, at=at, minutes=minutes, worked_on=day)
    return row


@transaction.atomic
def change_work(work: WorkTime, *, by: User, via: str, **fields: Any) -> WorkTime:
    """Correct `minutes`, `worked_on` or `note` of one's own work time, as long as its month, and the one to which it
    would go, are not closed. The event keeps the numbers from before.
    """
    allow(fields, ("minutes", "worked_on", "note"))
    _hold_own(work, by)
    before = work.worked_on
    _refuse_closed_month(before)
    if "note" in fields:
        fields["note"] = one_line(fields["note"], 200)
    if fields.get("worked_on", before) is None:
        fields["worked_on"] = before
    changes: dict[str, list | None] = dict(changed_fields(work, fields))
    _check(work.minutes, work.worked_on)
    if changes:
        work.save(update_fields=list(changes))
        if "note" in changes:
            changes["note"] = None  # people's own words are not for events
        record(work.ticket, "change_work", by=by, via=via, worked_on=before, changes=changes)
    return work


@transaction.atomic
def delete_work(work: WorkTime, *, by: User, via: str) -> None:
    """Delete one's own work time of a month that is not closed. The event keeps its numbers."""
    _hold_own(work, by)
    _refuse_closed_month(work.worked_on)
    WorkTime.objects.filter(pk=work.pk).delete()
    record(work.ticket, "delete_work", by=by, via=via, minutes=work.minutes, worked_on=work.worked_on)


def _hold_own(work: WorkTime, by: User) -> None:
    """Take the ticket's lock and read the row anew; refuse another's."""
    lock(work.ticket)
    check(by, "tickets.log_work", work.ticket)
    if work.user_id != by.pk:
        raise not_yours(work)
    row = WorkTime.objects.filter(pk=work.pk, ticket=work.ticket).first()
    if row is None:
        raise TicketError(_("This work time is no longer there."), code="gone")
    work.minutes, work.worked_on, work.note = row.minutes, row.worked_on, row.note


def not_yours(work: WorkTime) -> TicketError:
    return TicketError(
        _("Only %(name)s can correct this work time. Leads and administrators cannot either.")
        % {"name": work.user.display_name},
        code="not_yours",
    )


def _check(minutes: int, day: date) -> None:
    if not 1 <= minutes <= 1440:
        raise TicketError(_("Work time is 1 to 1,440 minutes."), field="minutes")
    if day > timezone.localdate():
        raise TicketError(_("This day has not come yet."), field="worked_on")
    _refuse_closed_month(day)


# Timers --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def start_timer(ticket: Ticket, *, by: User, via: str) -> tuple[WorkTimer, WorkTime | None]:
    """Let the person's timer run on the ticket. One that runs on another ticket is stopped and logged: the second of
    the answer. On this ticket already it goes on. Refuses while the other one is forgotten.
    """
    check(by, "tickets.log_work", ticket)
    running, logged = running_timer(by), None
    if running is not None:
        if running.ticket_id == ticket.pk:
            return running, None
        logged = _stop(running, by=by, via=via)
    WorkTimer.objects.update_or_create(
        user=by, defaults={"ticket": ticket, "started_at": timezone.now(), "discarded_at": None}
    )
    return _running(by), logged


@transaction.atomic
def stop_timer(*, by: User, via: str, minutes: int | None = None, note: str = "") -> WorkTime:
    """Log what the person's timer measured, rounded as set, on the day on which it began; or `minutes` as they are.

    Also when the person no longer sees the ticket: they did the work. Refuses when none runs, and to log one that was
    forgotten without `minutes`.
    """
    logged = _stop(_running(by), by=by, via=via, minutes=minutes, note=note)
    if logged is None:
        raise _no_timer()
    return logged


def _stop(timer: WorkTimer, *, by: User, via: str, minutes: int | None = None, note: str = "") -> WorkTime | None:
    """None when somebody was quicker."""
    ticket = lock(timer.ticket)
    held = WorkTimer.objects.select_for_update().filter(
        pk=timer.pk, ticket=ticket, started_at=timer.started_at, discarded_at=None
    )
    if not held:
        return None
    if minutes is None and timer.is_forgotten:
        raise TicketError(
            _("The timer on %(number)s has been running since %(when)s. Say how long you really worked.")
            % {"number": ticket.number, "when": formats.exact(timer.started_at)},
            field="minutes",
            code="forgotten",
        )
    row = log_work(
        ticket,
        by=by,
        via=via,
        minutes=timer.rounded if minutes is None else minutes,
        worked_on=timezone.localdate(timer.started_at),
        note=note,
        permitted=True,
    )
    held.delete()
    return row


@transaction.atomic
def discard_timer(*, by: User) -> WorkTimer:
    """Stop the person's timer without logging anything. `restore_timer` undoes it."""
    timer = _running(by)
    WorkTimer.objects.filter(pk=timer.pk, discarded_at=None).update(discarded_at=timezone.now())
    return timer


@transaction.atomic
def restore_timer(*, by: User) -> WorkTimer:
    """Let the timer that was discarded last run on, as if nothing had happened, unless another was started since."""
    if not WorkTimer.objects.filter(user=by, discarded_at__isnull=False).update(discarded_at=None):
        raise TicketError(_("There is no discarded timer to bring back."), code="no_timer")
    return _running(by)


def _running(by: User) -> WorkTimer:
    timer = running_timer(by)
    if timer is None:
        raise _no_timer()
    return timer


def _no_timer() -> TicketError:
    return TicketError(_("No timer is running."), code="no_timer")


# Settings ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_rounding(*, by: User, via: str, **fields: Any) -> WorkRounding:
    """Set how timers are rounded from now on; what is logged stays."""
    check(by, "settings.change")
    allow(fields, ("unit", "way"))
    hold()
    row = rounding()
    changes = changed_fields(row, fields)
    keep(row)
    if changes:
        audit(row, "save_work_rounding", by=by, via=via, label=_("Rounding of timers"), changes=changes)
    return row


@transaction.atomic
def close_month(month: date, *, by: User, via: str) -> ClosedWorkMonth:
    """Close the work time of a month; one that is closed stays as it is. Refuses a month that is not over."""
    check(by, "tickets.close_month")
    month = month.replace(day=1)
    if month >= timezone.localdate().replace(day=1):
        raise Refused(_("%(month)s is not over yet.") % {"month": formats.month(month)}, field="month")
    _hold_months("pg_advisory_xact_lock")
    row, made = ClosedWorkMonth.objects.get_or_create(month=month, defaults={"closed_by": by})
    if made:
        audit(row, "close_work_month", by=by, via=via)
    return row


@transaction.atomic
def reopen_month(month: date, *, by: User, via: str) -> None:
    """Let the work time of a month be changed again; nothing happens to one that is open."""
    check(by, "settings.change")
    row = ClosedWorkMonth.objects.select_for_update().filter(month=month.replace(day=1)).first()
    if row is not None:
        audit(row, "reopen_work_month", by=by, via=via)
        row.delete()


def _refuse_closed_month(day: date) -> None:
    """No month is closed while somebody writes into it: this waits for `close_month`, and the other way round."""
    _hold_months("pg_advisory_xact_lock_shared")
    if ClosedWorkMonth.objects.filter(month=day.replace(day=1)).exists():
        raise TicketError(
            _("The work time of %(month)s is closed. Ask an administrator to reopen the month.")
            % {"month": formats.month(day)},
            code="month_closed",
        )


def _hold_months(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [_MONTHS_LOCK])
