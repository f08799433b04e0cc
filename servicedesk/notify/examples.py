"""How a text looks when it is tried out: with the values of a ticket, or with made-up ones."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import override

from servicedesk.people.models import User
from servicedesk.tickets.models import Comment, Priority, Ticket
from servicedesk.web.formats import exact, filesize, markdown, month
from servicedesk.web.middleware import speaking_to

from .letters import Desk, render, values_of
from .of_majors import example_of_major
from .texts import DESK, MOST_LETTERS, SHARED, TEXTS, Value, Values


def example_values() -> Values:
    """Values of a ticket that does not exist, in the language that is set, to show how a text looks."""
    at = timezone.now().replace(minute=0)
    message = _("Please restart the printer once more. If **E-21** comes back, call us.")
    said = {
        "forwarded": _("The paper jams although I have taken everything out."),
        "recipient": _("Hanako Yamada"),
        "number": "INC0000123",
        "title": _("The printer on the third floor jams"),
        "status": _("Work in progress"),
        "link": settings.SITE_URL + reverse("tickets:detail", args=["INC0000123"]),
        "team": _("Service desk"),
        "by": _("Sho Kobayashi"),
        "next_step": _("Somebody at the desk reads it and writes to you."),
        "target": exact(at + timedelta(hours=2)),
        "due": exact(at + timedelta(hours=8)),
        "message": Value(message, markdown(message)),
        "files": _("Files:") + "\n- E-21.pdf (" + filesize(120_000) + ")",
        "resolution": _("The feed roller was worn out. We have replaced it."),
        "closes_at": exact(at + timedelta(days=7)),
        "requester": _("Hanako Yamada"),
        "priority": str(Priority.P3.label),
        "description": _("The paper jams although I have taken everything out."),
        "successor": "REQ0000124",
        "whom": _("Hanako Yamada"),
        "phone": "03-1234-5678",
        "call_at": exact(at),
        "about": _("Ask whether the new roller runs quietly."),
        "what_happened": _("Resolution: most of the target is used."),
        "items": _example_of_items(),
        "notices": settings.SITE_URL + reverse("notify:notices"),
        "mail": settings.SITE_URL + reverse("intake:mail", args=[123]),
        "mailbox": _("Service desk"),
        "entry": _("Sakura Network Support"),
        "contract": "SN-2026-0012",
        "devices": "PR-0042",
        "page": settings.SITE_URL + "/",
        "rating": _example_of_rating(),
        "mark": "2",
        "words": _("It took three days, and nobody told me anything meanwhile."),
        "survey": _("Satisfaction with IT services"),
        "intro": _("Please tell us how we are doing."),
        "until": exact((at + timedelta(days=14)).date()),
        "survey_link": settings.SITE_URL + "/survey/…/",
        "anonymous": _("Your answers are anonymous: nobody can see what you said."),
        "month": month(at),
        "sentences": "- " + _("More tickets than in the month before: 120, which is 12 more."),
        **example_of_major(at),
    }
    return {name: partial(_itself, value) for name, value in said.items()}


def _example_of_items() -> Value:
    title, line = _("The printer on the third floor jams"), _("%(who)s replied.") % {"who": _("Sho Kobayashi")}
    return Value(f"INC0000123 {title}\n- {line}", format_html("<p>INC0000123 {}</p><ul><li>{}</li></ul>", title, line))


def _example_of_rating() -> Value:
    asks, address = _("How satisfied are you with how this was handled?"), settings.SITE_URL + "/rate/…/"
    link = format_html('<p>{}</p><ul><li><a href="{}">5 {}</a></li></ul>', asks, address, _("Very satisfied"))
    return Value(f"{asks}\n5 {_('Very satisfied')}: {address}", link)


def example(
    key: str, language: str, team_id: int | None, body: str, *, ticket: Ticket | None = None, reader: User | None = None
) -> tuple[str, SafeString]:
    """(plain text, HTML) of a mail with this text tried out: a reply when the text is part of every mail. It has the
    values of a ticket if one is given, which `reader` must be allowed to see, and else made-up ones.
    """
    shown = "reply" if TEXTS[key].group == SHARED else key
    desk = Desk([])
    instead = {key: body[:MOST_LETTERS]}
    if ticket is None or not TEXTS[shown].of_a_ticket:
        with override(language):
            return render(shown, desk.sources(shown, language, team_id) | instead, example_values())
    to = (ticket.assignee or reader or ticket.requester) if TEXTS[shown].group == DESK else ticket.requester
    with speaking_to(to, language):
        sources = desk.sources(shown, language, team_id or ticket.team_id) | instead
        return render(shown, sources, _values_of(shown, ticket, to))


def _values_of(key: str, ticket: Ticket, to: User) -> Values:
    """What a mail with this text says of a ticket, by its last event of the kind. What has not happened there yet and a
    text must have, and who did it, are as in the example.
    """
    comment = None
    if key == "reply":
        replies = Comment.objects.filter(ticket=ticket, is_public=True, event__verb="reply").select_related("event__by")
        comment = replies.prefetch_related("attachments").order_by("-pk").first()
        event = comment.event if comment else None
    else:
        event = ticket.events.filter(verb=_VERBS[key]).select_related("by").order_by("-number").first()
    happened = event is not None
    event = event or ticket.events.get(number=1)
    event.ticket = ticket
    values = values_of(event, to, comment, list(comment.attachments.all()) if comment else [], sees=True)
    made_up = example_values()
    for name in TEXTS[key].needs:
        values[name] = partial(_or_else, values[name], made_up[name])
    return values if happened else {**values, "by": made_up["by"]}


_VERBS = {
    "receipt": "open",
    "receipt_for": "open",
    "resolved": "resolve",
    "resolved_others": "resolve",
    "reopened": "reopen",
    "reopened_desk": "reopen",
    "thanks": "thank",
    "closes": "announce_closing",
    "approval": "ask_to_close",
    "sent_back": "send_back",
    "confirmed": "confirm",
    "held_back": "hold_closing",
    "awake": "wake",
    "closed": "close",
    "cancelled": "cancel",
    "cancelled_desk": "cancel",
    "converted": "cancel",
    "assigned": "assign",
    "team": "open",
    "bounced": "bounce",
    "mentioned": "note",
    "told": "tell",
    "escalated": "escalate",
    "callback": "call_back_due",
    "target": "near_target",
    "forwarded": "forward",
    "outside": "answer_from_outside",
    "to_outside": "escalate_outside",
    "known": "join_major",
    "force": "join_force",
    "update_due": "update_due",
    "action": "add_action",
    "action_due": "action_due",
    "low_mark": "rate",
}


def _or_else(value: Callable[[], str | Value], other: Callable[[], str | Value]) -> str | Value:
    return value() or other()


def _itself(value: str | Value) -> str | Value:
    return value
