"""What stands for the variables of mails about major incidents."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from incidents.major.models import ForceMember, MajorIncident, MajorUpdate, PostMortemAction
from servicedesk.tickets.models import TicketEvent
from servicedesk.web.formats import exact


def values_of_major(event: TicketEvent) -> dict[str, Callable[[], str]]:
    """Of an event of the major incident's own ticket, or of a report of the same. No query before a text asks."""
    data = event.data
    major = data.get("major") or event.ticket_id

    def outage() -> str:
        found = MajorIncident.objects.filter(pk=major).first()
        return title_of(found) if found is not None else ""

    def action() -> str:
        return PostMortemAction.objects.values_list("what", flat=True).filter(pk=data.get("action")).first() or ""

    def role() -> str:
        return str(ForceMember.Role(data["role"]).label) if data.get("role") in ForceMember.Role.values else ""

    return {
        "outage": outage,
        "outage_link": lambda: link_to(major) if "major" in data else "",
        "major_link": lambda: settings.SITE_URL + reverse("incidents:major", args=[event.ticket.number]),
        "role": role,
        "update_at": lambda: exact(moment) if (moment := parse_datetime(data.get("due_at") or "")) else "",
        "action": action,
        "action_at": lambda: exact(day) if (day := parse_date(data.get("due_on") or "")) else "",
    }


def title_of(major: MajorIncident) -> str:
    """What is disturbed, in words for everybody: confidential services are not named."""
    if major.title:
        return major.title
    names = [
        str(row.service) for row in major.service_rows.select_related("service") if not row.service.is_confidential
    ]
    return _("%(services)s: disturbed") % {"services": _(", ").join(names)} if names else _("Known outage")


def link_to(major: int) -> str:
    return settings.SITE_URL + reverse("desk:outage", args=[major])


def example_of_major(at: datetime) -> dict[str, str]:
    """Values of one that does not exist, in the language that is set."""
    day: date = at.date()
    return {
        "outage": _("Nobody can sign in to the order system"),
        "state": str(MajorUpdate.Kind.IDENTIFIED.label),
        "update": _("One of two servers for sign-in does not answer. We are switching to the other."),
        "next_update": exact(at + timedelta(minutes=30)),
        "outage_link": link_to(123),
        "major_link": settings.SITE_URL + reverse("incidents:major", args=["INC0000123"]),
        "role": str(ForceMember.Role.COMMUNICATION.label),
        "update_at": exact(at),
        "action": _("Write down how to switch to the stand-by server"),
        "action_at": exact(day),
    }
