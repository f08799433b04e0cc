"""What the actions of rules ask of the desk before they say what they would change. A live run asks anew for its one
ticket; a trial run asks once for thousands, and remembers what it imagines to have done.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from django.db.models import Count

from cmdb.models import Service
from incidents.major.models import MajorProposal
from servicedesk.people.models import Membership, Role, Team, User
from servicedesk.people.queries import absent_ids
from servicedesk.priorities.queries import priority_for
from servicedesk.tickets.filters import UNRESOLVED
from servicedesk.tickets.models import Category, Ticket, TicketLink, TicketTag, Watcher
from servicedesk.tickets.queries import visible_tickets
from servicedesk.tickets.tiers import Handing, handings, ways_back, ways_from

from .models import Rotation

LEAST_LOADED, ROUND_ROBIN = "least_loaded", "round_robin"


class World:
    """The desk as the actions see it. `imagines`: nothing is done, so what would be done is kept in mind, and tickets
    that are closed by now count as they were: open. `at` is when it is done, for demo content.
    """

    imagines = False

    def __init__(self, rule_name: str = "", at: datetime | None = None) -> None:
        self.rule_name, self.at = rule_name, at

    # Small tables, read once.

    @cached_property
    def teams(self) -> dict[int, Team]:
        return {team.pk: team for team in Team.objects.select_related("lead__manager")}

    @cached_property
    def teams_by_code(self) -> dict[str, Team]:
        return {team.code: team for team in self.teams.values()}

    @cached_property
    def services(self) -> dict[int, Service]:
        return {service.pk: service for service in Service.objects.all()}

    @cached_property
    def services_by_code(self) -> dict[str, Service]:
        return {service.code: service for service in self.services.values()}

    @cached_property
    def categories(self) -> dict[int, Category]:
        return {category.pk: category for category in Category.objects.all()}

    @cached_property
    def categories_by_code(self) -> dict[str, Category]:
        return {category.code: category for category in self.categories.values()}

    @cached_property
    def _people(self) -> dict[str, User | None]:
        return {}

    def person(self, address: str) -> User | None:
        """Somebody by their main address, while they are here."""
        if address not in self._people:
            found = User.objects.filter(email__iexact=address, is_active=True).first()
            self._people[address] = found
        return self._people[address]

    @cached_property
    def _priorities(self) -> dict[tuple[int | None, int, int], int]:
        return {}

    def priority_of(self, service: Service | None, impact: int, urgency: int) -> int:
        """What the matrix says."""
        key = (service.pk if service else None, impact, urgency)
        if key not in self._priorities:
            self._priorities[key] = priority_for(service, impact, urgency)[0]
        return self._priorities[key]

    # Of a ticket.

    def is_open(self, ticket: Ticket) -> bool:
        return self.imagines or ticket.is_open

    def team_of(self, ticket: Ticket) -> Team | None:
        return self.teams.get(ticket.team_id or 0)

    def assignee_of(self, ticket: Ticket) -> User | None:
        return ticket.assignee

    def tags_of(self, ticket: Ticket) -> set[str]:
        return set(TicketTag.objects.filter(ticket=ticket).values_list("tag__name", flat=True))

    def watches(self, person: User, ticket: Ticket) -> bool:
        return Watcher.objects.filter(ticket=ticket, user=person).exists()

    def sees(self, person: User, ticket: Ticket) -> bool:
        return visible_tickets(person).filter(pk=ticket.pk).exists()

    def is_proposed(self, ticket: Ticket) -> bool:
        """Whether somebody or something said before that it is a major incident."""
        return MajorProposal.objects.filter(kind=MajorProposal.Kind.RULE, ticket=ticket).exists()

    def is_tied(self, ticket: Ticket, other: Ticket, kind: str) -> bool:
        ties = TicketLink.objects.filter(kind=kind)
        return (
            ties.filter(source=ticket, target=other).exists()
            or kind == TicketLink.Kind.RELATED
            and ties.filter(source=other, target=ticket).exists()
        )

    def ways_back(self, ticket: Ticket) -> list[Team]:
        """The teams to which it can be de-escalated, the one that escalated it last first."""
        return ways_back(ticket)

    def note_handed(self, ticket: Ticket, verb: str, team: Team) -> None:
        """That another team would have it, before it is noted on the ticket at hand."""

    # Who takes it.

    def present(self, team: Team) -> list[User]:
        """Those who belong to a team, work on tickets and are here today, in a fixed order."""
        return self._present[team.pk]

    @cached_property
    def _present(self) -> defaultdict[int, list[User]]:
        away, found = absent_ids(), defaultdict(list)
        rows = Membership.objects.filter(user__is_active=True, user__role_rows__role__in=[Role.AGENT, Role.LEAD])
        for row in rows.select_related("user").distinct().order_by("user_id"):
            if row.user_id not in away:
                found[row.team_id].append(row.user)
        return found

    def pick(self, team: Team, how: str) -> User | None:
        """Who of a team is next: whoever has the fewest unresolved tickets, or whose turn it is. None while nobody is
        here.
        """
        people = self.present(team)
        if not people:
            return None
        last = self._last_of(team)
        if how == ROUND_ROBIN:
            return next((one for one in people if one.pk > last), people[0])
        loads = self._loads_of(people)
        # Of those with as little, whose turn it would be: otherwise the first in the list gets all mornings.
        return min(people, key=lambda one: (loads[one.pk], one.pk <= last, one.pk))

    def note_pick(self, team: Team, person: User) -> None:
        Rotation.objects.filter(team=team).update(last=person)

    def _last_of(self, team: Team) -> int:
        """The last one who was picked; holds the team's row until the ticket is theirs."""
        Rotation.objects.get_or_create(team=team)
        return Rotation.objects.select_for_update().get(team=team).last_id or 0

    def _loads_of(self, people: Iterable[User]) -> Counter[int]:
        rows = Ticket.objects.filter(UNRESOLVED, assignee__in=list(people)).order_by()
        return Counter(dict(rows.values_list("assignee").annotate(count=Count("pk"))))


