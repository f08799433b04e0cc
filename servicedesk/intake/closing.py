"""What becomes of a word that came too late for an old ticket."""

from hashlib import sha256

from requests.models import ServiceRequest
from servicedesk.people.models import User
from servicedesk.tickets.closing import begins_anew
from servicedesk.tickets.errors import TooLate
from servicedesk.tickets.models import Channel, Ticket
from servicedesk.tickets.permissions import asked
from servicedesk.tickets.workflow import TicketType

from .actions.receive import receive
from .actions.tying import tie
from .models import Makes


@begins_anew
def begin(late: TooLate, by: User, via: str) -> Ticket:
    """A new ticket like the old one, with what was written now. The same words of the same person begin one only."""
    old = late.ticket
    new = receive(
        kind=_kind(old),
        title=old.title,
        description=late.words,
        requester=old.requester if asked(by, old) else by,
        by=by,
        via=via,
        channel=Channel.API if via == "api" else Channel.PORTAL,
        service=old.service if old.service and old.service.is_active else None,
        category=old.category if old.category and old.category.is_active else None,
        team=old.team if old.team and old.team.is_active else None,
        impact=old.impact,
        urgency=old.urgency,
        files=late.files,
        language=old.language,
        is_confidential=old.is_confidential,
        key=f"anew {old.pk} {sha256(late.words.encode()).hexdigest()}"[:64],
    )
    tie(new, old, by=by, via=via)
    return new


def _kind(old: Ticket) -> str:
    if old.type == TicketType.INCIDENT:
        return Makes.INCIDENT
    wanted = ServiceRequest.objects.filter(pk=old.pk).values_list("kind", flat=True).first()
    return Makes.REQUEST if wanted == ServiceRequest.Kind.REQUEST else Makes.ENQUIRY
