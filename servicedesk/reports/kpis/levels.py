"""Service levels: how often the shared goals were met."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..measures import Share
from .base import Better, Group, Kpi, Unit
from .bases import BY_PRIORITY, BY_RANK, BY_SERVICE, RESOLVED

_JUDGED = Q(resolution_met__isnull=False)


class ResolutionMetRate(Kpi):
    key = "levels.resolution_met_rate"
    group = Group.LEVELS
    name = _("Resolved within the target")
    meaning = _("How often users and desk reached the goal that they share.")
    formula = _("Of the tickets resolved in the month that have a target or a recorded result, the share that met it.")
    unit = Unit.SHARE
    better = Better.MORE
    base = RESOLVED
    measure = Share(Q(resolution_met=True), _JUDGED)
    by = BY_PRIORITY


class ResolutionMetByRank(ResolutionMetRate):
    key = "levels.resolution_met_by_rank"
    name = _("Resolved within the target, by rank")
    by = BY_RANK


class ResolutionMetByService(ResolutionMetRate):
    key = "levels.resolution_met_by_service"
    name = _("Resolved within the target, by service")
    by = BY_SERVICE
