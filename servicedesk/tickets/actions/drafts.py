"""What somebody has begun to write in a ticket and not sent: kept, discarded, brought back, spent. Nobody else reads
it, so the ticket's history has no event of it.
"""

import secrets
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.text import lines

from ..errors import TicketError
from ..models import Draft, Ticket
from .core import lock
from .talk import MOST_LETTERS

KEPT = timedelta(days=30)
# What was discarded is brought back by the toast that tells of it; later nobody expects the words to be kept.
BACK_WITHIN = timedelta(minutes=10)


class Elsewhere(TicketError):
    """Another box changed the draft meanwhile; `draft` is how it stands now."""

    def __init__(self, draft: Draft):
        self.draft = draft
        super().__init__(_("This draft was changed in another window."), code="elsewhere")


def new_key() -> str:
    """The key of a box that is shown, or of a state that no box wrote."""
    return secrets.token_hex(8)


@transaction.atomic
def save_draft(ticket: Ticket, kind: str, *, by: User, body: str, box: str, turn: int, base: str) -> Draft:
    """Keep what stands in a box. `box` is the box's key, `turn` grows with what it saves, `base` is the mark of the
    draft that it was made from, empty where there was none.

    What the same box saved later stays. Raises Elsewhere when another box, or sending or discarding, changed the draft
    after `base`: then nothing is kept, and the caller tells and keeps the words.
    """
    check(by, f"tickets.{kind}", ticket)
    body = lines(body)
    if len(body) > MOST_LETTERS:
        raise TicketError(_("This is too long. Attach it as a file."), field="body")
    draft, made = _locked(ticket, kind, by, box)
    if not made and draft.box == box:
        if turn <= draft.turn:
            return draft
    elif not made and draft.mark != base:
        if draft.body == body and draft.discarded_at is None:
            return draft
        raise Elsewhere(draft)
    draft.body, draft.box, draft.turn, draft.discarded_at, draft.updated_at = body, box, turn, None, timezone.now()
    draft.save()
    return draft


@transaction.atomic
def spend_draft(ticket: Ticket, kind: str, *, by: User, body: str, box: str, base: str) -> None:
    """What the box held was sent: in the same transaction its draft is no more. A draft that another window went on
    with stays.
    """
    draft, made = _locked(ticket, kind, by, box)
    if made or box == draft.box or base == draft.mark or body.strip() == draft.body.strip():
        _turn_over(draft, body="", discarded_at=None)


@transaction.atomic
def discard_draft(ticket: Ticket, kind: str, *, by: User, body: str, box: str, base: str) -> None:
    """Throw away what stands in a box, with its draft; `restore_draft` brings the words back for ten minutes. A draft
    that another window went on with stays.
    """
    draft, made = _locked(ticket, kind, by, box)
    if made or box == draft.box or base == draft.mark:
        _turn_over(draft, body=lines(body)[:MOST_LETTERS], discarded_at=timezone.now())


@transaction.atomic
def restore_draft(ticket: Ticket, kind: str, *, by: User) -> None:
    """Bring a discarded draft back. Nothing happens the second time. Refuses when its words are gone or something new
    was begun.
    """
    lock(ticket)
    draft = Draft.objects.filter(ticket=ticket, kind=kind, user=by).first()
    if draft is None or not draft.body or (draft.discarded_at and draft.discarded_at < timezone.now() - BACK_WITHIN):
        raise TicketError(_("It is too late: these words are no longer kept."), code="gone")
    if draft.discarded_at:
        _turn_over(draft, discarded_at=None)


def forget_old_drafts() -> None:
    """Delete drafts that nobody touched for 30 days, and the words of discarded ones that can no longer come back."""
    now = timezone.now()
    Draft.objects.filter(updated_at__lt=now - KEPT).delete()
    Draft.objects.filter(discarded_at__lt=now - BACK_WITHIN).update(body="", discarded_at=None)


def _locked(ticket: Ticket, kind: str, user: User, box: str) -> tuple[Draft, bool]:
    """The row, and whether it was made. Under the ticket's lock, as sending is: the row's key to the ticket asks for
    that lock too when the transaction ends, and whoever took the two the other way round would block a sender.
    """
    lock(ticket)
    return Draft.objects.get_or_create(ticket=ticket, kind=kind, user=user, defaults={"box": box})


def _turn_over(draft: Draft, **fields: Any) -> None:
    """Change the draft so that no box stands on it any more."""
    for name, value in {"box": new_key(), "turn": 0, "updated_at": timezone.now(), **fields}.items():
        setattr(draft, name, value)
    draft.save()
