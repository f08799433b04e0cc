"""From tier to tier: where a ticket can go up, where it came from, and who is responsible for it."""

from collections.abc import Callable, Collection, Iterable

from servicedesk.people.models import Team, User
from servicedesk.people.queries import absent_ids

from .models import Ticket, TicketEvent

HANDED = ("assign", "escalate", "de_escalate")
"""The events by which another team or person has a ticket."""

FUNCTIONAL, HIERARCHICAL = "functional", "hierarchical"
"""Kinds of the event `escalate`: another team takes it, or whoever is responsible hears of it."""

NEXT_TIER, MANAGER = "next_tier", "manager"
"""Where one escalates to: words of forms, API and rules."""


def may_go_up(user: User, ticket: Ticket) -> bool:
    """Whether escalating has anywhere to go; asks the database nothing."""
    team = ticket.team
    if team is None or not ticket.is_open:
        return False
    above = user.manager_id if team.lead_id == user.pk else team.lead_id
    return bool(team.next_team_id or above)


def responsible_manager(team: Team | None, by: User | None = None) -> User | None:
    """Who answers for a team: its lead; where that is the one who asks, or has left, the manager of the lead."""
    person = team.lead if team else None
    if person is not None and (not person.is_active or person == by):
        person = person.manager
    return person if person is not None and person.is_active and person != by else None


Handing = tuple[str, int | None, int | None]
"""(verb, team before, team after) of an event by which another team has a ticket."""


def handings(tickets: Collection[int]) -> dict[int, list[Handing]]:
    """How these tickets went from team to team, by their own events, the oldest first. One query."""
    found: dict[int, list[Handing]] = {pk: [] for pk in tickets}
    rows = TicketEvent.objects.filter(ticket__in=tickets, verb__in=HANDED).order_by("ticket_id", "number")
    for ticket, verb, data in rows.values_list("ticket_id", "verb", "data"):
        found[ticket] += _handing(verb, data)
    return found


def _handing(verb: str, data: dict) -> list[Handing]:
    """The one of an event, if it changed the team."""
    pair = (data.get("changes") or {}).get("team") if verb in HANDED else None
    return [(verb, pair[0][0] if pair[0] else None, pair[1][0] if pair[1] else None)] if pair else []


def ways_back(ticket: Ticket, events: Iterable[TicketEvent] | None = None) -> list[Team]:
    """The teams to which a ticket can go back; none of one that is closed or with no team. The events of a time line at
    hand, oldest first, save a query.
    """
    if ticket.team is None or not ticket.is_open:
        return []
    if events is None:
        handed = handings([ticket.pk])[ticket.pk]
    else:
        own = (event for event in events if event.ticket_id == ticket.pk)
        handed = [one for event in own for one in _handing(event.verb, event.data)]
    return ways_from(ticket.team, handed, lambda had: Team.objects.filter(pk__in=had))


def ways_from(team: Team, handed: Iterable[Handing], find: Callable[[set[int]], Iterable[Team]]) -> list[Team]:
    """The teams to which what `team` has can go back, first the one that escalated it last, then those of a lower tier
    that had it, the nearest tier first.
    """
    had: set[int] = set()
    escalated: list[int | None] = []
    for verb, before, after in handed:
        had.update({before, after} - {None})  # type: ignore[arg-type]
        if verb == "escalate":
            escalated.append(before)
        elif after in escalated:
            while escalated.pop() != after:
                pass
    had.discard(team.pk)
    if not had:
        return []
    last = escalated[-1] if escalated else None
    teams = [one for one in find(had) if one.is_active and (one.pk == last or one.tier < team.tier)]
    return sorted(teams, key=lambda one: (one.pk != last, -one.tier))


def last_holder(ticket: Ticket, team: Team) -> User | None:
    """Who had the ticket when it left a team, if they still belong to it and are there today."""
    rows = ticket.events.filter(verb__in=HANDED).order_by("-number").values_list("data", flat=True)
    for changes in (data.get("changes") or {} for data in rows):
        before = (changes.get("team") or [None])[0]
        if before and before[0] == team.pk:
            had = (changes.get("assignee") or [None])[0]
            person = User.objects.filter(pk=had[0], is_active=True, teams=team).first() if had else None
            return None if person is None or person.pk in absent_ids() else person
    return None
