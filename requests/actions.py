"""What is done with service requests: one function per transition, each a contract with its refusals.

All take `by` (who, checked) and `via` (through what: page, api, mail, command, system), hold the ticket's row lock and
write their events in one transaction. What all tickets share (assign, reply, …) is in `servicedesk.tickets.actions`.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.priorities.actions import open_with_priority
from servicedesk.tickets.actions import assign, lock, move, note, record, reply
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.permissions import asked
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.text import lines

from .models import ServiceRequest


@transaction.atomic
def open_service_request(
    *, by: User, via: str, at: datetime | None = None, kind: str = ServiceRequest.Kind.ENQUIRY, **fields
) -> ServiceRequest:
    """Open a service request or enquiry with the priority of the matrix. `fields` as in
    `priorities.actions.open_with_priority`.
    """
    if kind not in ServiceRequest.Kind.values:
        raise TicketError(_("Choose a request or an enquiry."), field="kind")
    ticket = open_with_priority(TicketType.REQUEST, by=by, via=via, at=at, **fields)
    return ServiceRequest.objects.create(ticket=ticket, kind=kind)


@transaction.atomic
def accept_service_request(
    service_request: ServiceRequest, *, by: User, via: str, at: datetime | None = None
) -> ServiceRequest:
    """Take it for one's own queue: new becomes assigned, with `by` as the assignee when nobody is."""
    ticket = lock(service_request.ticket)
    if ticket.assignee_id is None and ticket.status == "new":
        assign(ticket, by=by, via=via, assignee=by, at=at)
        return service_request
    move(ticket, "accept", by=by, via=via, at=at)
    return service_request


@transaction.atomic
def start_service_request(
    service_request: ServiceRequest, *, by: User, via: str, at: datetime | None = None
) -> ServiceRequest:
    """Begin work; who begins becomes the assignee when nobody is."""
    ticket = lock(service_request.ticket)
    if ticket.assignee_id is None and ticket.status in ("new", "assigned"):
        assign(ticket, by=by, via=via, assignee=by, at=at)
    move(ticket, "start", by=by, via=via, at=at)
    return service_request


@transaction.atomic
def ask_requester_service_request(
    service_request: ServiceRequest, *, by: User, via: str, message: str, files=(), at: datetime | None = None
) -> ServiceRequest:
    """Send a question to the requester and wait for the answer, which resumes the work by itself. Refuses no
    question.
    """
    ticket = lock(service_request.ticket)
    if not message.strip():
        raise TicketError(_("Write what you need to know."), field="message")
    move(ticket, "ask_requester", by=by, via=via, at=at)
    reply(ticket, by=by, via=via, body=message, files=files, moves=False, at=at)
    return service_request


@transaction.atomic
def wait_for_vendor_service_request(
    service_request: ServiceRequest, *, by: User, via: str, note_text: str = "", at: datetime | None = None
) -> ServiceRequest:
    """Wait for somebody outside; what for may be said in an internal note."""
    ticket = lock(service_request.ticket)
    move(ticket, "wait_for_vendor", by=by, via=via, at=at)
    if note_text.strip():
        note(ticket, by=by, via=via, body=note_text, at=at)
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
    service_request: ServiceRequest, *, by: User, via: str, resolution: str, at: datetime | None = None
) -> ServiceRequest:
    """Say what was done or answered; the requester hears of it and can reopen. Refuses an empty resolution."""
    ticket = lock(service_request.ticket)
    _keep_resolution(ticket, resolution)
    move(ticket, "resolve", by=by, via=via, at=at)
    return service_request


def _keep_resolution(ticket, resolution: str) -> None:
    text = lines(resolution).strip()
    if not text:
        raise TicketError(_("Write what solved it; the requester will read this."), field="resolution")
    ticket.resolution = text
    ticket.save(update_fields=["resolution"])


@transaction.atomic
def close_service_request(
    service_request: ServiceRequest, *, by: User | None, via: str, at: datetime | None = None
) -> ServiceRequest:
    """Close what is resolved. `by` None: the desk itself, after days without an answer."""
    move(service_request.ticket, "close", by=by, via=via, at=at)
    return service_request


@transaction.atomic
def reopen_service_request(
    service_request: ServiceRequest, *, by: User, via: str, reason: str, at: datetime | None = None
) -> ServiceRequest:
    """Take it up again; the reason becomes a public reply. Refuses without a reason."""
    ticket = lock(service_request.ticket)
    if not reason.strip():
        raise TicketError(_("Say what is not right yet."), field="reason")
    move(ticket, "reopen", by=by, via=via, at=at)
    reply(ticket, by=by, via=via, body=reason, moves=False, at=at)
    return service_request


@transaction.atomic
def cancel_service_request(
    service_request: ServiceRequest, *, by: User, via: str, reason: str = "", at: datetime | None = None
) -> ServiceRequest:
    """Withdraw it, with the reason as a public reply. The desk must give one; the requester need not."""
    ticket = lock(service_request.ticket)
    if not reason.strip() and not asked(by, ticket):
        raise TicketError(_("Say why this is cancelled; the requester will read it."), field="reason")
    move(ticket, "cancel", by=by, via=via, at=at)
    if reason.strip():
        reply(ticket, by=by, via=via, body=reason, moves=False, at=at)
    return service_request


@transaction.atomic
def change_service_request(
    service_request: ServiceRequest, *, by: User, via: str, at: datetime | None = None, **fields
) -> ServiceRequest:
    """Change what only a service request has: `kind`, `delivery_on` (the date agreed with the requester).

    Writes nothing when nothing changes.
    """
    ticket = lock(service_request.ticket)
    check(by, "tickets.change", ticket)
    return _change(service_request, {"kind", "delivery_on"}, fields, by, via, at)


def _change(service_request, settable, fields, by, via, at):
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
