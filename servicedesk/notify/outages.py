"""Updates of major incidents, to everybody whom they concern: many readers, most of whom do not see the ticket. So all
of them are found by one query, and what goes out holds the update's words alone. Repeating it makes no second row.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from incidents.major.models import MajorUpdate
from incidents.major.queries import is_published, readers_of
from servicedesk.intake.tokens import reply_address
from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.formats import exact, markdown
from servicedesk.web.middleware import speaking_to
from servicedesk.web.text import one_line

from .consumers import TELLS_FOR
from .letters import Desk, document, render
from .models import NoticeSettings, Notification, OutgoingMail, Way
from .of_majors import link_to, page_of, places_for, title_of
from .pushing import PAUSE
from .queries import notice_settings, reports_of_guests, with_devices
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
    major, ticket = update.major, update.major.incident.ticket
    readers = [person for person in readers_of(major) if person.pk != update.by_id]
    if ticket.is_confidential:
        readers = [person for person in readers if visible_tickets(person).filter(pk=ticket.pk).exists()]
    letters = Letters(update)
    reports = reports_of_guests([person for person in readers if person.is_guest], major.pk)
    mails = [
        letters.mail(person, report=report)
        for person in readers
        if person.is_guest and ((report := reports.get(person.pk)) is None or report.answerable)
    ]
    readers = [person for person in readers if not person.is_guest]
    chosen, reached = notice_settings(readers), with_devices(readers) if settings.PUSH_KEY else set()
    notices = []
    for person in readers:
        own = chosen[person.pk]
        # A major incident is urgent: quiet hours hold only for those who want them to.
        quiet = None if own.urgent_at_once else own.quiet_end(timezone.now())
        if own.way(Notification.Kind.OUTAGE) == Way.MAIL:
            mails.append(letters.mail(person, quiet=quiet))
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


class Letters:
    """The mails about one update. They name no ticket and have no token: their readers may not see the one that it
    comes from. A guest, who cannot open a page, answers into the ticket of their own instead.
    """

    def __init__(self, update: MajorUpdate):
        self._update, self._desk = update, Desk([])
        self._is_published = is_published(update.major)
        self._titles: dict[str, str] = {}

    def _title(self) -> str:
        """In the language that is set."""
        language = get_language() or ""
        if language not in self._titles:
            self._titles[language] = title_of(self._update.major)
        return self._titles[language]

    def _link(self, person: User) -> str:
        pk = self._update.major_id
        if self._is_published and not person.is_guest:
            return link_to(page_of(pk))
        return link_to(places_for(person, [pk]).get(pk, ""))

    def mail(self, person: User, *, report: Ticket | None = None, quiet: datetime | None = None) -> OutgoingMail:
        """`report` is a guest's own ticket, in whose language they read."""
        update, language = self._update, report.language if report else person.language
        box = self._desk.mailbox()
        with speaking_to(person, language):
            title = self._title()
            values: Values = {
                "recipient": lambda: person.display_name,
                "outage": lambda: title,
                "state": lambda: str(update.get_kind_display()),
                "update": lambda: Value(update.text, markdown(update.text)),
                "next_update": lambda: exact(update.major.next_update_at),
                "outage_link": lambda: self._link(person),
            }
            text, html = render("outage", self._desk.sources("outage", language, None), values)
            subject = one_line(_("[Outage] %(title)s") % {"title": title}, 280)
            sender = named(box.name if box else _("Service desk"), settings.MAIL_FROM)
        headers = {"From": sender, "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}
        if report is not None:
            base = box.address if box else settings.MAIL_FROM
            headers["Reply-To"] = reply_address(base, report.pk, person.email)
        return OutgoingMail(
            ticket=update.major.incident.ticket,
            event=update.event,
            kind=OutgoingMail.Kind.OUTAGE,
            to_user=person,
            to_address=person.email,
            from_address=settings.MAIL_FROM,
            subject=subject,
            text=text,
            html=document(subject, language, html),
            message_id=f"<outage.{update.pk}.{person.pk}@{settings.MAIL_DOMAIN}>",
            headers=headers,
            try_after=quiet or timezone.now(),
            error=OutgoingMail.QUIET if quiet else "",
        )
