"""Tickets in which nothing has happened for so many business days that their rule calls them stale."""

from collections import defaultdict
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from servicedesk.levels.hours import Hours
from servicedesk.levels.queries import Levels, around_the_clock, parsed
from servicedesk.tickets.filters import UNRESOLVED, View, add_view, awake
from servicedesk.tickets.models import BORN_HERE, OPEN, ClosingRule
from servicedesk.tickets.workflow import Phase

from .business_days import business_days_before

# Every page of an agent counts the view, and what it counts by is a matter of days.
_KEY, _KEPT_SECONDS = "stale", 300


def stale(now: datetime | None = None) -> Q:
    """What is stale: what is unresolved, not snoozed and without activity, by kind, priority and calendar; what is
    resolved when the desk would have closed it but may not, or when nobody asks the lead. Nothing that was imported.
    """
    quiet = cache.get_or_set(_KEY, _quiet, _KEPT_SECONDS) if now is None else _quiet(now)
    now = now or timezone.now()
    over = Q(phase=Phase.RESOLVED) & (Q(closes_at__lt=now) | Q(closes_at=None) & quiet)
    # What is resolved is open, which PostgreSQL has to be told before it uses the indexes of open tickets.
    return OPEN & BORN_HERE & ((UNRESOLVED & awake() & quiet) | over)


def _quiet(now: datetime | None = None) -> Q:
    rules = list(ClosingRule.objects.filter(stale_after_days__gt=0))
    found = Q(pk__in=[])
    for where, hours in _calendars():
        for rule in rules:
            before = business_days_before(hours, now or timezone.now(), rule.stale_after_days or 0)
            if before is not None:
                found |= where & Q(type=rule.type, priority=rule.priority, updated_at__lt=before)
    return found


def forget_quiet() -> None:
    """The rules have changed."""
    cache.delete(_KEY)


add_view(View("stale", gettext_lazy("Stale"), "clock-pause", "o", lambda user: stale(), order="oldest"), before="all")


def _calendars() -> list[tuple[Q, Hours]]:
    """Each calendar that some tickets have, with the condition on these: of their service, else of their team, else the
    usual one.
    """
    levels = Levels()
    services: dict[int, list[int]] = defaultdict(list)
    teams: dict[int, list[int]] = defaultdict(list)
    for service, (_rank, calendar) in levels.services.items():
        if calendar:
            services[calendar].append(service)
    for team, calendar in levels.teams.items():
        teams[calendar].append(team)
    no_service = _not_among("service", [one for ids in services.values() for one in ids])
    no_team = _not_among("team", [one for ids in teams.values() for one in ids])
    found = [(Q(service__in=ids), parsed(levels.calendars[calendar])) for calendar, ids in services.items()]
    found += [(no_service & Q(team__in=ids), parsed(levels.calendars[calendar])) for calendar, ids in teams.items()]
    usual = levels.usual_calendar
    return [*found, (no_service & no_team, parsed(usual) if usual else around_the_clock(settings.TIME_ZONE))]


def _not_among(name: str, ids: list[int]) -> Q:
    return Q(**{f"{name}__isnull": True}) | ~Q(**{f"{name}__in": ids}) if ids else Q()
