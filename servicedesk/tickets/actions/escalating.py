"""Up and down the tiers: escalate to the next team or to who is responsible, de-escalate to where it came from."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.models import Team, User

from ..errors import TicketError
from ..models import Ticket
from ..queries import sees
from ..tiers import FUNCTIONAL, HIERARCHICAL, last_holder, responsible_manager, ways_back
from .core import lock, named, permit, person_ref, record
from .sharing import add_watcher, share
from .snoozing import rouse
from .talk import note
from .work import refuse_closed


@transaction.atomic
def escalate(ticket: Ticket, *, by: User | None, via: str, reason: str, at: datetime | None = None) -> Ticket:
    """Hand a ticket to the next tier of its team, without an assignee, with the reason as an internal note.

    Refuses without a reason, without a team, and when the team has no next tier.
    """
    lock(ticket)
    permit(by, "tickets.escalate", ticket)
    refuse_closed(ticket)
    if not reason.strip():
        raise TicketError(_("Say why this goes to the next tier."), field="reason")
    target = ticket.team.next_team if ticket.team else None
    if target is None or not target.is_active:
        raise TicketError(
            _("The team of this ticket has no next tier. Assign it to a team instead."), code="no_next_tier"
        )
    note(ticket, by=by, via=via, body=reason, at=at)
    _hand(ticket, "escalate", target, None, by=by, via=via, at=at, kind=FUNCTIONAL)
    return ticket


@transaction.atomic
def escalate_to_manager(
    ticket: Ticket, *, by: User | None, via: str, reason: str, at: datetime | None = None
) -> Ticket:
    """Bring in whoever is responsible for the team: they watch the ticket, hear of it with the reason, and see it if
    they did not. The reason is an internal note; the team keeps the ticket.

    Refuses without a reason and where nobody is responsible. What the desk itself does gives nobody sight, so it is
    refused for who does not see the ticket.
    """
    lock(ticket)
    permit(by, "tickets.escalate", ticket)
    refuse_closed(ticket)
    if not reason.strip():
        raise TicketError(_("Say why whoever is responsible has to know."), field="reason")
    manager = responsible_manager(ticket.team, by)
    if manager is None:
        raise TicketError(
            _("Nobody else is responsible for the team of this ticket: it has no lead, or the lead no manager."),
            code="no_manager",
        )
    if by is not None and not sees(manager, ticket):
        share(ticket, by=by, via=via, user=manager, at=at)
        manager = User.objects.get(pk=manager.pk)  # what they see is kept on the object
    add_watcher(ticket, manager, by=by, via=via, at=at)
    said = note(ticket, by=by, via=via, body=reason, at=at)
    record(
        ticket, "escalate", by=by, via=via, at=at,
        kind=HIERARCHICAL, users=[person_ref(manager)], note=said.event.number,
    )  # fmt: skip
    return ticket


@transaction.atomic
def de_escalate(
    ticket: Ticket, *, by: User | None, via: str, reason: str, team: Team | None = None, at: datetime | None = None
) -> Ticket:
    """Give a ticket back to the team that escalated it last, or to `team`, one of a lower tier that had it, with the
    reason as an internal note. Whoever of that team had it last gets it, if they are there today; what the desk itself
    gives back goes to nobody, because a rule says by its next action who gets it.

    Refuses without a reason, when there is nothing to go back to, and a team that is none of `ways_back`.
    """
    lock(ticket)
    permit(by, "tickets.de_escalate", ticket)
    refuse_closed(ticket)
    if not reason.strip():
        raise TicketError(_("Say why this goes back."), field="reason")
    ways = ways_back(ticket)
    if not ways:
        raise TicketError(
            _("No team of a lower tier had this ticket. Assign it to a team instead."), code="no_way_back"
        )
    if team is not None and team not in ways:
        raise TicketError(
            _("The team “%(team)s” has not escalated this ticket, or is of no lower tier.") % {"team": team.name},
            field="team",
        )
    note(ticket, by=by, via=via, body=reason, at=at)
    team = team or ways[0]
    _hand(ticket, "de_escalate", team, last_holder(ticket, team) if by else None, by=by, via=via, at=at)
    return ticket


def _hand(
    ticket: Ticket, verb: str, team: Team, person: User | None, *, by: User | None, via: str, at: datetime | None,
    **data: Any,
) -> None:  # fmt: skip
    changes = {
        "team": [named(ticket.team), named(team)],
        "assignee": [person_ref(ticket.assignee), person_ref(person)],
    }
    ticket.team, ticket.assignee = team, person
    ticket.save(update_fields=["team", "assignee"])
    record(ticket, verb, by=by, via=via, at=at, changes=changes, **data)
    rouse(ticket, by=by, via=via, at=at)
