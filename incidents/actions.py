"""What is done with incidents: one function per transition, each a contract with its refusals.

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

from .models import CauseCode, Incident


@transaction.atomic
def open_incident(*, by: User, via: str, at: datetime | None = None, is_security: bool = False, **fields) -> Incident:
    """Open an incident with the priority of the matrix. `fields` as in `priorities.actions.open_with_priority`."""
    ticket = open_with_priority(TicketType.INCIDENT, by=by, via=via, at=at, **fields)
    return Incident.objects.create(ticket=ticket, is_security=is_security)


@transaction.atomic
def accept_incident(incident: Incident, *, by: User, via: str, at: datetime | None = None) -> Incident:
    """Take it for one's own queue: new becomes assigned, with `by` as the assignee when nobody is."""
    ticket = lock(incident.ticket)
    if ticket.assignee_id is None and ticket.status == "new":
        assign(ticket, by=by, via=via, assignee=by, at=at)
        return incident
    move(ticket, "accept", by=by, via=via, at=at)
    return incident


@transaction.atomic
def start_incident(incident: Incident, *, by: User, via: str, at: datetime | None = None) -> Incident:
    """Begin work; who begins becomes the assignee when nobody is."""
    ticket = lock(incident.ticket)
    if ticket.assignee_id is None and ticket.status in ("new", "assigned"):
        assign(ticket, by=by, via=via, assignee=by, at=at)
    move(ticket, "start", by=by, via=via, at=at)
    return incident


@transaction.atomic
def ask_requester_incident(
    incident: Incident, *, by: User, via: str, message: str, files=(), at: datetime | None = None
) -> Incident:
    """Send a question to the requester and wait for the answer, which resumes the work by itself. Refuses no
    question.
    """
    ticket = lock(incident.ticket)
    if not message.strip():
        raise TicketError(_("Write what you need to know."), field="message")
    move(ticket, "ask_requester", by=by, via=via, at=at)
    reply(ticket, by=by, via=via, body=message, files=files, moves=False, at=at)
    return incident


@transaction.atomic
def wait_for_vendor_incident(
    incident: Incident, *, by: User, via: str, note_text: str = "", at: datetime | None = None
) -> Incident:
    """Wait for somebody outside; what for may be said in an internal note."""
    ticket = lock(incident.ticket)
    move(ticket, "wait_for_vendor", by=by, via=via, at=at)
    if note_text.strip():
        note(ticket, by=by, via=via, body=note_text, at=at)
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
    at: datetime | None = None,
) -> Incident:
    """Say what solved it and why it happened; the requester hears of it and can reopen.

    Refuses an empty resolution, a cause code out of use and an unknown `human_error` (see `Incident.HumanError`).
    """
    ticket = lock(incident.ticket)
    if code is not None and not code.is_active:
        raise TicketError(_("This cause code is no longer in use."), field="cause_code")
    if human_error is not None and human_error not in Incident.HumanError.values:
        raise TicketError(_("Choose whether a human error was involved."), field="human_error")
    _keep_resolution(ticket, resolution)
    incident.cause_code = code
    if human_error is not None:
        incident.human_error = human_error
    incident.save(update_fields=["cause_code", "human_error"])
    move(
        ticket,
        "resolve",
        by=by,
        via=via,
        at=at,
        cause_code=code.code if code else None,
        human_error=incident.human_error,
    )
    return incident


def _keep_resolution(ticket, resolution: str) -> None:
    text = lines(resolution).strip()
    if not text:
        raise TicketError(_("Write what solved it; the requester will read this."), field="resolution")
    ticket.resolution = text
    ticket.save(update_fields=["resolution"])


@transaction.atomic
def close_incident(incident: Incident, *, by: User | None, via: str, at: datetime | None = None) -> Incident:
    """Close what is resolved. `by` None: the desk itself, after days without an answer."""
    move(incident.ticket, "close", by=by, via=via, at=at)
    return incident


@transaction.atomic
def reopen_incident(incident: Incident, *, by: User, via: str, reason: str, at: datetime | None = None) -> Incident:
    """Take it up again; the reason becomes a public reply. Refuses without a reason."""
    ticket = lock(incident.ticket)
    if not reason.strip():
        raise TicketError(_("Say what is not right yet."), field="reason")
    move(ticket, "reopen", by=by, via=via, at=at)
    reply(ticket, by=by, via=via, body=reason, moves=False, at=at)
    return incident


@transaction.atomic
def cancel_incident(
    incident: Incident, *, by: User, via: str, reason: str = "", at: datetime | None = None
) -> Incident:
    """Withdraw it, with the reason as a public reply. The desk must give one; the requester need not."""
    ticket = lock(incident.ticket)
    if not reason.strip() and not asked(by, ticket):
        raise TicketError(_("Say why this is cancelled; the requester will read it."), field="reason")
    move(ticket, "cancel", by=by, via=via, at=at)
    if reason.strip():
        reply(ticket, by=by, via=via, body=reason, moves=False, at=at)
    return incident


@transaction.atomic
def change_incident(
    incident: Incident,
    *,
    by: User,
    via: str,
    at: datetime | None = None,
    **fields,
) -> Incident:
    """Change what only an incident has: `cause_code`, `human_error`, `caused_by_change`, `is_security`.

    Writes nothing when nothing changes.
    """
    ticket = lock(incident.ticket)
    check(by, "tickets.change", ticket)
    return _change(incident, {"cause_code", "human_error", "caused_by_change", "is_security"}, fields, by, via, at)


def _change(incident, settable, fields, by, via, at):
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
