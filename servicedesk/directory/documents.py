"""The directory as JSON: entries with their contracts, in the words of the columns and in codes, so that it can go to
another desk.

{"entries": [{"name": "Sakura Network", "kind": "vendor", "services": ["network"], "owner": "M02007",
  "review_on": "2027-04-01", "contracts": [{"number": "SN-1", "valid_from": "2026-01-01", "hours": "24h"}]}]}
"""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from servicedesk.people.csvfiles import Row, decode
from servicedesk.people.models import User
from servicedesk.web.errors import Refused
from servicedesk.web.text import lines, nearest

from .models import Contract, Entry
from .tables import OF_CONTRACT, OF_ENTRY

AROUND = "24h"
_PARTS = (*OF_ENTRY, "contracts")
_OF_CONTRACT = tuple("is_active" if name == "contract_in_use" else name for name in OF_CONTRACT)


def entries_json(entries: Iterable[Entry]) -> dict[str, list]:
    """Entries as the import takes them back unchanged."""
    return {"entries": [_entry(each) for each in entries]}


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name, "kind": entry.kind, "team": entry.team.code if entry.team else None,
        "person": _person(entry.person), "contact": entry.contact, "phone": entry.phone, "email": entry.email,
        "web": entry.web, "how_to_call": entry.how_to_call, "notes": entry.notes, "languages": entry.languages,
        "services": [row.code for row in entry.services.all()],
        "categories": [row.code for row in entry.categories.all()],
        "items": [row.number for row in entry.items.all()], "owner": _person(entry.owner),
        "review_on": entry.review_on.isoformat(), "is_active": entry.is_active,
        "contracts": [_contract(each) for each in entry.contracts.all()],
    }  # fmt: skip


def _contract(contract: Contract) -> dict[str, Any]:
    hours = AROUND if contract.around_the_clock else contract.calendar and str(contract.calendar)
    return {
        "number": contract.number, "scope": contract.scope, "hours": hours, "channels": contract.channels,
        "valid_from": contract.valid_from.isoformat(),
        "valid_to": contract.valid_to and contract.valid_to.isoformat(), "unit": contract.unit,
        "bought": _amount(contract.bought), "used": _amount(contract.used) if contract.unit else None,
        "callers": [_person(each) for each in contract.callers.all()], "have_ready": contract.have_ready,
        "cost": _amount(contract.cost), "currency": contract.currency,
        "agreement": contract.agreement and str(contract.agreement), "is_active": contract.is_active,
    }  # fmt: skip


def _person(person: User | None) -> str | None:
    return None if person is None else person.employee_number or person.email


def _amount(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def is_json(content: bytes) -> bool:
    """Whether a file is rather a document than a table."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def parsed(content: bytes) -> Any:
    """The document of a file."""
    text, _encoding = decode(content)
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        raise Refused(_("This is no JSON."), field="file", code="json") from None


def rows_from(given: Any) -> list[Row]:
    """A document as the rows of a table: one for each entry, and one more for each further contract. `line` is the
    place of the entry. Refuses (field entries) what is no list of entries, and unknown parts.
    """
    if isinstance(given, dict) and set(given) == {"entries"}:
        given = given["entries"]
    if not isinstance(given, list):
        raise _refused(_("This is no list of entries."))
    return [row for place, one in enumerate(given, 1) for row in _rows(place, one)]


def _rows(place: int, given: Any) -> Iterator[Row]:
    cells = _cells(place, given, _PARTS)
    contracts = given.get("contracts") or []
    if not isinstance(contracts, list):
        raise _refused(_("Entry %(place)d: “contracts” is a list.") % {"place": place})
    if not contracts:
        yield Row(place, cells)
    for one in contracts:
        own = _cells(place, one, _OF_CONTRACT)
        if "is_active" in own:
            own["contract_in_use"] = own.pop("is_active")
        if not own.get("number"):
            raise _refused(_("Entry %(place)d: a contract needs its number.") % {"place": place})
        yield Row(place, cells | own)
        cells = {"name": cells.get("name", "")}


def _cells(place: int, given: Any, known: Iterable[str]) -> dict[str, str]:
    """Parts as cells of a table have them: several in lines of their own."""
    if not isinstance(given, dict):
        raise _refused(_("Entry %(place)d is no object.") % {"place": place})
    cells = {}
    for name, value in given.items():
        if name not in known:
            name = lines(str(name))[:60]
            near = nearest(name, known)
            said = (
                _("Entry %(place)d has no “%(name)s”. Did you mean “%(near)s”?")
                if near
                else _("Entry %(place)d has no “%(name)s”.")
            )
            raise _refused(said % {"place": place, "name": name, "near": near})
        if name != "contracts":
            cells[name] = _cell(place, name, value)
    return cells


def _cell(place: int, name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return lines(str(value)).strip()
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return lines("\n".join(value))
    raise _refused(_("Entry %(place)d: “%(name)s” is a text or a list of texts.") % {"place": place, "name": name})


def _refused(sentence: str) -> Refused:
    return Refused(sentence, field="entries", code="entries")
