"""What the desk itself does with resolved tickets: it tells their requesters, closes them, asks a lead, or says what is
missing.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from incidents.actions import close_incident
from incidents.models import Incident
from requests.actions import close_service_request
from requests.models import ServiceRequest
from servicedesk.levels.queries import Levels
from servicedesk.priorities.closing import after, closes_by_itself, plan_again, plan_closing, soon_to_close, times_of
from servicedesk.tickets.actions import announce_closing, ask_to_close, hold_closing, lock
from servicedesk.tickets.actions.closing import Incomplete, NeedsApproval
from servicedesk.tickets.models import ClosingRule, Ticket
from servicedesk.tickets.workflow import Phase, TicketType
from servicedesk.web.errors import Refused
from servicedesk.web.logs import about

log = logging.getLogger(__name__)
BATCH = 200
_CLOSE: dict[str, tuple[type, Callable]] = {
    TicketType.INCIDENT: (Incident, close_incident),
    TicketType.REQUEST: (ServiceRequest, close_service_request),
}


def closing_sweep(now: datetime) -> None:
    """Do what is due of all resolved tickets, oldest first, each in its own transaction: doing it twice, or in two
    workers at once, closes and tells of each once, because every action looks again under the row's lock.
    """
    rules = {(rule.type, rule.priority): rule for rule in ClosingRule.objects.all()}
    plan_again((rule for rule in rules.values() if closes_by_itself(rule)), missing=True)
    levels, rows = Levels(), soon_to_close(now)
    tickets = list(rows[:BATCH])
    while tickets:
        for ticket in tickets:
            try:
                with about(ticket_number=ticket.number):
                    _do(ticket, rules[ticket.type, ticket.priority], levels, now)
            except Exception:
                log.exception("could not be closed")
        tickets = list(after(rows, tickets[-1])[:BATCH])


def _do(ticket: Ticket, rule: ClosingRule, levels: Levels, now: datetime) -> None:
    resolved_at = ticket.resolved_at
    if resolved_at is None:
        return
    times = times_of(ticket, rule, levels.hours_of(ticket))
    if times.closes_at != ticket.closes_at:
        _plan_anew(ticket)
    if times.over_at is not None and times.over_at <= now:
        _end(ticket, resolved_at, now)
    elif times.tell_at is not None and times.tell_at <= now and not ticket.is_told:  # type: ignore[attr-defined]
        announce_closing(ticket, resolved_at=resolved_at, at=now)


@transaction.atomic
def _plan_anew(ticket: Ticket) -> None:
    """A calendar or the priority changed since it was resolved."""
    if lock(ticket).phase == Phase.RESOLVED:
        plan_closing(ticket)


def _end(ticket: Ticket, resolved_at: datetime, now: datetime) -> None:
    model, close = _CLOSE[ticket.type]
    try:
        with transaction.atomic():
            record = model.objects.select_related("ticket").get(pk=ticket.pk)
            if lock(record.ticket).resolved_at == resolved_at:
                close(record, by=None, via="system", at=now)
    except Incomplete:
        hold_closing(ticket, resolved_at=resolved_at, at=now)
    except NeedsApproval:
        ask_to_close(ticket, by=None, via="system", at=now)
    except Refused:
        log.info("no longer resolved")
