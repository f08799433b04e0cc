"""Configuration items as a table: the columns in both languages, and what a file brings for each of them."""

from collections.abc import Iterable, Iterator

from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from servicedesk.people.csvfiles import Row
from servicedesk.people.models import User
from servicedesk.people.queries import active_people, people_by_address
from servicedesk.web.text import normalise

from .models import Item, ItemKind, ItemState

# column → (English, Japanese, other names that are understood)
COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("Asset number", "管理番号", "番号", "資産番号", "asset tag", "number"),
    "name": ("Name", "名称", "名前", "機種", "品名", "model"),
    "kind": ("Kind", "種類", "種別", "type"),
    "state": ("State", "状態", "status"),
    "user": ("Used by", "利用者", "使用者", "user"),
    "serial_number": ("Serial number", "シリアル番号", "製造番号", "serial"),
    "place": ("Location", "設置場所", "場所", "place"),
    "note": ("Note", "備考", "メモ"),
}


def header() -> list[str]:
    """The columns' names in the reader's language."""
    at = 1 if (get_language() or "").startswith("ja") else 0
    return [names[at] for names in COLUMNS.values()]


def rows_of(items: Iterable[Item]) -> Iterator[list[str]]:
    """The items in a form that the import takes back unchanged."""
    for item in items:
        user = (item.user.employee_number or item.user.email) if item.user else ""
        yield [
            item.number, item.name, item.get_kind_display(), item.get_state_display(), user, item.serial_number,
            item.place, item.note,
        ]  # fmt: skip


def fields_of(rows: list[Row]) -> Iterator[tuple[Row, dict, str]]:
    """(row, fields of an item, what is wrong with it in a sentence or ""). Two queries for all people."""
    kinds, states = _words(ItemKind), _words(ItemState)
    named = {text for row in rows if (text := row.cells.get("user", ""))}
    by_number = {
        person.employee_number: person
        for person in active_people().filter(employee_number__in=[each for each in named if "@" not in each])
    }
    by_address = people_by_address([each for each in named if "@" in each])
    seen: set[str] = set()
    for row in rows:
        fields: dict = dict(row.cells)
        problem = ""
        number = fields.get("number", "")
        if not number:
            problem = _("The number is missing.")
        elif number in seen:
            problem = _("“%(number)s” is there twice.") % {"number": number}
        seen.add(number)
        for name, known, unknown in (
            ("kind", kinds, _("There is no kind “%(value)s”.")),
            ("state", states, _("There is no state “%(value)s”.")),
        ):
            if fields.get(name):
                value = fields[name]
                fields[name] = known.get(normalise(value))
                problem = problem or ("" if fields[name] else unknown % {"value": value})
            elif name in fields:
                del fields[name]
        if "user" in fields:
            value = fields["user"]
            person: User | None = by_address.get(value.casefold()) if "@" in value else by_number.get(value)
            if value and person is None:
                problem = problem or _("Nobody has the address or employee number “%(value)s”.") % {"value": value}
            fields["user"] = person
        yield row, fields, problem


def _words(choices: type[ItemKind] | type[ItemState]) -> dict[str, str]:
    """What a file may call each value: its key, and its name in both languages."""
    found = {}
    for value in choices.values:
        found[value] = value
        for language in ("ja", "en"):
            with override(language):
                found[normalise(str(choices(value).label))] = value
    return found
