"""The shape of a plan, and what the three kinds of tables share."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from servicedesk.web.text import normalise

YES = frozenset({"yes", "y", "true", "1", "on", "はい", "有", "有効", "○", "〇", "◯"})
NO = frozenset({"no", "n", "false", "0", "off", "いいえ", "無", "無効", "×", "-", ""})


class Rejected(Exception):
    """A row that cannot be taken, with a sentence that says why."""


@dataclass
class PlannedRow:
    """One row of the file. `obj` is the row of the database, unsaved when new; `values` are what it shall be.

    `changes` are {field: [before, after]} as people read them. `reference` is what other rows call this one by.
    """

    line: int
    label: str
    obj: Any = None  # a person, department or team, as the plan's kind says; None when the row names none
    values: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, list[str]] = field(default_factory=dict)
    reason: str = ""

    @property
    def outcome(self) -> str:
        if self.reason:
            return "rejected"
        if self.obj is not None and self.obj.pk is None:
            return "created"
        return "changed" if self.changes else "unchanged"


@dataclass
class Plan:
    rows: list[PlannedRow]
    unknown: list[str] = field(default_factory=list)

    def of(self, outcome: str) -> list[PlannedRow]:
        return [row for row in self.rows if row.outcome == outcome]

    def counts(self) -> dict[str, int]:
        found = dict.fromkeys(("created", "changed", "unchanged", "rejected"), 0)
        for row in self.rows:
            found[row.outcome] += 1
        return found

    def as_json(self) -> dict:
        return {
            "unknown": self.unknown,
            "rows": [[row.line, row.outcome, row.label, row.changes, row.reason] for row in self.rows],
        }

    def digest(self) -> str:
        """A hash over all that the preview says."""
        body = json.dumps(self.as_json(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(body.encode()).hexdigest()


def yes_or_no(text: str, name: str) -> bool:
    word = normalise(text)
    if word in YES:
        return True
    if word in NO:
        return False
    raise Rejected(_("%(column)s: “%(value)s” is neither yes nor no.") % {"column": name, "value": text})


def split(text: str) -> list[str]:
    """The items of a cell with several: separated by ; , 、 or line breaks."""
    for mark in ("；", ",", "，", "、", "\n"):
        text = text.replace(mark, ";")
    return [item.strip() for item in text.split(";") if item.strip()]


def check_fields(obj: Model, names: list[str], title: Callable[[str], str]) -> None:
    """The model's own checks of some fields, as a reason."""
    exclude = {one.name for one in obj._meta.fields if one.name not in names or one.is_relation}
    try:
        obj.clean_fields(exclude=exclude)
    except ValidationError as error:
        name, errors = next(iter(error.error_dict.items()))
        raise Rejected(f"{title(name)}: {errors[0].messages[0]}") from None


def shown(value: Any) -> str:
    """A value as the preview shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple):
        return "; ".join(shown(one) for one in value)
    return str(value)


def refuse_circles(rows: list[PlannedRow], name: str, parents: dict[Any, Any], key: Callable[[Model], Any]) -> None:
    """Reject rows whose new parent would close a circle. `parents` maps the key of each row known to its parent's key.

    Rows are taken in the order of the file, each against what the ones before it have made.
    """
    for row in rows:
        if row.reason or name not in row.values:
            continue
        own, parent = key(row.obj), row.values[name]
        above = key(parent) if parent is not None else None
        seen, node = set(), above
        while node is not None and node not in seen and node != own:
            seen.add(node)
            node = parents.get(node)
        if node is not None and node == own:
            row.reason = _("“%(name)s” above “%(label)s” would make a circle.") % {"name": parent, "label": row.label}
        else:
            parents[own] = above


def refuse_orphans(rows: list[PlannedRow], names: tuple[str, ...]) -> None:
    """Reject rows that name a new row which was itself rejected, until none is left."""
    while True:
        dead = {id(row.obj) for row in rows if row.reason and row.obj is not None and row.obj.pk is None}
        orphans = [
            (row, other)
            for row in rows
            if not row.reason
            for other in names
            if row.values.get(other) is not None and id(row.values[other]) in dead
        ]
        if not orphans:
            return
        for row, other in orphans:
            row.reason = _("“%(name)s” is rejected itself, so this row cannot name it.") % {"name": row.values[other]}
