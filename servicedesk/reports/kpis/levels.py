"""Service levels: how often the shared goals were met, and on whom tickets waited."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..measures import Share, Total
from .base import Better, Group, Kpi, Unit
from .bases import BY_PRIORITY, BY_RANK, BY_SERVICE, BY_TEAM, RESOLVED

_JUDGED = Q(resolution_met__isnull=False)
_ANSWERED = Q(response_met__isnull=False)
_HOUR = 3600


class ResponseMetRate(Kpi):
    key = "levels.response_met_rate"
    group = Group.LEVELS
    name = _("First response within the target")
    meaning = _("Who hears soon that somebody looks after it can go on planning.")
    formula = _(
        "Of the tickets resolved in the month that have a target for the first response, the share that met it."
    )
    unit = Unit.SHARE
    better = Better.MORE
    base = RESOLVED
    measure = Share(Q(response_met=True), _ANSWERED)
    by = BY_PRIORITY


class ResponseMetByRank(ResponseMetRate):
    key = "levels.response_met_by_rank"
    name = _("First response within the target, by rank")
    by = BY_RANK


class ResponseMetByService(ResponseMetRate):
    key = "levels.response_met_by_service"
    name = _("First response within the target, by service")
    by = BY_SERVICE


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


class WithTheDesk(Kpi):
    key = "levels.desk_hours"
    group = Group.LEVELS
    name = _("Hours with the desk")
    meaning = _("The part of people's waiting that the desk itself can shorten.")
    formula = _("Business hours of the tickets resolved in the month in which they waited on the desk and nobody else.")
    unit = Unit.HOURS
    better = Better.LESS
    base = RESOLVED
    measure = Total("worked_seconds", per=_HOUR)
    by = BY_TEAM


class WaitedForRequester(WithTheDesk):
    key = "levels.waited_requester_hours"
    name = _("Hours waited for requesters")
    meaning = _("Questions that a better form or template could have asked at once.")
    formula = _("Business hours that tickets resolved in the month waited for an answer of their requester.")
    measure = Total("waited_requester", per=_HOUR)
    by = BY_SERVICE


class WaitedForVendor(WithTheDesk):
    key = "levels.waited_vendor_hours"
    name = _("Hours waited for vendors")
    meaning = _("What to talk about with vendors at the next review of their contract.")
    formula = _("Business hours that tickets resolved in the month waited for a vendor.")
    measure = Total("waited_vendor", per=_HOUR)
    by = BY_SERVICE


class WaitedForDate(WithTheDesk):
    key = "levels.waited_agreed_hours"
    name = _("Hours waited for an agreed date")
    meaning = _("Time in which nothing was to be done, as agreed with the requester.")
    formula = _("Business hours that tickets resolved in the month waited for a day agreed with the requester.")
    better = Better.NEITHER
    measure = Total("waited_agreed", per=_HOUR)
    by = BY_SERVICE
