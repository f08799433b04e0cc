"""Updates of major incidents, to everybody whom they concern: many readers, most of whom do not see the ticket. So all
of them are found by one query, and what goes out holds the update's words alone. Repeating it makes no second row.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from incidents.major.models import MajorUpdate
from incidents.major.queries import readers_of
from servicedesk.people.models import User
from servicedesk.tickets.models import TicketEvent
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.formats import exact, markdown
from servicedesk.web.middleware import speaking_to
from servicedesk.web.text import one_line

from .consumers import TELLS_FOR
from .letters import Desk, document, render
from .models import NoticeSettings, Notification, OutgoingMail, Way
from .of_majors import link_to, title_of
from .pushing import PAUSE
from .queries import notice_settings, with_devices
from .texts import Value, Values
from .wire import named

_AT_ONCE = 500


def tell_readers(events: Sequence[TicketEvent]) -> None:
    """Write the mails and the notices about updates."""
    pks = [each.pk for each in events if each.verb == "publish_update" and each.at > timezone.now() - TELLS_FOR]
    if pks:
        for update in MajorUpdate.objects.filter(pk__in=pks).select_related("major__incident__ticket", "event"):
            _tell(update)


def _tell(update: MajorUpdate) -> None:
    """Whoever wrote it knows it. Of a confidential incident only those hear who see it."""
    ticket = update.major.incident.ticket
    readers = [person for person in readers_of(update.major) if person.pk != update.by_id]
    if ticket.is_confidential:
        readers = [person for person in readers if visible_tickets(person).filter(pk=ticket.pk).exists()]
    chosen, reached = notice_settings(readers), with_devices(readers) if settings.PUSH_KEY else set()
    told, desk, kind = {}, Desk([]), Notification.Kind.OUTAGE
    mails, notices = [], []
    for person in readers:
        own = chosen[person.pk]
        # A major incident is urgent: quiet hours hold only for those who want them to.
        quiet = None if own.urgent_at_once else own.quiet_end(timezone.now())
        if own.way(kind) == Way.MAIL:
            language = person.language
            if language not in told:
                with override(language):
                    told[language] = title_of(update.major)
            mails.append(_mail(update, person, told[language], desk, quiet))
        notices.append(_notice(update, person, own, quiet, is_pushed=person.pk in reached))
    OutgoingMail.objects.bulk_create(mails, ignore_conflicts=True, batch_size=_AT_ONCE)
    Notification.objects.bulk_create(notices, ignore_conflicts=True, batch_size=_AT_ONCE)


def _notice(
    update: MajorUpdate, person: User, own: NoticeSettings, quiet: datetime | None, *, is_pushed: bool
) -> Notification:
    kind, now = Notification.Kind.OUTAGE, timezone.now()
    return Notification(
        person=person,
        ticket=update.major.incident.ticket,
        event=update.event,
        kind=kind,
        created_at=update.at,
        digest_at=own.next_digest(now) if own.way(kind) == Way.DIGEST else None,
        push_at=(quiet or now + PAUSE) if is_pushed and own.pushes(kind) else None,
    )


def _mail(update: MajorUpdate, person: User, title: str, desk: Desk, quiet: datetime | None) -> OutgoingMail:
    """It names no ticket and has no token: its reader may not see the one that it comes from."""
    box = desk.mailbox()
    with speaking_to(person):
        values: Values = {
            "recipient": lambda: person.display_name,
            "outage": lambda: title,
            "state": lambda: str(update.get_kind_display()),
            "update": lambda: Value(update.text, markdown(update.text)),
            "next_update": lambda: exact(update.major.next_update_at),
            "outage_link": lambda: link_to(update.major_id),
        }
        text, html = render("outage", desk.sources("outage", person.language, None), values)
        subject = one_line(_("[Outage] %(title)s") % {"title": title}, 280)
        sender = named(box.name if box else _("Service desk"), settings.MAIL_FROM)
    return OutgoingMail(
        ticket=update.major.incident.ticket,
        event=update.event,
        kind=OutgoingMail.Kind.OUTAGE,
        to_user=person,
        to_address=person.email,
        from_address=settings.MAIL_FROM,
        subject=subject,
        text=text,
        html=document(subject, person.language, html),
        message_id=f"<outage.{update.pk}.{person.pk}@{settings.MAIL_DOMAIN}>",
        headers={"From": sender, "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"},
        try_after=quiet or timezone.now(),
        error=OutgoingMail.QUIET if quiet else "",
    )
