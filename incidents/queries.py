"""Reads of incidents."""

from datetime import datetime

from django.db.models import Min, QuerySet

from cmdb.models import Service
from servicedesk.people.models import User
from servicedesk.tickets.models import OPEN, Ticket
from servicedesk.tickets.queries import get_ticket, visible_tickets
from servicedesk.tickets.workflow import Phase, TicketType
from servicedesk.web.errors import NotFound

from .models import CauseCode, Incident


def visible_incidents(user: User) -> QuerySet[Incident]:
    """The incidents that a person may know of, with their core rows."""
    return Incident.objects.filter(
        ticket__in=visible_tickets(user).filter(type=TicketType.INCIDENT), ticket__type=TicketType.INCIDENT
    ).select_related("ticket", "cause_code")


def get_incident(user: User, number: str) -> Incident:
    """The visible incident with this number, its core row complete with people and service, or NotFound."""
    ticket = get_ticket(user, number)
    if ticket.type != TicketType.INCIDENT:
        raise NotFound
    incident = Incident.objects.select_related("cause_code").get(pk=ticket.pk)
    incident.ticket = ticket
    return incident


def cause_codes() -> QuerySet[CauseCode]:
    return CauseCode.objects.filter(is_active=True)


def disturbed_services() -> list[tuple[Service, datetime]]:
    """(service, since when) of the open major incidents, the longest first: the one thing about them that everybody may
    know. Confidential incidents and services are left out, and so is what is resolved.
    """
    since = dict(
        Ticket.objects.filter(
            OPEN,
            type=TicketType.INCIDENT,
            is_major=True,
            is_confidential=False,
            service__is_confidential=False,
            service__is_active=True,
        )
        .exclude(phase=Phase.RESOLVED)
        .values_list("service")
        .annotate(since=Min("created_at"))
        .order_by("since")[:20]
    )
    if not since:
        return []
    services = Service.objects.in_bulk(since)
    return [(services[pk], at) for pk, at in since.items()]
