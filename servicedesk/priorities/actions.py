"""Priorities: of a new ticket, after a change of its fields, by hand; and changes of the matrix itself.

The times that are due follow a moment later (`levels.consumers`), also when pauses have to be counted in.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cmdb.models import Service
from servicedesk.levels.queries import due_times, levels_now
from servicedesk.people.actions import audit, hold
from servicedesk.people.jobs import Progress, start_job
from servicedesk.people.models import Job, User
from servicedesk.people.rules import check
from servicedesk.tickets.actions import assign, lock, open_ticket, permit, record_many, set_fields
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Impact, Priority, PriorityReason, Ticket, Urgency
from servicedesk.web.errors import Refused

from .models import MatrixCell
from .queries import (
    Grid,
    effective_grid,
    grid,
    priority_for,
    tickets_to_change,
)

AT_ONCE = 1000


@transaction.atomic(savepoint=False)
def open_with_priority(ticket_type: str, *, by: User, via: str, at: datetime | None = None, **fields: Any) -> Ticket:
    """Open the core row of a process with the priority of the matrix, its targets, and the service's team and secrecy.

    `fields` as in `tickets.actions.open_ticket`; `impact` and `urgency` 1 to 4 or None for the usual one.
    """
    service: Service | None = fields.get("service")
    if fields.get("impact") is None:
        fields["impact"] = service.default_impact if service else Impact.PERSON
    if fields.get("urgency") is None:
        fields["urgency"] = Urgency.SOON
    if fields["impact"] not in Impact.values:
        raise TicketError(_("Impact is a number from 1 to 4."), field="impact")
    if fields["urgency"] not in Urgency.values:
        raise TicketError(_("Urgency is a number from 1 to 4."), field="urgency")
    priority, reason = priority_for(service, fields["impact"], fields["urgency"])
    if service is not None:
        fields.setdefault("team", None)
        fields["team"] = fields["team"] or service.team
        fields["is_confidential"] = fields.get("is_confidential", False) or service.is_confidential
    team = fields.get("team")
    response_due_at, due_at = due_times(
        levels_now(), service.pk if service else None, team.pk if team else None, priority, at or timezone.now()
    )
    return open_ticket(
        ticket_type,
        by=by,
        via=via,
        at=at,
        priority=priority,
        priority_reason=reason,
        response_due_at=response_due_at,
        due_at=due_at,
        **fields,
    )


@transaction.atomic
def change_ticket(ticket: Ticket, *, by: User | None, via: str, at: datetime | None = None, **fields: Any) -> Ticket:
    """Change fields of a ticket; its priority follows impact, urgency and service unless it was set by hand.

    A new service brings its team while nobody has the ticket, and its secrecy. `fields` as in
    `tickets.actions.set_fields` without the priority. Refuses a closed ticket.
    """
    lock(ticket)
    permit(by, "tickets.change", ticket)
    if not ticket.is_open:
        raise TicketError(_("%(number)s is closed. Reopen it first.") % {"number": ticket.number}, code="closed")
    service = fields.get("service", ticket.service)
    if service is not None and service.pk != ticket.service_id:
        if not service.is_active:
            raise TicketError(_("The service “%(name)s” is no longer in use.") % {"name": service}, field="service")
        if service.is_confidential:
            fields["is_confidential"] = True
    if ticket.priority_reason != PriorityReason.MANUAL:
        impact, urgency = fields.get("impact", ticket.impact), fields.get("urgency", ticket.urgency)
        fields["priority"], fields["priority_reason"] = priority_for(service, impact, urgency)
    was = ticket.service
    set_fields(ticket, by=by, via=via, at=at, **fields)
    if service is not None and service != was and ticket.assignee_id is None:
        if ticket.team_id is None or (was is not None and ticket.team_id == was.team_id):
            assign(ticket, by=by, via=via, team=service.team, at=at)
    return ticket


@transaction.atomic
def override_priority(
    ticket: Ticket, *, by: User | None, via: str, priority: int | None, note: str = "", at: datetime | None = None
) -> Ticket:
    """Set the priority by hand with a reason; `priority` None gives it back to the matrix.

    Refuses without a reason, an unknown priority and a closed ticket.
    """
    lock(ticket)
    permit(by, "priorities.override", ticket)
    if not ticket.is_open:
        raise TicketError(_("%(number)s is closed. Reopen it first.") % {"number": ticket.number}, code="closed")
    if priority is None:
        given, reason = priority_for(ticket.service, ticket.impact, ticket.urgency)
        fields: dict[str, Any] = {"priority": given, "priority_reason": reason, "priority_note": ""}
    else:
        if priority not in Priority.values:
            raise TicketError(_("Priority is a number from 1 to 4."), field="priority")
        if not note.strip():
            raise TicketError(_("Say why the matrix does not fit here."), field="note")
        note = note.strip()[:300]
        fields = {"priority": priority, "priority_reason": PriorityReason.MANUAL, "priority_note": note}
    return set_fields(ticket, by=by, via=via, verb="override_priority", at=at, **fields)


@transaction.atomic
def save_grid(service: Service | None, proposed: Grid, *, by: User, via: str) -> int:
    """Make `proposed` the grid of the desk (`service` None) or of a service, and give the open tickets that it decides
    their new priority. Returns how many tickets change: the first thousand at once, the others by a job.

    Refuses numbers outside 1 to 4, and a grid of the desk that has not all 16 cells. A service's grid may have any
    cells; an empty one removes the override.
    """
    check(by, "settings.change")
    for (impact, urgency), priority in proposed.items():
        if impact not in Impact.values or urgency not in Urgency.values or priority not in Priority.values:
            raise Refused(_("Every cell holds P1, P2, P3 or P4."), field="grid")
    if service is None and len(proposed) != 16:
        raise Refused(_("The matrix of the desk needs a priority in every cell."), field="grid")
    hold()
    before = grid(service)
    MatrixCell.objects.filter(service=service).delete()
    MatrixCell.objects.bulk_create(
        [
            MatrixCell(service=service, impact=impact, urgency=urgency, priority=priority)
            for (impact, urgency), priority in proposed.items()
        ]
    )
    audit(
        service or MatrixCell(pk=0),
        "save_priority_matrix",
        by=by,
        via=via,
        label=str(service) if service else _("Priority matrix"),
        changes={
            f"{impact}×{urgency}": [before.get((impact, urgency)), proposed.get((impact, urgency))]
            for impact, urgency in sorted(before.keys() | proposed.keys())
            if before.get((impact, urgency)) != proposed.get((impact, urgency))
        },
    )
    changed = apply_matrix(service)
    left = tickets_to_change(service).count() if changed == AT_ONCE else 0
    if left:
        start_job(
            "apply_matrix", key=f"matrix:{service.pk if service else 0}", by=by, service=service.pk if service else None
        )
    return changed + left


def apply_matrix_as_job(job: Job, progress: Progress) -> dict:
    """The rest of `save_grid`, a thousand tickets a transaction; begun anew it goes on where it was."""
    service = Service.objects.filter(pk=job.params["service"]).first()
    done, total = job.done, job.done + tickets_to_change(service).count()
    progress(done, total)
    while changed := apply_matrix(service):
        done += changed
        progress(done, max(total, done))
    return {"tickets": done}


@transaction.atomic
def apply_matrix(service: Service | None) -> int:
    """Give up to AT_ONCE open tickets the priority that the grid of the desk (`service` None) or of a service now
    gives them; returns how many.
    """
    hold()  # the grid stays as it is meanwhile
    own, cells = grid(service) if service else {}, effective_grid(service)
    # The lock looks at the conditions again: whom somebody closed or set by hand just now is left out.
    tickets = list(
        tickets_to_change(service)
        .select_for_update(of=("self",))
        .defer("description", "resolution")
        .order_by("pk")[:AT_ONCE]
    )
    groups: dict[tuple[int, str], list[Ticket]] = {}
    data = []
    for ticket in tickets:
        reason = PriorityReason.SERVICE if (ticket.impact, ticket.urgency) in own else PriorityReason.MATRIX
        priority = cells[ticket.impact, ticket.urgency]
        fields = {"priority": priority, "priority_reason": reason.value}
        changes = {name: [getattr(ticket, name), value] for name, value in fields.items()}
        data.append({"changes": {name: pair for name, pair in changes.items() if pair[0] != pair[1]}})
        groups.setdefault((priority, reason.value), []).append(ticket)
    for (priority, given), same in groups.items():
        Ticket.objects.filter(pk__in=[ticket.pk for ticket in same]).update(priority=priority, priority_reason=given)
    if tickets:
        record_many(tickets, "apply_matrix", by=None, via="system", data=data)
    return len(tickets)
