"""Replies, internal notes and the files that come with them."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from servicedesk.people.actions import guest
from servicedesk.people.actions.persons import clean_address
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import NotNow
from servicedesk.web.formats import when
from servicedesk.web.text import lines

from ..closing import still_reopens
from ..errors import TicketError, TooLate
from ..files import Examined, examine_all
from ..mentions import mentioned
from ..models import Attachment, Comment, Ticket
from ..permissions import speaks_for_desk, works_on
from ..queries import said_since
from ..thanks import names_on, only_thanks, takes_thanks
from .core import lock, move, permit, person_ref, record, written
from .sharing import bring_in, leave_out
from .snoozing import rouse
from .thanking import give_thanks, may_still_thank

log = logging.getLogger(__name__)

MOST_LETTERS = 200_000
# Where one sees a refusal at once; a mail is never refused for an “@”.
_TYPED = ("page", "api")


class Overtaken(TicketError):
    """Somebody else has spoken since the reply was begun; `comment` is what they said last."""

    def __init__(self, comment: Comment):
        self.comment = comment
        answers = comment.author is None or speaks_for_desk(comment.author, comment.ticket)
        sentence = _("%(name)s answered %(when)s.") if answers else _("%(name)s wrote %(when)s.")
        words = {"name": comment.author_name, "when": when(comment.event.at)}
        super().__init__(sentence % words, code="overtaken")


@transaction.atomic
def reply(
    ticket: Ticket,
    *,
    by: User | None,
    body: str,
    via: str,
    files: Iterable[UploadedFile | Examined] = (),
    style: str = Comment.Format.MARKDOWN,
    moves: bool = True,
    strict_files: bool = True,
    at: datetime | None = None,
    cc: Iterable[User | str] = (),
    bcc: Iterable[User | str] = (),
    seen: int | None = None,
    template: int | str | None = None,
    **data: Any,
) -> Comment:
    """Write a public reply, which everybody who sees the ticket reads and the other side gets by mail.

    `cc` see the ticket from then on and get what follows; `bcc` get this one mail and nobody outside the desk learns of
    them. Both are the desk's alone; an address that nobody has becomes a guest.

    The first reply of somebody who works on the ticket, other than its requester, is the first response, also of the
    agent who entered it. A reply of the requester's side sets the workflow's `when_requester_writes` in motion (an
    answer resumes, a word after the resolution reopens) unless `moves` is False, which mail without proof of its sender
    passes, or it says nothing but thanks for what is solved, which then counts as `thank`. A reply of the desk itself
    (`by` None) is no first response, because nobody has looked yet, sets nothing in motion and has no copies.
    `seen` is the number of the newest event that the writer knew of: when somebody else has said something publicly
    since, Overtaken is raised. `template` is the reply template that it began from, by id or code (see
    `desk.templates.began_from`): the event says so while the text still resembles it.
    Refuses an empty body without files, what is over and not taken up again by that (TooLate), and in copies what is
    no address and people who left (fields cc, bcc).
    """
    given = list(files)
    files = examine_all(given, strict=strict_files)
    lock(ticket)
    permit(by, "tickets.reply", ticket)
    since = said_since(by, ticket, seen) if by is not None and seen is not None else None
    if since is not None:
        raise Overtaken(since)
    if by is not None and template and (began := import_string(settings.REPLY_TEMPLATES)(template, ticket, by, body)):
        data["template"] = began
    copies = {"cc": list(cc), "bcc": list(bcc)}
    if by is not None and any(copies.values()):
        check(by, "tickets.work", ticket)
        data |= _copies(ticket, copies, by=by, via=via, at=at)
    if by is None:
        return say(ticket, "reply", True, None, body, via, files, style, strict_files, at, data)
    from_desk = speaks_for_desk(by, ticket)
    is_thanks = moves and not from_desk and not files and says_thanks(ticket, body, by)
    if is_thanks and may_still_thank(ticket, by):
        data["thanks"] = True
    if moves and not from_desk and not is_thanks and not ticket.is_open and ticket.merged_into_id is None:
        _take_up(ticket, by=by, via=via, at=at, body=body, files=given)
    comment = say(ticket, "reply", True, by, body, via, files, style, strict_files, at, data)
    # Also when nothing proves who wrote: it must be seen. Only thanks leave it where it is.
    if not from_desk and ticket.snoozed_at and (files or not only_thanks(body, names_on(ticket, by))):
        rouse(ticket, by=by, via=via, at=at, wrote=True)
    if from_desk:
        answered(ticket, comment.event.at)
    if is_thanks:
        give_thanks(ticket, by=by, via=via, at=at)
    elif moves and not from_desk:
        next_step = ticket.workflow.when_requester_writes.get(ticket.status)
        if next_step:
            move(ticket, next_step, by=by, via=via, permitted=True, at=at)
    return comment


def _take_up(
    ticket: Ticket, *, by: User, via: str, at: datetime | None, body: str, files: list[UploadedFile | Examined]
) -> None:
    """Reopen what is over because the requester's side writes. Raises TooLate when that is no longer possible."""
    reopen = next((way for way in ticket.workflow.leaving(ticket.status) if way.name == "reopen"), None)
    if reopen is None or not still_reopens(ticket) or not by.may(reopen.permission, ticket):
        raise TooLate(ticket, body, files)
    move(ticket, "reopen", by=by, via=via, at=at)


