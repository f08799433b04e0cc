"""The bell, the page of notices, and how one wants to hear of things."""

from dataclasses import dataclass
from datetime import date
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people.models import User
from servicedesk.tickets.sentences import Names, words_for
from servicedesk.web.access import signed_in
from servicedesk.web.editing import edit
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import changed, page, trigger

from .forms import NoticeSettingsForm
from .models import Notification
from .notices import mark_read, save_notice_settings
from .queries import newest_unread, notice_settings, unread_count, visible_notices

Kind = Notification.Kind
PAGE_SIZE = 40
MOST_SHOWN = 99


@dataclass(frozen=True)
class Line:
    """A notice as the reader reads it."""

    notice: Notification
    day: date
    sentence: str
    address: str
    icon: str


_ICONS: dict[str, str] = {
    Kind.RECEIPT: "ticket",
    Kind.STATUS: "flag",
    Kind.ASSIGNED: "user-check",
    Kind.TEAM: "users",
    Kind.BOUNCED: "mail-off",
    Kind.CALLBACK: "phone-call",
}


def lines_for(reader: User, notices: list[Notification]) -> list[Line]:
    """What the notices say, in the reader's language and zone."""
    names = Names(reader, [each.event for each in notices])
    return [
        Line(
            each,
            timezone.localdate(each.created_at),
            words_for(each.event, names),
            each.ticket.get_absolute_url(),
            _ICONS.get(each.kind, "message"),
        )
        for each in notices
    ]


@signed_in
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """What happened to one's tickets, newest first; all of it, or what is unread."""
    rows, unread_only = visible_notices(request.user), request.GET.get("state") == "unread"
    if unread_only:
        rows = rows.filter(read_at__isnull=True)
    keyset = KeysetPage.of(request, rows, ["-created_at", "-id"], size=PAGE_SIZE)
    context = {
        "keyset": keyset,
        "lines": lines_for(request.user, keyset.rows),
        "unread_only": unread_only,
        "newest": newest_unread(request.user),
        "bell_unread": unread_count(request.user),
        "bell_most": MOST_SHOWN,
    }
    return page(request, "notify/notices.html", context, fragment="notify/_notices.html")


@signed_in
@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The bell with the number of unread notices, which open pages ask for; 204 while it is what `shown` says."""
    count, shown = unread_count(request.user), request.GET.get("shown", "")
    if shown == str(count):
        return HttpResponse(status=204)
    rings = shown.isascii() and shown.isdecimal() and count > int(shown[:9])
    return page(request, "notify/_bell.html", {"bell_unread": count, "bell_most": MOST_SHOWN, "bell_rings": rings})


@signed_in
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark notices read: those of a ticket, as its page asks when it is opened, or all that the list knew of."""
    number, newest = request.POST.get("ticket", "")[:40], request.POST.get("newest", "")
    if number:
        done = "\x00" not in number and mark_read(request.user, number=number)
        answer = HttpResponse(status=204)
        return trigger(answer, {"notices-read": {}}) if done else answer
    known = int(newest) if newest.isascii() and newest.isdecimal() and len(newest) < 19 else None
    mark_read(request.user, newest=known)
    return changed(request, reverse("notify:notices"), event=None, message=_("All notices are marked as read."))


@signed_in
def settings(request: HttpRequest) -> HttpResponse:
    """By kind of thing: page, mail, summary or not at all; and the quiet hours."""
    me = request.user
    own = notice_settings([me])[me.pk]
    return edit(
        request,
        NoticeSettingsForm(request.POST or None, of=own),
        partial(save_notice_settings, me),
        to=reverse("notify:notice-settings"),
        template="notify/notice_settings.html",
    )
