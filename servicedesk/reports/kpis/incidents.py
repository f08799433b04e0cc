"""Incidents: how many and whose, the heavy ones, mistakes, causes, and how soon people were told."""

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.workflow import TicketType

from ..measures import HowMany, Middle, Share, Total
from .base import Better, Group, Kpi, Unit
from .bases import (
    BY_CAUSE,
    BY_CAUSE_GROUP,
    BY_COMPANY,
    BY_DEPARTMENT,
    BY_HUMAN_ERROR,
    BY_IMPACT,
    BY_SERVICE,
    BY_TEAM,
    DECLARED,
    OPENED,
    RESOLVED,
)

# What was merged into another incident is the same one reported twice.
_INCIDENT = Q(type=TicketType.INCIDENT, is_merged=False)
_FACT = DECLARED.to_fact


class IncidentsOpened(Kpi):
    key = "incidents.opened"
    group = Group.INCIDENTS
    name = _("Incidents")
    meaning = _("How often people could not work as they should.")
    formula = _("Incidents that were opened in the month, without those merged into others.")
    unit = Unit.COUNT
    better = Better.LESS
    base = OPENED
    measure = HowMany(_INCIDENT)
    by = BY_IMPACT


class IncidentsByCompany(IncidentsOpened):
    key = "incidents.opened_by_company"
    name = _("Incidents, by company")
    by = BY_COMPANY


class IncidentsByDepartment(IncidentsOpened):
    key = "incidents.opened_by_department"
    name = _("Incidents, by department")
    by = BY_DEPARTMENT


class IncidentsByTeam(IncidentsOpened):
    key = "incidents.opened_by_team"
    name = _("Incidents, by team in charge")
    by = BY_TEAM


class SecurityIncidents(IncidentsOpened):
    key = "incidents.security"
    name = _("Security incidents")
    meaning = _("Each of them can become a damage to the whole company.")
    formula = _("Incidents that were opened in the month and are marked as security incidents.")
    measure = HowMany(_INCIDENT & Q(is_security=True))
    by = BY_COMPANY
    is_told = True


class Majors(Kpi):
    key = "incidents.major"
    group = Group.INCIDENTS
    name = _("Major incidents")
    meaning = _("Interruptions that hit many people or the core of the business.")
    formula = _("Major incidents that were declared in the month and not taken back.")
    unit = Unit.COUNT
    better = Better.LESS
    base = DECLARED
    measure = HowMany()
    by = BY_SERVICE
    is_told = True


class TaskForces(Majors):
    key = "incidents.task_forces"
    name = _("Task forces set up")
    meaning = _("How often people had to leave their own work for an interruption.")
    formula = _("Major incidents declared in the month for which a task force was called together.")
    measure = HowMany(Q(**{f"{_FACT}has_force": True}))
    by = BY_TEAM
    is_told = False


class PeopleHit(Majors):
    key = "incidents.people_hit"
    name = _("People hit by major incidents")
    meaning = _("How many people an interruption reached.")
    formula = _("The people hit, as far as estimated, of the major incidents declared in the month, added up.")
    measure = Total("people_hit")
    is_told = False


class ReportingMinutes(Majors):
    key = "incidents.reporting_minutes"
    name = _("Time until people were told")
    meaning = _("Who knows of an interruption does not have to ask, and can work around it.")
    formula = _(
        "Minutes from the begin of an interruption to its first published update, the median of the major incidents "
        "declared in the month."
    )
    unit = Unit.MINUTES
    measure = Middle(F(f"{_FACT}reported_seconds"), Q(**{f"{_FACT}reported_seconds__isnull": False}), per=60)
    by = BY_TEAM
    is_told = False


class Mistakes(Kpi):
    key = "incidents.mistakes"
    group = Group.INCIDENTS
    name = _("Mistakes")
    meaning = _("Mistakes with and without effect: those without are the cheapest chance to learn.")
    formula = _("Incidents resolved in the month in which a human error was involved.")
    unit = Unit.COUNT
    better = Better.LESS
    base = RESOLVED
    measure = HowMany(_INCIDENT & ~Q(human_error=""))
    by = BY_HUMAN_ERROR


class HumanErrorShare(Mistakes):
    key = "incidents.human_error_share"
    name = _("Share of human error")
    meaning = _("How much training, checks and better tools could prevent.")
    formula = _("Of the incidents resolved in the month, the share in which a human error was involved.")
    unit = Unit.SHARE
    measure = Share(~Q(human_error=""), _INCIDENT)
    by = BY_TEAM


class Causes(Kpi):
    key = "incidents.causes"
    group = Group.INCIDENTS
    name = _("Incidents with a known cause, by group of causes")
    meaning = _("What is regrettable can be prevented; what is external has to be prepared for.")
    formula = _("Incidents resolved in the month with a cause code.")
    unit = Unit.COUNT
    base = RESOLVED
    measure = HowMany(_INCIDENT & Q(cause_code__isnull=False))
    by = BY_CAUSE_GROUP


class CausesByCode(Causes):
    key = "incidents.causes_by_code"
    name = _("Incidents with a known cause, by cause code")
    by = BY_CAUSE


class CausedByChange(Kpi):
    key = "incidents.caused_by_change"
    group = Group.INCIDENTS
    name = _("Incidents caused by a change")
    meaning = _("What we broke ourselves while improving something.")
    formula = _("Incidents that were opened in the month and are marked as caused by a change.")
    unit = Unit.COUNT
    better = Better.LESS
    base = OPENED
    measure = HowMany(_INCIDENT & Q(caused_by_change=True))
    by = BY_SERVICE