def says_thanks(ticket: Ticket, body: str, by: User) -> bool:
    """Whether somebody says nothing but thanks for what is solved."""
    return takes_thanks(ticket) and only_thanks(body, names_on(ticket, by))


def answered(ticket: Ticket, at: datetime) -> None:
    """Somebody of the desk spoke with the requester: the first response, unless there is one. In the caller's
    transaction, which holds the ticket's row lock.
    """
    if ticket.first_response_at is None:
        ticket.first_response_at = at
        ticket.save(update_fields=["first_response_at"])


@transaction.atomic
def note(
    ticket: Ticket,
    *,
    by: User | None,
    body: str,
    via: str,
    files: Iterable[UploadedFile | Examined] = (),
    style: str = Comment.Format.MARKDOWN,
    at: datetime | None = None,
    **data: Any,
) -> Comment:
    """Write an internal note, which only those read who work on the ticket. Refuses an empty one."""
    files = examine_all(files)
    lock(ticket)
    permit(by, "tickets.note", ticket)
    return say(ticket, "note", False, by, body, via, files, style, True, at, data)


def undo_until(comment: Comment) -> datetime | None:
    """Until when a reply can be taken back, for which its mails wait; None for notes, for what came by mail, and where
    the desk does not wait.
    """
    if (
        not settings.MAIL_UNDO_SECONDS
        or not comment.is_public
        or comment.event.verb != "reply"
        or comment.event.via == "mail"
    ):
        return None
    return comment.event.at + timedelta(seconds=settings.MAIL_UNDO_SECONDS)


@transaction.atomic
def take_back(comment: Comment, *, by: User, via: str) -> Comment:
    """Undo a reply of one's own before its mails leave: it stays as an internal note that says so, with its files.

    A first response that it was is none any more. Nothing happens the second time. Refuses others than its writer, who
    must work on the ticket, and a reply whose mails may have left.
    """
    ticket = comment.ticket
    lock(ticket)
    check(by, "tickets.note", ticket)
    # The sender of mail holds this row while it sends; whoever gets it first is right.
    comment.refresh_from_db(from_queryset=Comment.objects.select_for_update(of=("self",)).select_related("event"))
    if comment.taken_back_at is not None:
        return comment
    until = undo_until(comment)
    if comment.author_id != by.pk or until is None:
        raise TicketError(_("Only the writer of a reply can take it back."), code="not_yours")
    if timezone.now() >= until:
        raise TicketError(_("It is too late to take this back: the reply has been sent."), code="sent")
    comment.is_public, comment.taken_back_at = False, timezone.now()
    comment.save(update_fields=["is_public", "taken_back_at"])
    comment.attachments.update(is_public=False)
    if ticket.first_response_at == comment.event.at:
        ticket.first_response_at = None
        ticket.save(update_fields=["first_response_at"])
    for (person,) in comment.event.data.get("new", []):
        leave_out(ticket, User.objects.get(pk=person), by=by, via=via)
    record(ticket, "take_back", by=by, via=via, reply=comment.event.number, reply_id=comment.pk)
    return comment