class Imagined(World):
    """The desk of a trial run. `look_at` brings what the tickets of a batch have, before they are asked about."""

    imagines = True

    def __init__(self, rule_name: str = "") -> None:
        super().__init__(rule_name)
        self._loads: Counter[int] = Counter()
        self._known: set[int] = set()
        self._last: dict[int, int] = {}
        self._seen: dict[int, set[int]] = {}
        self._requesters: set[int] = set()
        self._assignees: set[int | None] = set()
        self._ids: list[int] = []
        self._would_be_handed: defaultdict[int, list[Handing]] = defaultdict(list)

    def look_at(self, tickets: Iterable[Ticket]) -> None:
        tickets = list(tickets)
        self._ids = [ticket.pk for ticket in tickets]
        self._requesters = {ticket.requester_id for ticket in tickets}
        self._assignees = {ticket.assignee_id for ticket in tickets} - {None}
        self._seen.clear()
        self._would_be_handed.clear()
        for name in (
            "_tags_of_batch",
            "_watchers_of_batch",
            "_proposed_of_batch",
            "_addresses",
            "_assigned",
            "_handed",
        ):
            self.__dict__.pop(name, None)

    @cached_property
    def _addresses(self) -> dict[int, str]:
        return dict(User.objects.filter(pk__in=self._requesters).values_list("pk", "email"))

    @cached_property
    def _assigned(self) -> dict[int, User]:
        return User.objects.in_bulk(self._assignees)

    def assignee_of(self, ticket: Ticket) -> User | None:
        """Whoever has it, or would have it by now."""
        return self._assigned.get(ticket.assignee_id or 0) or (ticket.assignee if ticket.assignee_id else None)

    def address_of(self, requester: int) -> str:
        return self._addresses[requester]

    @cached_property
    def _tags_of_batch(self) -> defaultdict[int, set[str]]:
        found = defaultdict(set)
        for ticket, name in TicketTag.objects.filter(ticket__in=self._ids).values_list("ticket_id", "tag__name"):
            found[ticket].add(name)
        return found

    @cached_property
    def _watchers_of_batch(self) -> set[tuple[int, int]]:
        return set(Watcher.objects.filter(ticket__in=self._ids).values_list("ticket_id", "user_id"))

    def tags_of(self, ticket: Ticket) -> set[str]:
        return self._tags_of_batch[ticket.pk]

    def watches(self, person: User, ticket: Ticket) -> bool:
        return (ticket.pk, person.pk) in self._watchers_of_batch

    @cached_property
    def _proposed_of_batch(self) -> set[int | None]:
        rows = MajorProposal.objects.filter(kind=MajorProposal.Kind.RULE, ticket__in=self._ids)
        return set(rows.values_list("ticket_id", flat=True))

    def is_proposed(self, ticket: Ticket) -> bool:
        return ticket.pk in self._proposed_of_batch

    @cached_property
    def _handed(self) -> dict[int, list[Handing]]:
        return handings(self._ids)

    def ways_back(self, ticket: Ticket) -> list[Team]:
        team = self.team_of(ticket)
        if team is None:
            return []
        handed = self._handed[ticket.pk] + self._would_be_handed[ticket.pk]
        return ways_from(team, handed, lambda had: [one for one in self.teams.values() if one.pk in had])

    def note_handed(self, ticket: Ticket, verb: str, team: Team) -> None:
        self._would_be_handed[ticket.pk].append((verb, ticket.team_id, team.pk))

    def sees(self, person: User, ticket: Ticket) -> bool:
        if person.pk not in self._seen:
            rows = visible_tickets(person).filter(pk__in=self._ids)
            self._seen[person.pk] = set(rows.values_list("pk", flat=True))
        return ticket.pk in self._seen[person.pk]

    def note_pick(self, team: Team, person: User) -> None:
        self._last[team.pk] = person.pk
        self._loads[person.pk] += 1

    def _last_of(self, team: Team) -> int:
        if team.pk not in self._last:
            row = Rotation.objects.filter(team=team).first()
            self._last[team.pk] = row.last_id or 0 if row else 0
        return self._last[team.pk]

    def _loads_of(self, people: Iterable[User]) -> Counter[int]:
        new = [one for one in people if one.pk not in self._known]
        if new:
            self._loads.update(super()._loads_of(new))
            self._known.update(one.pk for one in new)
        return self._loads
