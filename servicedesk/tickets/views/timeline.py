"""The time line of a ticket: its events, and those of the tickets merged into it, as entries for people."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.web import formats
from servicedesk.web.templatetags.web import avatar, icon, when

from ..models import Attachment, Comment, Ticket, TicketEvent
from ..permissions import works_on
from ..sentences import Names, words_for

# Messages of which a sentence says how they came to be here.
_TOLD = frozenset({"move_message", "forward", "answer_from_outside", "send_back", "snooze"})
# What both tickets keep an event of: here the one of the ticket where it goes on says it.
_KEPT_TWICE = frozenset({"merge", "unmerge", "move_message"})
SHOWS = ("all", "messages", "notes", "changes")


@dataclass
class Entry:
    """One line of the time line. `kind` is reply, note, resolution, thanks, event, or opening: the description of a
    merged ticket. `side` is requester or desk; `of` the merged ticket in which it was written, `number` that ticket's
    or this one's when the reader sees it by itself, which the mail behind a message asks for. Of a reply or note,
    `asides` stand above its `body`. `css`, `face` and `head` of one are for the agent's page, ready to be written: in a
    ticket of hundreds of messages a template takes too long over each.
    """

    event: TicketEvent
    kind: str
    sentence: str = ""
    side: str = "desk"
    comment: Comment | None = None
    files: list[Attachment] = field(default_factory=list)
    asides: list[str] = field(default_factory=list)
    body: SafeString | str = ""
    css: str = ""
    face: SafeString | str = ""
    head: SafeString | str = ""
    of: Ticket | None = None
    number: str = ""

    @property
    def is_said(self) -> bool:
        return self.kind in ("reply", "note")

    @property
    def anchor(self) -> str:
        return f"{self.of.number}-{self.event.number}" if self.of else str(self.event.number)

    @property
    def at(self) -> datetime:
        """When it was said; a message that was moved here keeps its time."""
        said_at = self.event.data.get("said_at")
        return datetime.fromisoformat(said_at) if said_at else self.event.at


def entries_for(
    user: User,
    ticket: Ticket,
    events: list[TicketEvent],
    files: list[Attachment],
    merged: list[tuple[Ticket, bool]],
    show: str = "all",
) -> list[Entry]:
    """The time line as the person sees it, oldest first, in words, together with those of merged tickets. `events` and
    `files` are those that they see.
    """
    works = works_on(user, ticket)
    merged_by_id = {each.pk: (each, each.number if is_seen else "") for each, is_seen in merged}
    files_of: dict[tuple[int, int | None], list[Attachment]] = {}
    for file in files:
        files_of.setdefault((file.ticket_id, file.comment_id), []).append(file)
    numbers_shown = {ticket.number, *(each.number for each, _is_seen in merged)}
    names = Names(user, events)
    messages = reverse("tickets:message", args=[ticket.number, 0]).removesuffix("0/")
    entries = []
    before = None
    for event in events:
        comment = getattr(event, "comment", None)
        of, number = merged_by_id.get(event.ticket_id, (None, ticket.number))
        asker = (of or ticket).requester_id
        entry = None
        if comment is not None and comment.moved_to_id is not None:
            continue  # a line of its own says where it went
        if of is not None and event.verb in _KEPT_TWICE and not event.data.get("backward"):
            if event.data.get("other") in numbers_shown:
                continue
        if comment is not None and event.verb == "resolve":
            if show != "notes":
                entry = Entry(event, "resolution", words_for(event, names), "desk", comment)
        elif event.verb == "thank":
            if show != "notes":
                entry = Entry(event, "thanks", words_for(event, names), "requester", comment)
        elif comment is not None:
            if show == "changes" or show == ("notes" if comment.is_public else "messages"):
                continue
            side = "requester" if comment.author_id == asker else "desk"
            entry = Entry(event, "reply" if comment.is_public else "note", "", side, comment)
            entry.files = files_of.get((event.ticket_id, comment.pk), [])
            entry.asides = _asides(event, names, works, number)
            entry.body = _body(event, comment, names)
            if works:
                entry.css = " entry-note" if entry.kind == "note" else " entry-requester" if side == "requester" else ""
                entry.face = avatar(comment.author)
                entry.head = _head(entry, of, number, f"{messages}{comment.pk}/")
        elif of is not None and event.verb == "open":
            if show in ("all", "messages"):
                entry = Entry(event, "opening", "", "requester", files=files_of.get((of.pk, None), []))
        elif show in ("all", "changes") and not _goes_without_saying(event, before):
            entry = Entry(event, "event", words_for(event, names))
            if works and "rule" in event.data and number:
                entry.sentence = format_html("{} {}", entry.sentence, _why(event, number, _("Why?")))
        if entry is not None:
            entry.of, entry.number = of, number
            entries.append(entry)
        before = event
    return entries


def _head(entry: Entry, of: Ticket | None, number: str, url: str) -> SafeString:
    """Who wrote a message, how it came and when, and the way to what can be done with it."""
    event, comment, marks = entry.event, entry.comment, SafeString("")
    if of is not None:
        marks += format_html('<span class="ticket-number">{}</span>', of.number)
    if comment.taken_back_at:
        marks += format_html("<span>{}{}</span>", icon("arrow-back-up"), _("Reply that was taken back"))
    elif entry.kind == "note":
        marks += format_html("<span>{}{}</span>", icon("lock"), _("Internal note"))
    if event.via == "mail":
        marks += _by_mail(reverse("intake:message", args=[number, event.number]) if number else "")
    elif event.via == "phone":
        marks += format_html("<span>{}{}</span>", icon("phone"), _("by phone"))
    if event.data.get("unproved"):
        marks += format_html('<span class="tag">{}</span>', _("Sender not proved"))
    more = SafeString("") if of is not None else _more(url)
    return format_html("<strong>{}</strong>{}{}{}", comment.author_name, marks, when(entry.at), more)


def _by_mail(url: str) -> SafeString:
    words = format_html("{}{}", icon("mail"), _("by mail"))
    if not url:
        return format_html("<span>{}</span>", words)
    return format_html('<a href="{}" title="{}">{}</a>', url, _("The mail as it came"), words)


def _more(url: str) -> SafeString:
    label = _("What to do with this message")
    return format_html(
        '<a class="entry-more" href="{0}" hx-get="{0}" aria-label="{1}" title="{1}">{2}</a>', url, label, icon("dots")
    )


def _asides(event: TicketEvent, names: Names, works: bool, number: str) -> list[str]:
    """What became of a message, and who has copies of it."""
    said = [words_for(event, names)] if event.verb in _TOLD else []
    if works and "rule" in event.data and number:
        said.append(_why(event, number, _("A rule wrote this. Why?")))
    if cc := names.people(event, "cc"):
        said.append(f"{_('Cc:')} {', '.join(cc)}")
    if works and event.verb == "reply" and (bcc := names.people(event, "bcc")):
        said.append(f"{_('Bcc:')} {', '.join(bcc)}")
    return said


def _why(event: TicketEvent, number: str, words: str) -> SafeString:
    """The way to the page that says which rule did this, and by which conditions."""
    return format_html('<a href="{}">{}</a>', reverse("escalation:why", args=[number, event.number]), words)


def _body(event: TicketEvent, comment: Comment, names: Names) -> SafeString | str:
    if not comment.body:
        return ""
    if comment.format == Comment.Format.PLAIN:
        return formats.plain(comment.body)
    return formats.markdown(comment.body, 3, tuple(names.people(event, "mentions")))


def _goes_without_saying(event: TicketEvent, before: TicketEvent | None) -> bool:
    """A new ticket that somebody takes is accepted by that; one line says both."""
    return (
        event.verb == "accept"
        and before is not None
        and before.verb == "assign"
        and before.by_id == event.by_id
        and event.at - before.at < timedelta(seconds=5)
    )
