"""What stands for the variables of mails about major incidents."""

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from incidents.major.models import ForceMember, MajorIncident, MajorUpdate, PostMortemAction
from incidents.major.queries import is_published, opening_for, reports_by
from servicedesk.people.models import User
from servicedesk.tickets.models import TicketEvent
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.formats import exact


def values_of_major(event: TicketEvent, to: User) -> dict[str, Callable[[], str]]:
    """Of an event of the major incident's own ticket, or of a report of the same. No query before a text asks."""
    data = event.data
    major = data.get("major") or event.ticket_id

    def outage() -> str:
        """Nothing for somebody who may not know of it."""
        found = MajorIncident.objects.filter(pk=major).select_related("incident__ticket").first()
        knows = found is not None and (is_published(found) or found.pk in opening_for(to, [found.pk]))
        return title_of(found) if found is not None and knows else ""

    def action() -> str:
        return PostMortemAction.objects.values_list("what", flat=True).filter(pk=data.get("action")).first() or ""

    def role() -> str:
        return str(ForceMember.Role(data["role"]).label) if data.get("role") in ForceMember.Role.values else ""

    return {
        "outage": outage,
        "outage_link": lambda: link_to(places_for(to, [major]).get(major, "")) if "major" in data else "",
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


def places_for(person: User, majors: Collection[int]) -> dict[int, str]:
    """Where the person reads how these major incidents stand: the page of the outage where that opens for them, else
    the ticket in which they reported it, else its own ticket; none for a guest. At most four queries.
    """
    if person.is_guest:
        return {}
    found = {pk: page_of(pk) for pk in opening_for(person, majors)}
    if others := set(majors) - found.keys():
        seen = {one.pk: one.get_absolute_url() for one in visible_tickets(person).filter(pk__in=others)}
        own = {one.about: one.get_absolute_url() for one in reports_by([person], others).reverse()}
        found |= seen | own
    return found


def page_of(major: int) -> str:
    return reverse("desk:outage", args=[major])


def link_to(address: str) -> str:
    return settings.SITE_URL + address if address else ""


def example_of_major(at: datetime) -> dict[str, str]:
    """Values of one that does not exist, in the language that is set."""
    day: date = at.date()
    return {
        "outage": _("Nobody can sign in to the order system"),
        "state": str(MajorUpdate.Kind.IDENTIFIED.label),
        "update": _("One of two servers for sign-in does not answer. We are switching to the other."),
        "next_update": exact(at + timedelta(minutes=30)),
        "outage_link": link_to(page_of(123)),
        "major_link": settings.SITE_URL + reverse("incidents:major", args=["INC0000123"]),
        "role": str(ForceMember.Role.COMMUNICATION.label),
        "update_at": exact(at),
        "action": _("Write down how to switch to the stand-by server"),
        "action_at": exact(day),
    }
