"""Pushes to devices: from notices that are due to a row for each device, and these row by row to the push services.

A push leaves at least once: when the process dies between the service's answer and our commit it leaves again, with the
same topic and tag, by which services and browsers show the two as one. What it says is little, because somebody else
may sit before the screen: the kind of thing in words and the ticket's number, never words of a ticket.
"""

import json
import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from servicedesk.connectors.http import Answer, Trouble
from servicedesk.people.models import User
from servicedesk.tickets.models import Priority
from servicedesk.web.logs import about
from servicedesk.web.middleware import speaking_to

from . import webpush
from .devices import forget_ended
from .models import Notification, Push, PushDevice
from .queries import is_signed_in, live_devices, visible_notices
from .words import outages_of, place_of

log = logging.getLogger(__name__)
State, Kind = Push.State, Notification.Kind

# So long a notice waits: whoever has the ticket open has read it by then.
PAUSE = timedelta(seconds=10)
# Whoever opens the browser later finds it under the bell.
LASTS = timedelta(hours=24)
KEPT_FOR = timedelta(days=7)
_LONGEST_PAUSE = timedelta(hours=1)
_LONGEST_ASKED = timedelta(days=1)
_SAYS = {
    Kind.REPLY: _("New reply"),
    Kind.STATUS: _("Its state has changed"),
    Kind.ASSIGNED: _("Assigned to you"),
    Kind.ANSWER: _("The requester has answered"),
    Kind.TEAM: _("New for your team"),
    Kind.BOUNCED: _("A mail did not reach the requester"),
    Kind.CALLBACK: _("A call-back is due"),
    Kind.TARGET: _("A target is near or missed"),
    Kind.MAIL: _("A mail for you to look at"),
    Kind.MENTION: _("You were mentioned"),
    Kind.THANKS: _("The requester thanks"),
    Kind.CLOSING: _("A closing waits for you"),
    Kind.AWAKE: _("Back from a snooze"),
    Kind.REMINDER: _("Something needs your attention"),
    Kind.OUTAGE: _("News of a known outage"),
    Kind.FORCE: _("A major incident needs you"),
    Kind.TOLD: _("A rule points it out to you"),
    Kind.ESCALATED: _("Escalated to you"),
    Kind.LOW_MARK: _("Rated low"),
}
# Services wake a sleeping phone for these.
_HURRIES = {Kind.CALLBACK, Kind.FORCE}
# Trouble that another try does not mend.
_FOR_GOOD = {"address", "userinfo", "private", "redirected"}


def spread_due(limit: int = 200) -> int:
    """Make a row for each device of those who are to be told; returns how many notices were due. Each in a transaction
    of its own in which it is taken off the list: in two workers at once, or after one was killed, it is spread once.
    """
    done = 0
    while done < limit:
        with transaction.atomic():
            notice = (
                Notification.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(push_at__lte=timezone.now())
                .order_by("push_at", "id")
                .first()
            )
            if notice is None:
                break
            if notice.read_at is None:
                devices = live_devices().filter(person=notice.person_id)
                Push.objects.bulk_create(
                    [Push(device=device, notice=notice) for device in devices], ignore_conflicts=True
                )
            notice.push_at = None
            notice.save(update_fields=["push_at"])
            done += 1
    return done


def send_waiting_pushes(limit: int = 200) -> int:
    """Send up to `limit` waiting pushes, oldest first, each in its own transaction; returns how many left. A device
    that fails waits longer each time and stops no other.
    """
    if not settings.PUSH_KEY:
        return 0
    forget_ended()
    spread_due(limit)
    sent = 0
    for _turn in range(limit):
        with transaction.atomic():
            push = (
                Push.objects.select_for_update(skip_locked=True, of=("self", "device"))
                .select_related("device__person")
                .filter(state=State.WAITING, device__try_after__lte=timezone.now())
                .order_by("created_at", "id")
                .first()
            )
            if push is None:
                break
            with about(work_id=f"push-{push.pk}"):
                sent += _send(push)
    return sent


