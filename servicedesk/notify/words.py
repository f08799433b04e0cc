"""Notices in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.tickets.sentences import Names, plain_words_for

from .models import Notification
from .of_majors import places_for


@dataclass(frozen=True)
class Line:
    """A notice as its reader reads it: what happened as text, to what (a ticket's number or "", a title), and where
    that is.
    """

    notice: Notification
    sentence: str
    number: str
    title: str
    address: str


def lines_for(reader: User, notices: Sequence[Notification]) -> list[Line]:
    """In the language that is set. A fixed number of queries."""
    names = Names(reader, [each.event for each in notices if each.event is not None])
    outages = outages_of(reader, notices)
    return [_line(each, names, outages) for each in notices]


def _line(notice: Notification, names: Names, outages: Mapping[int, str]) -> Line:
    number, title, address = place_of(notice, outages)
    if notice.kind == Notification.Kind.OUTAGE:
        return Line(notice, str(notice.event.major_update.get_kind_display()), number, title, address)
    if notice.event is not None:
        return Line(notice, plain_words_for(notice.event, names), number, title, address)
    if notice.key:
        return Line(notice, notice.said, number, title, address)
    mail = notice.mail
    who = mail.assigned_by.display_name if mail.assigned_by else _("The desk")
    return Line(notice, _("%(who)s gave you a mail to look at.") % {"who": who}, number, title, address)


def outages_of(reader: User, notices: Sequence[Notification]) -> Mapping[int, str]:
    """Where the notices about outages lead, by major incident; no query where there are none."""
    majors = {each.ticket_id for each in notices if each.kind == Notification.Kind.OUTAGE}
    return places_for(reader, majors) if majors else {}


def place_of(notice: Notification, outages: Mapping[int, str]) -> tuple[str, str, str]:
    """(number or "", title, address) of what it is about; `outages` as `outages_of` has them."""
    ticket, mail = notice.ticket, notice.mail
    if notice.kind == Notification.Kind.OUTAGE:
        # Its reader may not see the ticket: never its words.
        title = notice.event.major_update.major.title or _("Known outage")
        return "", title, outages.get(ticket.pk) or reverse("desk:home")
    if ticket is not None:
        return ticket.number, ticket.title, ticket.get_absolute_url()
    if notice.key:
        return "", notice.title, notice.address
    return "", mail.mailbox.name, reverse("intake:mail", args=[mail.pk])
