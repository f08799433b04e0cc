"""Volume: what came in, what was resolved, and how long that took."""

from django.utils.translation import gettext_lazy as _

from ..measures import HowMany, Middle, hours_between
from .base import Better, Group, Kpi, Unit
from .bases import BY_PRIORITY, OPENED, RESOLVED


class Opened(Kpi):
    key = "tickets.opened"
    group = Group.TICKETS
    name = _("Tickets opened")
    meaning = _("How much was asked of the desk.")
    formula = _("Tickets that were opened in the month.")
    unit = Unit.COUNT
    base = OPENED
    measure = HowMany()
    by = BY_PRIORITY


class Resolved(Kpi):
    key = "tickets.resolved"
    group = Group.TICKETS
    name = _("Tickets resolved")
    meaning = _("How much the desk brought to an end.")
    formula = _("Tickets whose last resolution was in the month.")
    unit = Unit.COUNT
    better = Better.MORE
    base = RESOLVED
    measure = HowMany()
    by = BY_PRIORITY


class ResolveMedianHours(Kpi):
    key = "tickets.resolve_median_hours"
    group = Group.TICKETS
    name = _("Median time to resolution")
    meaning = _("Half of all people waited no longer than this.")
    formula = _(
        "Elapsed hours from opening to last resolution of the tickets resolved in the month, the median of them."
    )
    unit = Unit.HOURS
    better = Better.LESS
    base = RESOLVED
    measure = Middle(hours_between("opened_at", "resolved_at"))
    by = BY_PRIORITY
