"""What is done with service requests: one function per transition, each a contract with its refusals.

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

from .models import ServiceRequest


@transaction.atomic(savepoint=False)
def open_service_request(
    *, by: User, via: str, at: datetime | None = None, kind: str = ServiceRequest.Kind.ENQUIRY, **fields: Any
) -> ServiceRequest:
    """Open a service request or enquiry with the priority of the matrix. `fields` as in
    `priorities.actions.open_with_priority`.
    """
    if kind not in ServiceRequest.Kind.values:
        raise TicketError(_("Choose a request or an enquiry."), field="kind")
    ticket = open_with_priority(TicketType.REQUEST, by=by, via=via, at=at, **fields)
    return ServiceRequest.objects.create(ticket=ticket, kind=kind)


def accept_service_request(
    service_request: ServiceRequest, *, by: User, via: str, at: datetime | None = None
) -> ServiceRequest:
    """See `steps.accept`: take it for one's own queue."""
    steps.accept(service_request.ticket, by=by, via=via, at=at)
    return service_request


def start_service_request(
    service_request: ServiceRequest, *, by: User, via: str, at: datetime | None = None
) -> ServiceRequest:
    """See `steps.start`: begin work."""
    steps.start(service_request.ticket, by=by, via=via, at=at)
    return service_request


def ask_requester_service_request(
    service_request: ServiceRequest,
    *,
    by: User,
    via: str,
    message: str,
    files: Iterable[UploadedFile] = (),
    at: datetime | None = None,
) -> ServiceRequest:
    """See `steps.ask_requester`: send a question and wait."""
    steps.ask_requester(service_request.ticket, by=by, via=via, message=message, files=files, at=at)
    return service_request


def wait_for_vendor_service_request(
    service_request: ServiceRequest, *, by: User, via: str, note_text: str = "", at: datetime | None = None
) -> ServiceRequest:
    """See `steps.wait_for_vendor`: wait for somebody outside."""
    steps.wait_for_vendor(service_request.ticket, by=by, via=via, note_text=note_text, at=at)
    return service_request


def wait_until_service_request(
    service_request: ServiceRequest,
    *,
    by: User,
    via: str,
    agreed_on: date,
    note_text: str = "",
    at: datetime | None = None,
) -> ServiceRequest:
    """See `steps.wait_until`: wait for a date that was agreed with the requester."""
    steps.wait_until(service_request.ticket, by=by, via=via, agreed_on=agreed_on, note_text=note_text, at=at)
    return service_request


@transaction.atomic
def resume_service_request(
    service_request: ServiceRequest, *, by: User, via: str, at: datetime | None = None
) -> ServiceRequest:
    """Go on after waiting."""
    move(service_request.ticket, "resume", by=by, via=via, at=at)
    return service_request


@transaction.atomic
def resolve_service_request(
    service_request: ServiceRequest, *, by: User, via: str, resolution: str, children: bool = False,
    at: datetime | None = None,
) -> ServiceRequest:  # fmt: skip
    """Say what was done or answered; the requester hears of it and can reopen. `children` as in `steps.resolve`.
    Refuses an empty resolution.
    """
    steps.resolve(service_request.ticket, by=by, via=via, resolution=resolution, children=children, at=at)
    plan_closing(service_request.ticket)
    return service_request


@transaction.atomic
def close_service_request(
    service_request: ServiceRequest, *, by: User | None, via: str, at: datetime | None = None
) -> ServiceRequest:
    """See `tickets.actions.close`: close what is resolved, as its rule says."""
    close(service_request.ticket, by=by, via=via, at=at)
    return service_request


def reopen_service_request(
    service_request: ServiceRequest, *, by: User, via: str, reason: str, at: datetime | None = None
) -> ServiceRequest:
    """See `steps.reopen`: take it up again."""
    steps.reopen(service_request.ticket, by=by, via=via, reason=reason, at=at)
    return service_request


def cancel_service_request(
    service_request: ServiceRequest, *, by: User, via: str, reason: str = "", at: datetime | None = None
) -> ServiceRequest:
    """See `steps.cancel`: withdraw it."""
    steps.cancel(service_request.ticket, by=by, via=via, reason=reason, at=at)
    return service_request


@transaction.atomic
def change_service_request(
    service_request: ServiceRequest, *, by: User, via: str, at: datetime | None = None, **fields: Any
) -> ServiceRequest:
    """Change what only a service request has: `kind`, `delivery_on` (the date agreed with the requester).

    Writes nothing when nothing changes.
    """
    ticket = lock(service_request.ticket)
    check(by, "tickets.change", ticket)
    return _change(service_request, {"kind", "delivery_on"}, fields, by, via, at)


def _change(
    service_request: ServiceRequest, settable: set[str], fields: dict[str, Any], by: User, via: str, at: datetime | None
) -> ServiceRequest:
    unknown = set(fields) - settable
    if unknown:
        raise LookupError(f"Not settable: {sorted(unknown)}")
    changes = {}
    for name, value in fields.items():
        before = getattr(service_request, name)
        if before != value:
            changes[name] = [getattr(before, "code", before), getattr(value, "code", value)]
            setattr(service_request, name, value)
    if changes:
        service_request.save(update_fields=list(changes))
        record(service_request.ticket, "change", by=by, via=via, at=at, changes=changes)
    return service_request
