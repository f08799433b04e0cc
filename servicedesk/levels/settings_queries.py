"""Reads of the settings: calendars, ranks and agreements as their pages and the API show them."""

from collections.abc import Iterable

from django.db.models import Prefetch, QuerySet

from cmdb.models import Service
from servicedesk.people.models import Team

from .models import Agreement, AgreementTarget, Calendar, Rank, RankTarget, ServiceLevel, TeamCalendar


def calendars() -> QuerySet[Calendar]:
    """All calendars with who works by them: the usual one first, those out of use last."""
    return Calendar.objects.order_by("-is_active", "-is_default", "name", "id").prefetch_related(
        Prefetch("teams", TeamCalendar.objects.select_related("team").order_by("team__name")),
        Prefetch("services", ServiceLevel.objects.select_related("service").order_by("service__name")),
        Prefetch("agreements", Agreement.objects.filter(is_active=True).order_by("name")),
    )


def calendar_by_id(pk: int) -> Calendar | None:
    return Calendar.objects.filter(pk=pk).first()


def calendar_by_name(name: str) -> Calendar | None:
    return Calendar.objects.filter(name=name).first()


def usual_calendar() -> Calendar:
    return Calendar.objects.get(is_default=True)


def users_of(calendar: Calendar) -> list[str]:
    """The names of the teams, services and agreements that work by a calendar."""
    return [
        *(str(row.team) for row in calendar.teams.select_related("team").order_by("team__name")),
        *(str(row.service) for row in calendar.services.select_related("service").order_by("service__name")),
        *(str(row) for row in calendar.agreements.filter(is_active=True)),
    ]


def teams_with_calendar() -> QuerySet[Team]:
    """Teams in use with the calendar that each has of its own."""
    return Team.objects.filter(is_active=True).select_related("team_calendar__calendar").order_by("name", "id")


def ranks() -> QuerySet[Rank]:
    """All ranks in their order, those out of use last, with targets and services."""
    return Rank.objects.order_by("-is_active", "place", "id").prefetch_related(
        Prefetch("targets", RankTarget.objects.order_by("priority")),
        Prefetch("services", ServiceLevel.objects.select_related("service").order_by("service__name")),
    )


def rank_by_id(pk: int) -> Rank | None:
    return Rank.objects.filter(pk=pk).first()


def rank_by_name(name: str) -> Rank | None:
    return Rank.objects.filter(name=name.strip()).first()


def services_with_level() -> QuerySet[Service]:
    """Services in use with rank and calendar."""
    return (
        Service.objects.filter(is_active=True)
        .select_related("level__rank", "level__calendar", "team")
        .order_by("name", "id")
    )


def agreements() -> QuerySet[Agreement]:
    return (
        Agreement.objects.select_related("team", "calendar")
        .prefetch_related(Prefetch("targets", AgreementTarget.objects.order_by("priority")))
        .order_by("-is_active", "name", "id")
    )


def longest_target() -> int:
    """The most minutes of business time that anything promises."""
    ranked = RankTarget.objects.filter(around_the_clock=False).values_list("resolution_minutes", flat=True)
    agreed = AgreementTarget.objects.filter(agreement__around_the_clock=False).values_list("minutes", flat=True)
    return max(_all(ranked, agreed), default=0)


def _all(*rows: Iterable[int]) -> Iterable[int]:
    for each in rows:
        yield from each
