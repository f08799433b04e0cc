"""Rules about time: business minutes since something. First in SQL by plain time, which is never less, then exactly by
the hours of the ticket. Each ticket fires once for each moment from which was counted.
"""

import logging
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from servicedesk.levels.hours import due_at
from servicedesk.levels.queries import Levels
from servicedesk.tickets.models import Ticket
from servicedesk.web.errors import Refused
from servicedesk.web.logs import about

from . import doings, triggers
from .doing import Change
from .models import Firing
from .running import Ready, fire, is_spent, ready_rules
from .world import Imagined

log = logging.getLogger(__name__)
BATCH = 2000


def sweep() -> int:
    """Let every rule about time fire where its minutes have passed; returns how often it did."""
    done = 0
    for each in ready_rules(timed=True):
        for pk, since in list(_due(each)):
            try:
                done += _fire_one(each, pk, since)
            except Exception:  # it stops no other, and comes again with the next sweep
                log.exception("rule %s did not get through ticket %s", each.rule.pk, pk)
    return done


def candidates(ready: Ready, now: datetime) -> QuerySet[Ticket]:
    """Tickets of which enough plain time has passed, and that did not fire for this moment yet."""
    fired = Firing.objects.filter(rule=ready.rule, ticket=OuterRef("pk"), since=OuterRef("since_at"))
    return triggers.due_tickets(ready.trigger, now).filter(ready.q).filter(~Exists(fired))


def has_passed(levels: Levels, ticket: Ticket, since: datetime, minutes: int, now: datetime) -> bool:
    """Whether so many business minutes of the ticket have passed."""
    try:
        return due_at(levels.hours_of(ticket), since, minutes).due_at <= now
    except Refused:  # a calendar without so many open minutes
        return False


def batches(rows: QuerySet[Ticket], size: int = BATCH) -> Iterator[list[Ticket]]:
    """Tickets without their texts, oldest first. The ids are found once: walking on from id to id PostgreSQL would ask
    the whole question for each batch.
    """
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    keep = {name: rows.query.annotations[name] for name in ("since_at",) if name in rows.query.annotations}
    for start in range(0, len(ids), size):
        part = Ticket.objects.filter(pk__in=ids[start : start + size]).defer("description", "resolution")
        yield list(part.annotate(**keep).order_by("pk") if keep else part.order_by("pk"))


def _due(ready: Ready) -> Iterator[tuple[int, datetime]]:
    """(ticket, moment) where the minutes have passed and there is something to do. What has nothing to do is left out
    here, without a lock and a transaction for each.
    """
    now, levels, world = timezone.now(), Levels(), Imagined(ready.rule.name)
    for tickets in batches(candidates(ready, now)):
        world.look_at(tickets)
        for ticket in tickets:
            since = ticket.since_at  # type: ignore[attr-defined]
            if has_passed(levels, ticket, since, ready.trigger["minutes"], now) and would_do(
                ready.actions, ticket, world
            ):
                yield ticket.pk, since


def would_do(actions: list[dict] | tuple[dict, ...], ticket: Ticket, world: Imagined) -> list[Change]:
    """What the actions of a rule would change, one after another; the ticket at hand is as if they had."""
    changes = []
    for given in actions:
        change = doings.plan(ticket, given, world)
        if change is not None:
            doings.imagine(ticket, change, world)
            changes.append(change)
    return changes


@transaction.atomic
def _fire_one(ready: Ready, pk: int, since: datetime) -> int:
    """Look again under the row lock: somebody may have done something meanwhile, another worker this very thing."""
    rows = Ticket.objects.select_for_update(skip_locked=True, of=("self",))
    ticket = (
        rows.select_related("team__next_team", "service", "category", "assignee", "requester").filter(pk=pk).first()
    )
    if ticket is None or not candidates(ready, timezone.now()).filter(pk=pk, since_at=since).exists():
        return 0
    with about(ticket_number=ticket.number):
        if is_spent(ticket):
            return 0
        return 1 if fire(ready, ticket, since=since) is not None else 0
