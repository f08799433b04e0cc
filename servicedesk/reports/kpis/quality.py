"""Quality: whether a resolution held, how straight the way to it was, and how often people had to write."""

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..measures import HowMany, Mean, Share
from .base import Better, Group, Kpi, Unit
from .bases import BY_SERVICE, BY_TEAM, RESOLVED


class Reopened(Kpi):
    key = "tickets.reopened"
    group = Group.QUALITY
    name = _("Tickets reopened")
    meaning = _("Resolutions that did not hold: work done twice, and people who asked twice.")
    formula = _("Of the tickets resolved in the month, those that were reopened at least once.")
    unit = Unit.COUNT
    better = Better.LESS
    base = RESOLVED
    measure = HowMany(Q(reopen_count__gt=0))
    by = BY_TEAM


class Reassigned(Kpi):
    key = "tickets.reassigned"
    group = Group.QUALITY
    name = _("Tickets handed to another team")
    meaning = _("Tickets that did not reach the right people at once.")
    formula = _("Of the tickets resolved in the month, those whose team changed at least once.")
    unit = Unit.COUNT
    better = Better.LESS
    base = RESOLVED
    measure = HowMany(Q(team_changes__gt=0))
    by = BY_TEAM


class FirstContactShare(Kpi):
    key = "quality.first_contact_share"
    group = Group.QUALITY
    name = _("Resolved at first contact")
    meaning = _("People who were helped at once, by the first person who looked at it.")
    formula = _(
        "Of the tickets resolved in the month, the share that the first person who had them resolved, never handed on, "
        "never reopened, without the requester having to write again."
    )
    unit = Unit.SHARE
    better = Better.MORE
    base = RESOLVED
    measure = Share(Q(first_contact=True))
    by = BY_TEAM


class EscalatedShare(Kpi):
    key = "quality.escalated_share"
    group = Group.QUALITY
    name = _("Escalated")
    meaning = _("What the first line could not do: knowledge or rights that it lacks.")
    formula = _("Of the tickets resolved in the month, the share that went to the next tier at least once.")
    unit = Unit.SHARE
    better = Better.LESS
    base = RESOLVED
    measure = Share(Q(escalations__gt=0))
    by = BY_SERVICE


class Messages(Kpi):
    key = "quality.messages"
    group = Group.QUALITY
    name = _("Messages back and forth")
    meaning = _("Each message is a wait of somebody.")
    formula = _("Messages that requesters and desk wrote on the tickets resolved in the month, on average of a ticket.")
    unit = Unit.POINTS
    better = Better.LESS
    base = RESOLVED
    measure = Mean(F("requester_messages") + F("desk_messages"))
    by = BY_SERVICE
