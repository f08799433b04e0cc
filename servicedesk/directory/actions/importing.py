"""The directory from a file, by the same actions as by hand."""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.csvfiles import Row, read
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from ..documents import is_json, parsed, rows_from
from ..models import Entry
from ..tables import COLUMNS, OF_ENTRY, Reader, rows_of
from .entries import change_contract, change_entry, create_contract, create_entry

MOST_ROWS = 2_000


@dataclass
class Imported:
    """What a file did, or would have done. `rejected`: line of the file and a sentence; then nothing was written."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)


def import_entries(given: bytes | Any, *, by: User, via: str, trial: bool = False) -> Imported:
    """Take a file (CSV, tab-separated, Excel or JSON) or a document (`documents`): what is new is made, what is known
    (an entry by its name, a contract by its number) changed, in one transaction. Columns that it has not stay as they
    are. With one bad row, or as a `trial`, nothing is written.

    Refuses what is neither table nor document, has no column of names, no rows, or more than 2,000.
    """
    check(by, "directory.change")
    rows = _rows_of(given)
    if len(rows) > MOST_ROWS:
        raise Refused(_("The file has more than 2,000 rows. Split it."), field="file")
    result, reader = Imported(), Reader()
    first: dict[str, Row] = {}
    with transaction.atomic():
        for row in rows:
            try:
                with transaction.atomic():
                    said = _take(row, first, reader, by, via)
            except Refused as refusal:
                result.rejected.append((row.line, str(refusal.sentence)))
            else:
                setattr(result, said, getattr(result, said) + 1)
            first.setdefault(row.cells.get("name", ""), row)
        if trial or result.rejected:
            transaction.set_rollback(True)
    return result


def _rows_of(given: bytes | Any) -> list[Row]:
    if not isinstance(given, bytes) or is_json(given):
        rows = rows_from(parsed(given) if isinstance(given, bytes) else given)
        if not rows:
            raise Refused(_("There is no entry in it."), field="entries")
        return rows
    table = read(given, COLUMNS)
    if "name" not in table.columns:
        raise Refused(_("The file has no column “%(name)s”.") % {"name": _("Name")}, field="file")
    if not table.rows:
        raise Refused(_("The file has no rows beside its first line."), field="file")
    return table.rows


def _take(row: Row, first: dict[str, Row], reader: Reader, by: User, via: str) -> str:
    """Do what one row says; returns which count it belongs to."""
    name, number = row.cells.get("name", ""), row.cells.get("number", "")
    if not name:
        raise Refused(_("The name is missing."))
    entry = Entry.objects.filter(name=name).first()
    before = _looks(entry, number)
    if name in first:
        _check_again(row, first[name], number)
    elif entry is None:
        entry = create_entry(by=by, via=via, **reader.entry(row.cells))
    else:
        change_entry(entry, by=by, via=via, **reader.entry(row.cells))
    if entry is None:
        raise Refused(_("Line %(line)d, which says what this is, is not right.") % {"line": first[name].line})
    if number:
        fields = reader.contract(row.cells)
        contract = entry.contracts.filter(number=number).first()
        if contract is None:
            create_contract(entry, by=by, via=via, **fields)
        else:
            fields.pop("used", None)  # it was counted since the file was made
            change_contract(contract, by=by, via=via, **fields)
    if before is None:
        return "created"
    return "unchanged" if before == _looks(entry, number) else "changed"


def _check_again(row: Row, first: Row, number: str) -> None:
    """Further rows of an entry are for further contracts, and may repeat what the first said."""
    parts = {"name": row.cells["name"], "line": first.line}
    if not number or number == first.cells.get("number", ""):
        raise Refused(_("“%(name)s” is there twice, also in line %(line)d.") % parts)
    if any(row.cells.get(name) not in ("", None, first.cells.get(name)) for name in OF_ENTRY):
        raise Refused(_("The row says something else of “%(name)s” than line %(line)d.") % parts)


def _looks(entry: Entry | None, number: str) -> list[str] | None:
    """An entry with the contract of this number as the file shows it; None when the one or the other is not there."""
    if entry is None:
        return None
    fresh = Entry.objects.prefetch_related("contracts__callers", "services", "categories", "items").get(pk=entry.pk)
    rows = list(rows_of([fresh]))
    if not number:
        return rows[0][: len(OF_ENTRY)]
    place = len(OF_ENTRY)
    return next((row for row in rows if row[place] == number), None)
