"""Delivery: requests and enquiries with an agreed date, and those answered after it."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.workflow import TicketType

from ..measures import HowMany, Mean, Share
from .base import Better, Group, Kpi, Unit
from .bases import BY_KIND, BY_SERVICE, BY_TEAM, RESOLVED

_AGREED = Q(type=TicketType.REQUEST, late_days__isnull=False)
_LATE = Q(late_days__gt=0)


class Agreed(Kpi):
    key = "delivery.agreed"
    group = Group.DELIVERY
    name = _("Delivered with an agreed date")
    meaning = _("How often the desk told people when they would have it.")
    formula = _("Requests and enquiries resolved in the month for which a date was agreed.")
    unit = Unit.COUNT
    base = RESOLVED
    measure = HowMany(_AGREED)
    by = BY_KIND


class Late(Agreed):
    key = "delivery.late"
    name = _("Answered after the agreed date")
    meaning = _("Each of them is a promise that was not kept.")
    formula = _("Requests and enquiries resolved in the month after the day that was agreed.")
    better = Better.LESS
    measure = HowMany(_AGREED & _LATE)
    by = BY_TEAM


class LateShare(Late):
    key = "delivery.late_share"
    name = _("Share answered after the agreed date")
    formula = _(
        "Of the requests and enquiries resolved in the month with an agreed date, the share that came after it."
    )
    unit = Unit.SHARE
    measure = Share(_LATE, _AGREED)
    by = BY_SERVICE


class LateDays(Late):
    key = "delivery.late_days"
    name = _("Average delay")
    meaning = _("How long people waited beyond what they were told.")
    formula = _("Calendar days between the agreed day and the resolution of the late ones, on average.")
    unit = Unit.DAYS
    measure = Mean("late_days", _AGREED & _LATE)