def _send(push: Push) -> bool:
    device = push.device
    left = push.created_at + LASTS - timezone.now()
    if not is_signed_in(device):
        device.delete()
        return False
    if left <= timedelta(0):
        _done(push, State.DROPPED, "too_old")
        return False
    notice = visible_notices(device.person).filter(pk=push.notice_id, read_at__isnull=True).first()
    if notice is None:
        _done(push, State.DROPPED, "read_or_gone")
        return False
    try:
        if not webpush.is_known(device.endpoint):
            raise Trouble("address")
        answer = webpush.send(
            device.endpoint,
            webpush.Keys.of(device.p256dh, device.auth),
            payload_of(notice, device.person),
            seconds=int(left.total_seconds()),
            urgency="high" if _hurries(notice) else "normal",
            topic=_tag(notice),
        )
    except Trouble as trouble:
        _trouble(push, trouble)
    except Exception as error:
        # A device that cannot be written to stops no other.
        log.exception("push %s could not be made", push.pk)
        _later(push, f"{type(error).__name__}: {error}")
    else:
        _answered(push, answer)
    return push.state == State.SENT


def _hurries(notice: Notification) -> bool:
    ticket = notice.ticket
    return notice.kind in _HURRIES or (ticket is not None and (ticket.priority == Priority.P1 or ticket.is_major))


def payload_of(notice: Notification, person: User) -> bytes:
    """What the service worker of the browser shows, in the person's language."""
    number, _title, address = place_of(notice, outages_of(person, [notice]))
    with speaking_to(person):
        said = {
            "title": str(_SAYS[Kind(notice.kind)]),
            "body": number,
            "url": address,
            "tag": _tag(notice),
            "lang": person.language,
        }
    return json.dumps(said, ensure_ascii=False).encode()


def _tag(notice: Notification) -> str:
    """The same for all pushes about one ticket, of which the newest counts; nothing that the service could read."""
    what = f"ticket {notice.ticket_id}" if notice.ticket_id else notice.key or f"mail {notice.mail_id}"
    return salted_hmac("servicedesk.notify.push", f"{notice.person_id} {what}").hexdigest()[:32]


def _answered(push: Push, answer: Answer) -> None:
    status = answer.status
    if 200 <= status < 300:
        _done(push, State.SENT)
        now = timezone.now()
        PushDevice.objects.filter(pk=push.device_id).update(used_at=now, failures=0, try_after=now, error="")
    elif status in (404, 410):
        log.info("device %s is gone (HTTP %s)", push.device_id, status)
        push.device.delete()
    elif status == 429 or status >= 500:
        _later(push, f"HTTP {status}", timedelta(seconds=webpush.retry_after(answer)))
    else:
        # Refused for good; a clock or a key of ours that is wrong would make it so for all devices, so it may stay.
        log.warning("push %s was refused: HTTP %s %s", push.pk, status, answer.body[:200])
        _done(push, State.DROPPED, f"HTTP {status}")
        _later(push, f"HTTP {status}")


def _trouble(push: Push, trouble: Trouble) -> None:
    if trouble.code in _FOR_GOOD:
        log.warning("device %s is removed: %s", push.device_id, trouble)
        push.device.delete()
    else:
        _later(push, str(trouble))


def _done(push: Push, state: str, error: str = "") -> None:
    push.state, push.error = state, error[:300]
    push.sent_at = timezone.now() if state == State.SENT else None
    push.save(update_fields=["state", "error", "sent_at"])


def _later(push: Push, error: str, asked: timedelta = timedelta(0)) -> None:
    """The whole device waits; one that has failed for long is removed."""
    device = push.device
    device.failures += 1
    if device.failures >= PushDevice.MOST_FAILURES:
        log.warning("device %s is removed after %s failures: %s", device.pk, device.failures, error)
        device.delete()
        return
    pause = min(timedelta(seconds=10 * 2 ** min(device.failures, 10)), _LONGEST_PAUSE)
    device.try_after = timezone.now() + max(pause, min(asked, _LONGEST_ASKED))
    device.error = error[:300]
    device.save(update_fields=["failures", "try_after", "error"])


def forget_old_pushes() -> int:
    """Delete what was sent or dropped a week ago; returns how many."""
    old = Push.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).exclude(state=State.WAITING)
    return old.delete()[0]
