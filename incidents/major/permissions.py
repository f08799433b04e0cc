"""Who may declare a major incident, and who handles it: those who work on the ticket, and its task force."""

from servicedesk.people.rules import rule
from servicedesk.tickets.permissions import works_on

from .models import ForceMember


def _is_member(user, ticket) -> bool:
    return ForceMember.objects.filter(major=ticket.pk, person=user, left_at__isnull=True).exists()


@rule("incidents.declare_major")
def declare_major(user, ticket=None):
    return works_on(user, ticket)


@rule("incidents.handle_major")
def handle_major(user, ticket=None):
    """Tell readers, change what is known, call people in, end it. The task force may belong to any team."""
    return works_on(user, ticket) or (ticket is not None and _is_member(user, ticket))


@rule("incidents.post_mortem")
def post_mortem(user, ticket=None):
    """Whoever handled it, also those who have left the task force, and leads who see it."""
    if works_on(user, ticket) or user.is_lead:
        return True
    return ticket is not None and ForceMember.objects.filter(major=ticket.pk, person=user).exists()
