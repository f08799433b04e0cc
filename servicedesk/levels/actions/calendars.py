"""Writes on calendars: what they hold, which is the usual one, and which teams work by them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import allow, audit, hold, keep, lock
from servicedesk.people.models import Team, User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from ..calendar_json import hours_of, json_of
from ..hours import WEEKDAYS, due_at
from ..models import Calendar, TeamCalendar
from ..settings_queries import calendar_by_name, longest_target, users_of
from ..typed import text_of, text_of_days, text_of_special
from .renewing import renew_clocks

DOCUMENT = ("name", "timezone", "weekly", "holidays", "closed", "special")
FIELDS = (*DOCUMENT, "is_default", "is_active", "teams")


@transaction.atomic
def create_calendar(*, by: User, via: str, **fields: Any) -> Calendar:
    """Make a calendar. `fields` are those of its JSON form, `is_default`, `is_active`, and `teams` that shall work by
    it. Refuses (field) what no calendar may hold, and a name that another has.
    """
    check(by, "settings.change")
    calendar = Calendar()
    changes = _save(calendar, fields)
    said = {name: [None, after] for name, (_before, after) in changes.items() if after not in ("", False, None, [])}
    audit(calendar, "create", by=by, via=via, changes=said)
    renew_clocks(by)
    return calendar


@transaction.atomic
def change_calendar(calendar: Calendar, *, by: User, via: str, **fields: Any) -> Calendar:
    """Change a calendar; refuses as `create_calendar`, and to take one out of use that is the usual one or that
    somebody works by.
    """
    check(by, "settings.change")
    changes = _save(calendar, fields)
    if changes:
        audit(calendar, "change", by=by, via=via, changes=changes)
        renew_clocks(by)
    return calendar


def import_calendar(document: Any, *, by: User, via: str) -> Calendar:
    """Make the calendar that the JSON form states, or make the one of its name so."""
    check(by, "settings.change")
    given = json_of(hours_of(document))
    present = calendar_by_name(given["name"])
    if present is None:
        return create_calendar(**given, by=by, via=via)
    return change_calendar(present, **given, by=by, via=via)


def _save(calendar: Calendar, fields: Mapping[str, Any]) -> dict[str, list]:
    """Returns what changed, in words. One change at a time: which is the usual one is a matter of two rows."""
    allow(fields, FIELDS)
    hold()
    if calendar.pk:
        lock(calendar)
    before = _in_words(calendar)
    document = {name: fields.get(name, getattr(calendar, name)) for name in DOCUMENT}
    hours = hours_of(document)
    due_at(hours, timezone.now(), longest_target())  # refuses hours in which nothing would ever be due
    for name, value in json_of(hours).items():
        setattr(calendar, name, value)
    calendar.is_active = fields.get("is_active", calendar.is_active)
    usual = fields.get("is_default", calendar.is_default)
    if calendar.is_default and not usual:
        raise Refused(_("There must be a usual calendar. Make another one the usual one instead."), field="is_default")
    if usual and not calendar.is_active:
        raise Refused(_("The usual calendar stays in use. Make another one the usual one first."), field="is_active")
    if usual and not calendar.is_default:
        Calendar.objects.filter(is_default=True).update(is_default=False)
    calendar.is_default = usual
    keep(calendar, taken=_("There is a calendar “%(name)s” already.") % {"name": calendar.name}, field="name")
    if "teams" in fields:
        _give(calendar, fields["teams"])
    if not calendar.is_active and (users := users_of(calendar)):
        raise Refused(
            _("Still in use by: %(names)s. Give them another calendar first.") % {"names": _few(users)},
            field="is_active",
        )
    after = _in_words(calendar)
    return {name: [before[name], after[name]] for name in after if before[name] != after[name]}


def _give(calendar: Calendar, teams: Iterable[Team]) -> None:
    """Let these teams work by the calendar, and no others."""
    wanted = {team.pk: team for team in teams}
    for team in wanted.values():
        if not team.is_active:
            raise Refused(_("“%(name)s” is no longer in use.") % {"name": team}, field="teams")
    calendar.teams.filter(team__is_active=True).exclude(team__in=wanted).delete()
    for pk in wanted:
        TeamCalendar.objects.update_or_create(team_id=pk, defaults={"calendar": calendar})


def _in_words(calendar: Calendar) -> dict[str, Any]:
    """What a calendar holds, as the audit log says it: a line of hours for each day."""
    said: dict[str, Any] = {"name": calendar.name, "timezone": calendar.timezone}
    said |= {day: text_of(calendar.weekly.get(day, [])) for day in WEEKDAYS}
    said["holidays"] = calendar.holidays
    said["closed"] = text_of_days(calendar.closed).replace("\n", "; ")
    said["special"] = text_of_special(calendar.special).replace("\n", "; ")
    said |= {"is_default": calendar.is_default, "is_active": calendar.is_active}
    rows = calendar.teams.select_related("team").order_by("team__name") if calendar.pk else ()
    return said | {"teams": [str(row.team) for row in rows]}


def _few(names: list[str]) -> str:
    more = len(names) - 5
    return _(", ").join(names[:5]) + (f" +{more}" if more > 0 else "")
