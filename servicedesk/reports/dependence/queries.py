"""Reads of person-dependence: topics from the facts of tickets, whose names one sees, and proposals."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import CharField, Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from cmdb.models import Service
from servicedesk.desk.models import ReplyTemplate
from servicedesk.people.models import Absence, AuditEntry, Membership, Team, User
from servicedesk.people.queries import agents, get_or_404
from servicedesk.tickets.models import Category
from servicedesk.web.errors import Refused

from ..models import DependenceProposal, TicketFact
from ..months import Period, Year, after, company_zone
from .topics import Key, Person, Span, Templates, Topic

MONTHS = (3, 6, 12)
USUAL_MONTHS = 6


def span_of(months: int, now: datetime | None = None) -> Span:
    """So many months back from now, from the beginning of the day of that number."""
    end = now or timezone.now()
    today = end.astimezone(company_zone()).date()
    month = after(today.replace(day=1), -months)
    last = (after(month) - timedelta(days=1)).day
    since = month.replace(day=min(today.day, last))
    return Span(months, since, datetime.combine(since, time(), company_zone()), end)


def span_until(year: Year, month: date, months: int = USUAL_MONTHS) -> Span:
    """The company's months that end with `month`."""
    period = Period(after(month, 1 - months), month)
    return Span(months, year.days(period)[0], *year.moments(period))


@dataclass(frozen=True)
class Desk:
    """What was resolved in a span: topics by service and category, and by service alone, those of the most risk and
    hours first; and everybody whom they name.
    """

    span: Span
    topics: list[Topic]
    services: list[Topic]
    people: Mapping[int, Person]

    def of(self, *, whole: bool, team: int | None = None) -> list[Topic]:
        found = self.services if whole else self.topics
        return [topic for topic in found if topic.team == team] if team else found

    def topic(self, key: Key) -> Topic | None:
        return next((topic for topic in self.of(whole=key.whole) if topic.key == key), None)


def dependence(span: Span) -> Desk:
    """All topics of a span. Eight queries, whatever there is: the facts are summed up by the database.

    What nobody in person resolved hangs on nobody and is left out, and so is what has neither service nor category.
    """
    rows = list(
        TicketFact.objects.filter(resolved_at__gte=span.first, resolved_at__lt=span.end, resolver__isnull=False)
        .exclude(service__isnull=True, category__isnull=True)
        .values_list("service_id", "category_id", "team_id", "resolver_id")
        .annotate(tickets=Count("pk"), minutes=Sum("work_minutes"))
        .order_by()
    )
    counted: dict[Key, _Counted] = defaultdict(_Counted)
    for service, category, team, resolver, tickets, minutes in rows:
        counted[Key(service, category)].add(team, resolver, tickets, minutes)
        if service:
            counted[Key(service, None, True)].add(team, resolver, tickets, minutes)
    world = _World({key.service for key in counted}, {key.category for key in counted}, counted)
    topics = sorted((world.topic(key, of) for key, of in counted.items()), key=lambda topic: topic.place)
    parts = [topic for topic in topics if not topic.key.whole]
    return Desk(span, parts, [topic for topic in topics if topic.key.whole], world.people)


class _Counted:
    """The sums of a topic."""

    def __init__(self) -> None:
        self.by: Counter[int] = Counter()
        self.teams: Counter[int] = Counter()
        self.minutes = 0

    def add(self, team: int | None, resolver: int, tickets: int, minutes: int) -> None:
        self.by[resolver] += tickets
        self.minutes += minutes
        if team:
            self.teams[team] += tickets


