"""Notices on the pages: read marks, how people want to hear of things, and forgetting."""

from collections.abc import Iterable, Mapping
from datetime import time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions import audit
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from .models import NoticeSettings, Notification, every_day

KEPT_FOR = timedelta(days=90)
_AT_ONCE = 5_000


def mark_read(
    by: User,
    *,
    number: str = "",
    mail: int | None = None,
    outage: int | None = None,
    address: str = "",
    newest: int | None = None,
) -> int:
    """Note that a person has read their notices: those of the ticket with this number, else of the mail or of the
    outage with this id, else those that lead to this page, else all up to the one with the id `newest`, else all.
    Returns how many were new to them.
    """
    unread = Notification.objects.filter(person=by, read_at__isnull=True)
    if number:
        unread = unread.filter(ticket__number=number)
    elif mail is not None:
        unread = unread.filter(mail=mail)
    elif address:
        unread = unread.filter(address=address)
    elif outage is not None:
        unread = unread.filter(ticket=outage, kind=Notification.Kind.OUTAGE)
    elif newest is not None:
        unread = unread.filter(pk__lte=newest)
    return unread.update(read_at=timezone.now())


@transaction.atomic
def save_notice_settings(
    person: User,
    *,
    by: User,
    via: str,
    ways: Mapping[str, str],
    digest_hour: int,
    quiet_from: time | None,
    quiet_until: time | None,
    quiet_days: Iterable[int],
    urgent_at_once: bool,
    pushed: Mapping[str, bool] | None = None,
) -> NoticeSettings:
    """Say how somebody hears of things; `ways` by kind, kinds that are not named as usual, and so what is `pushed` to
    devices (None leaves that as it is). What waits for the daily summary comes at the new hour.

    Refuses (field in brackets) a kind that the person has not (ways, pushed), or a way that it has not (ways), an hour
    that is none (digest_hour), quiet hours without an end or a beginning (quiet_until, quiet_from), without a day, and
    without an end at all (quiet_days).
    """
    check(by, "profile.change", person)
    NoticeSettings.objects.get_or_create(person=person)
    row = NoticeSettings.objects.select_for_update().get(person=person)
    row.person = person
    _check_ways(person, ways)
    days = sorted(set(quiet_days))
    _check_quiet(quiet_from, quiet_until, days)
    if not 0 <= digest_hour <= 23:
        raise Refused(_("Choose an hour from 0 to 23."), field="digest_hour")
    if pushed is not None:
        _check_kinds(person, pushed, "pushed")
    usual = NoticeSettings()
    fields = {
        "ways": {kind: way for kind, way in ways.items() if way != usual.way(kind)},
        "pushed": {
            kind: on for kind, on in (row.pushed if pushed is None else pushed).items() if on != usual.pushes(kind)
        },
        "digest_hour": digest_hour,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "quiet_days": days or every_day(),
        "urgent_at_once": urgent_at_once,
    }
    changes = {name: [_said(getattr(row, name)), _said(value)] for name, value in fields.items()}
    changes = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    if "digest_hour" in changes:
        waiting = Notification.objects.filter(person=person, digest_at__gt=timezone.now())
        waiting.update(digest_at=row.next_digest(timezone.now()))
    if changes:
        audit(person, "change_notices", by=by, via=via, changes=changes)
    return row


def _check_kinds(person: User, kinds: Iterable[str], field: str) -> None:
    known = NoticeSettings.kinds_for(person)
    for kind in kinds:
        if kind not in known:
            raise Refused(_("There is no such kind of notice for you: “%(kind)s”.") % {"kind": kind}, field=field)


def _check_ways(person: User, ways: Mapping[str, str]) -> None:
    _check_kinds(person, ways, "ways")
    for kind, way in ways.items():
        if way not in NoticeSettings.ways_for(kind):
            sentence = _("“%(kind)s” cannot be told in this way: “%(way)s”.")
            raise Refused(sentence % {"kind": Notification.Kind(kind).label, "way": way}, field="ways")


def _check_quiet(begins: time | None, ends: time | None, days: list[int]) -> None:
    if begins is None and ends is None:
        return
    if ends is None:
        raise Refused(_("Say until when it is quiet."), field="quiet_until")
    if begins is None:
        raise Refused(_("Say from when it is quiet."), field="quiet_from")
    if not days or not set(days) <= set(every_day()):
        raise Refused(_("Choose the days on which it is quiet."), field="quiet_days")
    if begins == ends and len(days) == 7:
        raise Refused(_("Then it is quiet for ever. Choose fewer days, or fewer hours."), field="quiet_days")


def _said(value: object) -> object:
    """As it stands in the audit log."""
    return value.isoformat("minutes") if isinstance(value, time) else value


def forget_old_notices() -> int:
    """Delete what was read long ago; returns how many."""
    gone = 0
    while True:
        old = Notification.objects.filter(read_at__lt=timezone.now() - KEPT_FOR).order_by("read_at")
        count, _rows = Notification.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:_AT_ONCE])).delete()
        gone += count
        if count < _AT_ONCE:
            return gone
