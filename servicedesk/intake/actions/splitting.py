"""A message that is about something else becomes a ticket of its own."""

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.tickets.actions import link, lock
from servicedesk.tickets.actions.talk import copy_files
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Comment, Ticket, TicketLink
from servicedesk.tickets.permissions import speaks_for_desk

from .receive import receive_like


@transaction.atomic
def split_off(comment: Comment, *, title: str, kind: str, by: User, via: str) -> Ticket:
    """Open a ticket with the words and files of a message, tied to the one where it stays. Its requester is whoever
    wrote it, and the ticket's own when the desk did. Team, service, impact and urgency are the ticket's.

    Refuses what `receive` refuses, and a message that was moved elsewhere.
    """
    ticket = lock(Ticket.objects.get(pk=comment.ticket_id))
    check(by, "tickets.merge", ticket)
    comment.refresh_from_db()
    if comment.moved_to_id is not None:
        raise TicketError(_("Somebody has moved it already."), code="moved")
    writer = comment.author
    asks = ticket.requester
    if writer is not None and writer.is_active and not speaks_for_desk(writer, ticket):
        asks = writer
    new = receive_like(ticket, kind=kind, title=title, description=comment.body, requester=asks, by=by, via=via)
    copy_files(comment.attachments.all(), new, is_public=True)
    link(new, ticket, TicketLink.Kind.SPLIT, by=by, via=via)
    return new
