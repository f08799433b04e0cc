"""The daily mail to those who have tickets in which nothing happens, and to who leads their team."""

import logging
from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.levels.queries import usual_hours
from servicedesk.people.models import User
from servicedesk.priorities.stale import stale
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import desk_tickets
from servicedesk.web.formats import exact
from servicedesk.web.middleware import own_zone, speaking_to

from .models import OutgoingMail
from .queries import notice_settings
from .texts import Value
from .without_ticket import MOST_LINES, without_ticket

log = logging.getLogger(__name__)


def send_stale_mails(now: datetime) -> int:
    """Write the mails of this day, on business days, to those whose hour of the daily summary has come; returns how
    many. A person has one a day, by its Message-ID: in two workers at once, or after one was killed, no second comes.
    """
    hours = usual_hours()
    if not hours.spans_on(now.astimezone(hours.zone).date()):
        return 0
    rows = Ticket.objects.filter(stale(now)).order_by().values_list("assignee", "team__lead").distinct()
    people = User.objects.filter(pk__in={pk for pair in rows for pk in pair if pk}, is_active=True).exclude(email="")
    chosen, made = notice_settings(list(people)), 0
    for person in people:
        here = now.astimezone(own_zone(person) or timezone.get_default_timezone())
        if here.hour < chosen[person.pk].digest_hour or not person.is_agent:
            continue
        try:
            made += _send_to(person, here.date(), now)
        except Exception:
            log.exception("no mail about stale tickets for person %s", person.pk)
    return made


def _name(person: User, day: date) -> str:
    return f"stale.{person.pk}.{day:%Y%m%d}"


def _send_to(person: User, day: date, now: datetime) -> bool:
    name = _name(person, day)
    if OutgoingMail.objects.filter(message_id=f"<{name}@{settings.MAIL_DOMAIN}>").exists():
        return False
    rows = desk_tickets(person).filter(stale(now)).select_related("assignee", "team").order_by("updated_at", "id")
    own = list(rows.filter(assignee=person)[:MOST_LINES])
    led = list(rows.filter(team__lead=person).exclude(assignee=person)[:MOST_LINES])
    if not own and not led:
        return False
    with speaking_to(person), transaction.atomic():
        count = len(own) + len(led)
        subject = ngettext("%(count)d stale ticket", "%(count)d stale tickets", count) % {"count": count}
        items = _items([(_("Yours:"), own), (_("Of your team:"), led)])
        mail = without_ticket(OutgoingMail.Kind.STALE, "stale", person, subject, {"items": lambda: items}, name)
        return bool(OutgoingMail.objects.bulk_create([mail], ignore_conflicts=True))


def _items(groups: Sequence[tuple[str, list[Ticket]]]) -> Value:
    """What is stale, longest first, in plain text and HTML."""
    text, html = [], []
    for heading, tickets in groups:
        if not tickets:
            continue
        lines = [(each, _said(each)) for each in tickets]
        text += [heading, *(f"- {each.number} {each.title} ({said})" for each, said in lines), ""]
        points = format_html_join(
            "",
            '<li><a href="{}">{} {}</a> ({})</li>',
            ((settings.SITE_URL + each.get_absolute_url(), each.number, each.title, said) for each, said in lines),
        )
        html.append(format_html("<p>{}</p><ul>{}</ul>", heading, points))
    return Value("\n".join(text).strip(), format_html_join("\n", "{}", ((part,) for part in html)))


def _said(ticket: Ticket) -> str:
    who = ticket.assignee.display_name if ticket.assignee else _("Nobody yet")
    return _("%(who)s, last activity %(when)s") % {"who": who, "when": exact(ticket.updated_at)}
