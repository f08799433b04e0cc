"""Writes on ranks: their targets, which is the usual one, and their order."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import allow, audit, changed_fields, hold, keep, lock, plain
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.tickets.models import Priority
from servicedesk.web.errors import Refused

from ..models import Rank, RankTarget
from ..rank_json import MOST_MINUTES, Target, Targets, rank_of, targets_of
from ..settings_queries import rank_by_name
from .renewing import renew_clocks

FIELDS = ("name", "name_en", "note", "warn_at", "is_default", "is_active", "targets")
MOST_WARNINGS = 5


@transaction.atomic
def create_rank(*, by: User, via: str, **fields: Any) -> Rank:
    """Make a rank, the last in the order. Refuses (field) one without a target for each priority, a first response
    that is due after the resolution, and a name that another has.
    """
    check(by, "settings.change")
    rank = Rank(place=(Rank.objects.aggregate(last=Max("place"))["last"] or 0) + 1)
    changes = _save(rank, {"targets": {}, **fields})
    said = {name: [None, after] for name, (_before, after) in changes.items() if after not in ("", False, None, [])}
    audit(rank, "create", by=by, via=via, changes=said)
    renew_clocks(by)
    return rank


@transaction.atomic
def change_rank(rank: Rank, *, by: User, via: str, **fields: Any) -> Rank:
    """Change a rank; `targets` are all four. Refuses as `create_rank`, and to take one out of use that is the usual one
    or that services have.
    """
    check(by, "settings.change")
    changes = _save(rank, fields)
    if changes:
        audit(rank, "change", by=by, via=via, changes=changes)
        renew_clocks(by)
    return rank


def import_rank(document: Any, *, by: User, via: str) -> Rank:
    """Make the rank that the JSON form states, or make the one of its name so."""
    check(by, "settings.change")
    given = rank_of(document)
    present = rank_by_name(given["name"])
    return change_rank(present, **given, by=by, via=via) if present else create_rank(**given, by=by, via=via)


@transaction.atomic
def move_rank(rank: Rank, *, by: User, via: str, up: bool) -> None:
    """One place up or down among all ranks; at the end it stays."""
    check(by, "settings.change")
    hold()
    rows = list(Rank.objects.select_for_update().order_by("place", "id"))
    place = rows.index(rank)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        return
    rows[place], rows[other] = rows[other], rows[place]
    for number, row in enumerate(rows, 1):
        Rank.objects.filter(pk=row.pk).exclude(place=number).update(place=number)
    audit(rank, "change", by=by, via=via, changes={"place": [place + 1, other + 1]})


def _save(rank: Rank, fields: Mapping[str, Any]) -> dict[str, list]:
    """Returns what changed. One change of ranks at a time: who is the usual one is a matter of two rows."""
    allow(fields, FIELDS)
    hold()
    is_new = not rank.pk
    if not is_new:
        lock(rank)
    was_usual = rank.is_default
    given = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
    if "warn_at" in given:
        given["warn_at"] = check_warnings(given["warn_at"])
    targets: Any = given.pop("targets", None)
    changes = changed_fields(rank, given)
    if was_usual and not rank.is_default:
        raise Refused(_("There must be a usual rank. Make another one the usual one instead."), field="is_default")
    if rank.is_default and not rank.is_active:
        raise Refused(_("The usual rank stays in use. Make another one the usual one first."), field="is_active")
    if not is_new and not rank.is_active:
        _refuse_with_services(rank)
    if rank.is_default and not was_usual:
        Rank.objects.filter(is_default=True).update(is_default=False)
    keep(rank, taken=_("There is a rank “%(name)s” already.") % {"name": rank.name}, field="name")
    if targets is not None:
        changes |= _set_targets(rank, targets)
    return changes


def _refuse_with_services(rank: Rank) -> None:
    rows = rank.services.select_related("service").order_by("service__name")
    names = [str(row.service) for row in rows]
    if names:
        shown = _(", ").join(names[:5]) + (f" +{len(names) - 5}" if len(names) > 5 else "")
        raise Refused(
            _("Still the rank of: %(names)s. Give them another rank first.") % {"names": shown}, field="is_active"
        )


def _set_targets(rank: Rank, targets: Targets) -> dict[str, list]:
    for priority in Priority.values:
        if priority not in targets:
            raise Refused(
                _("A rank needs targets for P1, P2, P3 and P4: P%(priority)s is missing.") % {"priority": priority},
                field="targets",
            )
        check_target(priority, targets[priority])
    before = targets_of(rank)
    for priority, target in targets.items():
        if before.get(priority) != target:
            RankTarget.objects.update_or_create(rank=rank, priority=priority, defaults=target._asdict())
    rank.refresh_from_db()  # forgets what was read of its targets
    return {
        f"P{priority}": [plain(before.get(priority)), plain(target)]
        for priority, target in sorted(targets.items())
        if before.get(priority) != target
    }


def check_target(priority: int, target: Target) -> None:
    """Refuses minutes below 1 or beyond a year, and a first response that is due after the resolution."""
    for name in ("response_minutes", "resolution_minutes"):
        if not 1 <= getattr(target, name) <= MOST_MINUTES:
            raise Refused(_("Targets are between 1 minute and one year."), field=f"targets.P{priority}.{name}")
    if target.response_minutes > target.resolution_minutes:
        raise Refused(
            _("The first response must be due before the resolution."), field=f"targets.P{priority}.response_minutes"
        )


def check_warnings(given: Any) -> list[int]:
    """Up to five percentages below 100, in order."""
    is_list = isinstance(given, list) and len(given) <= MOST_WARNINGS
    if not is_list or not all(type(one) is int and 1 <= one <= 99 for one in given):
        raise Refused(_("Up to %(most)s whole percentages from 1 to 99.") % {"most": MOST_WARNINGS}, field="warn_at")
    return sorted(set(given))
