"""Reads of the matrix: the priority of a ticket, the grid as people see it, and what a new grid would change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from cmdb.models import Service
from servicedesk.people.models import Job, User
from servicedesk.tickets.models import OPEN, Impact, Priority, PriorityReason, Ticket, Urgency
from servicedesk.tickets.queries import visible_tickets

from .models import MatrixCell

Grid = Mapping[tuple[int, int], int]
"""(impact, urgency) → priority, all numbers 1 to 4."""

LOWEST = 4


def priority_for(service: Service | None, impact: int, urgency: int) -> tuple[int, str]:
    """(priority, reason): the cell of the service's own matrix, else that of the whole desk, else P4. One query."""
    cells = MatrixCell.objects.filter(
        Q(service__isnull=True) | Q(service=service), impact=impact, urgency=urgency
    ).values_list("service_id", "priority")
    found: dict[int | None, int] = dict(cells)
    if service is not None and service.pk in found:
        return found[service.pk], PriorityReason.SERVICE
    return found.get(None, LOWEST), PriorityReason.MATRIX


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


@dataclass(frozen=True)
class Preview:
    """What a proposed grid would do to open tickets: how many in all, how many from which priority to which, and the
    first of them as (ticket, new priority), most urgent first.
    """

    count: int
    moves: list[tuple[int, int, int]]
    rows: list[tuple[Ticket, int]]

    @property
    def left(self) -> int:
        """How many are not among `rows`."""
        return self.count - len(self.rows)


def would_change(user: User, service: Service | None, proposed: Grid, most: int = 50) -> Preview:
    """What a proposed grid would change. Two queries and those of sight, whatever the number of tickets.

    A grid of the desk leaves services alone where their own grid has the cell; tickets set by hand never change.
    Confidential tickets that the person may not see are neither listed nor counted, though they will change as well.
    """
    cells = cells_that_apply(service, proposed)
    tickets = that_change(visible_tickets(user), service, cells)
    counted = tickets.order_by().values_list("priority", "impact", "urgency").annotate(found=Count("pk"))
    moves: dict[tuple[int, int], int] = {}
    for before, impact, urgency, found in counted:
        move = (before, cells[impact, urgency])
        moves[move] = moves.get(move, 0) + found
    rows = tickets.defer("description", "resolution").order_by("priority", "created_at", "id")[:most] if moves else []
    return Preview(
        count=sum(moves.values()),
        moves=[(before, after, found) for (before, after), found in sorted(moves.items())],
        rows=[(ticket, cells[ticket.impact, ticket.urgency]) for ticket in rows],
    )


def that_change(tickets: QuerySet[Ticket], service: Service | None, cells: Grid) -> QuerySet[Ticket]:
    """Those of the tickets that are open, follow this grid, and have another priority than its `cells` give them."""
    changed = Q(pk__in=[])
    for priority in Priority.values:
        here = Q(pk__in=[])
        for (impact, urgency), given in cells.items():
            if given == priority:
                here |= Q(impact=impact, urgency=urgency)
        changed |= here & ~Q(priority=priority)
    return restrict(tickets.filter(OPEN).exclude(priority_reason=PriorityReason.MANUAL), service).filter(changed)


def tickets_to_change(service: Service | None) -> QuerySet[Ticket]:
    """Open tickets that have another priority than the grid as it is kept gives them; whoever may see them."""
    return that_change(Ticket.objects.all(), service, effective_grid(service))


def last_applying() -> Job | None:
    """The newest job that gives many tickets the priority of a new grid."""
    return Job.objects.filter(kind="apply_matrix").order_by("-id").first()


def cells_that_apply(service: Service | None, proposed: Grid) -> dict[tuple[int, int], int]:
    """The 16 cells that would hold for tickets of the service when its own grid were `proposed`."""
    if service is None:
        whole = {(impact, urgency): LOWEST for impact in Impact.values for urgency in Urgency.values}
        return whole | dict(proposed)
    return effective_grid(None) | dict(proposed)


def restrict(tickets: QuerySet[Ticket], service: Service | None) -> QuerySet[Ticket]:
    """Those of the tickets that a grid of this service (None: of the desk) decides."""
    if service is not None:
        return tickets.filter(service=service)
    own = Q(pk__in=[])
    for cell in MatrixCell.objects.filter(service__isnull=False):
        own |= Q(service__isnull=False, service=cell.service_id, impact=cell.impact, urgency=cell.urgency)
    return tickets.exclude(own)
