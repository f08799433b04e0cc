"""The task force: who is called in, in which role, and who leaves."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.tickets.actions import record, share
from servicedesk.tickets.actions.core import person_ref
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import TicketShare
from servicedesk.tickets.queries import visible_tickets

from ..models import ForceMember, MajorIncident
from .declaring import held


@transaction.atomic
def join_force(
    major: MajorIncident, *, by: User, via: str, person: User, role: str, at: datetime | None = None
) -> ForceMember:
    """Call somebody into the task force. They see the ticket from then on and hear of it at once. The same role
    twice is once; several roles are possible. Refuses guests, people who left, and a major incident that is over.
    """
    ticket = held(major, by=by)
    if not major.is_running:
        raise TicketError(_("This major incident is over already."), code="not_running")
    if role not in ForceMember.Role.values:
        raise TicketError(_("Choose a role."), field="role")
    if not person.is_active or person.is_guest:
        raise TicketError(_("%(name)s cannot belong to a task force.") % {"name": person.display_name}, field="person")
    now = at or timezone.now()
    member, made = ForceMember.objects.get_or_create(
        major=major, person=person, role=role, left_at=None, defaults={"added_by": by, "added_at": now}
    )
    if made:
        let_see(major, person, by=by, via=via, at=at)
        record(ticket, "join_force", by=by, via=via, at=now, user=person_ref(person), role=role)
    return member


@transaction.atomic
def leave_force(member: ForceMember, *, by: User, via: str, at: datetime | None = None) -> None:
    """Let somebody leave the task force; whoever has left already has left. They go on seeing the ticket."""
    ticket = held(member.major, by=by)
    now = at or timezone.now()
    gone = ForceMember.objects.filter(pk=member.pk, left_at__isnull=True).update(left_at=now)
    if gone:
        record(ticket, "leave_force", by=by, via=via, at=now, user=person_ref(member.person), role=member.role)


def let_see(major: MajorIncident, person: User, *, by: User, via: str, at: datetime | None = None) -> None:
    """Share the ticket with somebody who has work to do for it, in the caller's transaction, which has its lock. A
    member of another team who calls somebody in may not share by themselves: the right to handle it is enough.
    """
    ticket = major.incident.ticket
    if visible_tickets(person).filter(pk=ticket.pk).exists():
        return
    if by.may("tickets.share", ticket):
        share(ticket, by=by, via=via, user=person, at=at)
    else:
        TicketShare.objects.create(ticket=ticket, user=person, by=by, at=at or timezone.now())
        record(ticket, "share", by=by, via=via, public=True, at=at, user=person_ref(person), team=None)
