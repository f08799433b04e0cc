"""From tier to tier: where a ticket can go up, where it came from, and who is responsible for it."""

from collections.abc import Iterable

from servicedesk.people.models import Team, User

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


def ways_back(ticket: Ticket, events: Iterable[TicketEvent] | None = None) -> list[Team]:
    """The teams to which a ticket can go back, first the one that escalated it last, then those of a lower tier that
    had it, the nearest tier first. Read from its own events, oldest first; those of a time line at hand will do.
    """
    if ticket.team is None or not ticket.is_open:
        return []
    had: set[int] = set()
    escalated: list[int] = []
    if events is None:
        events = ticket.events.filter(verb__in=HANDED).order_by("number").only("ticket_id", "verb", "data")
    for event in events:
        pair = (event.data.get("changes") or {}).get("team")
        if not pair or event.verb not in HANDED or event.ticket_id != ticket.pk:
            continue
        before, after = (kept[0] if kept else None for kept in pair)
        had.update({before, after} - {None})
        if event.verb == "escalate":
            escalated.append(before)
        elif after in escalated:
            while escalated.pop() != after:
                pass
    had.discard(ticket.team_id)
    if not had:
        return []
    last = escalated[-1] if escalated else None
    teams = [
        team
        for team in Team.objects.filter(pk__in=had, is_active=True)
        if team.pk == last or team.tier < ticket.team.tier
    ]
    return sorted(teams, key=lambda team: (team.pk != last, -team.tier))
