"""A ticket in plain words for staff: what happens next, whose turn it is, and by when.

Pages, the page after sending and mails say the same, because they all ask here.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from servicedesk.web.formats import exact

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
        case "waiting_date":
            return Outlook(_("We go on at the date that we agreed on: %(date)s.") % {"date": exact(ticket.agreed_on)})
        case "resolved" if ticket.confirmed_at:
            return Outlook(_("Thank you for telling us that it is solved. We finish our work on it and close it."))
        case "resolved":
            return Outlook(_("Please tell us whether it is solved."), by=_still_to_come(ticket, now), is_yours=True)
        case "closed":
            return Outlook(_("Nothing more to do. If it comes back, you can reopen it."))
        case "cancelled":
            return Outlook(_("Nothing more happens. If you need it after all, ask again."))
        case "merged":
            return Outlook(_("We go on with it together with another request about the same."))
    return _promise(_WORK, ticket.due_at, now)


def _still_to_come(ticket: Ticket, now: datetime | None) -> datetime | None:
    """When it closes by itself; nothing while the desk has something to add first."""
    return ticket.closes_at if ticket.closes_at and ticket.closes_at > (now or timezone.now()) else None


def _promise(sentence: Promise, by: datetime | None, now: datetime | None) -> Outlook:
    return Outlook(sentence, by=by, is_late=by is not None and by < (now or timezone.now()))