class _World:
    """What topics need beside their sums, read at once."""

    def __init__(self, services: set[int | None], categories: set[int | None], counted: Mapping[Key, _Counted]) -> None:
        today = timezone.localdate()
        self.services = Service.objects.in_bulk([pk for pk in services if pk])
        self.categories = Category.objects.in_bulk([pk for pk in categories if pk])
        self.teams = Team.objects.in_bulk()
        self.members: dict[int, set[int]] = defaultdict(set)
        for team_id, user_id in Membership.objects.values_list("team_id", "user_id"):
            self.members[team_id].add(user_id)
        for team in self.teams.values():
            if team.lead_id:
                self.members[team.pk].add(team.lead_id)
        known = {pk for of in counted.values() for pk in of.by} | set().union(*self.members.values())
        self.people = {
            row.pk: Person(row.pk, row.display_name, row.reading, row.is_active)
            for row in User.objects.filter(pk__in=known).only("name", "reading", "email", "is_active")
        }
        self.standing_in: dict[int, set[int]] = defaultdict(set)
        named = Absence.objects.filter(until_on__gte=today, deputy__is_active=True)
        for user_id, deputy_id in named.values_list("user_id", "deputy_id"):
            self.standing_in[user_id].add(deputy_id)
        self.templates = templates_of_teams()

    def topic(self, key: Key, of: _Counted) -> Topic:
        service = self.services.get(key.service)
        team = self._team(service, of)
        here = {pk for pk in self.members.get(team.pk if team else 0, ()) if self._is_here(pk)}
        first = min(of.by, key=lambda pk: (-of.by[pk], pk))
        return Topic(
            key=key,
            name=self._name(key),
            by=dict(of.by),
            minutes=of.minutes,
            gone=sum(count for pk, count in of.by.items() if not self._is_here(pk)),
            team=team.pk if team else None,
            team_name=str(team) if team else "",
            members=frozenset(here),
            standing_in=frozenset(self.standing_in.get(first, ())),
            templates=self.templates.get(team.pk, Templates()) if team else Templates(),
        )

    def _team(self, service: Service | None, of: _Counted) -> Team | None:
        """That of most of its tickets; without any, that of the service."""
        if of.teams:
            return self.teams.get(min(of.teams, key=lambda pk: (-of.teams[pk], pk)))
        return self.teams.get(service.team_id) if service else None

    def _is_here(self, pk: int) -> bool:
        person = self.people.get(pk)
        return person is not None and person.is_here

    def _name(self, key: Key) -> str:
        service, category = self.services.get(key.service), self.categories.get(key.category)
        name = str(service or _("gone"))
        if key.whole:
            return name
        if key.category is None:
            return _("%(service)s, without a category") % {"service": name}
        of = str(category or _("gone"))
        return f"{name} · {of}" if key.service else of


def templates_of_teams() -> dict[int, Templates]:
    """The reply templates in use of each team, and when they were last changed as the audit log says. One query."""
    last = AuditEntry.objects.filter(
        object_type=ReplyTemplate._meta.label_lower, object_id=Cast(OuterRef("pk"), CharField())
    ).order_by("-id")
    rows = (
        ReplyTemplate.objects.filter(is_active=True, team__isnull=False)
        .annotate(changed=Subquery(last.values("at")[:1]))
        .order_by()
        .values("team_id")
        .annotate(count=Count("pk"), oldest=Min("changed"), newest=Max("changed"))
    )
    return {row["team_id"]: Templates(row["count"], row["oldest"], row["newest"]) for row in rows}


# --- names ----------------------------------------------------------------------------------------------------------


def named_to(user: User) -> set[int] | None:
    """Ids of the people whose names somebody sees beside numbers; None: everybody's. The rule `dependence.names`."""
    if user.is_administrator:
        return None
    if not user.is_lead:
        return set()
    led = Membership.objects.filter(team__lead=user, team__is_active=True)
    return set(led.values_list("user_id", flat=True))


def people_to_choose(user: User) -> QuerySet[User]:
    """Of whom somebody may ask what waits while they are away: those whose names they see, and themselves."""
    named = named_to(user)
    rows = agents() if named is None else User.objects.filter(is_active=True, pk__in=named)
    return User.objects.filter(Q(pk__in=rows.values("pk")) | Q(pk=user.pk))


def person_to_ask_of(user: User, person: User) -> User:
    """The same person; refuses one of whom somebody may not ask."""
    if not people_to_choose(user).filter(pk=person.pk).exists():
        raise Refused(_("You cannot ask this of that person."), field="person")
    return person


# --- proposals ------------------------------------------------------------------------------------------------------


def key_of(proposal: DependenceProposal) -> Key:
    return Key(proposal.service_id, proposal.category_id, proposal.whole)


def visible_proposals(user: User) -> QuerySet[DependenceProposal]:
    """All for readers of reports, their own for others; by date."""
    rows = DependenceProposal.objects.select_related("service", "category", "owner", "created_by")
    rows = rows.order_by("due_on", "id")
    return rows if user.may("reports.see") else rows.filter(owner=user)


def get_proposal(user: User, pk: int) -> DependenceProposal:
    return get_or_404(visible_proposals(user), pk=pk)


def find_proposals(user: User, *, state: str = "open", kind: str = "", mine: bool = False) -> QuerySet:
    rows = visible_proposals(user)
    if state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    return rows.filter(owner=user) if mine else rows


def open_kinds() -> set[tuple[Key, str]]:
    """(topic, kind) of all that is agreed on and not ended. One query."""
    rows = DependenceProposal.objects.filter(state="open").values_list("service_id", "category_id", "whole", "kind")
    return {(Key(service, category, whole), kind) for service, category, whole, kind in rows}


def desks_for(proposals: Iterable[DependenceProposal]) -> dict[int, Desk]:
    """The topics of today over the spans with which the proposals are compared, at most three."""
    return {months: dependence(span_of(months)) for months in sorted({row.months for row in proposals})}


def due_proposals(today: date) -> QuerySet[DependenceProposal]:
    """Open ones whose date has come, of which their owner was not reminded."""
    rows = DependenceProposal.objects.filter(state="open", due_on__lte=today)
    return rows.exclude(reminded_for=F("due_on")).order_by("due_on", "id")
