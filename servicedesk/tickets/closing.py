"""What closing a ticket asks for, and who decides about it.

A process says what else it asks for by one function, found by its module `closing`:

    @asks(TicketType.INCIDENT)
    def missing_to_close(ticket, rule): ...
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.models import Membership, Role, Team, User
from servicedesk.people.queries import absences_on

from .errors import TooLate
from .models import ClosingRequest, ClosingRule, ReopeningRule, Ticket
from .permissions import works_on
from .queries import desk_tickets, who_works_on
from .workflow import Phase

Missing = Callable[[Ticket, ClosingRule], list[str]]
_MISSING: dict[str, Missing] = {}
MOST_WAITING = 200
Closer = ClosingRule.Closer


def asks(ticket_type: str) -> Callable[[Missing], Missing]:
    """State what closing a ticket of a process asks for beside what all do."""

    def keep(missing: Missing) -> Missing:
        _MISSING[ticket_type] = missing
        return missing

    return keep


def rule_of(ticket: Ticket) -> ClosingRule:
    """The rule of its kind and priority."""
    found = ClosingRule.objects.filter(type=ticket.type, priority=ticket.priority).first()
    return found or ClosingRule(type=ticket.type, priority=ticket.priority)


def missing_to_close(ticket: Ticket, rule: ClosingRule) -> list[str]:
    """What has to be filled in first: sentences that say where."""
    said = []
    if rule.needs_resolution and not ticket.resolution.strip():
        said.append(_("The resolution is missing: write it with “Resolve”."))
    more = _MISSING.get(ticket.type)
    return said + (more(ticket, rule) if more else [])


def reopens_until(ticket: Ticket) -> datetime | None:
    """Until when a word of the requester reopens a closed ticket."""
    if ticket.closed_at is None:
        return None
    found = ReopeningRule.objects.filter(pk=ticket.type).first() or ReopeningRule(type=ticket.type)
    return ticket.closed_at + timedelta(days=found.days)


def still_reopens(ticket: Ticket) -> bool:
    """Whether a word of the requester still takes it up again, if it is closed."""
    until = reopens_until(ticket)
    return until is None or until >= timezone.now()


Begin = Callable[[TooLate, User, str], Ticket]
_BEGIN: list[Begin] = []


def begins_anew(begin: Begin) -> Begin:
    """State how a new ticket is made of a word that came too late for an old one: `begin(late, by, via)`."""
    _BEGIN[:] = [begin]
    return begin


def begin_anew(late: TooLate, *, by: User, via: str) -> Ticket:
    """The new ticket, tied to the old one. Called outside a transaction, as everything that is handed over."""
    return _BEGIN[0](late, by, via)


class Leads:
    """Who leads some teams today: by team its leads, and those who stand in for the ones that are away. Two queries and
    one of absences, whatever the number of teams.
    """

    def __init__(self, team_ids: Iterable[int | None]):
        self._leads: dict[int, dict[int, User]] = defaultdict(dict)
        self._present: dict[int, dict[int, User]] = defaultdict(dict)
        teams = Team.objects.filter(pk__in={pk for pk in team_ids if pk}).select_related("lead")
        by_role = Membership.objects.filter(user__is_active=True, user__role_rows__role=Role.LEAD).select_related(
            "user"
        )
        for team in teams.prefetch_related(Prefetch("memberships", by_role, to_attr="leading")):
            people = [membership.user for membership in team.leading]
            people += [team.lead] if team.lead is not None and team.lead.is_active else []
            self._leads[team.pk] = {person.pk: person for person in people}
        known = {pk for people in self._leads.values() for pk in people}
        away = {one.user_id: one for one in absences_on(timezone.localdate()).filter(user__in=known)} if known else {}
        for team_id, people in self._leads.items():
            for person in people.values():
                stands_in = away[person.pk].deputy if person.pk in away else person
                if stands_in is not None and stands_in.is_active:
                    self._present[team_id][stands_in.pk] = stands_in

    def decide(self, ticket: Ticket) -> dict[int, User]:
        """Those who may approve: its leads, also while away, and who stands in for them."""
        team = ticket.team_id or 0
        return self._leads[team] | self._present[team]

    def present(self, ticket: Ticket) -> dict[int, User]:
        """Those who are there to approve today."""
        return self._present[ticket.team_id or 0]


def may_approve(user: User, ticket: Ticket, *, leads: Leads | None = None, asked_by: int | None = None) -> bool:
    """Whether somebody may close what needs a lead: a lead of its team, or who stands in for one. While none of them is
    there, a colleague who works on it may, other than the one who asked (`asked_by`, of a request that waits).
    """
    leads = leads or Leads([ticket.team_id])
    if not works_on(user, ticket):
        return False
    if user.pk in leads.decide(ticket):
        return True
    return asked_by is not None and asked_by != user.pk and not _able(leads, ticket)


def _able(leads: Leads, ticket: Ticket) -> list[User]:
    return [person for person in leads.present(ticket).values() if works_on(person, ticket)]


def may_close(user: User, ticket: Ticket, rule: ClosingRule, request: ClosingRequest | None) -> bool:
    """Whether somebody who works on a ticket may close it by the rule, without asking."""
    if rule.closer == Closer.DESK:
        return True
    if rule.closer == Closer.ASSIGNEE and ticket.assignee_id in (None, user.pk):
        return True
    return may_approve(user, ticket, asked_by=asker_of(request))


def asker_of(request: ClosingRequest | None) -> int | None:
    """Who asked; 0, which nobody has, for the desk itself, and None where nobody did."""
    return None if request is None else request.by_id or 0


def approvers(ticket: Ticket, asked_by: int) -> list[User]:
    """Who is asked to approve: whoever leads its team today, else those who work on it, other than the one who asks."""
    leads = _able(Leads([ticket.team_id]), ticket)
    return leads or [person for person in who_works_on(ticket) if person.pk != asked_by]


def request_of(ticket: Ticket) -> ClosingRequest | None:
    """The request that waits for a decision."""
    return ClosingRequest.objects.filter(pk=ticket.pk).select_related("by").first()


@dataclass(frozen=True)
class Closing:
    """What stands between a resolved ticket and its end, for somebody who works on it. `missing` are sentences;
    `waits_for` those who may approve while `request` waits.
    """

    missing: list[str] = field(default_factory=list)
    request: ClosingRequest | None = None
    may_approve: bool = False
    may_ask: bool = False
    waits_for: list[User] = field(default_factory=list)

    @property
    def is_free(self) -> bool:
        """Whether the person closes it by one press as any step."""
        return not (self.missing or self.request or self.may_ask)


def closing_of(user: User, ticket: Ticket) -> Closing | None:
    """None while there is nothing to close."""
    if ticket.phase != Phase.RESOLVED:
        return None
    rule, request = rule_of(ticket), request_of(ticket)
    missing = missing_to_close(ticket, rule)
    if request is None:
        return Closing(missing, may_ask=not missing and not may_close(user, ticket, rule, None))
    waits_for = approvers(ticket, asker_of(request) or 0)
    return Closing(missing, request, may_approve(user, ticket, asked_by=asker_of(request)), waits_for=waits_for)


def waiting_requests() -> QuerySet[ClosingRequest]:
    return ClosingRequest.objects.filter(ticket__phase=Phase.RESOLVED)


def to_approve(user: User) -> list[Ticket]:
    """The tickets whose closing waits for the person, longest first."""
    if not user.is_agent or not waiting_requests().exists():
        return []
    rows = desk_tickets(user).filter(closing_request__isnull=False, phase=Phase.RESOLVED)
    parts = ("closing_request__by", "requester", "assignee", "team", "service")
    rows = rows.select_related(*parts).defer("description").order_by("closing_request__at", "pk")
    found = list(rows[:MOST_WAITING])
    leads = Leads(ticket.team_id for ticket in found)
    return [
        ticket for ticket in found if may_approve(user, ticket, leads=leads, asked_by=asker_of(ticket.closing_request))
    ]
