"""A rank as JSON, the form in which ranks are exported and imported; minutes are those of the targets:

{"name": "松", "name_en": "Gold", "note": "", "warn_at": [75, 90],
 "targets": {"P1": {"response_minutes": 15, "resolution_minutes": 120, "around_the_clock": true}, …}}
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from servicedesk.tickets.models import Priority
from servicedesk.web.errors import Refused
from servicedesk.web.text import nearest

from .models import Rank

FIELDS = ("name", "name_en", "note", "warn_at", "targets")
MOST_MINUTES = 525_600


class Target(NamedTuple):
    """What a rank promises for a priority, in minutes."""

    response_minutes: int
    resolution_minutes: int
    around_the_clock: bool = False


Targets = Mapping[int, Target]


def rank_of(document: Any) -> dict[str, Any]:
    """The fields of a rank that JSON states. Refuses (field) what has another form; actions check what it says."""
    if not isinstance(document, Mapping):
        raise Refused(_("A rank is an object with name and targets."), code="shape")
    for name in document:
        _known(str(name), FIELDS)
    texts = {name: document.get(name, "") for name in ("name", "name_en", "note")}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise Refused(_("This is a text."), field=name)
    targets = document.get("targets")
    if not isinstance(targets, Mapping):
        raise Refused(_("Targets are an object of P1, P2, P3 and P4."), field="targets")
    return texts | {
        "warn_at": document.get("warn_at", []),
        "targets": {_priority(str(name)): _target(str(name), one) for name, one in targets.items()},
    }


def rank_json(rank: Rank) -> dict[str, Any]:
    return {
        "name": rank.name,
        "name_en": rank.name_en,
        "note": rank.note,
        "warn_at": rank.warn_at,
        "targets": {f"P{priority}": target._asdict() for priority, target in targets_of(rank).items()},
    }


def targets_of(rank: Rank) -> dict[int, Target]:
    rows = sorted(rank.targets.all(), key=lambda row: row.priority)
    return {
        row.priority: Target(row.response_minutes, row.resolution_minutes, row.around_the_clock) for row in rows
    }  # fmt: skip


def _known(name: str, names: tuple[str, ...], field: str | None = None) -> None:
    if name not in names:
        sentence, near = _("A rank knows no “%(name)s”.") % {"name": name[:80]}, nearest(name, names)
        if near:
            sentence += " " + _("Did you mean “%(near)s”?") % {"near": near}
        raise Refused(sentence, field=field or name[:80], code="unknown")


def _priority(name: str) -> int:
    _known(name, tuple(f"P{priority}" for priority in Priority.values), field="targets")
    return int(name[1])


def _target(name: str, given: Any) -> Target:
    field = f"targets.{name}"
    if not isinstance(given, Mapping):
        raise Refused(
            _("A target is an object with response_minutes, resolution_minutes and around_the_clock."), field=field
        )
    for key in given:
        _known(str(key), Target._fields, field=field)
    around = given.get("around_the_clock", False)
    minutes = [given.get("response_minutes"), given.get("resolution_minutes")]
    if not isinstance(around, bool) or not all(isinstance(one, int) and not isinstance(one, bool) for one in minutes):
        raise Refused(_("Minutes are whole numbers, and around_the_clock is true or false."), field=field)
    return Target(minutes[0], minutes[1], around)
