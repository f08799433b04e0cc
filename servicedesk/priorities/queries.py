"""Reads of the matrix: the priority of a ticket, the grid as people see it, and what a new grid would change."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Q

from cmdb.models import Service
from servicedesk.people.models import User
from servicedesk.tickets.models import OPEN, Impact, PriorityReason, Ticket, Urgency
from servicedesk.tickets.queries import visible_tickets

from .models import MatrixCell, PriorityTarget

Grid = Mapping[tuple[int, int], int]
"""(impact, urgency) → priority, all numbers 1 to 4."""

LOWEST = 4


def priority_for(service: Service | None, impact: int, urgency: int) -> tuple[int, str]:
    """(priority, reason): the cell of the service's own matrix, else that of the whole desk, else P4. One query."""
    cells = MatrixCell.objects.filter(
        Q(service__isnull=True) | Q(service=service), impact=impact, urgency=urgency
    ).values_list("service_id", "priority")
    found = dict(cells)
    if service is not None and service.pk in found:
        return found[service.pk], PriorityReason.SERVICE
    return found.get(None, LOWEST), PriorityReason.MATRIX


def targets_for(priority: int, start: datetime) -> tuple[datetime | None, datetime | None]:
    """(first response due, resolution due) counted from `start`; (None, None) when no target is set. One query."""
    target = PriorityTarget.objects.filter(pk=priority).first()
    if target is None:
        return None, None
    return (
        start + timedelta(minutes=target.response_minutes),
        start + timedelta(minutes=target.resolution_minutes),
    )


def grid(service: Service | None = None) -> dict[tuple[int, int], int]:
    """The cells that the desk (`service` None) or a service has itself; a service's grid may be empty."""
    cells = MatrixCell.objects.filter(service=service)
    return {(cell.impact, cell.urgency): cell.priority for cell in cells}


def effective_grid(service: Service | None) -> dict[tuple[int, int], int]:
    """All 16 cells as they hold for a service: its own where it has them, else the desk's."""
    whole = {(impact, urgency): LOWEST for impact in Impact.values for urgency in Urgency.values}
    return whole | grid() | (grid(service) if service else {})


def services_with_grid() -> Iterable[Service]:
    return Service.objects.filter(matrix_cells__isnull=False).distinct()


def would_change(user: User, service: Service | None, proposed: Grid) -> list[tuple[Ticket, int]]:
    """(ticket, new priority) of the open tickets that a proposed grid would change, at most 1,000, most urgent first.

    A grid of the desk leaves services alone where their own grid has the cell; tickets set by hand never change.
    Confidential tickets that the person may not see are left out of the list, though they will change as well.
    """
    tickets = visible_tickets(user).filter(OPEN).exclude(priority_reason=PriorityReason.MANUAL)
    changed = Q(pk__in=[])
    for (impact, urgency), priority in cells_that_apply(service, proposed).items():
        changed |= Q(impact=impact, urgency=urgency) & ~Q(priority=priority)
    rows = restrict(tickets, service).filter(changed).order_by("priority", "created_at", "id")[:1000]
    new = cells_that_apply(service, proposed)
    return [(ticket, new[ticket.impact, ticket.urgency]) for ticket in rows]


def cells_that_apply(service: Service | None, proposed: Grid) -> dict[tuple[int, int], int]:
    """The 16 cells that would hold for tickets of the service when its own grid were `proposed`."""
    if service is None:
        whole = {(impact, urgency): LOWEST for impact in Impact.values for urgency in Urgency.values}
        return whole | dict(proposed)
    return effective_grid(None) | dict(proposed)


def restrict(tickets, service: Service | None):
    """Those of the tickets that a grid of this service (None: of the desk) decides."""
    if service is not None:
        return tickets.filter(service=service)
    own = Q(pk__in=[])
    for cell in MatrixCell.objects.filter(service__isnull=False):
        own |= Q(service=cell.service_id, impact=cell.impact, urgency=cell.urgency)
    return tickets.exclude(own)


def all_targets() -> list[PriorityTarget]:
    return list(PriorityTarget.objects.all())
