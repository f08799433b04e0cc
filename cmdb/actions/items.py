"""Writes on configuration items, each with its audit entry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import (
    Change,
    allow,
    audit,
    audit_many,
    changed_fields,
    keep,
    lock,
    plain,
)
from servicedesk.people.csvfiles import read
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from ..models import Item
from ..tables import COLUMNS, fields_of

FIELDS = ("number", "name", "kind", "state", "user", "serial_number", "place", "note")


@dataclass
class Imported:
    """What a file did, or would have done. `rejected`: line of the file and a sentence; then nothing was written."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)


@transaction.atomic
def create_item(*, by: User | None, via: str, **fields: Any) -> Item:
    """Make an item. Refuses a number that another has, and what lacks number, name or kind. `by` is None for the desk
    itself (demo content).
    """
    if by is not None:
        check(by, "items.change")
    allow(fields, FIELDS)
    item = Item()
    changed_fields(item, fields)
    _keep(item)
    audit(item, "create", by=by, via=via, changes=_given(fields))
    return item


@transaction.atomic
def change_item(item: Item, *, by: User, via: str, **fields: Any) -> Item:
    """Change an item; refuses as `create_item`."""
    check(by, "items.change", item)
    allow(fields, FIELDS)
    lock(item)
    changes = changed_fields(item, fields)
    if changes:
        _keep(item)
        audit(item, "change", by=by, via=via, changes=changes)
    return item


def _given(fields: Mapping[str, Any]) -> dict[str, list]:
    return {name: [None, plain(value)] for name, value in fields.items() if value not in (None, "")}


def _keep(item: Item) -> None:
    keep(item, taken=_("The number “%(number)s” is taken.") % {"number": item.number}, field="number")


def import_items(content: bytes, *, by: User, via: str, trial: bool = False) -> Imported:
    """Take a CSV or tab-separated file: what is new is made, what is known by its number changed, in one transaction.
    Columns that the file has not, and kind and state that a row leaves empty, stay as they are. With one bad row, or as
    a `trial`, nothing is written.

    Refuses what is no table, has no column of numbers, or has no rows.
    """
    check(by, "items.change")
    table = read(content, COLUMNS)
    if "number" not in table.columns:
        raise Refused(_("The file has no column “%(name)s”.") % {"name": _("Asset number")}, field="file")
    if not table.rows:
        raise Refused(_("The file has no rows beside its first line."), field="file")
    result = Imported()
    with transaction.atomic():
        numbers = [row.cells.get("number", "") for row in table.rows]
        known = {item.number: item for item in Item.objects.select_for_update().filter(number__in=numbers)}
        new: list[tuple[Item, dict]] = []
        changed: list[tuple[Item, dict]] = []
        for row, fields, problem in fields_of(table.rows):
            item = known.get(row.cells.get("number", ""))
            is_new = item is None
            item = item or Item()
            changes = {} if problem else changed_fields(item, fields)
            problem = problem or (_problem(item) if is_new or changes else "")
            if problem:
                result.rejected.append((row.line, problem))
            elif is_new:
                new.append((item, _given(fields)))
            elif changes:
                changed.append((item, changes))
            else:
                result.unchanged += 1
        result.created, result.changed = len(new), len(changed)
        if not result.rejected and not trial:
            try:
                with transaction.atomic():
                    Item.objects.bulk_create([item for item, _changes in new], batch_size=1000)
            except IntegrityError:  # somebody made one of them just now
                raise Refused(_("Something was changed meanwhile. Try again."), field="file") from None
            # As an upsert: `bulk_update` takes six times as long.
            Item.objects.bulk_create(
                [item for item, _changes in changed], update_conflicts=True, update_fields=FIELDS, unique_fields=["id"],
                batch_size=1000,
            )  # fmt: skip
            entries = [Change(item, "create", {"changes": changes, "import": True}) for item, changes in new]
            entries += [Change(item, "change", {"changes": changes, "import": True}) for item, changes in changed]
            audit_many(entries, by=by, via=via)
    return result


def _problem(item: Item) -> str:
    """What is wrong with the fields of an item, the first thing only."""
    try:
        item.clean_fields(exclude=["id", "user", "found_by"])
    except ValidationError as error:
        name, sentences = next(iter(error.message_dict.items()))
        return f"{getattr(Item._meta.get_field(name), 'verbose_name', name)}: {sentences[0]}"
    return ""
