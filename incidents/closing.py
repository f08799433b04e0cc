"""What closing an incident asks for."""

from django.utils.translation import gettext as _

from servicedesk.tickets.closing import asks
from servicedesk.tickets.models import ClosingRule, Ticket
from servicedesk.tickets.workflow import TicketType

from .models import Incident
from .queries import post_mortem_missing


@asks(TicketType.INCIDENT)
def _of_ticket(ticket: Ticket, rule: ClosingRule) -> list[str]:
    # Read anew: what the caller holds may be older than the lock of the ticket.
    return missing_to_close(Incident.objects.get(pk=ticket.pk), rule)


def missing_to_close(incident: Incident, rule: ClosingRule) -> list[str]:
    """What has to be filled in first: sentences that say where."""
    said = []
    if rule.needs_cause_code and incident.cause_code_id is None:
        said.append(_("The cause code is missing: choose it with “Change”."))
    if rule.needs_post_mortem and post_mortem_missing(incident):
        said.append(_("The post-mortem is not finished: write it with “Post-mortem”."))
    return said
