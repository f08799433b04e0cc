"""Keeping the clocks: made anew when something happens to a ticket, swept when time passes, told when a target is near
or missed. Every step may be repeated; the tables say what is left to do.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from servicedesk.tickets.actions import record_many
from servicedesk.tickets.models import BORN_HERE, OPEN, Ticket
from servicedesk.tickets.workflow import Phase

from .clock import State
from .clocks import Told, clocks_of, happened_to
from .models import Clock, Mark
from .queries import Levels

AT_ONCE = 500
# What was missed longer ago is history (an import, a desk that was off): it is kept, and nobody is told.
_NEWS = timedelta(days=1)
_KEPT = (
    "rank", "calendar", "minutes", "run", "started_at", "due_at", "stopped_at", "missed_at", "warn_at", "warn_percent",
    "warned", "used_seconds", "waited",
)  # fmt: skip


@transaction.atomic
def keep_clocks(ids: Iterable[int], *, levels: Levels | None = None, now: datetime | None = None) -> int:
    """Make the clocks of these tickets anew and bring their due times up to date; returns how many clocks changed.

    Takes the tickets' row locks in the order of their ids, so that whoever comes later has read what came before.
    """
    levels, now = levels or Levels(), now or timezone.now()
    tickets = list(_theirs(ids))
    happened = happened_to([ticket.pk for ticket in tickets])
    kept: dict[int, dict[tuple, Clock]] = {ticket.pk: {} for ticket in tickets}
    for clock in Clock.objects.filter(ticket__in=tickets):
        kept[clock.ticket_id][clock.kind, clock.agreement_id] = clock
    new, changed, gone, marks = [], [], [], []
    for ticket in tickets:
        had = kept[ticket.pk]
        for told in clocks_of(ticket, happened.get(ticket.pk, ()), levels, now):
            clock = had.pop((told.kind, told.agreement.pk if told.agreement else None), None)
            known = clock is not None
            clock = clock or Clock(ticket=ticket, kind=told.kind, agreement=told.agreement)
            before, was_missed = _values(clock), clock.missed_at
            _show(clock, told, now)
            if not known:
                new.append(clock)
            elif _values(clock) != before:
                changed.append(clock)
            if clock.missed_at and not was_missed:
                is_news = ticket.is_open and clock.missed_at > now - _NEWS
                marks.append(Mark(clock=clock, percent=100, at=clock.missed_at, told_at=None if is_news else now))
        gone += had.values()
    Clock.objects.filter(pk__in=[clock.pk for clock in gone]).delete()
    Clock.objects.bulk_create(new)
    Clock.objects.bulk_update(changed, _KEPT, batch_size=AT_ONCE)
    Mark.objects.bulk_create(marks, ignore_conflicts=True)
    _mirror(tickets)
    return len(new) + len(changed) + len(gone)


def _theirs(ids: Iterable[int]) -> QuerySet[Ticket]:
    """These tickets under their row locks, but for those that were imported, which have no clocks."""
    rows = Ticket.objects.select_for_update().filter(BORN_HERE, pk__in=set(ids))
    return rows.defer("description").order_by("pk")


def _values(clock: Clock) -> tuple:
    return tuple(getattr(clock, Clock._meta.get_field(name).attname) for name in _KEPT)


def _show(clock: Clock, told: Told, now: datetime) -> None:
    """Write on a clock what it shows."""
    reading = told.reading
    clock.rank, clock.calendar, clock.minutes, clock.run = told.rank, told.calendar, told.minutes, told.run
    clock.started_at = told.turns[0].at
    is_missed = reading.state == State.MISSED
    clock.missed_at = reading.due_at if is_missed else None
    clock.due_at = None if told.run == Clock.Run.PAUSED and not is_missed else reading.due_at
    clock.stopped_at = told.turns[-1].at if told.run == Clock.Run.STOPPED else None
    clock.used_seconds = int(reading.used.total_seconds()) if not told.is_running else 0
    clock.waited = {side.value: int(time.total_seconds()) for side, time in reading.waiting.items()}
    clock.warn_at = clock.warn_percent = None
    if told.is_running and not is_missed:
        _warn(clock, told)


def _warn(clock: Clock, told: Told) -> None:
    """The next warning: of those already passed the last alone, unless it was given; else the first to come."""
    moments = [(percent, *told.passes_at(percent)) for percent in told.warn_at if 0 < percent < 100]
    passed = [(percent, at) for percent, is_passed, at in moments if is_passed]
    last = passed[-1][0] if passed else 0
    clock.warned = min(clock.warned, last)
    if passed and clock.warned < last:
        clock.warn_percent, clock.warn_at = passed[-1]
        return
    for percent, is_passed, at in moments:
        if not is_passed:
            clock.warn_percent, clock.warn_at = percent, at
            return


def _mirror(tickets: Sequence[Ticket]) -> None:
    """Due times on the core rows, which lists sort by: those of the ticket's two clocks."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE tickets_ticket t SET response_due_at = n.response, due_at = n.resolution
            FROM (
                SELECT ticket_id, max(due_at) FILTER (WHERE kind = 'response') AS response,
                       max(due_at) FILTER (WHERE kind = 'resolution') AS resolution
                FROM levels_clock WHERE ticket_id = ANY(%s) GROUP BY ticket_id
            ) n
            WHERE t.id = n.ticket_id AND (t.response_due_at, t.due_at) IS DISTINCT FROM (n.response, n.resolution)
            """,
            [[ticket.pk for ticket in tickets]],
        )


def keep_missing(limit: int = AT_ONCE) -> int:
    """Make clocks of open tickets that have none: of a desk that had none before, or of events that never came
    through. Returns how many tickets were looked at.
    """
    done, after, levels = 0, 0, Levels()
    while True:
        ids = list(
            Ticket.objects.filter(OPEN, BORN_HERE, clocks__isnull=True, pk__gt=after)
            .order_by("pk")
            .values_list("pk", flat=True)[:limit]
        )
        if not ids:
            return done
        keep_clocks(ids, levels=levels)
        done, after = done + len(ids), ids[-1]


def sweep(now: datetime | None = None) -> int:
    """Note which clocks have passed a warning or their target since the last time; two statements however many there
    are. Returns how many. Clocks that somebody changes just now are left to the next time.
    """
    now = now or timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            WITH passed AS (
                UPDATE levels_clock SET missed_at = due_at, warn_at = NULL, warn_percent = NULL
                WHERE id IN (
                    SELECT id FROM levels_clock
                    WHERE run = 'running' AND missed_at IS NULL AND due_at < %s
                    FOR UPDATE SKIP LOCKED
                )
                RETURNING id, missed_at
            )
            INSERT INTO levels_mark (clock_id, percent, at, told_at)
            SELECT id, 100, missed_at, CASE WHEN missed_at < %s THEN %s END FROM passed ON CONFLICT DO NOTHING
            """,
            [now, now - _NEWS, now],
        )
        missed = cursor.rowcount
        cursor.execute(
            """
            WITH passed AS (
                UPDATE levels_clock SET warned = warn_percent, warn_at = NULL, warn_percent = NULL
                WHERE id IN (
                    SELECT id FROM levels_clock WHERE run = 'running' AND warn_at <= %s FOR UPDATE SKIP LOCKED
                )
                RETURNING id, warned
            )
            INSERT INTO levels_mark (clock_id, percent, at) SELECT id, warned, %s FROM passed ON CONFLICT DO NOTHING
            """,
            [now, now],
        )
        return missed + cursor.rowcount


