"""Reads of outgoing mail."""

from django.db.models import Q, QuerySet

from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import scope_of, visible_tickets
from servicedesk.web.errors import NotFound

from .models import OutgoingMail
from .permissions import read_sent


def visible_outgoing(user: User) -> QuerySet[OutgoingMail]:
    """Mails of tickets that a person sees at the desk; of confidential ones only for their team and assignee."""
    if not user.is_active or not (user.is_agent or user.is_administrator):
        return OutgoingMail.objects.none()
    teams = scope_of(user).teams
    ours = Q(ticket__is_confidential=False) | Q(ticket__assignee=user) | Q(ticket__team__in=teams)
    return (
        OutgoingMail.objects.filter(Q(ticket__in=visible_tickets(user)) & ours)
        .select_related("ticket", "to_user")
        .defer("text", "html")
    )


def get_outgoing(user: User, pk: int) -> OutgoingMail:
    mail = visible_outgoing(user).filter(pk=pk).select_related("ticket__service", "to_user").first()
    if mail is None or not read_sent(user, mail):
        raise NotFound
    return mail


def mails_sent_for(user: User, ticket: Ticket) -> list[OutgoingMail]:
    """What went out about a ticket, oldest first, for those who work on it; nothing for others."""
    return list(visible_outgoing(user).filter(ticket=ticket).order_by("created_at", "id")[:200])
