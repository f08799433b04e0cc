"""Replies, internal notes and the files that come with them."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import NotNow
from servicedesk.web.text import lines

from ..errors import TicketError
from ..files import examine
from ..models import Attachment, Comment, Ticket
from ..permissions import asked, works_on
from .core import lock, move, record

log = logging.getLogger(__name__)

MOST_LETTERS = 200_000


@transaction.atomic
def reply(
    ticket: Ticket,
    *,
    by: User,
    body: str,
    via: str,
    files: Iterable[UploadedFile] = (),
    style: str = Comment.Format.MARKDOWN,
    moves: bool = True,
    strict_files: bool = True,
    at: datetime | None = None,
    **data: Any,
) -> Comment:
    """Write a public reply, which everybody who sees the ticket reads and the other side gets by mail.

    The first reply of somebody who works on the ticket, other than its requester, is the first response. A reply of the
    requester's side sets the workflow's `when_requester_writes` in motion (an answer resumes, a word after the
    resolution reopens) unless `moves` is False, which mail without proof of its sender passes.
    Refuses an empty body without files and a closed ticket that the writer cannot reopen.
    """
    lock(ticket)
    check(by, "tickets.reply", ticket)
    comment = _say(ticket, "reply", True, by, body, via, files, style, strict_files, at, data)
    from_desk = works_on(by, ticket) and not asked(by, ticket)
    if from_desk and ticket.first_response_at is None:
        ticket.first_response_at = comment.event.at
        ticket.save(update_fields=["first_response_at"])
    if moves and not from_desk:
        next_step = ticket.workflow.when_requester_writes.get(ticket.status)
        if next_step:
            move(ticket, next_step, by=by, via=via, permitted=True, at=at)
    return comment


@transaction.atomic
def note(
    ticket: Ticket,
    *,
    by: User,
    body: str,
    via: str,
    files: Iterable[UploadedFile] = (),
    style: str = Comment.Format.MARKDOWN,
    at: datetime | None = None,
    **data: Any,
) -> Comment:
    """Write an internal note, which only those read who work on the ticket. Refuses an empty one."""
    lock(ticket)
    check(by, "tickets.note", ticket)
    return _say(ticket, "note", False, by, body, via, files, style, True, at, data)


def _say(
    ticket: Ticket,
    verb: str,
    public: bool,
    by: User,
    body: str,
    via: str,
    files: Iterable[UploadedFile],
    style: str,
    strict_files: bool,
    at: datetime | None,
    data: dict[str, Any],
) -> Comment:
    body = lines(body).strip()
    files = list(files)
    if not body and not files:
        raise TicketError(_("Write something or attach a file."), field="body")
    if len(body) > MOST_LETTERS:
        raise TicketError(_("This is too long. Attach it as a file."), field="body")
    event = record(ticket, verb, by=by, via=via, public=public, at=at, **data)
    comment = Comment.objects.create(event=event, ticket=ticket, author=by, is_public=public, body=body, format=style)
    attach(ticket, files, by=by, comment=comment, public=public, strict=strict_files, at=at)
    return comment


def attach(
    ticket: Ticket,
    files: Iterable[UploadedFile],
    *,
    by: User,
    comment: Comment | None,
    public: bool,
    strict: bool = True,
    at: datetime | None = None,
) -> list[Attachment]:
    """Keep files with a comment, or with the description when `comment` is None, in the caller's transaction.

    Refuses too many files; `files.examine` refuses programs, empty and oversized ones when `strict`. Raises NotNow when
    the place where files are stored does not take them.
    """
    files = list(files)
    if strict and len(files) > settings.ATTACHMENTS_PER_MESSAGE:
        raise TicketError(
            _("At most %(most)d files go with one message.") % {"most": settings.ATTACHMENTS_PER_MESSAGE}, field="files"
        )
    kept = []
    for file in files:
        known = examine(file, strict=strict)
        attachment = Attachment(
            ticket=ticket,
            comment=comment,
            name=known.name,
            content_type=known.content_type,
            size=known.size,
            sha256=known.sha256,
            is_public=public,
            added_by=by,
            created_at=at or timezone.now(),
        )
        try:
            attachment.file.save(known.name, file, save=False)
            if known.thumbnail:
                attachment.thumbnail.save("thumbnail.png", ContentFile(known.thumbnail), save=False)
        except OSError as error:
            log.exception("a file of %s could not be stored", ticket.number)
            raise NotNow(
                _(
                    "Files cannot be stored just now, so nothing was sent. Try again in a few minutes, or send it "
                    "without the files."
                ),
                field="files",
            ) from error
        attachment.save()
        kept.append(attachment)
    return kept
