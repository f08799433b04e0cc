"""The monthly report: how long facts take to be made and kept, figures to be counted, and what the month page waits."""

import time
from collections.abc import Callable
from datetime import date

from .fill import LEAD, TEAMS

KEPT_AT_ONCE = 2_000
_BEAT = 60.0

# Work on three of ten tickets, and a saving on what came by form or mail; clocks of all, one in twelve of them missed.
_FILL = """
    INSERT INTO tickets_worktime (ticket_id, user_id, minutes, worked_on, note, created_at)
        SELECT id, coalesce(assignee_id, 1), 5 + id %% 55, (created_at AT TIME ZONE 'Asia/Tokyo')::date, '', created_at
        FROM tickets_ticket WHERE id %% 10 < 3;
    INSERT INTO escalation_saving (source, minutes, at, ticket_id, channel, event_id, template_name)
        SELECT 'ticket', 6, t.created_at, t.id, t.channel, e.id, ''
        FROM tickets_ticket t JOIN tickets_ticketevent e ON e.ticket_id = t.id AND e.number = 1
        WHERE t.channel IN ('portal', 'mail');
    INSERT INTO levels_clock (ticket_id, kind, rank_id, calendar_id, minutes, run, started_at, stopped_at, missed_at,
        warned, used_seconds, waited)
        SELECT t.id, k.kind, r.id, c.id, 1440, 'stopped', t.created_at, t.resolved_at,
            CASE WHEN t.id %% 12 = 0 THEN t.resolved_at END, 0, 7200, '{"requester": 3600}'
        FROM tickets_ticket t, (VALUES ('response'), ('resolution')) k(kind), levels_rank r, levels_calendar c
        WHERE t.resolved_at IS NOT NULL AND r.is_default AND c.is_default
        ON CONFLICT DO NOTHING;
    ANALYZE tickets_worktime; ANALYZE escalation_saving; ANALYZE levels_clock;
"""


def _timed(act: Callable[[], object]) -> tuple[object, float]:
    started = time.perf_counter()
    found = act()
    return found, round(time.perf_counter() - started, 2)


def prepare_months(say: Callable[[str], None]) -> dict:
    """Make all facts, count all figures, issue a month; returns seconds, and tickets a second kept from events."""
    from django.db import connection

    from servicedesk.reports import facts
    from servicedesk.reports.figures import count, keep_counted
    from servicedesk.reports.models import Counted, FactTurn, ReportSettings
    from servicedesk.reports.months import Period, Year, after
    from servicedesk.tickets.models import Ticket, WorkTime

    ReportSettings.objects.get_or_create(pk=1, defaults={"hourly_rate": 4800})
    if not WorkTime.objects.filter(ticket__lte=1000).exists():
        with connection.cursor() as cursor:
            for statement in filter(str.strip, _FILL.replace("%%", "%").split(";\n")):
                cursor.execute(statement)
    rows, recounted = _timed(facts.recount)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) reports_ticketfact")
    Counted.objects.all().delete()
    year = Year.now()
    month = after(year.this_month(), -1)
    _found, counted = _timed(lambda: count(year, Period.of(month)))
    spans, beforehand = _timed(lambda: _all(keep_counted))
    ids = Ticket.objects.order_by("-id").values_list("pk", flat=True)[:KEPT_AT_ONCE]
    FactTurn.objects.bulk_create([FactTurn(ticket_id=pk) for pk in ids], ignore_conflicts=True)
    kept, seconds = _timed(lambda: _all(facts.keep_waiting))
    issued = _issued(month)
    told = {
        "facts": rows, "recount_s": recounted, "month_s": counted, "spans": spans, "beforehand_s": beforehand,
        "kept_per_s": round(kept / seconds) if seconds else None, "issue_s": issued,
    }  # fmt: skip
    say(
        f"Facts of {rows:,} tickets made anew: {recounted} s; kept from events: {told['kept_per_s']} tickets a second. "
        f"Figures of one month counted: {counted} s; of {spans} spans beforehand: {beforehand} s. "
        f"A month issued in both languages as PDF and Excel: {'no Pango here' if issued is None else f'{issued} s'}"
    )
    return told


def _issued(month: date) -> float | None:
    """Seconds to freeze a month and to make its four files; no row of it stays, so that it can be done again. None
    where the machine cannot make a PDF.
    """
    from django.db import transaction

    from servicedesk.reports.issued.actions import issue
    from servicedesk.web.errors import NotNow

    try:
        with transaction.atomic():
            _report, seconds = _timed(lambda: issue(month, by=None, via="bench"))
            transaction.set_rollback(True)
    except NotNow:
        return None
    return seconds


def _all(act: Callable[[], int]) -> int:
    done = 0
    while some := act():
        done += some
    return done


class Beat:
    """Stands in for beat while the bench asks for pages: counts beforehand once a minute. Not measured."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def change(self, month: date) -> None:
        """Something moves the figures of a month, as a ticket does that is resolved in it."""
        from servicedesk.reports.facts import stamp
        from servicedesk.reports.figures import keep_counted

        if time.monotonic() - self._last > _BEAT:
            _all(keep_counted)
            self._last = time.monotonic()
        stamp([month])


def month_cases(port: int) -> list:
    """The month page as it is counted beforehand, just after a change, and of one team."""
    from django.urls import reverse

    from servicedesk.reports.months import Year, after

    from .client import Answer, Client
    from .measure import Case, sign_in

    lead = Client(port, session=sign_in(LEAD))
    month = after(Year.now().this_month(), -1)
    path = reverse("reports:month", args=[f"{month:%Y-%m}"])
    beat = Beat()

    def changed() -> Answer:
        beat.change(month)
        return lead.get(path)

    return [
        Case("month of the report", lambda: lead.get(path), "month"),
        Case("the same after a change", changed, "month_changed"),
        Case("month of one team", lambda: lead.get(f"{path}?team={TEAMS}"), "month_team"),
        Case("tickets behind a figure", lambda: lead.get(f"{path}tickets.resolved/"), "behind"),
    ]
