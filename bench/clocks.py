"""How long the sweep of clocks takes over 100,000 open tickets, how many clocks a second are made anew, and how long a
rule is tried on 100,000 tickets.
"""

import time
from datetime import timedelta

OPEN = 100_000
_FILL = """
    CREATE TEMP TABLE swept AS SELECT id FROM tickets_ticket WHERE closed_at IS NULL ORDER BY id LIMIT %(open)s;
    INSERT INTO levels_clock (ticket_id, kind, rank_id, calendar_id, minutes, run, started_at, due_at, warn_at,
        warn_percent, warned, used_seconds, waited)
    SELECT t.id, k.kind, r.id, c.id, 1440, 'running', now() - interval '1 day',
        now() + (t.id %% 1000 + 1) * interval '1 minute', now() + (t.id %% 500 + 1) * interval '1 minute',
        75, 0, 0, '{}'
    FROM swept t, (VALUES ('response'), ('resolution')) k(kind), levels_rank r, levels_calendar c
    WHERE r.is_default AND c.is_default
    ON CONFLICT DO NOTHING;
"""


def clock_seconds() -> dict:
    """{tickets, nothing, twentieth, all, kept_per_s}: seconds of a sweep in which nothing, one in twenty and every
    clock has passed, and tickets a second whose clocks are made anew. Everything is rolled back.
    """
    from django.db import connection, transaction
    from django.utils import timezone

    from servicedesk.levels.keeping import keep_clocks, sweep
    from servicedesk.levels.models import Clock, Mark
    from servicedesk.tickets.models import OPEN as IS_OPEN
    from servicedesk.tickets.models import Ticket

    now = timezone.now()
    told: dict = {}
    with transaction.atomic():
        lacking = OPEN - Ticket.objects.filter(IS_OPEN).count()
        if lacking > 0:  # the desk of the bench has fewer open ones: closed ones stand in for them
            chosen = Ticket.objects.filter(closed_at__isnull=False).order_by("-id").values("pk")[:lacking]
            Ticket.objects.filter(pk__in=chosen).update(closed_at=None, phase="active", status="in_progress")
        ids = list(Ticket.objects.filter(IS_OPEN).order_by("-id").values_list("pk", flat=True)[:1000])
        started = time.perf_counter()
        keep_clocks(ids)
        told["kept_per_s"] = round(len(ids) / (time.perf_counter() - started))
        Mark.objects.all().delete()
        Clock.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(_FILL.replace("%%", "%").replace("%(open)s", str(OPEN)))
            cursor.execute("ANALYZE levels_clock")
        told["tickets"] = Clock.objects.values("ticket").distinct().count()
        for name, minutes in (("nothing", 0), ("twentieth", 50), ("all", 1100)):
            started = time.perf_counter()
            passed = sweep(now + timedelta(minutes=minutes))
            told[name], told[f"{name}_passed"] = round(time.perf_counter() - started, 2), passed
        transaction.set_rollback(True)
    return told


def trial_seconds() -> dict:
    """{tried, fired, seconds}: a rule over fields with an index, tried on the newest 100,000 tickets."""
    from django.utils import timezone

    from servicedesk.escalation.trial import try_document
    from servicedesk.tickets.models import Ticket

    newest = Ticket.objects.order_by("-created_at").values_list("created_at", flat=True)[:OPEN]
    days = max(1, (timezone.now() - list(newest)[-1]).days)
    document = {
        "name": "bench",
        "trigger": {"on": "created"},
        "conditions": {"all": [{"field": "priority", "is": ["P1", "P2"]}, {"field": "channel", "is": ["mail"]}]},
        "actions": [{"do": "add_tag", "tag": "bench"}],
        "minutes_saved": 10,
    }
    found = try_document(document, days)
    return {"tried": found["tried"], "fired": found["would_fire"], "seconds": round(found["seconds"], 2)}
