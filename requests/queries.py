"""Reads of service requests."""

from django.db.models import QuerySet

from servicedesk.people.models import User
from servicedesk.tickets.queries import get_ticket, visible_tickets
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.errors import NotFound

from .models import ServiceRequest


def visible_service_requests(user: User) -> QuerySet[ServiceRequest]:
    """The service requests that a person may know of, with their core rows."""
    return ServiceRequest.objects.filter(
        ticket__in=visible_tickets(user).filter(type=TicketType.REQUEST), ticket__type=TicketType.REQUEST
    ).select_related("ticket")


def get_service_request(user: User, number: str) -> ServiceRequest:
    """The visible service request with this number, its core row complete with people and service, or NotFound."""
    ticket = get_ticket(user, number)
    if ticket.type != TicketType.REQUEST:
        raise NotFound
    service_request = ServiceRequest.objects.get(pk=ticket.pk)
    service_request.ticket = ticket
    return service_request
