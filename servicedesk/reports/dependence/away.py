"""What would wait if somebody were away: topics that nobody else is there for, and open tickets. Saves nothing."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.models import Absence, User
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import for_list, seen_by
from servicedesk.tickets.workflow import Phase
from servicedesk.web.errors import Refused

from .queries import Desk
from .topics import Key, Topic

MOST_LISTED = 50
MOST_DAYS = 366
WORKED_ON = (Phase.NEW, Phase.ACTIVE, Phase.WAITING)


@dataclass(frozen=True)
class Waits:
    """A topic that the person knows: who else of the team does, and on which days none of them is there."""

    topic: Topic
    others: frozenset[int]
    days: Sequence[date]

    @property
    def first(self) -> date:
        return self.days[0]

    @property
    def last(self) -> date:
        return self.days[-1]


@dataclass(frozen=True)
class Away:
    """`waiting` are the topics without anybody on some days, `covered` the others. `tickets` are all open ones that
    would wait: `own` of the person, and those of the topics that wait; `seen` those that the reader sees. `load` has
    the open tickets of whoever else knows a topic.
    """

    person: User
    first: date
    until: date
    waiting: Sequence[Waits]
    covered: Sequence[Waits]
    tickets: int
    own: int
    seen: int
    listed: Sequence[Ticket]
    load: dict[int, int]
    absences: Sequence[Absence]


def check_days(first: date, until: date) -> None:
    """Refuses days in the wrong order, over, or too many."""
    if until < first:
        raise Refused(_("The last day is before the first."), field="until")
    if until < timezone.localdate():
        raise Refused(_("These days are over. Choose days that are still to come."), field="until")
    if (until - first).days >= MOST_DAYS:
        raise Refused(_("Ask for a year at most."), field="until")


def if_away(reader: User, desk: Desk, person: User, first: date, until: date) -> Away:
    """Four queries beside those of the topics, whatever there is."""
    known = [topic for topic in desk.topics if person.pk in topic.by]
    others = {topic.key: topic.versed - {person.pk} for topic in known}
    everybody = frozenset().union(*others.values())
    absences = absences_between(everybody | {person.pk}, first, until)
    absent = _days_away(absences)
    found = [Waits(topic, others[topic.key], _nobody(others[topic.key], absent, first, until)) for topic in known]
    waiting = [each for each in found if each.days]
    rows = Ticket.objects.filter(
        reduce(or_, map(_about, (each.topic.key for each in waiting)), Q(assignee=person)),
        closed_at__isnull=True, phase__in=WORKED_ON,
    )  # fmt: skip
    seen = Q(pk__in=Ticket.objects.filter(seen_by(reader)).values("pk"))
    counts = rows.aggregate(
        tickets=Count("pk"), own=Count("pk", filter=Q(assignee=person)), seen=Count("pk", filter=seen)
    )
    return Away(
        person=person, first=first, until=until, waiting=waiting,
        covered=[each for each in found if not each.days],
        listed=list(for_list(rows.filter(seen)).order_by("priority", "created_at", "id")[:MOST_LISTED]),
        load=open_tickets_of(everybody), absences=absences, **counts,
    )  # fmt: skip


def _about(key: Key) -> Q:
    return Q(service=key.service, category=key.category)


def _days_away(absences: Iterable[Absence]) -> dict[int, list[tuple[date, date]]]:
    found = defaultdict(list)
    for row in absences:
        found[row.user_id].append((row.from_on, row.until_on))
    return found


def _nobody(
    people: Collection[int], absent: dict[int, list[tuple[date, date]]], first: date, until: date
) -> list[date]:
    """The days on which none of them is there."""

    def is_there(pk: int, day: date) -> bool:
        return not any(begins <= day <= ends for begins, ends in absent.get(pk, ()))

    days = (first + timedelta(days=place) for place in range((until - first).days + 1))
    return [day for day in days if not any(is_there(pk, day) for pk in people)]


def absences_between(people: Collection[int], first: date, until: date) -> list[Absence]:
    """Absences of these people that touch the days, by first day."""
    rows: QuerySet[Absence] = Absence.objects.filter(user__in=people, from_on__lte=until, until_on__gte=first)
    return list(rows.select_related("user", "deputy").order_by("from_on", "user__reading", "user__name", "id"))


def open_tickets_of(people: Collection[int]) -> dict[int, int]:
    """How many open tickets each has now. One query."""
    rows = Ticket.objects.filter(assignee__in=people, closed_at__isnull=True, phase__in=WORKED_ON)
    counted = dict(rows.order_by().values_list("assignee").annotate(Count("pk")))
    return {pk: counted.get(pk, 0) for pk in people}
