"""A message that is about something else becomes a ticket of its own."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.tickets.actions import link, lock
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Attachment, Comment, Ticket, TicketLink
from servicedesk.tickets.permissions import speaks_for_desk

from .receive import receive


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
    asks = ticket.requester if speaks_for_desk(writer, ticket) or not writer.is_active else writer
    new = receive(
        kind=kind,
        title=title,
        description=comment.body,
        requester=asks,
        by=by,
        via=via,
        channel=ticket.channel,
        source=ticket.source,
        service=ticket.service if ticket.service and ticket.service.is_active else None,
        category=ticket.category if ticket.category and ticket.category.is_active else None,
        team=ticket.team if ticket.team and ticket.team.is_active else None,
        impact=ticket.impact,
        urgency=ticket.urgency,
        language=ticket.language,
        is_confidential=ticket.is_confidential,
        keep_original=False,
    )
    copy_files(comment.attachments.all(), new, is_public=True)
    link(new, ticket, TicketLink.Kind.SPLIT, by=by, via=via)
    return new


def copy_files(files: Iterable[Attachment], ticket: Ticket, *, is_public: bool | None = None) -> None:
    """The same stored files under another ticket's description; files are never deleted while a row names them."""
    for file in files:
        Attachment.objects.create(
            ticket=ticket, comment=None, file=file.file.name, thumbnail=file.thumbnail.name, name=file.name,
            content_type=file.content_type, size=file.size, sha256=file.sha256,
            is_public=file.is_public if is_public is None else is_public,
            added_by=file.added_by, created_at=file.created_at,
        )  # fmt: skip