def tell(limit: int = 200) -> int:
    """Write the events `near_target` and `miss_target` of what the sweep noted, by which people and rules learn of it;
    one for a ticket at a time. Returns how many marks were looked at.
    """
    with transaction.atomic():
        marks = list(
            Mark.objects.filter(told_at__isnull=True)
            .select_related("clock__rank", "clock__agreement")
            .order_by("id")[:limit]
        )
        first = {mark.clock.ticket_id: mark for mark in reversed(marks)}
        tickets = list(
            Ticket.objects.select_for_update(skip_locked=True)
            .filter(pk__in=first)
            .defer("description", "resolution")
            .order_by("pk")
        )
        # Looked at again under the tickets' locks: another worker may have told them meanwhile.
        left = set(
            Mark.objects.filter(pk__in=[first[ticket.pk].pk for ticket in tickets], told_at__isnull=True).values_list(
                "pk", flat=True
            )
        )
        told = [ticket for ticket in tickets if first[ticket.pk].pk in left]
        for verb, missed in (("miss_target", True), ("near_target", False)):
            these = [
                ticket
                for ticket in told
                if ticket.phase != Phase.CLOSED and (first[ticket.pk].percent == 100) == missed
            ]
            record_many(these, verb, by=None, via="system", data=[_data(first[ticket.pk]) for ticket in these])
        Mark.objects.filter(pk__in=[first[ticket.pk].pk for ticket in told]).update(told_at=timezone.now())
        keep_clocks([ticket.pk for ticket in told])
    return len(told)


def _data(mark: Mark) -> dict:
    clock = mark.clock
    source = clock.rank or clock.agreement
    return {
        "clock": clock.kind,
        "percent": mark.percent,
        "due_at": clock.due_at,
        "minutes": clock.minutes,
        "by": [source.pk, source.name] if source else None,
    }
