"""A table with a ticket in each row, whose columns somebody chose: CSV, tab-separated or Excel."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext_lazy

from servicedesk.people.csvfiles import Row
from servicedesk.tickets.models import Channel, Impact, Priority, Urgency
from servicedesk.tickets.workflow import TicketType, all_statuses
from servicedesk.web.errors import Refused
from servicedesk.web.text import normalise

from .drafts import (
    DATE_FORMATS,
    MOST_LETTERS,
    Draft,
    Moment,
    Rejected,
    Rejection,
    digest_of,
    missing,
    moment_of,
    named,
    whole,
    yes_or_no,
)

FIELDS: dict[str, str | Promise] = {
    "external_id": gettext_lazy("Number there"),
    "title": gettext_lazy("Title"),
    "description": gettext_lazy("Description"),
    "type": gettext_lazy("Type"),
    "status": gettext_lazy("Status"),
    "opened_at": gettext_lazy("Opened"),
    "resolved_at": gettext_lazy("Resolved at"),
    "closed_at": gettext_lazy("Closed at"),
    "requester": gettext_lazy("Requester"),
    "entered_by": gettext_lazy("Entered by"),
    "assignee": gettext_lazy("Assignee"),
    "resolved_by": gettext_lazy("Resolved by"),
    "team": gettext_lazy("Team"),
    "category": gettext_lazy("Category"),
    "subcategory": gettext_lazy("Category below it"),
    "priority": gettext_lazy("Priority"),
    "impact": gettext_lazy("Impact"),
    "urgency": gettext_lazy("Urgency"),
    "channel": gettext_lazy("Channel"),
    "resolution": pgettext_lazy("field", "Resolution"),
    "reopen_count": gettext_lazy("Times reopened"),
    "reassignment_count": gettext_lazy("Times handed to another team"),
    "made_sla": gettext_lazy("Service level met"),
}
NEEDED = ("external_id", "title", "opened_at")
# Where an empty cell, or a column that is missing, may mean something.
MAY_HAVE_DEFAULTS = ("type", "status", "requester", "team", "category", "priority", "impact", "urgency", "channel")
_DATES = ("opened_at", "resolved_at", "closed_at")


@dataclass(frozen=True)
class Chosen:
    """What was chosen for a table: the header of each field, how dates are written, what holds for empty cells, and
    what its words mean here.
    """

    columns: dict[str, str] = field(default_factory=dict)
    date_format: str = "ymd"
    defaults: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Chosen":
        return cls(**{name: kept[name] for name in ("columns", "date_format", "defaults", "words") if name in kept})

    def as_json(self) -> dict[str, Any]:
        return {
            "columns": self.columns,
            "date_format": self.date_format,
            "defaults": self.defaults,
            "words": self.words,
        }


def check_chosen(chosen: Chosen, headers: Iterable[str]) -> None:
    """Refuse what cannot be read by: fields that are needed and not chosen, columns that the file does not have."""
    unknown = [name for name in (*chosen.columns, *chosen.defaults) if name not in FIELDS]
    if unknown:
        raise Refused(_("There is no field “%(name)s”.") % {"name": unknown[0][:80]}, field="columns")
    absent = [str(FIELDS[name]) for name in NEEDED if not chosen.columns.get(name)]
    if absent:
        raise Refused(_("Choose the columns of: %(names)s.") % {"names": missing(absent)}, field="columns")
    known = {normalise(header) for header in headers}
    gone = [column for column in chosen.columns.values() if column and normalise(column) not in known]
    if gone:
        raise Refused(
            _("This file has other columns: %(names)s is missing.") % {"names": missing(gone)},
            field="file",
            code="other_columns",
        )
    if chosen.date_format not in DATE_FORMATS:
        raise Refused(_("Choose how dates are written."), field="date_format")
    probe = _Table(chosen, ZoneInfo("UTC"))
    for name, word in chosen.defaults.items():
        try:
            probe.meaning(Row(0, {}), name, word)
        except Rejected as reason:
            raise Refused(str(reason), field=f"default_{name}") from None


def headers_of(chosen: Chosen) -> dict[str, tuple[str, ...]]:
    """As `csvfiles.begin` wants them."""
    return {column: () for column in chosen.columns.values() if column}


def drafts(rows: Iterable[Row], zone: ZoneInfo, chosen: Chosen) -> Iterator[Draft | Rejection]:
    """One for each row."""
    table, seen = _Table(chosen, zone), dict[str, int]()
    for row in rows:
        number = row.cells.get(chosen.columns["external_id"], "").strip()[: MOST_LETTERS + 1]
        if number and number in seen:
            reason = _("The same number stands in line %(line)d.") % {"line": seen[number]}
            yield Rejection(row.line, number, reason)
            continue
        seen[number] = row.line
        try:
            yield table.draft(row)
        except Rejected as rejected:
            yield Rejection(row.line, number, str(rejected))


def _both(label: object) -> set[str]:
    found = set()
    for language in ("ja", "en"):
        with override(language):
            found.add(normalise(str(label)))
    return found


class _Table:
    def __init__(self, chosen: Chosen, zone: ZoneInfo):
        self.chosen, self.zone = chosen, zone
        self.words = {normalise(theirs): ours for theirs, ours in chosen.words.items()}
        self.known: dict[str, dict[str, Any]] = {
            "type": self._words([(each.value, each.label) for each in TicketType]),
            "channel": self._words([(each.value, each.label) for each in Channel]),
            "status": self._words(all_statuses().items()),
        }
        self.known["status"].pop("merged", None)
        for name, levels in (("priority", Priority), ("impact", Impact), ("urgency", Urgency)):
            self.known[name] = self._words([(each.value, each.label) for each in levels])
        self.stamp = [str(zone), chosen.as_json()]

    @staticmethod
    def _words(rows: Iterable[tuple[Any, object]]) -> dict[str, Any]:
        return {word: value for value, label in rows for word in (normalise(str(value)), *_both(label))}

    def draft(self, row: Row) -> Draft:
        columns, defaults = self.chosen.columns, self.chosen.defaults
        cell = {name: row.cells.get(columns.get(name, ""), "").strip() or defaults.get(name, "") for name in FIELDS}
        for name in NEEDED:
            if not cell[name]:
                raise Rejected(row.line, _("%(column)s is missing.") % {"column": FIELDS[name]})
        if len(cell["external_id"]) > MOST_LETTERS:
            raise Rejected(row.line, _("The number is longer than 100 letters."))
        opened_at, resolved_at, closed_at = (self._date(row, name, cell[name]) for name in _DATES)
        if opened_at is None:
            raise Rejected(row.line, _("%(column)s is missing.") % {"column": FIELDS["opened_at"]})
        status = self.meaning(row, "status", cell["status"]) or (
            "closed" if closed_at else "resolved" if resolved_at else "new"
        )
        ended, solved = status in ("closed", "cancelled"), status in ("resolved", "closed")
        if ended and closed_at is None:
            closed_at = resolved_at or opened_at
        if (closed_at and closed_at < opened_at) or (resolved_at and resolved_at < opened_at):
            raise Rejected(row.line, _("It ended before it was opened."))
        return Draft(
            line=row.line,
            external_id=cell["external_id"],
            title=" ".join(cell["title"].split())[:200],
            description=cell["description"],
            type=self.meaning(row, "type", cell["type"]) or TicketType.INCIDENT,
            channel=self.meaning(row, "channel", cell["channel"]) or Channel.IMPORT,
            opened_at=opened_at,
            requester=named(cell["requester"]),
            entered_by=named(cell["entered_by"]),
            resolved_at=resolved_at if solved else None,
            resolved_by=named(cell["resolved_by"]),
            closed_at=closed_at if ended else None,
            resolution=cell["resolution"],
            reopen_count=self._count(row, "reopen_count", cell),
            reassignment_count=self._count(row, "reassignment_count", cell),
            made_sla=self._verdict(row, cell["made_sla"]),
            moments=self._moments(row, cell, status, opened_at, resolved_at if solved else None, closed_at),
            digest=digest_of([*self.stamp, sorted(row.cells.items())]),
        )

    def _moments(
        self, row: Row, cell: dict[str, str], status: str, opened_at: datetime, resolved_at, closed_at
    ) -> tuple[Moment, ...]:
        """A row says how it stands now; on the way there it was resolved, when it says so."""
        shared = {
            "impact": self.meaning(row, "impact", cell["impact"]) or Impact.PERSON,
            "urgency": self.meaning(row, "urgency", cell["urgency"]) or Urgency.SOON,
            "priority": self.meaning(row, "priority", cell["priority"]) or Priority.P4,
            "team": named(cell["team"]),
            "assignee": named(cell["assignee"]),
            "category": tuple(filter(None, (named(cell["category"]), named(cell["subcategory"])))),
        }
        by = named(cell["assignee"]) or named(cell["entered_by"])
        found = [Moment(opened_at, "new", by=by, **shared)]
        if status == "closed" and resolved_at:
            found.append(Moment(resolved_at, "resolved", by=named(cell["resolved_by"]) or by, **shared))
        if status != "new":
            at = closed_at if status in ("closed", "cancelled") else resolved_at or opened_at
            found.append(Moment(at, status, by=by, **shared))
        return tuple(found)

    def meaning(self, row: Row, name: str, word: str) -> Any:
        """What a word means here, None for none; names of people, teams and categories mean themselves."""
        if not word or name not in self.known:
            return word or None
        ours = self.words.get(normalise(word), word)
        key = normalise(ours)
        if name in ("priority", "impact", "urgency") and key not in self.known[name]:
            key = key.removeprefix("p")[:1] if key.removeprefix("p")[1:2] in ("", " ", "-", ".", ":") else key
        if key not in self.known[name]:
            raise Rejected(
                row.line, _("%(column)s: “%(value)s” is not known.") % {"column": FIELDS[name], "value": word[:60]}
            )
        return self.known[name][key]

    def _date(self, row: Row, name: str, text: str) -> datetime | None:
        found = moment_of(text, self.chosen.date_format, self.zone) if text else None
        if text and found is None:
            raise Rejected(
                row.line,
                _("%(column)s: “%(value)s” is no moment; it is written as %(example)s.")
                % {"column": FIELDS[name], "value": text[:60], "example": DATE_FORMATS[self.chosen.date_format]},
            )
        return found

    def _count(self, row: Row, name: str, cell: dict[str, str]) -> int:
        count = whole(cell[name] or "0")
        if count is None:
            raise Rejected(
                row.line, _("%(column)s: “%(value)s” is no count.") % {"column": FIELDS[name], "value": cell[name][:60]}
            )
        return count

    def _verdict(self, row: Row, text: str) -> bool | None:
        met = yes_or_no(self.words.get(normalise(text), text)) if text else None
        if text and met is None:
            raise Rejected(
                row.line,
                _("%(column)s: “%(value)s” is not known.") % {"column": FIELDS["made_sla"], "value": text[:60]},
            )
        return met
