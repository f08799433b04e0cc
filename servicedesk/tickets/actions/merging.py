"""Two tickets about the same: one goes on in the other, until that is undone; and messages that were written into the
wrong one.

Events stay where they were written, since their chain never changes. A merged ticket's history is read together with
that of the ticket in which it goes on (`Ticket.here_ids`), so undoing a merge leaves nothing behind.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.models import Team, User
from servicedesk.people.rules import check

from ..errors import TicketError
from ..models import Attachment, Comment, Ticket, Watcher
from ..queries import sees, visible_tickets, who_shares
from .core import lock, move, record
from .sharing import bring_in, leave_out, share, unshare


@transaction.atomic
def merge(
    ticket: Ticket, into: Ticket, *, by: User, via: str, agreed: bool = False, tell: bool = True,
    at: datetime | None = None,
) -> Ticket:  # fmt: skip
    """Close a ticket because it goes on in another, whose page then shows what both say. `by` works on both.

    The people of the ticket see the other one from then on, and those of the other what was said here; when anybody
    gains sight by that, `agreed` must say that they may (field agreed). `tell`: the requester gets a mail. Returns the
    ticket in which it goes on. Refuses (field other) the ticket itself, an invisible one, one that is over, and to mix
    what is confidential with what is not.
    """
    check(by, "tickets.merge", ticket)
    if ticket.pk == into.pk:
        raise TicketError(_("A ticket cannot be merged with itself."), field="other")
    if not visible_tickets(by).filter(pk=into.pk).exists():
        raise TicketError(_("There is no such ticket."), field="other")
    check(by, "tickets.merge", into)
    _lock_all(ticket, into)
    if not into.is_open:
        raise TicketError(
            _("%(number)s is over: it is “%(status)s”. Choose an open one, or reopen it first.")
            % {"number": into.number, "status": into.status_label},
            field="other",
        )
    if ticket.is_confidential != into.is_confidential:
        raise TicketError(
            _("One of the two is confidential and the other is not, so they are not merged. Link them instead."),
            field="other",
        )
    gained = gains_sight(ticket, into)
    if gained and not agreed:
        names = _(", ").join(dict.fromkeys(person.display_name for person in gained))
        raise TicketError(
            _("These people then read what they could not read before: %(names)s. Say that they may.")
            % {"names": names},
            field="agreed",
        )
    move(ticket, "merge", by=by, via=via, permitted=True, at=at, other=into.number, tell=tell)
    ticket.merged_into = into
    ticket.save(update_fields=["merged_into"])
    into.merged_ids = [*into.merged_ids, *ticket.here_ids]
    into.save(update_fields=["merged_ids"])
    came = _bring_all(ticket, into, by=by, via=via, at=at)
    record(into, "merge", by=by, via=via, public=True, at=at, other=ticket.number, backward=True, **came)
    return into


def gains_sight(ticket: Ticket, into: Ticket) -> list[User]:
    """The people who would read what they cannot read now: those of the one, and those of the other."""
    gain = [person for person in who_shares(ticket).values() if not sees(person, into)]
    return gain + [person for person in who_shares(into).values() if not sees(person, ticket)]


def _bring_all(ticket: Ticket, into: Ticket, *, by: User, via: str, at: datetime | None) -> dict[str, list]:
    """Let everybody of the ticket see the other one; what the event needs to undo that: ids of those who could not see
    it before (`new`), of those who watch it now (`watching`), and of teams (`teams`).
    """
    came: dict[str, list] = {"new": [], "watching": [], "teams": []}
    watchers = User.objects.filter(watcher_rows__ticket=ticket, is_active=True)
    people = {person.pk: person for person in [*who_shares(ticket).values(), *watchers]}
    watching = set(Watcher.objects.filter(ticket=into).values_list("user_id", flat=True))
    for person in people.values():
        if person.pk in (into.requester_id, into.assignee_id):
            continue
        if bring_in(into, person, by=by, via=via, at=at):
            came["new"].append([person.pk])
        if person.pk not in watching:
            came["watching"].append([person.pk])
    has = set(into.shares.filter(team__isnull=False).values_list("team_id", flat=True))
    for team in Team.objects.filter(shared_tickets__ticket=ticket, is_active=True).exclude(pk__in=has):
        share(into, by=by, via=via, team=team, at=at)
        came["teams"].append([team.pk])
    return {name: ids for name, ids in came.items() if ids}


@transaction.atomic
def unmerge(ticket: Ticket, *, by: User, via: str) -> Ticket:
    """Undo a merge: the ticket is what it was, and the other shows its own history alone. Those who saw the other one
    only because of the merge no longer do. Returns the ticket. Refuses one that is not merged.
    """
    check(by, "tickets.merge", ticket)
    above = _lock_above(ticket)
    if not above:
        raise TicketError(_("%(number)s is not merged.") % {"number": ticket.number}, code="wrong_status")
    into = above[0]
    merged = ticket.events.filter(verb="merge", data__has_key="from").latest("number")
    gone = set(ticket.here_ids)
    for each in above:
        each.merged_ids = [pk for pk in each.merged_ids if pk not in gone]
        each.save(update_fields=["merged_ids"])
    ticket.merged_into = None
    ticket.save(update_fields=["merged_into"])
    move(ticket, "unmerge", by=by, via=via, permitted=True, back_to=merged.data["from"], other=into.number)
    taken_in = into.events.filter(verb="merge", data__backward=True, data__other=ticket.number).latest("number")
    for person in User.objects.filter(pk__in=[pk for (pk,) in taken_in.data.get("new", [])]):
        leave_out(into, person, by=by, via=via)
    Watcher.objects.filter(ticket=into, user__in=[pk for (pk,) in taken_in.data.get("watching", [])]).delete()
    for team in Team.objects.filter(pk__in=[pk for (pk,) in taken_in.data.get("teams", [])]):
        unshare(into, by=by, via=via, team=team)
    record(into, "unmerge", by=by, via=via, public=True, other=ticket.number, backward=True)
    return ticket


def _above(ticket: Ticket) -> list[Ticket]:
    """The tickets in which it goes on: the next one, the one in which that goes on, and so forth."""
    above = []
    while ticket.merged_into_id is not None:
        ticket = Ticket.objects.get(pk=ticket.merged_into_id)
        above.append(ticket)
    return above


def _lock_above(ticket: Ticket) -> list[Ticket]:
    """Lock a ticket and those in which it goes on, which somebody may just be changing."""
    while True:
        above = _above(ticket)
        _lock_all(ticket, *above)
        if [each.pk for each in _above(ticket)] == [each.pk for each in above]:
            return above


def _lock_all(*tickets: Ticket) -> None:
    for each in sorted(tickets, key=lambda one: one.pk):
        lock(each)


@transaction.atomic
def move_message(comment: Comment, to: Ticket, *, by: User, via: str) -> Comment:
    """Move a reply or note with its files to another ticket; here a line says where it went, and nobody reads it here
    any more. No mail goes out. `by` works on both. Where people would read it who could not read it before, it becomes
    an internal note. Returns the message in its new place.

    Refuses (field other) the ticket where it is, an invisible one and one that is over; and the text of a resolution.
    """
    ticket = Ticket.objects.get(pk=comment.ticket_id)
    check(by, "tickets.merge", ticket)
    if to.pk == ticket.pk:
        raise TicketError(_("It is there already."), field="other")
    if not visible_tickets(by).filter(pk=to.pk).exists():
        raise TicketError(_("There is no such ticket."), field="other")
    check(by, "tickets.merge", to)
    _lock_all(ticket, to)
    comment.refresh_from_db(from_queryset=Comment.objects.select_for_update(of=("self",)).select_related("event"))
    if comment.moved_to_id is not None:
        raise TicketError(_("Somebody has moved it already."), code="moved")
    if comment.event.verb not in ("reply", "note", "move_message"):
        raise TicketError(_("The text of a resolution stays with its ticket."), code="resolution")
    if not to.is_open:
        raise TicketError(_("%(number)s is closed. Reopen it first.") % {"number": to.number}, field="other")
    public = comment.is_public and all(
        person.pk == comment.author_id or sees(person, ticket) for person in who_shares(to).values()
    )
    event = record(
        to, "move_message", by=by, via=via, public=public, other=ticket.number, said_at=comment.event.at, backward=True
    )
    moved = Comment.objects.create(
        event=event, ticket=to, author_id=comment.author_id, is_public=public, body=comment.body,
        format=comment.format, taken_back_at=comment.taken_back_at,
    )  # fmt: skip
    Attachment.objects.filter(comment=comment).update(ticket=to, comment=moved, is_public=public)
    comment.moved_to, comment.is_public = moved, False
    comment.save(update_fields=["moved_to", "is_public"])
    record(ticket, "move_message", by=by, via=via, other=to.number, message=comment.event.number)
    return moved
