"""Mails without a ticket: the daily summary of what came since the last one, word of a mail to look at, reminders."""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.people.models import User
from servicedesk.web.formats import exact
from servicedesk.web.middleware import speaking_to
from servicedesk.web.text import one_line

from .letters import Desk, document, render
from .models import Notification, OutgoingMail, Way
from .pushing import PAUSE
from .queries import due_for_digest, mails_to_tell_of, notice_settings, visible_notices, with_devices
from .texts import Value, Values
from .wire import named
from .words import Line, lines_for

log = logging.getLogger(__name__)
Kind = OutgoingMail.Kind
# The rest is on the page.
MOST_LINES = 50


def send_digests(limit: int = 200) -> int:
    """Write the summaries that are due, for up to `limit` people; returns how many mails came of it.

    Each has a transaction of its own, in which its notices are taken off the list: in two workers at once, or after one
    was killed, everything is told of in one summary.
    """
    made = 0
    for pk in due_for_digest(limit):
        try:
            with transaction.atomic():
                made += _send_to(User.objects.get(pk=pk))
        except Exception:
            log.exception("no summary for person %s", pk)
    return made


def _send_to(person: User) -> bool:
    """What the person has read meanwhile, or may no longer see, is left out; nothing is left: no mail."""
    due = Notification.objects.select_for_update().filter(person=person, digest_at__lte=timezone.now())
    pks = list(due.order_by("pk").values_list("pk", flat=True))
    Notification.objects.filter(pk__in=pks).update(digest_at=None)
    rows = list(visible_notices(person).filter(pk__in=pks, read_at__isnull=True).order_by("created_at", "id"))
    if not rows:
        return False
    _mail(person, rows, newest=pks[-1]).save(force_insert=True)
    return True


def _mail(person: User, rows: Sequence[Notification], newest: int) -> OutgoingMail:
    with speaking_to(person):
        subject = ngettext("Summary: %(count)d notice", "Summary: %(count)d notices", len(rows)) % {"count": len(rows)}
        values: Values = {
            "items": lambda: _items(person, rows),
            "notices": lambda: settings.SITE_URL + reverse("notify:notices"),
        }
        # The same for the same notices, of which no second mail may be made.
        return without_ticket(Kind.DIGEST, "digest", person, subject, values, f"digest.{person.pk}.{newest}")


def without_ticket(
    kind: str, key: str, person: User, subject: str, values: Values, name: str, quiet: datetime | None = None
) -> OutgoingMail:
    """A mail in the language that is set; `name` makes its Message-ID; it waits for the end of `quiet`."""
    desk = Desk([])
    box = desk.mailbox()
    sources = desk.sources(key, person.language, None)
    text, html = render(key, sources, {"recipient": lambda: person.display_name, **values})
    return OutgoingMail(
        kind=kind,
        to_user=person,
        to_address=person.email,
        from_address=settings.MAIL_FROM,
        subject=subject,
        text=text,
        html=document(subject, person.language, html),
        message_id=f"<{name}@{settings.MAIL_DOMAIN}>",
        headers={
            "From": named(box.name if box else _("Service desk"), settings.MAIL_FROM),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
        },
        try_after=quiet or timezone.now(),
        error=OutgoingMail.QUIET if quiet else "",
    )


def _items(person: User, rows: Sequence[Notification]) -> Value:
    """By ticket or mail, in the order of what came first: what happened, and when."""
    groups: dict[str, list[Line]] = {}
    for line in lines_for(person, rows[:MOST_LINES]):
        groups.setdefault(line.address, []).append(line)
    text, html = [], []
    for address, lines in groups.items():
        what = f"{lines[0].number} {lines[0].title}".strip()
        said = [f"{line.sentence} ({exact(line.notice.created_at)})" for line in lines]
        text += [what, *(f"- {each}" for each in said), ""]
        points = format_html_join("", "<li>{}</li>", ((each,) for each in said))
        html.append(format_html('<p><a href="{}">{}</a></p><ul>{}</ul>', settings.SITE_URL + address, what, points))
    if len(rows) > MOST_LINES:
        more = len(rows) - MOST_LINES
        rest = ngettext("And %(count)d more.", "And %(count)d more.", more) % {"count": more}
        text.append(rest)
        html.append(format_html("<p>{}</p>", rest))
    return Value("\n".join(text).strip(), format_html_join("\n", "{}", ((part,) for part in html)))


