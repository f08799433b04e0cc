"""Thanking the desk for what it has solved."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.text import lines

from ..errors import TicketError
from ..models import Comment, Ticket, TicketEvent
from ..thanks import MOST_LETTERS, takes_thanks
from .core import lock, record


@transaction.atomic
def thank(ticket: Ticket, *, by: User, via: str, word: str = "", at: datetime | None = None) -> Ticket:
    """Thank the desk, with a short word if one likes. It moves nothing, and the second time changes nothing.

    Refuses a ticket in which nothing was solved, and a word of more than 300 letters.
    """
    lock(ticket)
    check(by, "tickets.thank", ticket)
    word = lines(word).strip()
    if len(word) > MOST_LETTERS:
        raise TicketError(
            _("This has %(count)d letters; at most %(most)d are possible.")
            % {"count": len(word), "most": MOST_LETTERS},
            field="word",
        )  # fmt: skip
    if not takes_thanks(ticket):
        raise TicketError(_("Nothing is solved here yet for which you could thank."), code="wrong_status")
    event = give_thanks(ticket, by=by, via=via, at=at)
    if event is not None and word:
        Comment.objects.create(
            event=event, ticket=ticket, author=by, is_public=True, body=word, format=Comment.Format.PLAIN
        )
    return ticket


def may_still_thank(ticket: Ticket, by: User) -> bool:
    """Whether the person may thank for this ticket and has not done so."""
    return (
        takes_thanks(ticket)
        and by.may("tickets.thank", ticket)
        and not ticket.events.filter(verb="thank", by=by).exists()
    )


def give_thanks(ticket: Ticket, *, by: User, via: str, at: datetime | None = None) -> TicketEvent | None:
    """Record it unless this person has thanked for this ticket before; in the caller's transaction, under its lock."""
    if not may_still_thank(ticket, by):
        return None
    return record(ticket, "thank", by=by, via=via, public=True, at=at)
