"""How the life of a demo ticket ends: closed at once, or after the lead of its team has approved."""

from datetime import datetime
from typing import TYPE_CHECKING

from servicedesk.people.models import User
from servicedesk.tickets.actions import ask_to_close
from servicedesk.tickets.actions.closing import NeedsApproval
from servicedesk.tickets.models import ClosingRequest

if TYPE_CHECKING:
    from .acts import Acts


def end(life: "Acts", at: datetime, *, by: User | None, via: str) -> None:
    """Close it, or ask the lead."""
    try:
        life.do("close", at, by=by, via=via)
    except NeedsApproval:
        ask_to_close(life.ticket, by=by, via=via, at=at)


def approve(life: "Acts", at: datetime) -> None:
    """The lead approves what waits for it."""
    if ClosingRequest.objects.filter(pk=life.ticket.pk).exists():
        life.do("close", at, by=life.ticket.team.lead, via="page")
