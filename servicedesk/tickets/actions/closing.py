"""Closing what is resolved: by whoever may, after a lead's approval, or by the desk itself."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.text import lines

from ..closing import approvers, asker_of, may_approve, may_close, missing_to_close, request_of, rule_of
from ..errors import TicketError
from ..models import ClosingRequest, ClosingRule, Comment, Ticket, TicketEvent
from ..permissions import works_on
from ..workflow import Phase
from .core import lock, move, person_ref, record, written


class Incomplete(TicketError):
    """Something has to be filled in first; `missing` are the sentences."""

    def __init__(self, missing: list[str]):
        self.missing = missing
        super().__init__(" ".join(missing), code="incomplete")


class NeedsApproval(TicketError):
    """A lead has to approve."""

    def __init__(self) -> None:
        super().__init__(
            _("Closing this needs an approval of the lead of its team. Ask for it with “Ask to close”."),
            code="needs_approval",
        )


@transaction.atomic
def close(ticket: Ticket, *, by: User | None, via: str, at: datetime | None = None) -> None:
    """Close what is resolved, as the rule of its kind and priority says. `by` None: the desk itself, after days without
    an answer.

    Whoever works on it is refused while something is missing (Incomplete), or when it is for the assignee or a lead to
    close it (NeedsApproval); so is the desk itself. The requester is never refused: where they could not close it they
    have confirmed that it is solved, and the lead is asked.
    """
    lock(ticket)
    if ticket.phase != Phase.RESOLVED:
        move(ticket, "close", by=by, via=via, at=at)  # which refuses
        return
    rule, request = rule_of(ticket), request_of(ticket)
    missing = missing_to_close(ticket, rule)
    if by is not None and not works_on(by, ticket):
        check(by, ticket.workflow.transition("close").permission, ticket)
        if missing or rule.closer == ClosingRule.Closer.LEAD:
            _confirm(ticket, by=by, via=via, at=at, asks=not missing)
            return
        move(ticket, "close", by=by, via=via, at=at)
        return
    if missing:
        raise Incomplete(missing)
    if by is None and rule.closer == ClosingRule.Closer.LEAD:
        raise NeedsApproval
    if by is not None and not may_close(by, ticket, rule, request):
        raise NeedsApproval
    asked: dict[str, Any] = {"asked": person_ref(request.by)} if request is not None else {}
    move(ticket, "close", by=by, via=via, at=at, **asked)


def _confirm(ticket: Ticket, *, by: User, via: str, at: datetime | None, asks: bool) -> None:
    """The requester says that it is solved. The second time changes nothing."""
    if ticket.confirmed_at is None:
        ticket.confirmed_at = at or timezone.now()
        ticket.save(update_fields=["confirmed_at"])
        record(ticket, "confirm", by=by, via=via, public=True, at=at, asks=asks)
    if asks:
        _ask(ticket, by=by, via=via, at=at)


@transaction.atomic
def ask_to_close(ticket: Ticket, *, by: User | None, via: str, at: datetime | None = None) -> Ticket:
    """Ask the lead of the team to close what is resolved. The second time changes nothing. `by` None: the desk itself.

    Refuses what is not resolved, what is incomplete, and a ticket for whose closing nobody could be asked.
    """
    lock(ticket)
    if by is not None:
        check(by, "tickets.ask_to_close", ticket)
    if ticket.phase != Phase.RESOLVED:
        raise TicketError(_("Only what is resolved can be closed."), code="wrong_status")
    missing = missing_to_close(ticket, rule_of(ticket))
    if missing:
        raise Incomplete(missing)
    _ask(ticket, by=by, via=via, at=at)
    return ticket


def _ask(ticket: Ticket, *, by: User | None, via: str, at: datetime | None) -> None:
    if request_of(ticket) is not None:
        return
    if by is not None and works_on(by, ticket) and not approvers(ticket, by.pk):
        raise TicketError(
            _("Nobody could approve this: its team has no lead and no other member. Give it to another team."),
            code="nobody",
        )
    ClosingRequest.objects.create(ticket=ticket, by=by, at=at or timezone.now())
    record(ticket, "ask_to_close", by=by, via=via, at=at)


@transaction.atomic
def send_back(ticket: Ticket, *, by: User, via: str, reason: str, at: datetime | None = None) -> Ticket:
    """Refuse a closing that was asked for; the reason becomes an internal note. The ticket stays resolved.

    Refuses without a reason, without a request, and others than those who may approve.
    """
    lock(ticket)
    check(by, "tickets.work", ticket)
    request = request_of(ticket)
    if request is None:
        raise TicketError(_("No closing waits for approval here."), code="nothing_asked")
    if not may_approve(by, ticket, asked_by=asker_of(request)):
        raise TicketError(
            _("Only the lead of its team, or who stands in, decides about closing this."), code="not_yours"
        )
    text = lines(reason).strip()
    if not text:
        raise TicketError(_("Say what is missing yet."), field="reason")
    request.delete()
    asked = person_ref(request.by)
    event = written(record(ticket, "send_back", by=by, via=via, at=at, asked=asked))
    Comment.objects.create(event=event, ticket=ticket, author=by, is_public=False, body=text)
    return ticket


@transaction.atomic
def announce_closing(ticket: Ticket, *, resolved_at: datetime, at: datetime | None = None) -> TicketEvent | None:
    """Tell the requester, once for each resolution, that the ticket is about to close by itself. None when it was told,
    or is no longer so resolved, or could not be closed as it is.
    """
    lock(ticket)
    if not _still(ticket, resolved_at, "announce_closing") or missing_to_close(ticket, rule_of(ticket)):
        return None
    return record(ticket, "announce_closing", by=None, via="system", at=at, resolution=resolved_at)


@transaction.atomic
def hold_closing(ticket: Ticket, *, resolved_at: datetime, at: datetime | None = None) -> TicketEvent | None:
    """Tell the assignee, once for each resolution, that the desk does not close it because something is missing."""
    lock(ticket)
    if not _still(ticket, resolved_at, "hold_closing"):
        return None
    return record(ticket, "hold_closing", by=None, via="system", at=at, resolution=resolved_at)


def _still(ticket: Ticket, resolved_at: datetime, verb: str) -> bool:
    """Whether it has the resolution that the caller knew of, which this verb has not told of."""
    if ticket.phase != Phase.RESOLVED or ticket.resolved_at != resolved_at:
        return False
    return not ticket.events.filter(verb=verb, at__gte=resolved_at).exists()
