"""Who had a ticket, in which team and tier, and for how long. Read from its own events alone, as its clocks are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.models import Team, User
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.tiers import HANDED
from servicedesk.tickets.workflow import Phase, workflow_of
from servicedesk.web import formats

from .clocks import Happened, happened_to, moved_to
from .hours import business_time
from .queries import Levels


class Stay(NamedTuple):
    """A time in which one person, or nobody, of one team, or of none, had a ticket. `until` None: until now."""

    team: int | None
    person: int | None
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Spent:
    """Time on the clock, and how much of it was business time."""

    passed: timedelta = timedelta()
    business: timedelta = timedelta()

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.passed + other.passed, self.business + other.business)

    @property
    def words(self) -> tuple[str, str]:
        """In business hours, on the clock."""
        return formats.hours(int(self.business.total_seconds() // 60)), formats.duration(self.passed)


@dataclass(frozen=True)
class Holding:
    team: Team | None
    person: User | None
    since: datetime
    until: datetime | None
    spent: Spent


@dataclass(frozen=True)
class Holdings:
    """All stays, oldest first, and the sum of each tier."""

    stays: Sequence[Holding]
    tiers: Sequence[tuple[int | None, Spent]]

    @property
    def people(self) -> list[User]:
        return list({stay.person.pk: stay.person for stay in self.stays if stay.person}.values())

    @property
    def is_plain(self) -> bool:
        """Whether one person at most had it, in one team."""
        return len(self.people) < 2 and len({stay.team for stay in self.stays}) < 2

    @property
    def sums(self) -> list[tuple[str, Spent]]:
        """The tiers by their names."""
        return [(str(Team.Tier(tier).label) if tier else _("No team"), spent) for tier, spent in self.tiers]

    @property
    def whole(self) -> Spent:
        return sum((stay.spent for stay in self.stays), Spent())


def stays_of(ticket: Ticket, happened: Sequence[Happened]) -> list[Stay]:
    """The stays of a ticket, in order and without gaps while it was open; none while it was closed. Pure."""
    if not happened:
        return []
    workflow, stays = workflow_of(ticket.type), []
    team, person = _first(happened, "team", ticket.team_id), _first(happened, "assignee", ticket.assignee_id)
    last, since = happened[0].at, happened[0].at
    is_open = True

    def leave() -> None:
        if is_open and since < last:
            stays.append(Stay(team, person, since, last))

    for each in happened:
        last = max(last, each.at)  # what was brought in from elsewhere may have happened at any time
        status = moved_to(workflow, each)
        if status is not None and (status.phase != Phase.CLOSED) != is_open:
            leave()
            since, is_open = last, not is_open
        changes = _changes(each)
        if "team" in changes or "assignee" in changes:
            leave()
            since = last
            team, person = changes.get("team", (None, team))[1], changes.get("assignee", (None, person))[1]
    return [*stays, Stay(team, person, since, None)] if is_open else stays


def _changes(each: Happened) -> dict[str, tuple[int | None, int | None]]:
    """Ids before and after, of what the event changed."""
    if each.verb not in HANDED:
        return {}
    pairs = (each.data.get("changes") or {}).items()
    return {name: (_id(pair[0]), _id(pair[1])) for name, pair in pairs if name in ("team", "assignee") and pair}


def _id(kept: list | None) -> int | None:
    return kept[0] if kept else None


def _first(happened: Sequence[Happened], name: str, now: int | None) -> int | None:
    """What it was at the opening: what the first change says that it was before, else what it still is."""
    return next((changes[name][0] for each in happened if name in (changes := _changes(each))), now)


def holdings_of(ticket: Ticket, happened: Sequence[Happened] | None = None, levels: Levels | None = None) -> Holdings:
    """The stays with their names, times and sums. The tier of a team is the one that it has today. Events and settings
    may be at hand.
    """
    if happened is None:
        happened = happened_to([ticket.pk])[ticket.pk]
    stays, hours, now = stays_of(ticket, happened), (levels or Levels()).hours_of(ticket), timezone.now()
    teams = Team.objects.in_bulk({stay.team for stay in stays} - {None})
    people = User.objects.in_bulk({stay.person for stay in stays} - {None})
    found, tiers = [], defaultdict(Spent)
    for stay in stays:
        until = stay.until or max(now, stay.since)
        spent = Spent(until - stay.since, business_time(hours, stay.since, until))
        team = teams.get(stay.team or 0)
        found.append(Holding(team, people.get(stay.person or 0), stay.since, stay.until, spent))
        tiers[team.tier if team else None] += spent
    return Holdings(found, sorted(tiers.items(), key=lambda one: one[0] or 0))
