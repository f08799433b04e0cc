"""The page of a ticket: one context for the agent's and the requester's view of it, whatever the process."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cmdb.queries import items_of
from servicedesk.people.models import User
from servicedesk.web import formats
from servicedesk.web.pages import page, wants_fragment

from .. import presence
from ..closing import closing_of, still_reopens
from ..forms import ReplyForm, note_form, reply_form
from ..models import OPEN, Draft, Ticket, TicketEvent
from ..permissions import asked
from ..queries import attachments, drafts_of, items_affected, links, merged_here, timeline, visible_tickets
from ..thanks import takes_thanks, thanks_of
from ..tiers import may_go_up, ways_back
from ..workflow import Phase, Transition
from .boxes import box_for
from .timeline import SHOWS, entries_for
from .work_time import work_context

# What the next step usually is, by status; the button that stands out.
_NEXT = {
    "new": "start",
    "assigned": "start",
    "in_progress": "resolve",
    "waiting_requester": "resume",
    "waiting_vendor": "resume",
    "waiting_date": "resume",
    "resolved": "close",
    "closed": "reopen",
}


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


def ticket_context(request: HttpRequest, ticket: Ticket, extension, *, works: bool) -> dict:
    """What both pages of a ticket get; the templates say it in their heads."""
    user = request.user
    show = request.GET.get("show", "all") if works else "all"
    steps = steps_for(user, ticket)
    closing = closing_of(user, ticket) if works else None
    if closing is not None and not closing.is_free:
        steps = [step for step in steps if step.name != "close"]  # the page says what comes first
    events, files = timeline(user, ticket), list(attachments(user, ticket))
    merged = merged_here(user, ticket)
    thanks = thanks_of(ticket)
    watchers = list(User.objects.filter(watcher_rows__ticket=ticket).only("name", "email"))
    context = {
        "ticket": ticket,
        "extension": extension,
        "closing": closing,
        "newest": newest_of(ticket, works),
        "entries": entries_for(user, ticket, events, files, merged, show if show in SHOWS else "all"),
        "merged": merged,
        "goes_on_in": _goes_on_in(user, ticket),
        "may_unmerge": ticket.merged_into_id is not None and user.may("tickets.merge", ticket),
        "steps": steps,
        "next_step": next((step for step in steps if step.is_next), None),
        "files": [file for file in files if file.comment_id is None and file.ticket_id == ticket.pk],
        "all_files": files,
        "ties": links(user, ticket),
        "shares": list(ticket.shares.prefetch_related("user", "team").order_by("id")),
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
        context |= _desk_context(user, ticket, events, show) | {"watchers": watchers, "kind": kind, "box": box}
        context["form"] = make(user, ticket, initial={"body": box.words})
    else:
        box = box_for("reply", drafts, context["newest"])
        context["begins_anew"] = ticket.status == "closed" and not still_reopens(ticket)
        context["may_handle_major"] = ticket.is_major and user.may("incidents.handle_major", ticket)
        context |= {"kind": "reply", "box": box, "reply_form": ReplyForm(initial={"body": box.words})}
    return context


def _desk_context(user: User, ticket: Ticket, events: list[TicketEvent], show: str) -> dict:
    others = visible_tickets(user).filter(OPEN, requester=ticket.requester_id).exclude(pk=ticket.pk)
    others = others.only("number", "title", "type")
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
        "may_escalate": may_go_up(user, ticket),
        "may_de_escalate": bool(ways_back(ticket, events)),
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
    """(words, state) of the time until the resolution is due, for `clock_pill`; ("", "") without a target, and for what
    was withdrawn or goes on elsewhere.
    """
    if ticket.due_at is None:
        # What waits for somebody else is due at no moment that one could name.
        return (_("paused"), "paused") if ticket.phase == Phase.WAITING and ticket.response_due_at else ("", "")
    if ticket.phase in (Phase.RESOLVED, Phase.CLOSED):
        if ticket.resolved_at is None:
            return "", ""
        return (_("met"), "met") if ticket.resolved_at <= ticket.due_at else (_("missed"), "missed")
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
