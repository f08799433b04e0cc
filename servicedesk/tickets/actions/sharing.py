"""Who else sees a ticket and hears of it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.models import Team, User
from servicedesk.people.rules import check

from ..errors import TicketError
from ..models import Ticket, TicketShare, Watcher
from ..queries import visible_tickets
from .core import lock, named, permit, person_ref, record


@transaction.atomic
def share(
    ticket: Ticket,
    *,
    by: User,
    via: str,
    user: User | None = None,
    team: Team | None = None,
    at: datetime | None = None,
) -> Ticket:
    """Let one more person or team see the ticket. Doing it again changes nothing. Refuses guests and people who
    left.
    """
    lock(ticket)
    check(by, "tickets.share", ticket)
    if (user is None) == (team is None):
        raise TicketError(_("Choose a person or a team."), field="user")
    if user is not None and not user.is_active:
        raise TicketError(_("%(name)s is no longer here.") % {"name": user.display_name}, field="user")
    if team is not None:
        check(by, "tickets.work", ticket)
    _row, made = TicketShare.objects.get_or_create(
        ticket=ticket, user=user, team=team, defaults={"by": by, "at": at or timezone.now()}
    )
    if made:
        record(ticket, "share", by=by, via=via, public=True, at=at, user=person_ref(user), team=named(team))
    return ticket


@transaction.atomic
def unshare(ticket: Ticket, *, by: User, via: str, user: User | None = None, team: Team | None = None) -> Ticket:
    """Take back a share; nothing happens where there is none."""
    lock(ticket)
    check(by, "tickets.share", ticket)
    gone, _rows = TicketShare.objects.filter(ticket=ticket, user=user, team=team).delete()
    if gone:
        record(ticket, "unshare", by=by, via=via, public=True, user=person_ref(user), team=named(team))
    return ticket


@transaction.atomic
def watch(ticket: Ticket, *, by: User, via: str, at: datetime | None = None) -> Ticket:
    """Hear about what happens to the ticket from now on."""
    lock(ticket)
    check(by, "tickets.watch", ticket)
    _row, made = Watcher.objects.get_or_create(ticket=ticket, user=by)
    if made:
        record(ticket, "watch", by=by, via=via, at=at)
    return ticket


@transaction.atomic
def add_watcher(ticket: Ticket, person: User, *, by: User | None, via: str, at: datetime | None = None) -> Ticket:
    """Let somebody hear about what happens to the ticket. Doing it again changes nothing. Refuses somebody who does not
    see it: watching gives no sight.
    """
    lock(ticket)
    permit(by, "tickets.work", ticket)
    if not visible_tickets(person).filter(pk=ticket.pk).exists():
        raise TicketError(
            _("%(name)s does not see this ticket.") % {"name": person.display_name}, field="user", code="no_sight"
        )
    _row, made = Watcher.objects.get_or_create(ticket=ticket, user=person)
    if made:
        record(ticket, "add_watcher", by=by, via=via, at=at, user=person_ref(person))
    return ticket


@transaction.atomic
def unwatch(ticket: Ticket, *, by: User, via: str) -> Ticket:
    lock(ticket)
    gone, _rows = Watcher.objects.filter(ticket=ticket, user=by).delete()
    if gone:
        record(ticket, "unwatch", by=by, via=via)
    return ticket


def bring_in(ticket: Ticket, person: User, *, by: User, via: str, at: datetime | None = None) -> bool:
    """Let a person see the ticket and hear what follows, as copies of a reply do, in the caller's transaction. True
    when they could not see it before.
    """
    is_new = not visible_tickets(person).filter(pk=ticket.pk).exists()
    if is_new:
        share(ticket, by=by, via=via, user=person, at=at)
    Watcher.objects.get_or_create(ticket=ticket, user=person)
    return is_new


@transaction.atomic
def leave_out(ticket: Ticket, person: User, *, by: User, via: str) -> None:
    """Undo `bring_in` for somebody who could not see the ticket before."""
    Watcher.objects.filter(ticket=ticket, user=person).delete()
    unshare(ticket, by=by, via=via, user=person)
