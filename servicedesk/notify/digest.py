"""The daily summary: one mail for what came since the last one, to whoever wants to hear of some things so."""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.people.models import User
from servicedesk.tickets.sentences import Names, words_for
from servicedesk.web.formats import exact
from servicedesk.web.middleware import speaking_to

from .letters import Desk, document, render
from .models import Notification, OutgoingMail
from .queries import due_for_digest, visible_notices
from .texts import Value
from .wire import named

log = logging.getLogger(__name__)
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
    desk = Desk([])
    box = desk.mailbox()
    with speaking_to(person):
        values = {
            "recipient": lambda: person.display_name,
            "items": lambda: _items(person, rows),
            "notices": lambda: settings.SITE_URL + reverse("notify:notices"),
        }
        text, html = render("digest", desk.sources("digest", person.language, None), values)
        subject = ngettext("Summary: %(count)d notice", "Summary: %(count)d notices", len(rows)) % {"count": len(rows)}
        return OutgoingMail(
            kind=OutgoingMail.Kind.DIGEST,
            to_user=person,
            to_address=person.email,
            from_address=settings.MAIL_FROM,
            subject=subject,
            text=text,
            html=document(subject, person.language, html),
            # The same for the same notices, of which no second one may be made.
            message_id=f"<digest.{person.pk}.{newest}@{settings.MAIL_DOMAIN}>",
            headers={
                "From": named(box.name if box else _("Service desk"), settings.MAIL_FROM),
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "OOF, AutoReply",
            },
        )


def _items(person: User, rows: Sequence[Notification]) -> Value:
    """By ticket, in the order of what came first: what happened, and when."""
    names = Names(person, [row.event for row in rows])
    tickets: dict[int, list[Notification]] = {}
    for row in rows[:MOST_LINES]:
        tickets.setdefault(row.ticket_id, []).append(row)
    text, html = [], []
    for of_ticket in tickets.values():
        ticket = of_ticket[0].ticket
        lines = [f"{words_for(row.event, names)} ({exact(row.created_at)})" for row in of_ticket]
        text += [f"{ticket.number} {ticket.title}", *(f"- {line}" for line in lines), ""]
        address = settings.SITE_URL + reverse("tickets:detail", args=[ticket.number])
        html.append(
            format_html(
                '<p><a href="{}">{}</a> {}</p><ul>{}</ul>',
                address,
                ticket.number,
                ticket.title,
                format_html_join("", "<li>{}</li>", ((line,) for line in lines)),
            )
        )
    if len(rows) > MOST_LINES:
        more = len(rows) - MOST_LINES
        rest = ngettext("And %(count)d more.", "And %(count)d more.", more) % {"count": more}
        text.append(rest)
        html.append(format_html("<p>{}</p>", rest))
    return Value("\n".join(text).strip(), format_html_join("\n", "{}", ((part,) for part in html)))
