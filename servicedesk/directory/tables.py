"""The directory as a table: one row for each entry, and one more for each further contract of a vendor."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from cmdb.models import Item, Service
from servicedesk.levels.models import Agreement, Calendar
from servicedesk.people.models import Language, Team, User
from servicedesk.people.queries import active_people
from servicedesk.tickets.models import Category
from servicedesk.web.errors import Refused
from servicedesk.web.text import digits, normalise

from .models import Contract, Entry

# column → (English, Japanese, other names that are understood)
OF_ENTRY: dict[str, tuple[str, ...]] = {
    "name": ("Name", "名前", "名称"),
    "kind": ("Kind", "種類", "種別"),
    "team": ("Team", "チーム"),
    "person": ("Person", "担当の人"),
    "contact": ("Contact person", "窓口の担当者"),
    "phone": ("Phone", "電話", "電話番号"),
    "email": ("E-mail", "メール", "メールアドレス"),
    "web": ("Web", "ウェブ", "URL"),
    "how_to_call": ("How to call", "連絡のしかた"),
    "notes": ("Notes", "メモ", "備考"),
    "languages": ("Languages", "言語"),
    "services": ("Services", "サービス"),
    "categories": ("Categories", "カテゴリ"),
    "items": ("Items", "構成アイテム"),
    "owner": ("Owner", "管理担当", "オーナー"),
    "review_on": ("Review on", "見直す日"),
    "is_active": ("In use", "使用中"),
}
OF_CONTRACT: dict[str, tuple[str, ...]] = {
    "number": ("Contract number", "契約番号"),
    "scope": ("What it covers", "契約の範囲"),
    "hours": ("Hours", "対応時間"),
    "channels": ("Channels", "連絡の方法"),
    "valid_from": ("Valid from", "契約の開始日"),
    "valid_to": ("Valid to", "契約の終了日"),
    "unit": ("What is counted", "数える単位"),
    "bought": ("Bought", "購入した数"),
    "used": ("Used", "使った数"),
    "callers": ("Who may call", "連絡できる人"),
    "have_ready": ("What to have ready", "用意するもの"),
    "cost": ("Cost", "費用"),
    "currency": ("Currency", "通貨"),
    "agreement": ("Agreement", "合意", "取り決め"),
    "contract_in_use": ("Contract in use", "契約は使用中"),
}
COLUMNS = OF_ENTRY | OF_CONTRACT
_SEVERAL = re.compile(r"[,、，;；\n]")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?")
_YES, _NO = {"1", "true", "yes", "y", "はい", "○", "有効"}, {"0", "false", "no", "n", "いいえ", "×", "無効"}
_AROUND = "Around the clock", "24時間365日"


def header() -> list[str]:
    """The columns' names in the reader's language."""
    at = 1 if (get_language() or "").startswith("ja") else 0
    return [names[at] for names in COLUMNS.values()]


def rows_of(entries: Iterable[Entry]) -> Iterator[list[str]]:
    """The entries in a form that the import takes back unchanged."""
    for entry in entries:
        contracts = list(entry.contracts.all())
        for contract in contracts or [None]:
            yield [*_cells_of_entry(entry), *_cells_of_contract(contract)]


def _cells_of_entry(entry: Entry) -> list[str]:
    return [
        entry.name, entry.get_kind_display(), entry.team.code if entry.team else "", _person(entry.person),
        entry.contact, entry.phone, entry.email, entry.web, entry.how_to_call, entry.notes, ", ".join(entry.languages),
        ", ".join(row.code for row in entry.services.all()), ", ".join(row.code for row in entry.categories.all()),
        ", ".join(row.number for row in entry.items.all()), _person(entry.owner), entry.review_on.isoformat(),
        _said(entry.is_active),
    ]  # fmt: skip


def _cells_of_contract(contract: Contract | None) -> list[str]:
    if contract is None:
        return [""] * len(OF_CONTRACT)
    hours = _AROUND[(get_language() or "").startswith("ja")] if contract.around_the_clock else contract.calendar
    return [
        contract.number, contract.scope, str(hours or ""), ", ".join(contract.said_channels),
        contract.valid_from.isoformat(), contract.valid_to.isoformat() if contract.valid_to else "",
        str(contract.get_unit_display()) if contract.unit else "", _amount(contract.bought),
        _amount(contract.used) if contract.unit else "", ", ".join(_person(each) for each in contract.callers.all()),
        contract.have_ready, _amount(contract.cost), contract.currency, str(contract.agreement or ""),
        _said(contract.is_active),
    ]  # fmt: skip


def _person(person: User | None) -> str:
    return (person.employee_number or person.email) if person is not None else ""


def _amount(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _said(value: bool) -> str:
    return str(_("yes") if value else _("no"))


class Reader:
    """Turns the cells of rows into fields. What rows refer to is read once each; a cell that says nothing known is
    refused with a sentence.
    """

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Any]] = {}
        self._convert: dict[str, Callable[[str, str], Any]] = {
            "kind": self._choice(Entry.Kind), "unit": self._choice(Contract.Unit),
            "team": self._row(Team, "code", "name"), "person": self._one_person, "owner": self._one_person,
            "languages": self._each(self._choice(Language)), "channels": self._each(self._choice(Contract.Channel)),
            "services": self._each(self._row(Service, "code", "name")),
            "categories": self._each(self._row(Category, "code", "name")),
            "items": self._each(self._row(Item, "number")), "callers": self._each(self._one_person),
            "agreement": self._row(Agreement, "name"),
            "review_on": _day, "valid_from": _day, "valid_to": _day,
            "bought": _number, "used": _number, "cost": _number, "is_active": _truth, "contract_in_use": _truth,
        }  # fmt: skip

    def entry(self, cells: dict[str, str]) -> dict[str, Any]:
        return self._fields(cells, OF_ENTRY)

    def contract(self, cells: dict[str, str]) -> dict[str, Any]:
        fields = self._fields(cells, OF_CONTRACT)
        if "hours" in fields:
            said = fields.pop("hours")
            around = normalise(said) in {normalise(each) for each in _AROUND} | {"24h", "24時間"}
            calendar = None if around or not said else self._row(Calendar, "name")(said, _column("hours"))
            fields |= {"around_the_clock": around, "calendar": calendar}
        if "contract_in_use" in fields:
            fields["is_active"] = fields.pop("contract_in_use")
        # Empty cells of what has a value of its own leave it as it is.
        return {name: value for name, value in fields.items() if name not in ("used", "currency") or value}

    def _fields(self, cells: dict[str, str], columns: Iterable[str]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name in columns:
            if name not in cells:
                continue
            convert = self._convert.get(name)
            value = convert(cells[name], _column(name)) if convert else cells[name]
            if value is None and name in ("kind", "is_active", "contract_in_use", "review_on", "owner", "valid_from"):
                continue  # stays as it is; a new one without it is refused
            fields[name] = "" if value is None and name == "unit" else value
        return fields

    def _each(self, convert: Callable[[str, str], Any]) -> Callable[[str, str], list]:
        return lambda said, column: [convert(part.strip(), column) for part in _SEVERAL.split(said) if part.strip()]

    def _choice(self, choices: type[models.TextChoices]) -> Callable[[str, str], str | None]:
        known = {normalise(value): value for value in choices.values}
        for language in ("ja", "en"):
            with override(language):
                known |= {normalise(str(label)): value for value, label in choices.choices}

        def convert(said: str, column: str) -> str | None:
            return _found(known, said, column) if said else None

        return convert

    def _row(self, model: type[models.Model], *names: str) -> Callable[[str, str], Any]:
        def convert(said: str, column: str) -> Any:
            if not said:
                return None
            if model._meta.label not in self._known:
                rows = list(model._default_manager.all())
                known = {normalise(str(getattr(row, name))): row for name in reversed(names) for row in rows}
                self._known[model._meta.label] = known
            return _found(self._known[model._meta.label], said, column)

        return convert

    def _one_person(self, said: str, column: str) -> User | None:
        if not said:
            return None
        if "people" not in self._known:
            people = list(active_people().filter(is_guest=False))
            known = {normalise(each.email): each for each in people}
            self._known["people"] = known | {
                normalise(each.employee_number): each for each in people if each.employee_number
            }
        return _found(self._known["people"], said, column)


def _column(name: str) -> str:
    return COLUMNS[name][1 if (get_language() or "").startswith("ja") else 0]


def _found(known: dict[str, Any], said: str, column: str) -> Any:
    if normalise(said) not in known:
        raise Refused(
            _("%(column)s: there is no “%(value)s”.") % {"column": column, "value": said[:80]}, code="unknown"
        )
    return known[normalise(said)]


def _day(said: str, column: str) -> date | None:
    if not said:
        return None
    found = _DAY.fullmatch(normalise(said))
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else date.fromisoformat(said)
    except ValueError:
        raise Refused(
            _("%(column)s: “%(value)s” is no day. Write it like 2026-12-28.") % {"column": column, "value": said[:40]}
        ) from None


def _number(said: str, column: str) -> Decimal | None:
    if not said:
        return None
    try:
        value = Decimal(digits(said))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise Refused(_("%(column)s: “%(value)s” is no number.") % {"column": column, "value": said[:40]})
    return value


def _truth(said: str, column: str) -> bool | None:
    if not said:
        return None
    if normalise(said) in _YES:
        return True
    if normalise(said) in _NO:
        return False
    raise Refused(_("%(column)s: write yes or no.") % {"column": column})
