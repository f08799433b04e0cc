"""Backlog: what was open at the end of the month, how old it was, and what nobody touched."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from ..measures import Greatest, Standing
from .base import Better, Group, Kpi, Unit
from .bases import BY_AGE, BY_PRIORITY, BY_TEAM, OPEN_AT_END, STALE_AT_END


class Open(Kpi):
    key = "backlog.open"
    group = Group.BACKLOG
    name = _("Open at the end")
    meaning = _("People who still waited.")
    formula = _("Tickets that were opened before the end of the month, and neither resolved nor closed by then.")
    unit = Unit.COUNT
    better = Better.LESS
    base = OPEN_AT_END
    measure = Standing()
    by = BY_AGE


class OpenByTeam(Open):
    key = "backlog.open_by_team"
    name = _("Open at the end, by team")
    by = BY_TEAM


class OpenByPriority(Open):
    key = "backlog.open_by_priority"
    name = _("Open at the end, by priority")
    by = BY_PRIORITY


class Stale(Open):
    key = "backlog.stale"
    name = _("Nothing happened for two weeks")
    meaning = _("People who may think that they were forgotten.")
    formula = _("Tickets open at the end of the month to which nothing had happened in the 14 days before it.")
    base = STALE_AT_END
    by = BY_TEAM


class Oldest(Open):
    key = "backlog.oldest_days"
    name = _("Age of the oldest")
    meaning = _("How long the person who waits longest has waited.")
    formula = _("Days from the opening of the oldest ticket open at the end of the month until then.")
    unit = Unit.DAYS
    measure = Greatest(F("age_days"))
    by = BY_TEAM
