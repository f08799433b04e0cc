"""The bell, the page of notices, and how one wants to hear of things."""

from functools import partial

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people.models import User
from servicedesk.tickets.queries import running_timer, sees
from servicedesk.web.access import signed_in
from servicedesk.web.editing import edit
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import changed, page, trigger

from .forms import NoticeSettingsForm
from .models import Notification
from .notices import mark_read, save_notice_settings
from .queries import devices_of, newest_unread, notice_settings, unread_count, visible_notices
from .webpush import public_key
from .words import lines_for

Kind = Notification.Kind
PAGE_SIZE = 40
MOST_SHOWN = 99


_ICONS: dict[str, str] = {
    Kind.RECEIPT: "ticket",
    Kind.STATUS: "flag",
    Kind.ASSIGNED: "user-check",
    Kind.TEAM: "users",
    Kind.BOUNCED: "mail-off",
    Kind.CALLBACK: "phone-call",
    Kind.TARGET: "clock",
    Kind.MAIL: "mail",
    Kind.THANKS: "mood-smile",
    Kind.REMINDER: "alert-circle",
    Kind.OUTAGE: "alert-triangle",
    Kind.FORCE: "flame",
    Kind.TOLD: "bell",
    Kind.ESCALATED: "arrow-up",
}


@signed_in
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """What happened to one's tickets, newest first; all of it, or what is unread."""
    rows, unread_only = visible_notices(request.user), request.GET.get("state") == "unread"
    if unread_only:
        rows = rows.filter(read_at__isnull=True)
    keyset = KeysetPage.of(request, rows, ["-created_at", "-id"], size=PAGE_SIZE)
    context = _bell(request.user) | {
        "keyset": keyset,
        "lines": [
            (timezone.localdate(line.notice.created_at), _ICONS.get(line.notice.kind, "message"), line)
            for line in lines_for(request.user, keyset.rows)
        ],
        "unread_only": unread_only,
        "newest": newest_unread(request.user),
    }
    return page(request, "notify/notices.html", context, fragment="notify/_notices.html")


@signed_in
@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The bell with the number of unread notices, which open pages ask for, and beside it the timer of an agent; 204
    while both are what `shown` and `timer` say.
    """
    context, shown = _bell(request.user), request.GET.get("shown", "")
    count = context["bell_unread"]
    if shown == str(count) and request.GET.get("timer", "") == context["timer_mark"]:
        return HttpResponse(status=204)
    rings = shown.isascii() and shown.isdecimal() and count > int(shown[:9])
    return page(request, "notify/_bell.html", context | {"bell_rings": rings})


def _bell(user: User) -> dict:
    timer = running_timer(user) if user.is_agent else None
    return {
        "bell_unread": unread_count(user),
        "bell_most": MOST_SHOWN,
        "timer": timer,
        "timer_mark": f"{timer.ticket_id}.{timer.minutes}" if timer else "",
        "timer_seen": timer is not None and sees(user, timer.ticket),
    }


@signed_in
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark notices read: those of a ticket, a mail, an outage or another page, as it asks when it is opened, or all
    that the list knew.
    """
    number, mail = request.POST.get("ticket", "").replace("\x00", "")[:40], _id(request.POST.get("mail", ""))
    outage, address = _id(request.POST.get("outage", "")), request.POST.get("page", "").replace("\x00", "")[:200]
    if number or mail or outage or address:
        done = mark_read(request.user, number=number, mail=mail, outage=outage, address=address)
        answer = HttpResponse(status=204)
        return trigger(answer, {"notices-read": {}}) if done else answer
    mark_read(request.user, newest=_id(request.POST.get("newest", "")))
    return changed(request, reverse("notify:notices"), event=None, message=_("All notices are marked as read."))


def _id(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else None


@signed_in
def settings(request: HttpRequest) -> HttpResponse:
    """By kind of thing: page, mail, summary or not at all; devices; and the quiet hours."""
    me = request.user
    own = notice_settings([me])[me.pk]
    devices = list(devices_of(me))
    return edit(
        request,
        NoticeSettingsForm(request.POST or None, of=own),
        partial(save_notice_settings, me),
        to=reverse("notify:notice-settings"),
        template="notify/notice_settings.html",
        push_key=public_key() if django_settings.PUSH_KEY else "",
        devices=devices,
        here=next((each for each in devices if each.session == request.session.session_key), None),
    )
