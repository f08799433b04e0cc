"""How drafts become tickets: some hundred in a transaction, under one lock, so that no two imports make one twice."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from incidents.models import Incident
from requests.models import ServiceRequest
from servicedesk.people.models import User
from servicedesk.tickets.actions import Step, continue_imported, open_imported
from servicedesk.tickets.actions.core import named, person_ref, stand
from servicedesk.tickets.models import PriorityReason, Ticket
from servicedesk.tickets.workflow import TicketType

from ..drafts import Draft
from ..history import Told, steps_digest, told_of
from ..models import Imported, TicketImport
from ..queries import Names, Standing, names_of, standings
from .naming import make_missing

AT_ONCE = 200
_LOCK = 0x696D706F


@cache
def _consumers() -> list[Callable[[list[int]], None]]:
    return [import_string(path) for path in settings.IMPORT_CONSUMERS]


@transaction.atomic
def write_some(run: TicketImport, drafts: Sequence[Draft], *, by: User | None, via: str) -> list[Standing]:
    """Write these drafts, all or none. Repeating writes nothing: what is there is found by source and number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    found = standings(run.system, drafts)
    new = [each for each in found if each.outcome == "created"]
    changed = [each for each in found if each.outcome == "changed"]
    if new or changed:
        names = names_of(run.system, [each.draft for each in (*new, *changed)])
        make_missing(names, run, by=by, via=via)
        ids = _open(run, new, names) + _continue(run, changed, names, by)
        for consumer in _consumers():
            consumer(ids)
    return found


def _open(run: TicketImport, new: Sequence[Standing], names: Names) -> list[int]:
    told = [(_ticket(run, each.draft, names), _steps(each.told, names)) for each in new]
    tickets = open_imported(told)
    of_type = {kind: [one for one in tickets if one.type == kind] for kind in TicketType.values}
    Incident.objects.bulk_create([Incident(ticket=one) for one in of_type[TicketType.INCIDENT]])
    ServiceRequest.objects.bulk_create([ServiceRequest(ticket=one) for one in of_type[TicketType.REQUEST]])
    rows = []
    for ticket, each in zip(tickets, new, strict=True):
        row = Imported(ticket=ticket, source=run.system, external_id=each.draft.external_id, run=run)
        _note(row, each.draft, ticket, each.told)
        rows.append(row)
    Imported.objects.bulk_create(rows)
    return [ticket.pk for ticket in tickets]


def _continue(run: TicketImport, changed: Sequence[Standing], names: Names, by: User | None) -> list[int]:
    """What their source added since; the event `import_again` says that it was read once more."""
    rows = {each.imported.pk: each for each in changed if each.imported is not None}
    tickets = list(Ticket.objects.select_for_update().filter(pk__in=rows).order_by("pk"))
    again = Step("import_again", timezone.now(), by, public=False, data={"source": run.system})
    told = []
    for ticket in tickets:
        _set(ticket, rows[ticket.pk].draft, names)
        told.append((ticket, [*_steps(rows[ticket.pk].told, names), again]))
    continue_imported(told)
    kept = []
    for ticket in tickets:
        standing = rows[ticket.pk]
        row = standing.imported
        if row is not None:
            row.changed_by = run
            _note(row, standing.draft, ticket, told_of(standing.draft))
            kept.append(row)
    columns = ("changed_by", "reopen_count", "reassignment_count", "made_sla", "extras", "digest", "steps",
               "steps_digest", "events")  # fmt: skip
    Imported.objects.bulk_update(kept, columns)
    return [ticket.pk for ticket in tickets]


def _note(row: Imported, draft: Draft, ticket: Ticket, told: Sequence[Told]) -> None:
    row.reopen_count, row.reassignment_count = draft.reopen_count, draft.reassignment_count
    row.made_sla, row.extras, row.digest = draft.made_sla, draft.extras, draft.digest
    row.steps, row.steps_digest, row.events = len(told), steps_digest(told), ticket.event_count


def _ticket(run: TicketImport, draft: Draft, names: Names) -> Ticket:
    requester = names.people[draft.requester]
    ticket = Ticket(
        type=draft.type,
        requester=requester,
        entered_by=names.people[draft.entered_by or draft.requester],
        department_id=requester.department_id,
        channel=draft.channel,
        source=run.system,
        external_id=draft.external_id,
        language=requester.language,
        priority_reason=PriorityReason.MANUAL,
        priority_note=run.system,
        created_at=draft.opened_at,
    )
    _set(ticket, draft, names)
    return ticket


def _set(ticket: Ticket, draft: Draft, names: Names) -> None:
    """How it stands now."""
    now = draft.moments[-1]
    ticket.title, ticket.description, ticket.resolution = draft.title, draft.description, draft.resolution
    stand(ticket, now.status)
    ticket.impact, ticket.urgency, ticket.priority = now.impact, now.urgency, now.priority
    ticket.team = names.teams[now.team] if now.team else None
    ticket.assignee = names.people[now.assignee] if now.assignee else None
    ticket.category = names.categories[now.category] if now.category else None
    ticket.resolved_at, ticket.reopen_count = draft.resolved_at, draft.reopen_count
    ticket.closed_at = None
    if now.status in ("closed", "cancelled"):
        ticket.closed_at = draft.closed_at or now.at


def _steps(told: Sequence[Told], names: Names) -> list[Step]:
    return [Step(each.verb, each.at, names.people.get(each.by), each.public, _data(each, names)) for each in told]


def _data(told: Told, names: Names) -> dict[str, Any]:
    """What an event keeps: ids of rows in place of names."""
    changes: dict[str, list] = dict(told.data.get("changes", {}))
    for name, pair in told.names.items():
        changes[name] = [_ref(name, one, names) for one in pair]
    return told.data | ({"changes": changes} if changes else {})


def _ref(name: str, value: Any, names: Names) -> list | None:
    if not value:
        return None
    if name == "assignee":
        return person_ref(names.people[value])
    return named(names.teams[value] if name == "team" else names.categories[value])
