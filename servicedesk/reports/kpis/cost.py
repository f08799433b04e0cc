"""Cost: hours of work, and what they cost where the company says what an hour costs."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..measures import Mean, MeanWorth, Share, Total, Worth
from .base import Better, Group, Kpi, Unit
from .bases import BY_RANK, BY_SERVICE, BY_TEAM, RESOLVED, WORKED

_LOGGED = Q(work_minutes__gt=0)


class WorkHours(Kpi):
    key = "cost.hours"
    group = Group.COST
    name = _("Hours of work")
    meaning = _("What people worked on tickets.")
    formula = _("Minutes of work logged on days of the month, in hours.")
    unit = Unit.HOURS
    base = WORKED
    measure = Total("minutes", per=60)
    by = BY_TEAM


class WorkHoursByService(WorkHours):
    key = "cost.hours_by_service"
    name = _("Hours of work, by service")
    by = BY_SERVICE


class WorkHoursByRank(WorkHours):
    key = "cost.hours_by_rank"
    name = _("Hours of work, by rank")
    by = BY_RANK


class WorkCost(Kpi):
    key = "cost.yen"
    group = Group.COST
    name = _("Cost of work")
    meaning = _("What a service costs in work, to compare it with what it is worth.")
    formula = _("Hours of work logged in the month at the cost of an hour.")
    unit = Unit.YEN
    base = WORKED
    measure = Worth("minutes")
    by = BY_SERVICE


class WorkCostByRank(WorkCost):
    key = "cost.yen_by_rank"
    name = _("Cost of work, by rank")
    by = BY_RANK


class MinutesPerTicket(Kpi):
    key = "cost.minutes_per_ticket"
    group = Group.COST
    name = _("Work on a ticket")
    meaning = _("How much work a ticket makes: where it grows, something became harder.")
    formula = _("Minutes logged on the tickets resolved in the month that have any, on average.")
    unit = Unit.MINUTES
    better = Better.LESS
    base = RESOLVED
    measure = Mean("work_minutes", _LOGGED)
    by = BY_SERVICE


class MinutesPerTicketByRank(MinutesPerTicket):
    key = "cost.minutes_per_ticket_by_rank"
    name = _("Work on a ticket, by rank")
    by = BY_RANK


class CostPerTicket(MinutesPerTicket):
    key = "cost.yen_per_ticket"
    name = _("Cost of a ticket")
    meaning = _("The unit price of the desk.")
    formula = _(
        "Minutes logged on the tickets resolved in the month that have any, at the cost of an hour, on average."
    )
    unit = Unit.YEN
    measure = MeanWorth("work_minutes", _LOGGED)


class CostPerTicketByRank(CostPerTicket):
    key = "cost.yen_per_ticket_by_rank"
    name = _("Cost of a ticket, by rank")
    by = BY_RANK


class WithoutWorkShare(Kpi):
    key = "cost.without_work_share"
    group = Group.COST
    name = _("Resolved without logged work")
    meaning = _("The larger it is, the less the other figures of cost say.")
    formula = _("Of the tickets resolved in the month, the share on which nobody logged any work.")
    unit = Unit.SHARE
    better = Better.LESS
    base = RESOLVED
    measure = Share(Q(work_minutes=0))
    by = BY_TEAM
