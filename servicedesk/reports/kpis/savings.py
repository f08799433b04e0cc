"""Automation: what was done without hands, the time that this saved, and what that is worth."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..measures import HowMany, Total, Worth
from .base import Better, Group, Kpi, Unit
from .bases import BY_OWN_CHANNEL, BY_RULE, BY_SOURCE, BY_TEMPLATE, SAVED


class SavedHours(Kpi):
    key = "savings.hours"
    group = Group.SAVINGS
    name = _("Hours saved")
    meaning = _("Time that people had for other work because the desk did it by itself.")
    formula = _("Minutes that the automation ledger counted in the month, in hours.")
    unit = Unit.HOURS
    better = Better.MORE
    base = SAVED
    measure = Total("minutes", per=60)
    by = BY_SOURCE


class SavedHoursByChannel(SavedHours):
    key = "savings.hours_by_channel"
    name = _("Hours saved, by channel")
    by = BY_OWN_CHANNEL


class SavedHoursByRule(SavedHours):
    key = "savings.hours_by_rule"
    name = _("Hours saved by rules")
    formula = _("Minutes that the automation ledger counted in the month for what rules did, in hours.")
    measure = Total("minutes", Q(rule__isnull=False), per=60)
    by = BY_RULE


class SavedHoursByTemplate(SavedHours):
    key = "savings.hours_by_template"
    name = _("Hours saved by reply templates")
    formula = _("Minutes that the automation ledger counted in the month for replies from templates, in hours.")
    measure = Total("minutes", ~Q(template_name=""), per=60)
    by = BY_TEMPLATE


class DoneWithoutHands(Kpi):
    key = "savings.count"
    group = Group.SAVINGS
    name = _("Done without hands")
    meaning = _("How often the desk did by itself what a person did before.")
    formula = _("Entries of the automation ledger in the month.")
    unit = Unit.COUNT
    better = Better.MORE
    base = SAVED
    measure = HowMany()
    by = BY_SOURCE


class SavedWorth(SavedHours):
    key = "savings.yen"
    name = _("Worth of the hours saved")
    meaning = _("What the saved time would have cost.")
    formula = _("Hours saved in the month at the cost of an hour.")
    unit = Unit.YEN
    measure = Worth("minutes")
