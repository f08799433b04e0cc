"""How the work of a team stands: numbers per person, each with the address of the list behind it.

A number and its list ask the same condition of the same tickets (`tickets.filters`), so they cannot differ.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.people.models import Absence, Team, User
from servicedesk.people.queries import absences_on
from servicedesk.tickets import filters
from servicedesk.tickets.models import OPEN, Ticket
from servicedesk.tickets.queries import desk_tickets, for_list

STALE_DAYS = 5
MOST_LISTED = 30


@dataclass(frozen=True)
class Measure:
    """What is counted: `asks` are words of the queue's address. `is_bad`: any is a reason to look; `is_open`: only
    open tickets have it, so that they are counted together."""

    name: str
    label: Promise
    asks: str
    is_bad: bool = False
    is_open: bool = True

    @property
    def words(self) -> str:
        return str(self.label) % {"days": STALE_DAYS}


MEASURES = (
    Measure("open", pgettext_lazy("tickets", "Open"), "view=all"),
    Measure("urgent", _("P1 and P2"), "view=all&priority=1&priority=2"),
    Measure("late", _("Late"), "view=all&due=late", is_bad=True),
    Measure("today", _("Due today"), "view=all&due=today"),
    Measure("waiting", _("Waiting"), "view=waiting"),
    Measure("stale", _("Unchanged for %(days)d days"), f"view=all&unchanged={STALE_DAYS}", is_bad=True),
    Measure("reopened", _("Reopened"), "view=all&reopened=yes"),
    Measure("in", _("Came in today"), "view=every&since=today", is_open=False),
    Measure("out", _("Resolved today"), "view=done&resolved=today", is_open=False),
)
# (label, from how many days ago, until how many days ago); both ends belong to it, None is any time before.
AGES = (
    (_("Up to 1 day"), 1, 0),
    (_("2 to 7 days"), 7, 2),
    (_("8 to 30 days"), 30, 8),
    (_("Over 30 days"), None, 31),
)


@dataclass
class Number:
    count: int
    url: str
    measure: Measure | None = None
    label: object = ""

    @property
    def words(self) -> str:
        return self.measure.words if self.measure else str(self.label)


@dataclass
class Person:
    """A line of the table; `person` is None for what nobody has."""

    person: User | None
    numbers: list[Number]
    absence: Absence | None = None
    key: str = ""


@dataclass
class Standing:
    team: Team
    totals: list[Number] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    ages: list[Number] = field(default_factory=list)


def standing_of(user: User, team: Team) -> Standing:
    """The numbers of a team for somebody who may see them, by seven queries however many people and tickets there
    are.
    """
    tickets = desk_tickets(user).filter(team=team)
    columns = _per_assignee(user, tickets, [each for each in MEASURES if each.is_open])
    for measure in MEASURES:
        if not measure.is_open:
            columns |= _per_assignee(user, tickets, [measure])
    absences = {absence.user_id: absence for absence in absences_on(timezone.localdate())}
    members = list(team.members.filter(is_active=True).order_by("reading", "name", "id"))
    known = {person.pk for person in members}
    others = {pk for counts in columns.values() for pk in counts if pk is not None} - known
    members += User.objects.filter(pk__in=others).order_by("reading", "name", "id")

    def line(person: User | None, key: str = "") -> Person:
        pk = person.pk if person else None
        who = f"&assignee={pk or 'none'}"
        numbers = [Number(columns[each.name].get(pk, 0), _address(team, each.asks + who), each) for each in MEASURES]
        return Person(person, numbers, absences.get(pk) if pk else None, key)

    lines = [line(person, str(n) if n < 10 else "") for n, person in enumerate(members, 1)]
    totals = [Number(sum(columns[each.name].values()), _address(team, each.asks), each) for each in MEASURES]
    return Standing(team, totals, [line(None), *lines], _ages(user, tickets, team))


def _condition(user: User, asks: str):
    return filters.read(user, QueryDict(asks)).which


def _per_assignee(user: User, tickets: QuerySet[Ticket], measures: list[Measure]) -> dict[str, dict[int | None, int]]:
    """By name of the measure how many tickets each person has; None is nobody."""
    conditions = {f"number_{each.name}": _condition(user, each.asks) for each in measures}
    # Said as such, because PostgreSQL does not see in the conditions that all of them are about what is open.
    wanted = OPEN if measures[0].is_open else conditions[f"number_{measures[0].name}"]
    rows = tickets.filter(wanted).order_by().values("assignee")
    counted = list(rows.annotate(**{name: Count("pk", filter=which) for name, which in conditions.items()}))
    return {
        each.name: {row["assignee"]: row[f"number_{each.name}"] for row in counted if row[f"number_{each.name}"]}
        for each in measures
    }


def _ages(user: User, tickets: QuerySet[Ticket], team: Team) -> list[Number]:
    today = timezone.localdate()
    asked = {}
    for place, (_label, since, until) in enumerate(AGES):
        asks = "view=all" + (f"&since={today - timedelta(days=since)}" if since is not None else "")
        asked[f"age_{place}"] = asks + (f"&until={today - timedelta(days=until)}" if until else "")
    counts = tickets.filter(OPEN).aggregate(
        **{name: Count("pk", filter=_condition(user, asks)) for name, asks in asked.items()}
    )
    return [
        Number(counts[name], _address(team, asks), label=AGES[place][0])
        for place, (name, asks) in enumerate(asked.items())
    ]


def _address(team: Team, asks: str) -> str:
    return f"{reverse('desk:queue')}?{asks}&team={quote(team.code)}"


def to_share_out(user: User, team: Team, person: User | None) -> Iterable[Ticket]:
    """The unresolved tickets that somebody, or nobody, has, most urgent first: at most 30."""
    rows = desk_tickets(user).filter(filters.UNRESOLVED, team=team, assignee=person)
    return for_list(rows).order_by("priority", "created_at", "id")[:MOST_LISTED]
