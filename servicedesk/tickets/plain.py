"""A ticket in plain words for staff: what happens next, whose turn it is, and by when.

Pages, the page after sending and mails say the same, because they all ask here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Ticket

_READ = _("Somebody at the desk reads it and writes to you.")
_WORK = _("We work on it and tell you when it is solved.")


@dataclass(frozen=True)
class Outlook:
    """`sentence` says what happens next and `by` until when, or None where nothing is promised. `is_late`: that moment
    has passed. `is_yours`: the requester has to act, not the desk.
    """

    sentence: str | Promise
    by: datetime | None = None
    is_late: bool = False
    is_yours: bool = False


def outlook(ticket: Ticket, now: datetime | None = None) -> Outlook:
    """What the requester may expect next. No query."""
    match ticket.status:
        case "new" | "assigned" if ticket.first_response_at is None:
            return _promise(_READ, ticket.response_due_at, now)
        case "waiting_requester":
            return Outlook(_("Please answer our question. Then we go on."), is_yours=True)
        case "waiting_vendor":
            return _promise(
                _("A supplier has to do something. We tell you as soon as we hear from them."), ticket.due_at, now
            )
        case "resolved":
            return Outlook(_("Please tell us whether it is solved."), by=closes_at(ticket), is_yours=True)
        case "closed":
            return Outlook(_("Nothing more to do. If it comes back, you can reopen it."))
        case "cancelled":
            return Outlook(_("Nothing more happens. If you need it after all, ask again."))
        case "merged":
            return Outlook(_("We go on with it together with another request about the same."))
    return _promise(_WORK, ticket.due_at, now)


def _promise(sentence: Promise, by: datetime | None, now: datetime | None) -> Outlook:
    return Outlook(sentence, by=by, is_late=by is not None and by < (now or timezone.now()))


def closes_at(ticket: Ticket) -> datetime | None:
    """When a resolved ticket is closed without a word from its requester."""
    if ticket.resolved_at is None:
        return None
    return ticket.resolved_at + timedelta(days=settings.CLOSE_RESOLVED_AFTER_DAYS)
