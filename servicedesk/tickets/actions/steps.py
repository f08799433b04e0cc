"""The steps of the usual life cycle on the core row: what incidents and service requests do alike.

Each takes the row lock, and permission and present status are checked by `move`. The processes' own actions call these.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.web.text import lines

from ..closing import still_reopens
from ..errors import TicketError, TooLate
from ..files import examine_all
from ..models import Comment, Ticket
from ..permissions import asked, works_on
from .core import lock, move, written
from .talk import note, reply
from .work import assign

LONGEST_WAIT = timedelta(days=2 * 366)


@transaction.atomic
def accept(ticket: Ticket, *, by: User, via: str, at: datetime | None = None) -> None:
    """Take it for one's own queue: new becomes assigned, with `by` as the assignee when nobody is."""
    lock(ticket)
    if ticket.assignee_id is None and ticket.status == "new":
        assign(ticket, by=by, via=via, assignee=by, at=at)
    else:
        move(ticket, "accept", by=by, via=via, at=at)


@transaction.atomic
def start(ticket: Ticket, *, by: User, via: str, at: datetime | None = None) -> None:
    """Begin work; who begins becomes the assignee when nobody is."""
    lock(ticket)
    if ticket.assignee_id is None and ticket.status in ("new", "assigned"):
        assign(ticket, by=by, via=via, assignee=by, at=at)
    move(ticket, "start", by=by, via=via, at=at)


@transaction.atomic
def ask_requester(
    ticket: Ticket, *, by: User, via: str, message: str, files: Iterable[UploadedFile] = (), at: datetime | None = None
) -> None:
    """Send a question and wait for the answer, which resumes the work by itself. Refuses an empty question."""
    examined = examine_all(files)
    lock(ticket)
    if not message.strip():
        raise TicketError(_("Write what you need to know."), field="message")
    move(ticket, "ask_requester", by=by, via=via, at=at)
    reply(ticket, by=by, via=via, body=message, files=examined, moves=False, at=at)


@transaction.atomic
def wait_for_vendor(ticket: Ticket, *, by: User, via: str, note_text: str = "", at: datetime | None = None) -> None:
    """Wait for somebody outside; what for may be said in an internal note."""
    lock(ticket)
    move(ticket, "wait_for_vendor", by=by, via=via, at=at)
    if note_text.strip():
        note(ticket, by=by, via=via, body=note_text, at=at)


@transaction.atomic
def wait_until(
    ticket: Ticket, *, by: User, via: str, agreed_on: date, note_text: str = "", at: datetime | None = None
) -> None:
    """Wait for a date that was agreed with the requester; on that day the desk goes on by itself. What was agreed may
    be said in an internal note. Refuses a day that is not to come, and one more than two years ahead (agreed_on).
    """
    lock(ticket)
    today = timezone.localdate(at)
    if agreed_on <= today:
        raise TicketError(_("Choose a day that is still to come."), field="agreed_on")
    if agreed_on > today + LONGEST_WAIT:
        raise TicketError(_("Choose a day within two years."), field="agreed_on")
    ticket.agreed_on = agreed_on
    ticket.save(update_fields=["agreed_on"])
    move(ticket, "wait_until", by=by, via=via, at=at, agreed_on=agreed_on)
    if note_text.strip():
        note(ticket, by=by, via=via, body=note_text, at=at)


def go_on_some(today: date, limit: int = 200) -> int:
    """Take up again up to `limit` tickets whose agreed day has come, each in its own transaction; returns how many were
    looked at. Looked at again under the row's lock, so that doing this twice takes each up once.
    """
    due = Ticket.objects.filter(status="waiting_date", agreed_on__lte=today).order_by("agreed_on", "id")
    pks = list(due.values_list("pk", flat=True)[:limit])
    for pk in pks:
        with transaction.atomic():
            ticket = Ticket.objects.select_for_update().get(pk=pk)
            if ticket.status == "waiting_date" and ticket.agreed_on and ticket.agreed_on <= today:
                move(ticket, "resume", by=None, via="system")
    return len(pks)


@transaction.atomic
def resolve(
    ticket: Ticket, *, by: User, via: str, resolution: str, children: bool = False, at: datetime | None = None,
    **data: Any,
) -> None:  # fmt: skip
    """Say what solved it. The ticket keeps the latest resolution, the event each one as its public message.

    Counts as the first response when nobody answered before. `children`: its unresolved children, as far as `by` works
    on them, are resolved with the same text a moment later (`desk.consumers`). `data` goes into the event.
    Refuses an empty text.
    """
    lock(ticket)
    text = lines(resolution).strip()
    if not text:
        raise TicketError(_("Write what solved it; the requester will read this."), field="resolution")
    if children:
        data["children"] = True
    event = written(move(ticket, "resolve", by=by, via=via, at=at, **data))
    Comment.objects.create(event=event, ticket=ticket, author=by, is_public=True, body=text)
    ticket.resolution = text
    ticket.first_response_at = ticket.first_response_at or event.at
    ticket.save(update_fields=["resolution", "first_response_at"])


@transaction.atomic
def reopen(ticket: Ticket, *, by: User, via: str, reason: str, at: datetime | None = None) -> None:
    """Take it up again; the reason becomes a public reply. Refuses without a reason, and the requester's side when it
    was closed too long ago (TooLate).
    """
    lock(ticket)
    if not reason.strip():
        raise TicketError(_("Say what is not right yet."), field="reason")
    if not works_on(by, ticket) and not still_reopens(ticket):
        raise TooLate(ticket, reason)
    move(ticket, "reopen", by=by, via=via, at=at)
    reply(ticket, by=by, via=via, body=reason, moves=False, at=at)


@transaction.atomic
def cancel(ticket: Ticket, *, by: User, via: str, reason: str = "", at: datetime | None = None) -> None:
    """Withdraw it, with the reason as a public reply. The desk must give one; the requester need not."""
    lock(ticket)
    if not reason.strip() and not asked(by, ticket):
        raise TicketError(_("Say why this is cancelled; the requester will read it."), field="reason")
    move(ticket, "cancel", by=by, via=via, at=at)
    if reason.strip():
        reply(ticket, by=by, via=via, body=reason, moves=False, at=at)
