"""Writes on agreements with teams and vendors."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import allow, audit, changed_fields, hold, keep, lock, plain
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.tickets.models import Priority
from servicedesk.web.errors import Refused

from ..models import Agreement, AgreementTarget
from ..rank_json import MOST_MINUTES
from .ranks import check_warnings
from .renewing import renew_clocks

FIELDS = ("name", "kind", "team", "calendar", "around_the_clock", "warn_at", "is_active", "minutes")


@transaction.atomic
def create_agreement(*, by: User, via: str, **fields: Any) -> Agreement:
    """Make an agreement; `minutes` are by priority, and one that is left out has no clock. Refuses (field) one without
    any, a team that has one already, and a name that another has.
    """
    check(by, "settings.change")
    agreement = Agreement()
    changes = _save(agreement, {"minutes": {}, **fields})
    said = {name: [None, after] for name, (_before, after) in changes.items() if after not in ("", False, None, [])}
    audit(agreement, "create", by=by, via=via, changes=said)
    renew_clocks(by)
    return agreement


@transaction.atomic
def change_agreement(agreement: Agreement, *, by: User, via: str, **fields: Any) -> Agreement:
    """Change an agreement; refuses as `create_agreement`. With whom it is stays: another one is another agreement."""
    check(by, "settings.change")
    changes = _save(agreement, fields)
    if changes:
        audit(agreement, "change", by=by, via=via, changes=changes)
        renew_clocks(by)
    return agreement


def _save(agreement: Agreement, fields: Mapping[str, Any]) -> dict[str, list]:
    allow(fields, FIELDS)
    hold()
    is_new = not agreement.pk
    if not is_new:
        lock(agreement)
    was = (agreement.kind, agreement.team_id)
    given = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
    if "warn_at" in given:
        given["warn_at"] = check_warnings(given["warn_at"])
    minutes: Any = given.pop("minutes", None)
    changes = changed_fields(agreement, given)
    if agreement.kind not in Agreement.Kind.values:
        raise Refused(_("Say with whom the agreement is."), field="kind")
    if not is_new and was != (agreement.kind, agreement.team_id):
        raise Refused(_("With whom it is stays as it is. Make another agreement instead."), field="team")
    _check(agreement)
    keep(agreement, taken=_("There is an agreement “%(name)s” already.") % {"name": agreement.name}, field="name")
    if minutes is not None:
        changes |= _set_minutes(agreement, minutes)
    return changes


def _check(agreement: Agreement) -> None:
    """What the model's constraints say, as sentences."""
    team, calendar = agreement.team, agreement.calendar
    if (agreement.kind == Agreement.Kind.TEAM) != (team is not None):
        sentence = _("Choose the team.") if team is None else _("An agreement with a vendor has no team.")
        raise Refused(sentence, field="team")
    for field, row in (("team", team), ("calendar", calendar)):
        if agreement.is_active and row is not None and not row.is_active:
            raise Refused(_("“%(name)s” is no longer in use.") % {"name": row}, field=field)
    others = Agreement.objects.filter(team=team, is_active=True).exclude(pk=agreement.pk)
    if agreement.is_active and team is not None and (other := others.first()):
        raise Refused(_("%(team)s has the agreement “%(name)s” already.") % {"team": team, "name": other}, field="team")


def _set_minutes(agreement: Agreement, minutes: Mapping[int, int]) -> dict[str, list]:
    if not minutes:
        raise Refused(_("Give minutes for one priority at least: otherwise there is no clock."), field="minutes")
    for priority, count in minutes.items():
        if priority not in Priority.values:
            raise Refused(_("Priority is a number from 1 to 4."), field="minutes")
        if not 1 <= count <= MOST_MINUTES:
            raise Refused(_("Targets are between 1 minute and one year."), field=f"minutes.P{priority}")
    before = {row.priority: row.minutes for row in agreement.targets.all()}
    agreement.targets.exclude(priority__in=minutes).delete()
    for priority, count in minutes.items():
        AgreementTarget.objects.update_or_create(agreement=agreement, priority=priority, defaults={"minutes": count})
    agreement.refresh_from_db()
    return {
        f"P{priority}": [plain(before.get(priority)), plain(minutes.get(priority))]
        for priority in sorted(before.keys() | minutes.keys())
        if before.get(priority) != minutes.get(priority)
    }
