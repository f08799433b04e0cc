"""Whom an event concerns, before the question whether they may see it, and how they hear of it."""

from collections.abc import Iterator

from servicedesk.people.models import Team, User
from servicedesk.tickets.closing import approvers
from servicedesk.tickets.models import Ticket, TicketEvent, TicketLink
from servicedesk.tickets.permissions import speaks_for_desk, works_on
from servicedesk.tickets.queries import sees

from .letters import Desk, ids_in
from .models import OutgoingMail

Kind = OutgoingMail.Kind


def whom(kind: str, event: TicketEvent, ticket: Ticket, desk: Desk) -> Iterator[User]:
    """People an event concerns, before the question whether they may see it."""
    match kind:
        case Kind.RECEIPT:
            if _gets_a_receipt(event, ticket, desk):
                yield ticket.requester
        case Kind.REPLY:
            # Of a message that is thanks the event `thank` tells, which stands beside it.
            if not event.data.get("thanks") and event.by is not None and not speaks_for_desk(event.by, ticket):
                yield from _desk(ticket)
            yield from _requesters(ticket)
            yield from _watchers(ticket)
            yield from User.objects.filter(pk__in=ids_in(event, "bcc")).order_by("pk")
        case Kind.RESOLVED | Kind.CLOSED:
            yield from _requesters(ticket)
            yield from _watchers(ticket)
        case Kind.REOPENED | Kind.CANCELLED:
            yield from _desk(ticket)
            yield from _requesters(ticket)
            yield from _watchers(ticket)
        case Kind.MERGED:
            if event.data.get("tell"):
                yield from _requesters(ticket)
        case Kind.MENTIONED:
            yield from User.objects.filter(pk__in=ids_in(event, "mentions")).order_by("pk")
        case Kind.TOLD | Kind.ESCALATED:
            yield from User.objects.filter(pk__in=ids_in(event, "users")).order_by("pk")
        case Kind.FORWARDED:
            yield from User.objects.filter(pk__in=ids_in(event, "bcc")).order_by("pk")
        case Kind.BOUNCED | Kind.OUTSIDE | Kind.HELD_BACK:
            yield from _desk(ticket)
        case Kind.TARGET:
            yield from _desk(ticket)
            # What is missed is a matter of the whole team.
            if event.verb == "miss_target" and ticket.team is not None and ticket.team.lead is not None:
                yield ticket.team.lead
        case Kind.LOW_MARK:
            if ticket.team is not None and ticket.team.lead is not None:
                yield ticket.team.lead
        case Kind.CONFIRMED:
            if not event.data.get("asks"):  # then the lead is asked
                yield from _desk(ticket)
        case Kind.APPROVAL:
            yield from approvers(ticket, event.by_id or 0)
        case Kind.SENT_BACK:
            yield from _asker(event, ticket)
        case Kind.CLOSES:
            yield from _requesters(ticket)
        case Kind.AWAKE:
            yield from _snoozer(event, ticket)
        case Kind.THANKS:
            yield from _thanked(ticket)
        case Kind.CALLBACK:
            yield from _callers(event, ticket)
        case Kind.KNOWN:
            yield from _requesters(ticket)
        case Kind.FORCE | Kind.ACTION | Kind.ACTION_DUE:
            yield from User.objects.filter(pk=event.data["user"][0])
        case Kind.UPDATE_DUE:
            named = [kept[0] for kept in event.data["users"]]
            yield from User.objects.filter(pk__in=named).order_by("pk") if named else _desk(ticket)
        case Kind.ASSIGNED:
            changed = event.data.get("changes", {}).get("assignee")
            if changed and changed[1] and changed[1][0] == ticket.assignee_id:
                yield from _assignee(ticket)


def _assignee(ticket: Ticket) -> Iterator[User]:
    if ticket.assignee is not None:
        yield ticket.assignee


def _thanked(ticket: Ticket) -> Iterator[User]:
    """Whoever has the ticket and whoever solved it, as far as they work on it; never a whole team."""
    yield from _assignee(ticket)
    solved = ticket.events.filter(verb="resolve").select_related("by").order_by("-number").first()
    if solved is not None and solved.by is not None and works_on(solved.by, ticket):
        yield solved.by


def _asker(event: TicketEvent, ticket: Ticket) -> Iterator[User]:
    """Whoever asked to close it, as far as they still work on it, else the desk."""
    asked = event.data.get("asked")
    person = User.objects.filter(pk=asked[0]).first() if asked else None
    if person is not None and works_on(person, ticket):
        yield person
    else:
        yield from _desk(ticket)


def _snoozer(event: TicketEvent, ticket: Ticket) -> Iterator[User]:
    """Whoever has the ticket, and who snoozed it, when its time has come; whoever writes tells by that."""
    if event.by is None:
        yield from _assignee(ticket)
        yield from (person for person in _people(event, "user") if works_on(person, ticket))


def _people(event: TicketEvent, name: str) -> Iterator[User]:
    kept = event.data.get(name)
    yield from User.objects.filter(pk=kept[0]) if kept else ()


def _callers(event: TicketEvent, ticket: Ticket) -> Iterator[User]:
    """Who promised to call, or the desk when they have left or lost sight of the ticket; of a team as of a ticket that
    nobody has.
    """
    if event.data.get("team"):
        yield from _team(Team.objects.filter(pk=event.data["team"][0]).select_related("lead").first())
        return
    person = User.objects.filter(pk=event.data["user"][0], is_active=True).first()
    if person is not None and sees(person, ticket):
        yield person
    else:
        yield from _desk(ticket)


def _watchers(ticket: Ticket) -> Iterator[User]:
    for row in ticket.watcher_rows.select_related("user").order_by("id"):
        yield row.user


def _desk(ticket: Ticket) -> Iterator[User]:
    """Whoever has the ticket; while nobody has it the lead of its team, or all of a team without a lead."""
    if ticket.assignee is not None:
        yield from _assignee(ticket)
    else:
        yield from _team(ticket.team)


def _team(team: Team | None) -> Iterator[User]:
    if team is None:
        return
    if team.lead is not None and team.lead.is_active:
        yield team.lead
    else:
        yield from team.members.filter(is_active=True).order_by("pk")


def _requesters(ticket: Ticket) -> Iterator[User]:
    """The requester, and a colleague who asked for them. An agent who entered it is the desk."""
    yield ticket.requester
    if ticket.entered_by_id != ticket.requester_id and not works_on(ticket.entered_by, ticket):
        yield ticket.entered_by


def _gets_a_receipt(event: TicketEvent, ticket: Ticket, desk: Desk) -> bool:
    """Not for mail that must not be answered (RFC 3834), nor for the second half of a conversion, of which the first
    tells."""
    if event.via == "mail":
        return next((mail.answerable for mail in desk.arrived(ticket) if mail.opened), False)
    return not TicketLink.objects.filter(target=ticket, kind=TicketLink.Kind.CONVERTED).exists()
