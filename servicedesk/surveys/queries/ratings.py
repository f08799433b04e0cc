"""Reads of ratings: who may still give one, and what was given, as far as its reader sees the tickets."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from servicedesk.people.models import Team, User
from servicedesk.people.queries import get_or_404
from servicedesk.tickets.models import Channel, Ticket
from servicedesk.tickets.queries import visible_tickets

from ..models import Rating, RatingAsked, RatingSettings
from ..tokens import read_rating_token

CLOSED = "closed"
# Tickets of which nobody is asked: machines made them, they come out of another system's past, or there is nobody to
# ask. Another channel without a person is one more word here.
CHANNELS_NEVER_ASKED = (Channel.ALERT.value, "import")
NEVER_ASKED = (
    Q(channel__in=CHANNELS_NEVER_ASKED)
    | Q(requester__is_guest=True)
    | Q(requester__email="")
    | Q(requester__is_active=False)
    | Q(merged_into__isnull=False)
)


def rating_settings() -> RatingSettings:
    return RatingSettings.objects.filter(pk=1).first() or RatingSettings(pk=1)


def to_be_asked(tickets: Collection[int], settings: RatingSettings) -> QuerySet[Ticket]:
    """Those of closed tickets whose requester is asked."""
    found = Ticket.objects.filter(pk__in=tickets, status=CLOSED, type__in=settings.kinds)
    found = found.exclude(NEVER_ASKED).select_related("requester").order_by("closed_at", "pk")
    return found if settings.is_on else found.none()


def was_asked_lately(person: int, other_than: int, settings: RatingSettings, now: datetime) -> bool:
    if not settings.pause_days:
        return False
    since = now - timedelta(days=settings.pause_days)
    return RatingAsked.objects.filter(person=person, at__gt=since).exclude(pk=other_than).exists()


def rating_of(ticket: Ticket, person: User) -> Rating | None:
    return Rating.objects.filter(ticket=ticket, person=person).first()


def may_rate_now(ticket: Ticket, rating: Rating | None, settings: RatingSettings, now: datetime | None = None) -> bool:
    """Whether a closed ticket can be rated at a moment, or its rating changed: a new closing asks anew."""
    if ticket.status != CLOSED or ticket.closed_at is None:
        return False
    now = now or timezone.now()
    if now > ticket.closed_at + timedelta(days=settings.answer_days):
        return False
    if rating is None or rating.changed_at < ticket.closed_at:
        return True
    return now <= rating.at + timedelta(days=settings.change_days)


def asked_by_token(token: str) -> tuple[RatingAsked, int] | None:
    """(what was asked, the mark that was clicked) of a link that still works, else None: whatever is wrong with it
    looks the same. Somebody else's ticket by now, a ticket that was taken up again and one whose person has lost sight
    of it are as nothing.
    """
    settings = rating_settings()
    said = read_rating_token(token, settings.answer_days) if settings.is_on else None
    if said is None:
        return None
    rows = RatingAsked.objects.select_related("ticket", "person")
    asked = rows.filter(ticket=said[0], person=said[1], ticket__requester=said[1], person__is_active=True).first()
    if asked is None or not may_rate_now(asked.ticket, rating_of(asked.ticket, asked.person), settings):
        return None
    if not visible_tickets(asked.person).filter(pk=asked.ticket_id).exists():
        return None
    return asked, said[2]


def ratings_waiting(person: User, most: int = 3) -> list[RatingAsked]:
    """The person's own closed tickets of the last days that they were asked of and have not rated."""
    settings = rating_settings()
    if not settings.is_on:
        return []
    since = timezone.now() - timedelta(days=min(settings.answer_days, 14))
    rows = RatingAsked.objects.filter(
        person=person, at__gt=since, ticket__status=CLOSED, ticket__requester=person
    ).exclude(ticket__ratings__person=person)
    return list(rows.select_related("ticket").order_by("-at", "-pk")[:most])


# --- what was given -------------------------------------------------------------------------------------------------


def visible_ratings(user: User) -> QuerySet[Rating]:
    """Of the tickets that the person sees: a lead those of their teams, an administrator all; newest first."""
    rows = Rating.objects.filter(ticket__in=visible_tickets(user)).select_related("ticket__team", "person")
    rows = rows.order_by("-at", "-id")
    if not user.may("ratings.see"):
        return rows.none()
    return rows if user.is_administrator else rows.filter(ticket__team__lead=user)


def get_rating(user: User, pk: int) -> Rating:
    """One whose words may be erased: what a lead or administrator reads, and everybody's own."""
    own = Q(person=user)
    seen = Q(pk__in=visible_ratings(user).values("pk"))
    return get_or_404(Rating.objects.filter(own | seen).select_related("ticket", "person"), pk=pk)


def ratings_of_ticket(ticket: Ticket) -> list[Rating]:
    """For whoever works on the ticket."""
    return list(ticket.ratings.select_related("person"))


def teams_of(user: User) -> QuerySet[Team]:
    rows = Team.objects.filter(is_active=True).order_by("name", "pk")
    return rows if user.is_administrator else rows.filter(lead=user)


@dataclass
class OfTeam:
    """What a team's requesters said in a time. `answered` counts ratings of tickets that were asked about in it."""

    team: Team | None
    asked: int = 0
    answered: int = 0
    marks: dict[int, int] = field(default_factory=lambda: dict.fromkeys((5, 4, 3, 2, 1), 0))

    @property
    def count(self) -> int:
        return sum(self.marks.values())

    @property
    def average(self) -> float | None:
        return sum(mark * count for mark, count in self.marks.items()) / self.count if self.count else None

    @property
    def share(self) -> float | None:
        """Of those who were asked, in percent."""
        return 100 * self.answered / self.asked if self.asked else None


def by_team(user: User, since: datetime | None) -> list[OfTeam]:
    """Per team by name: two reads however many ratings there are. Teams without any are left out."""
    rows = visible_ratings(user).order_by()
    asked = RatingAsked.objects.filter(ticket__in=visible_tickets(user)).order_by()
    if not user.may("ratings.see"):
        return []
    if not user.is_administrator:
        asked = asked.filter(ticket__team__lead=user)
    if since is not None:
        rows, asked = rows.filter(at__gte=since), asked.filter(at__gte=since)
    teams = {team.pk: team for team in Team.objects.all()}
    found: dict[int | None, OfTeam] = {}

    def of(pk: int | None) -> OfTeam:
        return found.setdefault(pk, OfTeam(teams.get(pk) if pk is not None else None))

    for team, mark, count in rows.values_list("ticket__team", "mark").annotate(count=Count("pk")):
        of(team).marks[mark] += count
    answered = Q(ticket__ratings__isnull=False)
    counts = asked.values_list("ticket__team").annotate(
        count=Count("pk", distinct=True), answered=Count("pk", distinct=True, filter=answered)
    )
    for team, count, has in counts:
        one = of(team)
        one.asked, one.answered = count, has
    return sorted(found.values(), key=lambda one: (one.team is None, one.team.name if one.team else ""))