# --- mails to look at -----------------------------------------------------------------------------------------------


def tell_of_assigned_mails(limit: int = 200) -> int:
    """Tell those who were given a mail to look at; returns how many. Each in a transaction of its own, with the row of
    the mail held, so that two workers tell of it once.
    """
    told = 0
    for pk in list(mails_to_tell_of().values_list("pk", flat=True)[:limit]):
        try:
            with transaction.atomic():
                told += _tell_of(pk)
        except Exception:
            log.exception("nobody was told of mail %s", pk)
    return told


def _tell_of(pk: int) -> bool:
    mail = mails_to_tell_of().select_for_update(of=("self",)).filter(pk=pk).first()
    if mail is None or mail.assignee is None or mail.assigned_at is None:
        return False
    person, given_by, now = mail.assignee, mail.assigned_by, timezone.now()
    own = notice_settings([person])[person.pk]
    way, quiet = own.way(Notification.Kind.MAIL), own.quiet_end(now)
    pushed = bool(settings.PUSH_KEY and own.pushes(Notification.Kind.MAIL) and with_devices([person]))
    Notification.objects.update_or_create(
        person=person,
        mail=mail,
        defaults={
            "kind": Notification.Kind.MAIL,
            "created_at": mail.assigned_at,
            "read_at": None,
            "digest_at": own.next_digest(now) if way == Way.DIGEST else None,
            "push_at": (quiet or now + PAUSE) if pushed else None,
        },
    )
    if way == Way.MAIL:
        with speaking_to(person):
            values: Values = {
                "by": lambda: given_by.display_name if given_by else "",
                "mailbox": lambda: mail.mailbox.name,
                "mail": lambda: settings.SITE_URL + reverse("intake:mail", args=[mail.pk]),
            }
            name = f"look.{mail.pk}.{person.pk}.{mail.assigned_at:%Y%m%d%H%M%S%f}"
            subject = _("A mail for you to look at")
            without_ticket(Kind.MAIL, "assigned_mail", person, subject, values, name, quiet).save(force_insert=True)
    return True


# --- reminders ------------------------------------------------------------------------------------------------------


def remind(
    person: User, key: str, *, said: str, title: str, address: str, mailed: Value | None = None
) -> bool:  # fmt: skip
    """Tell somebody of something that they look after, as they chose to hear of it, in the caller's transaction. `key`
    says what it is: the same is told once; returns whether it is new. `said` and `title` are in the person's language,
    `mailed` what a mail says at greater length, `address` is a path.
    """
    own, now = notice_settings([person])[person.pk], timezone.now()
    way, quiet = own.way(Notification.Kind.REMINDER), own.quiet_end(now)
    pushed = bool(settings.PUSH_KEY and own.pushes(Notification.Kind.REMINDER) and with_devices([person]))
    _row, is_new = Notification.objects.get_or_create(
        person=person,
        key=key,
        defaults={
            "kind": Notification.Kind.REMINDER,
            "said": said[:300],
            "title": title[:200],
            "address": address,
            "digest_at": own.next_digest(now) if way == Way.DIGEST else None,
            "push_at": (quiet or now + PAUSE) if pushed else None,
        },
    )
    if is_new and way == Way.MAIL:
        with speaking_to(person):
            values: Values = {
                "about": lambda: mailed or said,
                "page": lambda: settings.SITE_URL + address,
            }
            subject = one_line(f"{title}: {said}", 280)
            name = f"remind.{person.pk}.{key}"
            without_ticket(Kind.REMINDER, "reminder", person, subject, values, name, quiet).save(force_insert=True)
    return is_new
