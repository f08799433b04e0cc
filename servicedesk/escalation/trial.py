"""Trial runs: what a rule would have done to the tickets of the last days, by the conditions and the plans of the live
run. Nothing is written.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.levels.queries import Levels
from servicedesk.people.jobs import Progress
from servicedesk.people.models import Job, User
from servicedesk.tickets.models import BORN_HERE, Ticket
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.errors import Refused

from . import conditions, triggers
from .documents import read
from .doing import Change
from .ledger import Rates, company_day
from .timing import batches, has_passed, would_do
from .world import Imagined

MOST_DAYS = 3660
MOST_SHOWN = 50


def try_document(
    given: Any, days: int, *, reader: User | None = None, progress: Callable[[int, int], None] | None = None
) -> dict:
    """{tried, would_fire, minutes_saved, seconds, tickets: [[id, changes]] of the first that the reader sees, mails:
    [[address, how many]]}. The tickets are those opened in the last `days`, as they are now; for a rule about events
    such an event must have happened to them since then. Refuses a document that is wrong, and days outside 1 to 3,660.
    """
    if not 1 <= days <= MOST_DAYS:
        raise Refused(_("Days are a number from 1 to %(most)d.") % {"most": MOST_DAYS}, field="days")
    whole, started, now = read(given), time.monotonic(), timezone.now()
    after, trigger = now - timedelta(days=days), whole["trigger"]
    recent = Ticket.objects.filter(BORN_HERE, created_at__gte=after)
    is_timed = trigger["on"] == triggers.TIME
    rows = triggers.due_tickets(trigger, now).filter(created_at__gte=after) if is_timed else recent
    if not is_timed and trigger["on"] != triggers.CREATED:
        rows = rows.filter(triggers.happened(trigger, after))
    rows = rows.filter(conditions.q_of(whole["conditions"]))
    world, levels = Imagined(whole["name"]), Levels()
    tried, total, done, fired = recent.count(), rows.count() if progress else 0, 0, 0
    rates, today, saved = Rates(), company_day(now), Decimal(0)
    shown: list[tuple[int, list[Change]]] = []
    mails: Counter[str] = Counter()
    for tickets in batches(rows):
        world.look_at(tickets)
        seen = _seen(reader, tickets) if len(shown) < MOST_SHOWN else set()
        for ticket in tickets:
            if is_timed and not has_passed(levels, ticket, ticket.since_at, trigger["minutes"], now):
                continue
            changes = would_do(whole["actions"], ticket, world)
            if not changes:
                continue
            fired += 1
            saved += rates.of_rule(whole["minutes_saved"], changes, today)[1]
            mails.update(_mailed(changes, ticket, world))
            if ticket.pk in seen and len(shown) < MOST_SHOWN:
                shown.append((ticket.pk, changes))
        done += len(tickets)
        if progress:
            progress(done, max(total, done))
    return {
        "tried": tried,
        "would_fire": fired,
        "minutes_saved": int(saved) if saved == int(saved) else float(saved),
        "seconds": round(time.monotonic() - started, 2),
        "tickets": shown,
        "mails": mails.most_common(MOST_SHOWN),
    }


def _seen(reader: User | None, tickets: list[Ticket]) -> set[int]:
    if reader is None:
        return set()
    rows = visible_tickets(reader).filter(pk__in=[ticket.pk for ticket in tickets])
    return set(rows.values_list("pk", flat=True))


def _mailed(changes: list[Change], ticket: Ticket, world: Imagined) -> set[str]:
    """Whom mails would have told, unless they chose not to hear of it by mail."""
    people: set[str] = set()
    for change in changes:
        if "tells" in change:
            people.update(change["tells"])
        elif "reply" in change:
            people.add(world.address_of(ticket.requester_id))
        elif change.get("field") == "assignee":
            people.add(change["who"])
        elif change.get("field") == "team" and ticket.assignee_id is None:
            lead = world.teams[change["id"]].lead
            people.update([lead.email] if lead else [])
    return people


def try_as_job(job: Job, progress: Progress) -> dict:
    """A trial that somebody started on a page or by API."""
    return try_document(job.params["document"], job.params["days"], reader=job.by, progress=progress)