def _copies(ticket: Ticket, copies: dict[str, list[User | str]], *, by: User, via: str, at: datetime | None) -> dict:
    """What the event says of the people in copy, by id; `new` are those who could not see the ticket before."""
    said: dict[str, list] = {}
    known: set[int] = {ticket.requester_id}
    for name, wanted in copies.items():
        for one in wanted:
            person = recipient(one, ticket, name, by=by, via=via)
            if person.pk not in known:
                known.add(person.pk)
                said.setdefault(name, []).append([person.pk])
                if name == "cc" and bring_in(ticket, person, by=by, via=via, at=at):
                    said.setdefault("new", []).append([person.pk])
    return said


def recipient(one: User | str, ticket: Ticket, field: str, *, by: User, via: str) -> User:
    """The person to write to; an address that nobody has becomes a guest. Refuses (with that field) what is no address
    and somebody who left.
    """
    if isinstance(one, str):
        address = clean_address(one, field)
        found = User.objects.filter(email__iexact=address).first()
        one = found or guest(address, name="", language=ticket.language, by=by, via=via)
    if not one.is_active:
        raise TicketError(_("%(name)s is no longer here.") % {"name": one.display_name}, field=field)
    return one


def say(
    ticket: Ticket,
    verb: str,
    public: bool,
    by: User | None,
    body: str,
    via: str,
    files: list[Examined],
    style: str,
    strict_files: bool,
    at: datetime | None,
    data: dict[str, Any],
) -> Comment:
    """Write a comment with its event and files, in the caller's transaction, which holds the ticket's row lock and has
    asked for the permission.
    """
    if ticket.merged_into is not None:
        raise TicketError(
            _("%(number)s goes on in %(other)s. Write there.")
            % {"number": ticket.number, "other": ticket.merged_into.number},
            code="merged",
        )
    body = lines(body).strip()
    if not body and not files:
        raise TicketError(_("Write something or attach a file."), field="body")
    if len(body) > MOST_LETTERS:
        raise TicketError(_("This is too long. Attach it as a file."), field="body")
    if by is not None and via in _TYPED and works_on(by, ticket) and (people := mentioned(body, ticket, by)):
        data["mentions"] = [person_ref(person) for person in people]
    event = written(record(ticket, verb, by=by, via=via, public=public, at=at, **data))
    comment = Comment.objects.create(event=event, ticket=ticket, author=by, is_public=public, body=body, format=style)
    attach(ticket, files, by=by, comment=comment, public=public, strict=strict_files, at=at)
    return comment


def attach(
    ticket: Ticket,
    files: Iterable[UploadedFile | Examined],
    *,
    by: User | None,
    comment: Comment | None,
    public: bool,
    strict: bool = True,
    at: datetime | None = None,
) -> list[Attachment]:
    """Keep files with a comment, or with the description when `comment` is None, in the caller's transaction.

    The desk itself (`by` None) has no files. Whoever holds the ticket's lock hands over files that were examined
    before. `files.examine_all` refuses too many, programs, empty and oversized ones when `strict`. Raises NotNow when
    the place where files are stored does not take them.
    """
    kept = []
    for each in examine_all(files, strict=strict):
        file, known = each.file, each.known
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


def copy_files(
    files: Iterable[Attachment], ticket: Ticket, *, comment: Comment | None = None, is_public: bool | None = None
) -> None:
    """The same stored files under another message, or under the description when `comment` is None. Nothing deletes a
    stored file while a row names it.
    """
    for file in files:
        Attachment.objects.create(
            ticket=ticket, comment=comment, file=file.file.name, thumbnail=file.thumbnail.name, name=file.name,
            content_type=file.content_type, size=file.size, sha256=file.sha256,
            is_public=file.is_public if is_public is None else is_public,
            added_by=file.added_by, created_at=file.created_at,
        )  # fmt: skip
