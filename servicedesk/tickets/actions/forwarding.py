"""A message goes on to somebody outside the ticket, and what they answer comes back to it, as notes of the desk."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.people.rules import check

from ..errors import TicketError
from ..files import Examined
from ..models import Attachment, Comment, Ticket, TicketEvent
from ..queries import was_written_to
from .core import lock
from .snoozing import rouse
from .talk import copy_files, recipient, say


@transaction.atomic
def forward(
    ticket: Ticket, comment: Comment | None, *, by: User, via: str, to: Iterable[User | str], body: str
) -> Comment:
    """Send a message with its files to people who do not see the ticket, or its description when `comment` is None,
    with some words of one's own before it. An address that nobody has becomes a guest. What they answer becomes an
    internal note (`answer_from_outside`). Returns the note that keeps the words.

    Refuses (fields to, body) nobody, what is no address, people who left, and an empty text.
    """
    lock(ticket)
    check(by, "tickets.forward", ticket)
    people = list(dict.fromkeys(recipient(one, ticket, "to", by=by, via=via) for one in to))
    if not people:
        raise TicketError(_("Say to whom."), field="to")
    if comment is not None and comment.ticket_id not in ticket.here_ids:
        raise TicketError(_("There is no such message."), code="no_message")
    # As those in a blind copy of a reply: they get this one mail, and may answer it.
    data = {"bcc": [[person.pk] for person in people], "of": comment.pk if comment else None}
    note = say(ticket, "forward", False, by, body, via, [], Comment.Format.MARKDOWN, True, None, data)
    copy_files(Attachment.objects.filter(ticket=ticket, comment=comment), ticket, comment=note, is_public=False)
    return note


@transaction.atomic
def answer_from_outside(
    ticket: Ticket, into: Ticket, *, by: User, via: str, body: str, files: Iterable[Examined] = (), **data: Any
) -> Comment:
    """Keep an answer of somebody who was written to about a ticket and does not see it, as an internal note of theirs
    in the one in which it goes on (`into`, else the same). It sets nothing in motion; the desk hears of it. The caller
    has proved who they are. When the ticket was taken outside to them, the event says to whom (`entry`).
    """
    lock(into)
    if not was_written_to(by, ticket):
        raise TicketError(_("There is no such ticket."), code="not_found")
    rouse(into, by=by, via=via, wrote=True)
    outside = TicketEvent.objects.filter(ticket=ticket, verb="escalate_outside", data__to__contains=[[by.pk]])
    if (taken := outside.order_by("-number").first()) is not None:
        data["entry"] = taken.data["entry"]
    return say(into, "answer_from_outside", False, by, body, via, list(files), Comment.Format.PLAIN, False, None, data)
