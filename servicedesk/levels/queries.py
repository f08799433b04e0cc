"""Which targets and which hours hold for a ticket. The settings are few rows, read at once for all tickets."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from json import dumps, loads
from zoneinfo import ZoneInfo

from django.conf import settings

from servicedesk.tickets.models import Ticket

from .calendar_json import hours_of
from .hours import Hours, due_at
from .models import Agreement, AgreementTarget, Calendar, Rank, RankTarget, ServiceLevel, TeamCalendar

_ALL_DAY = ((0, 24 * 60),)


@dataclass(frozen=True)
class Level:
    """What is promised for a ticket: minutes of first response and resolution, and the hours in which they count.
    `calendar` None: around the clock.
    """

    rank: Rank
    calendar: Calendar | None
    hours: Hours
    response_minutes: int
    resolution_minutes: int


@dataclass(frozen=True)
class Promise:
    """Minutes of an agreement for a priority, and the hours in which they count."""

    agreement: Agreement
    calendar: Calendar | None
    hours: Hours
    minutes: int


class Levels:
    """All settings of service levels, as they were when they were first asked for: two small reads, one more each where
    a ticket has a service or a team, two for agreements.
    """

    @cached_property
    def calendars(self) -> dict[int, Calendar]:
        return {calendar.pk: calendar for calendar in Calendar.objects.order_by()}

    @cached_property
    def targets(self) -> dict[tuple[int, int], RankTarget]:
        """(rank, priority) → its target."""
        return {(row.rank_id, row.priority): row for row in RankTarget.objects.select_related("rank").order_by()}

    @cached_property
    def services(self) -> dict[int, tuple[int, int | None]]:
        """service → (rank, its own calendar)."""
        rows = ServiceLevel.objects.values_list("service_id", "rank_id", "calendar_id")
        return {service: (rank, calendar) for service, rank, calendar in rows}

    @cached_property
    def teams(self) -> dict[int, int]:
        """team → calendar, where it is not the usual one."""
        return dict(TeamCalendar.objects.values_list("team_id", "calendar_id"))

    @cached_property
    def agreements(self) -> dict[int, Agreement]:
        return {each.pk: each for each in Agreement.objects.all()}

    @cached_property
    def promises(self) -> dict[tuple[int, int], int]:
        """(agreement, priority) → minutes."""
        rows = AgreementTarget.objects.values_list("agreement_id", "priority", "minutes")
        return {(agreement, priority): minutes for agreement, priority, minutes in rows}

    def of(self, ticket: Ticket) -> Level | None:
        """The level of a ticket by its service, team and priority; None where the rank has no target, or there is no
        usual rank. Out of use, a rank and a calendar still hold for what names them.
        """
        return self.at(ticket.service_id, ticket.team_id, ticket.priority)

    def at(self, service: int | None, team: int | None, priority: int) -> Level | None:
        rank, _own = self._service(service)
        target = self.targets.get((rank or self._usual_rank or 0, priority))
        if target is None:
            return None
        calendar, hours = self._hours(target.around_the_clock, self._calendar_of(service, team))
        return Level(target.rank, calendar, hours, target.response_minutes, target.resolution_minutes)

    def hours_of(self, ticket: Ticket) -> Hours:
        """The business hours of a ticket: its service's, else its team's, else the usual ones."""
        calendar = self._calendar_of(ticket.service_id, ticket.team_id)
        return parsed(calendar) if calendar else around_the_clock(settings.TIME_ZONE)

    def promise(self, agreement: int, ticket: Ticket) -> Promise | None:
        """What an agreement promises for a ticket; None where nothing is agreed for its priority."""
        found, minutes = self.agreements.get(agreement), self.promises.get((agreement, ticket.priority))
        if found is None or minutes is None:
            return None
        own = self.calendars.get(found.calendar_id or 0)
        calendar, hours = self._hours(found.around_the_clock, own or self._calendar_of(None, found.team_id))
        return Promise(found, calendar, hours, minutes)

    @cached_property
    def team_agreements(self) -> dict[int, int]:
        """team → its agreement in use."""
        return {one.team_id: one.pk for one in self.agreements.values() if one.team_id and one.is_active}

    @cached_property
    def usual_calendar(self) -> Calendar | None:
        return next((calendar for calendar in self.calendars.values() if calendar.is_default), None)

    @cached_property
    def _usual_rank(self) -> int | None:
        return next((target.rank_id for target in self.targets.values() if target.rank.is_default), None)

    def _calendar_of(self, service: int | None, team: int | None) -> Calendar | None:
        _rank, own = self._service(service)
        of_team = self.teams.get(team) if team and not own else None
        return self.calendars.get(own or of_team or 0) or self.usual_calendar

    def _service(self, service: int | None) -> tuple[int | None, int | None]:
        return self.services.get(service, (None, None)) if service else (None, None)

    def _hours(self, always: bool, calendar: Calendar | None) -> tuple[Calendar | None, Hours]:
        if always or calendar is None:
            usual = calendar or self.usual_calendar
            return None, around_the_clock(usual.timezone if usual else settings.TIME_ZONE)
        return calendar, parsed(calendar)


_read_once: ContextVar[Levels | None] = ContextVar("read_once", default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """Within the block `levels_now` reads the settings once: for one transaction that opens and moves hundreds of
    tickets and changes no setting.
    """
    before = _read_once.set(Levels())
    try:
        yield
    finally:
        _read_once.reset(before)


def levels_now() -> Levels:
    return _read_once.get() or Levels()


def hours_for(ticket: Ticket) -> Hours:
    """The business hours of a ticket: those of its service, else of its team, else the usual ones."""
    return levels_now().hours_of(ticket)


def usual_hours() -> Hours:
    """The business hours of the whole desk."""
    calendar = levels_now().usual_calendar
    return parsed(calendar) if calendar else around_the_clock(settings.TIME_ZONE)


def due_times(
    levels: Levels, service: int | None, team: int | None, priority: int, start: datetime
) -> tuple[datetime | None, datetime | None]:
    """(first response due, resolution due) of a new ticket; (None, None) when nothing is promised."""
    level = levels.at(service, team, priority)
    if level is None:
        return None, None
    return (
        due_at(level.hours, start, level.response_minutes).due_at.astimezone(UTC),
        due_at(level.hours, start, level.resolution_minutes).due_at.astimezone(UTC),
    )


def parsed(calendar: Calendar) -> Hours:
    """The hours of a calendar. Kept by what it says, because clocks ask for them by the thousand."""
    return _parsed(dumps(calendar.document, sort_keys=True))


@lru_cache(maxsize=200)
def _parsed(document: str) -> Hours:
    return hours_of(loads(document))


@lru_cache(maxsize=50)
def around_the_clock(zone: str) -> Hours:
    return Hours("24/7", str(ZoneInfo(zone)), (_ALL_DAY,) * 7)
