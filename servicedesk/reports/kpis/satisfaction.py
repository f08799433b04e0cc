"""Satisfaction: what people answered when they were asked after closing."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..measures import HowMany, Mean, Share
from .base import Better, Group, Kpi, Unit
from .bases import ASKED, BY_MARK, BY_SERVICE, BY_TEAM, RATED


class Satisfaction(Kpi):
    key = "satisfaction.mean"
    group = Group.QUALITY
    name = _("Satisfaction")
    meaning = _("How people felt about the help that they got, from 1 to 5.")
    formula = _("The average of the marks that were given in the month after a ticket was closed.")
    unit = Unit.POINTS
    better = Better.MORE
    base = RATED
    measure = Mean("mark")
    by = BY_TEAM


class SatisfactionByService(Satisfaction):
    key = "satisfaction.mean_by_service"
    name = _("Satisfaction, by service")
    by = BY_SERVICE


class Marks(Kpi):
    key = "satisfaction.marks"
    group = Group.QUALITY
    name = _("Marks given")
    meaning = _("How many people said what they think of the help that they got.")
    formula = _("The marks that were given in the month after a ticket was closed.")
    unit = Unit.COUNT
    base = RATED
    measure = HowMany()
    by = BY_MARK


class LowMarks(Kpi):
    key = "satisfaction.low_marks"
    group = Group.QUALITY
    name = _("Low marks")
    meaning = _("People whom the desk let down: each is worth a call.")
    formula = _("Of the marks that were given in the month, those of 1 or 2.")
    unit = Unit.COUNT
    better = Better.LESS
    base = RATED
    measure = HowMany(Q(mark__lte=2))
    by = BY_TEAM


class AnsweredShare(Kpi):
    key = "satisfaction.answered_share"
    group = Group.QUALITY
    name = _("Answered when asked")
    meaning = _("How far the marks speak for all.")
    formula = _("Of those who were asked in the month after their ticket was closed, the share that has given a mark.")
    unit = Unit.SHARE
    better = Better.MORE
    base = ASKED
    measure = Share(Q(answered=True))
    by = BY_TEAM
