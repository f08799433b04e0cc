"""A month frozen: all that a report says of it, in both languages, as JSON of texts and whole numbers alone, which come
out of the database as they went in. Pages, files and the API read it by `Frozen`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.dateparse import parse_date, parse_datetime

from servicedesk.people.chain import link
from servicedesk.people.models import Company, Language

from ..dependence.sentence import sentence
from ..kpis import Kpi, Unit, definitions_version
from ..models import Remark
from ..months import Period, Year
from ..queries import Line, Month
from ..saying import sentences
from .models import IssuedReport

LANGUAGES = tuple(Language.values)
_MOST_COMPANIES = 3
Words = Mapping[str, str]


def both(said: Callable[[], Any]) -> dict[str, Any]:
    """What a function says in each language."""
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            found[language] = said()
    return found


def plain(value: Decimal | None) -> str | None:
    """A number as text, to six places, always written the same way."""
    if value is None:
        return None
    text = f"{round(Decimal(value), 6):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def definition_of(kpi: type[Kpi]) -> str:
    """What decides the number of one KPI: what is counted by another definition is no correction."""
    return link("", {"said": kpi.said()})[:12]


def freeze(report: Month) -> dict[str, Any]:
    """All lines of a month with their words, the remarks of now, and how the company counts."""
    year, month = report.year, report.month
    first, end = year.days(Period.of(month))
    return {
        "month": f"{month:%Y-%m}",
        "days": [first.isoformat(), end.isoformat()],
        "fiscal_year": year.fiscal_year(month),
        "year": {
            "first_month": year.first_month, "closing_day": year.closing_day, "hourly_rate": year.hourly_rate,
        },
        "definitions_version": definitions_version(),
        "company": both(_companies),
        "sentences": both(lambda: [*map(str, sentences(report)), *filter(None, [sentence(report.month)])]),
        "groups": [
            {
                "key": str(group.value),
                "name": both(lambda group=group: str(group.label)),
                "lines": [_line(line) for line in lines],
            }
            for group, lines in report.groups.items()
        ],
        "remarks": [
            {"kpi": remark.kpi, "kind": remark.kind, "text": remark.text, "by": remark.by.display_name,
             "at": remark.at.isoformat()}
            for remark in Remark.objects.filter(month=month).select_related("by").order_by("at", "id")
        ],
    }  # fmt: skip


def _companies() -> str:
    """Who reports: the company, or the few of a group."""
    rows = list(Company.objects.filter(is_active=True)[: _MOST_COMPANIES + 1])
    return " · ".join(map(str, rows)) if len(rows) <= _MOST_COMPANIES else ""


def _line(line: Line) -> dict[str, Any]:
    kpi = line.kpi
    labels = both(lambda: {key: label for _code, label, key, _value in line.parts})
    return {
        "key": kpi.key,
        "definition": definition_of(kpi),
        "name": both(lambda: str(kpi.name)),
        "meaning": both(lambda: str(kpi.meaning)),
        "formula": both(lambda: str(kpi.formula)),
        "unit": str(kpi.unit.value),
        "better": str(kpi.better.value),
        "actual": plain(line.value),
        "of": line.figure.number.of,
        "target": plain(line.target.value) if line.target else None,
        "owner": line.target.owner.display_name if line.target and line.target.owner else "",
        "is_met": line.is_met,
        "months": [[f"{month:%Y-%m}", plain(value)] for month, value in line.months],
        "last_year": plain(line.last_year),
        "so_far": plain(line.so_far.value) if line.so_far else None,
        "so_far_last_year": plain(line.so_far_last_year.value) if line.so_far_last_year else None,
        "by": both(lambda: str(kpi.by.label)) if kpi.by else None,
        "parts": [
            {"code": code, "label": {language: labels[language][key] for language in LANGUAGES}, "value": plain(value)}
            for code, _label, key, value in line.parts
        ],
    }


def hash_of(report: IssuedReport) -> str:
    """The hash that a report must have, given what it holds and the hash of the one frozen before it."""
    kept = {
        "month": f"{report.month:%Y-%m}",
        "definitions_version": report.definitions_version,
        "frozen_at": report.frozen_at.isoformat(),
        "by": report.by_id,
        "figures": report.figures,
    }
    return link(report.previous_hash, kept)


# --- reading --------------------------------------------------------------------------------------------------------


def _number(kept: str | None) -> Decimal | None:
    return None if kept is None else Decimal(kept)


@dataclass(frozen=True)
class FrozenPart:
    code: str
    label: str
    value: Decimal | None


@dataclass(frozen=True)
class FrozenLine:
    """A line of a frozen month in one language."""

    key: str
    definition: str
    name: str
    meaning: str
    formula: str
    unit: Unit
    value: Decimal | None
    target: Decimal | None
    owner: str
    is_met: bool | None
    months: Sequence[tuple[date, Decimal | None]]
    last_year: Decimal | None
    so_far: Decimal | None
    so_far_last_year: Decimal | None
    by: str
    parts: Sequence[FrozenPart]
    remarks: Sequence["FrozenRemark"]

    @property
    def before(self) -> Decimal | None:
        """The month before."""
        return self.months[-2][1]

    def said_of(self, kind: str) -> str:
        """The reason, or the counter-measure."""
        return next((remark.text for remark in self.remarks if remark.kind == kind), "")

    @property
    def reason(self) -> str:
        return self.said_of(Remark.Kind.REASON)

    @property
    def measure(self) -> str:
        return self.said_of(Remark.Kind.MEASURE)

    @property
    def comments(self) -> list["FrozenRemark"]:
        return [remark for remark in self.remarks if remark.kind == Remark.Kind.COMMENT]


@dataclass(frozen=True)
class FrozenRemark:
    kind: str
    text: str
    by: str
    at: datetime | None


@dataclass(frozen=True)
class Frozen:
    """A frozen month in one language."""

    month: date
    days: tuple[date, date]
    fiscal_year: int
    year: Year
    company: str
    sentences: Sequence[str]
    groups: Sequence[tuple[str, Sequence[FrozenLine]]]

    @classmethod
    def of(cls, report: IssuedReport, language: str) -> "Frozen":
        kept = report.figures
        remarks: dict[str, list[FrozenRemark]] = {}
        for row in kept["remarks"]:
            remark = FrozenRemark(row["kind"], row["text"], row["by"], parse_datetime(row["at"]))
            remarks.setdefault(row["kpi"], []).append(remark)
        groups = [
            (group["name"][language], [_read(line, language, remarks.get(line["key"], [])) for line in group["lines"]])
            for group in kept["groups"]
        ]
        first, end = (parse_date(day) for day in kept["days"])
        assert first and end
        return cls(
            month=report.month, days=(first, end), fiscal_year=kept["fiscal_year"], year=Year(**kept["year"]),
            company=kept["company"][language], sentences=kept["sentences"][language], groups=groups,
        )  # fmt: skip

    @property
    def lines(self) -> list[FrozenLine]:
        return [line for _name, lines in self.groups for line in lines]

    @property
    def missed(self) -> list[FrozenLine]:
        return [line for line in self.lines if line.is_met is False]


def _read(kept: Mapping[str, Any], language: str, remarks: Sequence[FrozenRemark]) -> FrozenLine:
    def month(text: str) -> date:
        return date(int(text[:4]), int(text[5:]), 1)

    return FrozenLine(
        key=kept["key"], definition=kept["definition"], name=kept["name"][language], meaning=kept["meaning"][language],
        formula=kept["formula"][language], unit=Unit(kept["unit"]), value=_number(kept["actual"]),
        target=_number(kept["target"]), owner=kept["owner"], is_met=kept["is_met"],
        months=[(month(each), _number(value)) for each, value in kept["months"]],
        last_year=_number(kept["last_year"]), so_far=_number(kept["so_far"]),
        so_far_last_year=_number(kept["so_far_last_year"]), by=kept["by"][language] if kept["by"] else "",
        parts=[FrozenPart(part["code"], part["label"][language], _number(part["value"])) for part in kept["parts"]],
        remarks=remarks,
    )  # fmt: skip
