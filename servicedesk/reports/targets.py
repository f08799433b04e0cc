"""Targets of a fiscal year: what people type for them, and keeping a whole year at once."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import Change, audit_many, hold, plain
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused
from servicedesk.web.text import digits

from .kpis import KPIS, Kpi, Unit
from .models import Target
from .months import FIRST_YEAR, LAST_YEAR

MOST = Decimal(10) ** 9


class Goal(NamedTuple):
    """What a KPI should reach, a share from 0 to 1, and who answers for it."""

    value: Decimal | None
    owner: User | None


def read_value(kpi: type[Kpi], typed: str) -> Decimal | None:
    """A target as people type it, in half or full width; shares in percent, with or without the sign. None of nothing.
    Refuses what is no number, or none that the figure can have.
    """
    plainly = digits(typed)
    if kpi.unit == Unit.SHARE:
        plainly = digits(plainly.removesuffix("%"))
    if not plainly:
        return None
    try:
        value = Decimal(plainly)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise Refused(
            _("The target of “%(name)s” is no number: “%(typed)s”.") % {"name": kpi.name, "typed": typed[:20]}
        )
    return checked(kpi, value / 100 if kpi.unit == Unit.SHARE else value)


def checked(kpi: type[Kpi], value: Decimal) -> Decimal:
    """The value as it is kept; refuses one that the figure cannot have."""
    if kpi.unit == Unit.SHARE and not 0 <= value <= 1:
        raise Refused(_("The target of “%(name)s” is a share: from 0 to 100 %%.") % {"name": kpi.name})
    if not 0 <= value < MOST:
        raise Refused(_("The target of “%(name)s” is a number from 0 up.") % {"name": kpi.name})
    rounded = round(value, 4)
    if rounded != value:
        raise Refused(_("The target of “%(name)s” has too many decimal places.") % {"name": kpi.name})
    return rounded


def typed_value(kpi: type[Kpi], value: Decimal | None) -> str:
    """A kept value as people type it."""
    if value is None:
        return ""
    return f"{(value * 100 if kpi.unit == Unit.SHARE else value).normalize():f}"


@transaction.atomic
def save_targets(year: int, goals: Mapping[str, Goal], *, by: User, via: str) -> int:
    """Keep targets and owners of a fiscal year, those that are named alone; returns how many changed. All or nothing:
    refuses an owner who may not read reports, a year that is none, and values that cannot be.
    """
    check(by, "reports.change")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refused(_("There is no fiscal year %(year)s.") % {"year": year}, field="year")
    hold()
    rows = {row.kpi: row for row in Target.objects.select_for_update().filter(year=year).order_by("kpi")}
    owners: dict[int, bool] = {}
    changes = []
    for key, goal in goals.items():
        kpi, row = KPIS[key], rows.get(key) or Target(kpi=key, year=year)
        if goal.value is not None:
            checked(kpi, goal.value)
        if goal.owner and row.owner_id != goal.owner.pk and not owners.setdefault(goal.owner.pk, _reads(goal.owner)):
            raise Refused(
                _("%(name)s may not read reports and cannot answer for “%(kpi)s”.")
                % {"name": goal.owner.display_name, "kpi": kpi.name},
                field=f"owner_{key}",
            )
        said = {
            name: [plain(getattr(row, name)), plain(wanted)]
            for name, wanted in (("value", goal.value), ("owner", goal.owner))
            if getattr(row, name) != wanted
        }
        if not said:
            continue
        row.value, row.owner = goal.value, goal.owner
        verb = "change" if row.pk else "create"
        row.save()
        changes.append(Change(row, verb, {"changes": said}))
    audit_many(changes, by=by, via=via)
    return len(changes)


def _reads(person: User) -> bool:
    return person.is_active and person.may("reports.see")
