"""Reads of incidents."""

from django.db.models import QuerySet

from servicedesk.people.models import User
from servicedesk.tickets.queries import get_ticket, visible_tickets
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.errors import NotFound

from .major.models import MajorIncident, PostMortem
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


def post_mortem_missing(incident: Incident) -> bool:
    """Whether it was a major incident whose post-mortem is not finished: it cannot be closed before."""
    major = MajorIncident.objects.filter(pk=incident.pk, retracted_at__isnull=True)
    return major.exists() and not PostMortem.objects.filter(pk=incident.pk, finished_at__isnull=False).exists()
