"""What is done with incidents: one function per transition, each a contract with its refusals.

All take `by` (who, checked) and `via` (through what: page, api, mail, command, system), hold the ticket's row lock and
write their events in one transaction. What all tickets share (assign, reply, …) is in `servicedesk.tickets.actions`,
what the usual life cycle shares in its `steps`.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.priorities.actions import open_with_priority
from servicedesk.priorities.closing import plan_closing
from servicedesk.tickets.actions import close, lock, move, record, steps
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.workflow import TicketType

from .major.actions.declaring import end_with_ticket
from .models import CauseCode, Incident


@transaction.atomic(savepoint=False)
def open_incident(
    *, by: User, via: str, at: datetime | None = None, is_security: bool = False, **fields: Any
) -> Incident:
    """Open an incident with the priority of the matrix. `fields` as in `priorities.actions.open_with_priority`."""
    ticket = open_with_priority(TicketType.INCIDENT, by=by, via=via, at=at, **fields)
    return Incident.objects.create(ticket=ticket, is_security=is_security)


def accept_incident(incident: Incident, *, by: User, via: str, at: datetime | None = None) -> Incident:
    """See `steps.accept`: take it for one's own queue."""
    steps.accept(incident.ticket, by=by, via=via, at=at)
    return incident


def start_incident(incident: Incident, *, by: User, via: str, at: datetime | None = None) -> Incident:
    """See `steps.start`: begin work."""
    steps.start(incident.ticket, by=by, via=via, at=at)
    return incident


def ask_requester_incident(
    incident: Incident,
    *,
    by: User,
    via: str,
    message: str,
    files: Iterable[UploadedFile] = (),
    at: datetime | None = None,
) -> Incident:
    """See `steps.ask_requester`: send a question and wait."""
    steps.ask_requester(incident.ticket, by=by, via=via, message=message, files=files, at=at)
    return incident


def wait_for_vendor_incident(
    incident: Incident, *, by: User, via: str, note_text: str = "", at: datetime | None = None
) -> Incident:
    """See `steps.wait_for_vendor`: wait for somebody outside."""
    steps.wait_for_vendor(incident.ticket, by=by, via=via, note_text=note_text, at=at)
    return incident


def wait_until_incident(
    incident: Incident, *, by: User, via: str, agreed_on: date, note_text: str = "", at: datetime | None = None
) -> Incident:
    """See `steps.wait_until`: wait for a date that was agreed with the requester."""
    steps.wait_until(incident.ticket, by=by, via=via, agreed_on=agreed_on, note_text=note_text, at=at)
    return incident


@transaction.atomic
def resume_incident(incident: Incident, *, by: User, via: str, at: datetime | None = None) -> Incident:
    """Go on after waiting."""
    move(incident.ticket, "resume", by=by, via=via, at=at)
    return incident


@transaction.atomic
def resolve_incident(
    incident: Incident,
    *,
    by: User,
    via: str,
    resolution: str,
    code: CauseCode | None = None,
    human_error: str | None = None,
    children: bool = False,
    at: datetime | None = None,
) -> Incident:
    """Say what solved it and why it happened; the requester hears of it and can reopen.
    `children` as in `steps.resolve`.

    Refuses an empty resolution, a cause code out of use and an unknown `human_error` (see `Incident.HumanError`).
    """
    ticket = lock(incident.ticket)
    if code is not None and not code.is_active:
        raise TicketError(_("This cause code is no longer in use."), field="cause_code")
    if human_error is not None and human_error not in Incident.HumanError.values:
        raise TicketError(_("Choose whether a human error was involved."), field="human_error")
    incident.cause_code = code
    if human_error is not None:
        incident.human_error = human_error
    incident.save(update_fields=["cause_code", "human_error"])
    steps.resolve(
        ticket,
        by=by,
        via=via,
        resolution=resolution,
        children=children,
        at=at,
        cause_code=code.code if code else None,
        human_error=incident.human_error,
    )
    plan_closing(ticket)
    end_with_ticket(ticket, by=by, via=via, at=at)
    return incident


@transaction.atomic
def close_incident(incident: Incident, *, by: User | None, via: str, at: datetime | None = None) -> Incident:
    """See `tickets.actions.close`: close what is resolved, as its rule says."""
    close(incident.ticket, by=by, via=via, at=at)
    return incident


def reopen_incident(incident: Incident, *, by: User, via: str, reason: str, at: datetime | None = None) -> Incident:
    """See `steps.reopen`: take it up again."""
    steps.reopen(incident.ticket, by=by, via=via, reason=reason, at=at)
    return incident


@transaction.atomic
def cancel_incident(
    incident: Incident, *, by: User, via: str, reason: str = "", at: datetime | None = None
) -> Incident:
    """See `steps.cancel`: withdraw it."""
    steps.cancel(incident.ticket, by=by, via=via, reason=reason, at=at)
    end_with_ticket(incident.ticket, by=by, via=via, at=at)
    return incident


@transaction.atomic
def change_incident(
    incident: Incident,
    *,
    by: User,
    via: str,
    at: datetime | None = None,
    **fields: Any,
) -> Incident:
    """Change what only an incident has: `cause_code`, `human_error`, `caused_by_change`, `is_security`.

    Writes nothing when nothing changes.
    """
    ticket = lock(incident.ticket)
    check(by, "tickets.change", ticket)
    return _change(incident, {"cause_code", "human_error", "caused_by_change", "is_security"}, fields, by, via, at)


def _change(
    incident: Incident, settable: set[str], fields: dict[str, Any], by: User, via: str, at: datetime | None
) -> Incident:
    unknown = set(fields) - settable
    if unknown:
        raise LookupError(f"Not settable: {sorted(unknown)}")
    changes = {}
    for name, value in fields.items():
        before = getattr(incident, name)
        if before != value:
            changes[name] = [getattr(before, "code", before), getattr(value, "code", value)]
            setattr(incident, name, value)
    if changes:
        incident.save(update_fields=list(changes))
        record(incident.ticket, "change", by=by, via=via, at=at, changes=changes)
    return incident
