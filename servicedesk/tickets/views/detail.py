"""The page of a ticket: one context for the agent's and the requester's view of it, whatever the process."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cmdb.queries import items_of
from servicedesk.people.models import User
from servicedesk.web import formats
from servicedesk.web.pages import page, wants_fragment

from .. import presence
from ..forms import ReplyForm, note_form, reply_form
from ..models import OPEN, Attachment, Comment, Draft, Ticket, TicketEvent
from ..permissions import asked, works_on
from ..queries import attachments, drafts_of, items_affected, links, merged_here, timeline, visible_tickets
from ..sentences import Names, words_for
from ..thanks import takes_thanks, thanks_of
from ..workflow import Phase, Transition
from .boxes import box_for
from .work_time import work_context

# Messages of which a sentence says how they came to be here.
_TOLD = frozenset({"move_message", "forward", "answer_from_outside"})
# What both tickets keep an event of: here the one of the ticket where it goes on says it.
_KEPT_TWICE = frozenset({"merge", "unmerge", "move_message"})
SHOWS = ("all", "messages", "notes", "changes")
# What the next step usually is, by status; the button that stands out.
_NEXT = {
    "new": "start",
    "assigned": "start",
    "in_progress": "resolve",
    "waiting_requester": "resume",
    "waiting_vendor": "resume",
    "resolved": "close",
    "closed": "reopen",
}


@dataclass
class Mark:
    """A word beside the name of whoever wrote a message."""

    text: str
    icon: str = ""
    css: str = ""
    url: str = ""


@dataclass
class Entry:
    """One line of the time line. `kind` is reply, note, resolution, thanks, event, or opening: the description of a
    merged ticket. `side` is requester or desk; `of` the merged ticket in which it was written, `number` that ticket's
    or this one's when the reader sees it by itself, which the mail behind a message asks for. Of a reply or note,
    `marks` stand beside its writer's name and `asides` above its `body`; `url` is where one does something with it.
    """

    event: TicketEvent
    kind: str
    sentence: str = ""
    side: str = "desk"
    comment: Comment | None = None
    files: list[Attachment] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    asides: list[str] = field(default_factory=list)
    body: SafeString | str = ""
    url: str = ""
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


@dataclass(frozen=True)
class Step:
    """A transition that the person may take now. `asks`: a form comes first, else one press does it."""

    transition: Transition
    url: str
    is_next: bool

    @property
    def name(self) -> str:
        return self.transition.name

    @property
    def label(self):
        return self.transition.label

    @property
    def icon(self) -> str:
        return self.transition.icon

    @property
    def asks(self) -> bool:
        return bool(self.transition.asks)


def steps_for(user: User, ticket: Ticket) -> list[Step]:
    """The transitions out of the present status that the person may take, the usual next one first."""
    wanted = _NEXT.get(ticket.status)
    steps = [
        Step(
            transition,
            reverse(f"{ticket.workflow.app}:{transition.name}", args=[ticket.number]),
            transition.name == wanted,
        )
        for transition in ticket.workflow.leaving(ticket.status)
        if user.may(transition.permission, ticket)
    ]
    return sorted(steps, key=lambda step: not step.is_next)


def entries_for(
    user: User, ticket: Ticket, files: list[Attachment], merged: list[tuple[Ticket, bool]], show: str = "all"
) -> list[Entry]:
    """The time line as the person sees it, oldest first, in words, together with those of merged tickets. `files` are
    those that they see.
    """
    events, works = timeline(user, ticket), works_on(user, ticket)
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
            entry.asides = _asides(event, names, works)
            entry.marks = _marks(entry, of, number)
            entry.body = _body(event, comment, names)
            entry.url = f"{messages}{comment.pk}/" if of is None else ""
        elif of is not None and event.verb == "open":
            if show in ("all", "messages"):
                entry = Entry(event, "opening", "", "requester", files=files_of.get((of.pk, None), []))
        elif show in ("all", "changes") and not _goes_without_saying(event, before):
            entry = Entry(event, "event", words_for(event, names))
        if entry is not None:
            entry.of, entry.number = of, number
            entries.append(entry)
        before = event
    return entries


def _marks(entry: Entry, of: Ticket | None, number: str) -> list[Mark]:
    marks, event = [], entry.event
    if of is not None:
        marks.append(Mark(of.number, css="ticket-number"))
    if entry.comment is not None and entry.comment.taken_back_at:
        marks.append(Mark(_("Reply that was taken back"), "arrow-back-up"))
    elif entry.kind == "note":
        marks.append(Mark(_("Internal note"), "lock"))
    if event.via == "mail":
        url = reverse("intake:message", args=[number, event.number]) if number else ""
        marks.append(Mark(_("by mail"), "mail", url=url))
    elif event.via == "phone":
        marks.append(Mark(_("by phone"), "phone"))
    if event.data.get("unproved"):
        marks.append(Mark(_("Sender not proved"), css="tag"))
    return marks


def _asides(event: TicketEvent, names: Names, works: bool) -> list[str]:
    """What became of a message, and who has copies of it."""
    said = [words_for(event, names)] if event.verb in _TOLD else []
    if cc := names.people(event, "cc"):
        said.append(f"{_('Cc:')} {', '.join(cc)}")
    if works and event.verb == "reply" and (bcc := names.people(event, "bcc")):
        said.append(f"{_('Bcc:')} {', '.join(bcc)}")
    return said


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


def ticket_context(request: HttpRequest, ticket: Ticket, extension, *, works: bool) -> dict:
    """What both pages of a ticket get; the templates say it in their heads."""
    user = request.user
    show = request.GET.get("show", "all") if works else "all"
    steps = steps_for(user, ticket)
    files = list(attachments(user, ticket))
    merged = merged_here(user, ticket)
    thanks = thanks_of(ticket)
    watchers = list(User.objects.filter(watcher_rows__ticket=ticket).only("name", "email"))
    context = {
        "ticket": ticket,
        "extension": extension,
        "newest": newest_of(ticket, works),
        "entries": entries_for(user, ticket, files, merged, show if show in SHOWS else "all"),
        "merged": merged,
        "goes_on_in": _goes_on_in(user, ticket),
        "may_unmerge": ticket.merged_into_id is not None and user.may("tickets.merge", ticket),
        "steps": steps,
        "next_step": next((step for step in steps if step.is_next), None),
        "files": [file for file in files if file.comment_id is None and file.ticket_id == ticket.pk],
        "all_files": files,
        "ties": links(user, ticket),
        "shares": list(ticket.shares.select_related("user", "team").order_by("id")),
        "watching": any(watcher.pk == user.pk for watcher in watchers),
        "asked": asked(user, ticket),
        "thanks": thanks,
        "may_thank": takes_thanks(ticket)
        and user.may("tickets.thank", ticket)
        and all(event.by_id != user.pk for event in thanks),
    }
    drafts = drafts_of(user, ticket)
    if works:
        kind = "note" if request.GET.get("box") == "note" else "reply"
        box = box_for(kind, drafts, context["newest"])
        make = note_form if kind == "note" else reply_form
        context |= _desk_context(user, ticket, show) | {"watchers": watchers, "kind": kind, "box": box}
        context["form"] = make(user, ticket, initial={"body": box.words})
    else:
        box = box_for("reply", drafts, context["newest"])
        context |= {"kind": "reply", "box": box, "reply_form": ReplyForm(initial={"body": box.words})}
    return context


def _desk_context(user: User, ticket: Ticket, show: str) -> dict:
    others = visible_tickets(user).filter(OPEN, requester=ticket.requester_id).exclude(pk=ticket.pk)
    affected, theirs = items_affected(user, ticket), items_of(user, ticket.requester)
    return {
        "show": show if show in SHOWS else "all",
        "shows": [
            ("all", _("Everything")),
            ("messages", _("Messages")),
            ("notes", _("Notes")),
            ("changes", _("Changes")),
        ],
        "priority_reason": reason_of(ticket),
        "tags": list(ticket.tags.values_list("name", flat=True)),
        "others": list(others.order_by("-created_at", "-id")[:6]),
        "items": theirs,
        "affected": affected,
        "not_affected": [item for item in theirs if item not in affected],
        "may_escalate": bool(ticket.team and ticket.team.next_team_id and ticket.is_open),
        "clock": clock_of(ticket),
        "description_url": reverse("tickets:message", args=[ticket.number, 0]),
    } | work_context(user, ticket)


def _goes_on_in(user: User, ticket: Ticket) -> Ticket | None:
    if ticket.merged_into_id is None:
        return None
    return visible_tickets(user).filter(pk=ticket.merged_into_id).first()


def reason_of(ticket: Ticket) -> str:
    """Why the ticket has its priority, in words."""
    reason = str(ticket.get_priority_reason_display())
    return f"{reason}: {ticket.priority_note}" if ticket.priority_note else reason


def clock_of(ticket: Ticket) -> tuple[str, str]:
    """(words, state) of the time until the resolution is due, for `clock_pill`; ("", "") without a target."""
    if ticket.due_at is None:
        return "", ""
    if ticket.phase in (Phase.RESOLVED, Phase.CLOSED):
        done = ticket.resolved_at or ticket.closed_at
        if done and done <= ticket.due_at:
            return _("met"), "met"
        return _("missed"), "missed"
    left = ticket.due_at - timezone.now()
    seconds = left.total_seconds()
    if seconds < 0:
        return _("%(time)s late") % {"time": formats.clock_left(-left)}, "missed"
    total = (ticket.due_at - ticket.created_at).total_seconds() or 1
    return _("%(time)s left") % {"time": formats.clock_left(left)}, "near" if seconds < total / 4 else "running"


def newest_of(ticket: Ticket, works: bool) -> int:
    """Number of the newest event that the reader knows of: notes must not show by a refresh either."""
    if works:
        return ticket.event_count
    public = ticket.events.filter(is_public=True).exclude(comment__is_public=False)
    return public.order_by("-number").values_list("number", flat=True).first() or 0


def ticket_page(request: HttpRequest, ticket: Ticket, extension, *, name: str) -> HttpResponse:
    """The agent's page for those who work on the ticket, the requester's for everybody else.

    `name` is what the process calls its extension in templates. `?part=live&after=<event number>` is what an open page
    asks every few seconds: 204 while nothing has happened, else the parts that changed. It also says who else is here:
    `here` is what the page shows of that, `writing` (reply, note) what its reader is writing.
    """
    works = request.user.may("tickets.work", ticket)
    fragment, others = None, []
    if wants_fragment(request) and request.GET.get("part") == "live":
        writing = request.GET.get("writing", "")
        others = presence.here(request.user, ticket, writing=writing if writing in Draft.Kind.values else "")
        newest, mark = newest_of(ticket, works), presence.mark_of(others)
        if request.GET.get("after") == str(newest):
            if request.GET.get("here", "") == mark:
                return HttpResponse(status=204)
            show = request.GET.get("show", "all")
            context = {"ticket": ticket, "newest": newest, "others_here": others, "here": mark}
            context["show"] = show if show in SHOWS else "all"
            return page(request, "tickets/_here_live.html", context)
        fragment = "tickets/_live.html" if works else "tickets/_requester_live.html"
    context = ticket_context(request, ticket, extension, works=works) | {name: extension}
    context |= {"others_here": others, "here": presence.mark_of(others)}
    return page(request, "tickets/agent.html" if works else "tickets/requester.html", context, fragment=fragment)
