"""When resolved tickets close by themselves, and since when open ones count as stale: by the business days of their
calendar and the rule of their kind and priority.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from servicedesk.levels.hours import Hours
from servicedesk.levels.queries import Levels, hours_for
from servicedesk.tickets.closing import rule_of
from servicedesk.tickets.models import BORN_HERE, ClosingRequest, ClosingRule, Ticket, TicketEvent
from servicedesk.tickets.workflow import Phase

from .business_days import business_days_after

_DAY = timedelta(days=1)
Closer = ClosingRule.Closer


@dataclass(frozen=True)
class Times:
    """When the days of a resolved ticket are over, and when its requester is told beforehand. `closes_at` is None where
    a lead has to approve: then the lead is asked at `over_at`.
    """

    over_at: datetime | None = None
    tell_at: datetime | None = None
    closes_at: datetime | None = None


def closes_by_itself(rule: ClosingRule) -> bool:
    return bool(rule.close_after_days) and rule.closer != Closer.LEAD


def times_of(ticket: Ticket, rule: ClosingRule, hours: Hours) -> Times:
    """Of a resolved ticket; what was imported never closes by itself."""
    days, before = rule.close_after_days, rule.mail_days_before
    if not days or ticket.resolved_at is None or ticket.is_imported:
        return Times()
    over_at = business_days_after(hours, ticket.resolved_at, days)
    if rule.closer == Closer.LEAD or over_at is None:
        return Times(over_at)
    tell_at = business_days_after(hours, ticket.resolved_at, days - before) if before and before < days else None
    return Times(over_at, tell_at, over_at)


def plan_closing(ticket: Ticket) -> None:
    """Note when a ticket that was just resolved closes by itself; in the caller's transaction, under its lock."""
    closes_at = times_of(ticket, rule_of(ticket), hours_for(ticket)).closes_at
    if ticket.closes_at != closes_at:
        ticket.closes_at = closes_at
        ticket.save(update_fields=["closes_at"])


def plan_again(rules: Iterable[ClosingRule], *, missing: bool = False, batch: int = 1000) -> None:
    """Note anew when the resolved tickets of some rules close by themselves; `missing`: only where nothing is noted, as
    after an undone merge. Whoever takes one up again meanwhile is right: only what is still so resolved is written.
    """
    known = {(rule.type, rule.priority): rule for rule in rules}
    levels, last = Levels(), 0
    rows = Ticket.objects.filter(BORN_HERE, _among(known.values()), phase=Phase.RESOLVED).order_by("pk").only(*_COLUMNS)
    rows = rows.filter(closes_at__isnull=True) if missing else rows
    while tickets := list(rows.filter(pk__gt=last)[:batch]):
        last = tickets[-1].pk
        for ticket in tickets:
            times = times_of(ticket, known[ticket.type, ticket.priority], levels.hours_of(ticket))
            if times.closes_at != ticket.closes_at:
                still = Ticket.objects.filter(pk=ticket.pk, phase=Phase.RESOLVED, resolved_at=ticket.resolved_at)
                still.update(closes_at=times.closes_at)


_COLUMNS = ("type", "number", "priority", "service_id", "team_id", "resolved_at", "closes_at", "external_id")


def _among(rules: Iterable[ClosingRule]) -> Q:
    found = Q(pk__in=[])
    for rule in rules:
        found |= Q(type=rule.type, priority=rule.priority)
    return found


def soon_to_close(now: datetime) -> QuerySet[Ticket]:
    """The resolved tickets that may have to be told of or closed now, by `resolved_at` along its index: business days
    take at least as long as days, less the first, whose hours do not count. `is_told`: its requester knows.
    """
    due = Q(pk__in=[])
    for rule in ClosingRule.objects.filter(close_after_days__gt=0):
        days = rule.close_after_days - (rule.mail_days_before or 0)
        due |= Q(type=rule.type, priority=rule.priority, resolved_at__lt=now - max(days - 1, 0) * _DAY)
    told = TicketEvent.objects.filter(ticket=OuterRef("pk"), verb="announce_closing", at__gte=OuterRef("resolved_at"))
    asked = ClosingRequest.objects.filter(pk=OuterRef("pk"))
    # Asked once by the desk itself; what was sent back is for people.
    by_desk = TicketEvent.objects.filter(
        ticket=OuterRef("pk"), verb="ask_to_close", by=None, at__gte=OuterRef("resolved_at")
    )
    rows = Ticket.objects.filter(BORN_HERE, due, phase=Phase.RESOLVED).exclude(Exists(asked)).exclude(Exists(by_desk))
    return rows.annotate(is_told=Exists(told)).only(*_COLUMNS).order_by("resolved_at", "pk")


def after(rows: QuerySet[Ticket], last: Ticket) -> QuerySet[Ticket]:
    """The rows of `soon_to_close` behind one of them."""
    return rows.filter(Q(resolved_at__gt=last.resolved_at) | Q(resolved_at=last.resolved_at, pk__gt=last.pk))
