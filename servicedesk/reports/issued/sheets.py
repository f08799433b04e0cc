"""The Excel file of an issued report: a summary, a sheet with native charts for each group, and the tickets of the
month as raw data. Every text is written as a text, so no formula begins in what somebody typed.
"""

import io
import re
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from unicodedata import east_asian_width

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from xlsxwriter import Workbook

from servicedesk.people.csvfiles import safe_cell
from servicedesk.web import formats
from servicedesk.web.middleware import speaking_to

from ..kpis import Unit
from .freezing import Frozen, FrozenLine
from .models import IssuedReport
from .queries import raw_cells

_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # no XML holds these
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_FORMATS = {
    Unit.COUNT: "#,##0", Unit.SHARE: "0.0%", Unit.HOURS: "#,##0.0", Unit.DAYS: "#,##0.0", Unit.MINUTES: "#,##0.0",
    Unit.YEN: "#,##0", Unit.POINTS: "0.00",
}  # fmt: skip
_FONT = {"font_name": "Yu Gothic", "font_size": 10, "valign": "vcenter"}
# A block of a figure is as high as its charts, which stand beside its parts.
_CHART_HIGH, _CHART_WIDE, _ROW_HIGH = 300, 460, 22  # pixels
_BAR_HIGH, _MOST_BARS = 26, 12
_LINE = 17  # points of a line of text
_SUMMARY_WIDTHS = (16, 40, 9, 11, 11, 11, 11, 11, 12, 14, 18, 48, 48)
_WIDEST = 120  # of a column of raw data, in letters
_FIRST_MONTH = 8  # column of the oldest month on a group's sheet


def write_xlsx(report: IssuedReport, language: str) -> bytes:
    """In a language, in the company's time zone."""
    out = io.BytesIO()
    with speaking_to(None, language), Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        _Book(book, report, Frozen.of(report, language)).write()
    return out.getvalue()


class _Book:
    def __init__(self, book: Workbook, report: IssuedReport, frozen: Frozen):
        self.book, self.report, self.frozen = book, report, frozen
        self.text = book.add_format(_FONT | {"text_wrap": True})
        self.cell = book.add_format(_FONT)
        self.head = book.add_format(_FONT | {"bold": True, "text_wrap": True, "bottom": 1})
        self.head_right = book.add_format(_FONT | {"bold": True, "text_wrap": True, "bottom": 1, "align": "right"})
        self.title = book.add_format(_FONT | {"bold": True, "font_size": 14})
        self.moment = book.add_format(_FONT | {"num_format": "yyyy-mm-dd hh:mm"})
        self.number = {unit: book.add_format(_FONT | {"num_format": shape}) for unit, shape in _FORMATS.items()}
        self.whole = self.number[Unit.COUNT]
        self.names: set[str] = set()

    def write(self) -> None:
        self._summary()
        for name, lines in self.frozen.groups:
            self._group(name, lines)
        self._raw()

    # --- cells

    def _sheet(self, name: str) -> Any:
        """A sheet whose name Excel takes: 31 letters at most, each name once whatever its case."""
        wanted = plain = _NOT_IN_NAMES.sub(" ", name).strip()[:28] or "-"
        place = 2
        while wanted.lower() in self.names:
            wanted, place = f"{plain} {place}", place + 1
        self.names.add(wanted.lower())
        sheet = self.book.add_worksheet(wanted)
        sheet.set_default_row(_LINE)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def _say(self, sheet: Any, row: int, column: int, value: object, shape: Any = None) -> None:
        sheet.write_string(row, column, _UNSPEAKABLE.sub("", safe_cell(value))[:32_000], shape or self.text)

    def _figure(self, sheet: Any, row: int, column: int, value: Decimal | None, unit: Unit) -> None:
        if value is None:
            sheet.write_blank(row, column, None, self.text)
        else:
            sheet.write_number(row, column, float(value), self.number[unit])

    def _heads(self, sheet: Any, row: int, words: Sequence[str], right: Collection[int] = ()) -> None:
        """Column headings; `right` are those of numbers."""
        for column, word in enumerate(words):
            self._say(sheet, row, column, word, self.head_right if column in right else self.head)

    def _as_high_as(self, sheet: Any, row: int, *texts: tuple[str, int]) -> None:
        """Make a row as high as its longest text needs in the width of its column: not every program does by itself."""
        lines = max(sum(-(-_letters(part) // width) or 1 for part in text.split("\n")) for text, width in texts)
        if lines > 1:
            sheet.set_row(row, min(lines * _LINE, 400))

    # --- sheets

    def _summary(self) -> None:
        frozen, sheet = self.frozen, self._sheet(_("Summary"))
        self._say(sheet, 0, 0, f"{_('Monthly report of the service desk')} {formats.month(frozen.month)}", self.title)
        sheet.set_row(0, 22)
        about = [
            frozen.company,
            f"{_('Figures frozen')}: {formats.exact(self.report.frozen_at)}",
            f"{_('Hash of the figures')}: {self.report.hash}",
            "",
            *frozen.sentences,
        ]
        # Running text across the table: merged, because a cell alone would show it cut at its right edge.
        for row, line in enumerate(about, 1):
            sheet.merge_range(row, 0, row, 12, "", self.text)
            self._say(sheet, row, 0, line)
            self._as_high_as(sheet, row, (line, 200))
        row = len(about) + 2
        heads = [
            _("Group"), _("Figure"), _("Unit"), _("Actual"), _("Target"), _("Target met"), _("Month before"),
            _("A year ago"), _("Fiscal year so far"), _("Fiscal year before, so far"), _("Owner"), _("Reason"),
            _("Counter-measure"),
        ]  # fmt: skip
        self._heads(sheet, row, heads, {3, 4, 6, 7, 8, 9})
        self._as_high_as(sheet, row, *((head, width) for head, width in zip(heads, _SUMMARY_WIDTHS, strict=True)))
        sheet.freeze_panes(row + 1, 2)
        for name, lines in frozen.groups:
            for line in lines:
                row += 1
                self._summary_line(sheet, row, name, line)
        for column, width in enumerate(_SUMMARY_WIDTHS):
            sheet.set_column(column, column, width)

    def _summary_line(self, sheet: Any, row: int, group: str, line: FrozenLine) -> None:
        met = {True: _("yes"), False: _("no"), None: ""}[line.is_met]
        for column, value in enumerate([group, line.name, str(line.unit.label)]):
            self._say(sheet, row, column, value)
        self._figure(sheet, row, 3, line.value, line.unit)
        self._figure(sheet, row, 4, line.target, line.unit)
        self._say(sheet, row, 5, met)
        for column, value in enumerate([line.before, line.last_year, line.so_far, line.so_far_last_year], 6):
            self._figure(sheet, row, column, value, line.unit)
        for column, value in enumerate([line.owner, line.reason, line.measure], 10):
            self._say(sheet, row, column, value)
        widths = _SUMMARY_WIDTHS
        self._as_high_as(
            sheet, row, (group, widths[0]), (line.name, widths[1]), (line.owner, widths[10]), (line.reason, widths[11]),
            (line.measure, widths[12]),
        )  # fmt: skip

    def _group(self, name: str, lines: Sequence[FrozenLine]) -> None:
        sheet = self._sheet(name)
        self._say(sheet, 0, 0, f"{name} · {formats.month(self.frozen.month)}", self.title)
        sheet.set_row(0, 22)
        months = [f"{month:%Y-%m}" for month, _value in lines[0].months]
        self._heads(sheet, 2, [
            _("Figure"), _("Unit"), _("Actual"), _("Target"), _("Month before"), _("A year ago"),
            _("Fiscal year so far"), _("Fiscal year before, so far"), *months,
        ], range(2, _FIRST_MONTH + len(months)))  # fmt: skip
        sheet.set_row(2, 3 * _LINE)
        for row, line in enumerate(lines, 3):
            self._say(sheet, row, 0, line.name)
            self._as_high_as(sheet, row, (line.name, 44))
            self._say(sheet, row, 1, str(line.unit.label))
            values = [line.value, line.target, line.before, line.last_year, line.so_far, line.so_far_last_year]
            values += [value for _month, value in line.months]
            for column, value in enumerate(values, 2):
                self._figure(sheet, row, column, value, line.unit)
        at = len(lines) + 5
        for row, line in enumerate(lines, 3):
            at = self._block(sheet, at, row, line, len(months))
        sheet.set_column(0, 0, 44)
        sheet.set_column(1, 1, 12)
        sheet.set_column(2, _FIRST_MONTH - 1, 13)
        sheet.set_column(_FIRST_MONTH, _FIRST_MONTH + len(months) - 1, 10)
        sheet.freeze_panes(3, 1)

    def _block(self, sheet: Any, at: int, row: int, line: FrozenLine, months: int) -> int:
        """The parts of a figure with its charts beside them; returns the row below."""
        self._say(sheet, at, 0, line.name, self.head)
        self._say(sheet, at, 1, str(line.unit.label), self.head_right)
        for place, part in enumerate(line.parts, at + 2):
            self._say(sheet, place, 0, part.label)
            self._as_high_as(sheet, place, (part.label, 44))
            self._figure(sheet, place, 1, part.value, line.unit)
        if line.parts:
            self._say(sheet, at + 1, 0, line.by, self.text)
        last = _FIRST_MONTH + months - 1
        self._chart(
            sheet, at, 3, "column", _("%(name)s, 13 months") % {"name": line.name}, line.unit,
            [sheet.name, 2, _FIRST_MONTH, 2, last], [sheet.name, row, _FIRST_MONTH, row, last], _CHART_HIGH,
            [value for _month, value in line.months],
        )  # fmt: skip
        high = _CHART_HIGH
        if len(line.parts) > 1:
            shown = min(len(line.parts), _MOST_BARS)
            high = max(_CHART_HIGH, 90 + shown * _BAR_HIGH)
            title = f"{line.name} · {line.by}"
            self._chart(
                sheet, at, 10, "bar", title, line.unit,
                [sheet.name, at + 2, 0, at + 1 + shown, 0], [sheet.name, at + 2, 1, at + 1 + shown, 1], high,
                [part.value for part in line.parts],
            )  # fmt: skip
        return at + max(high // _ROW_HIGH + 2, len(line.parts) + 4)

    def _chart(
        self,
        sheet: Any,
        row: int,
        column: int,
        kind: str,
        title: str,
        unit: Unit,
        names: list,
        values: list,
        high: int,
        numbers: Sequence[Decimal | None],
    ) -> None:
        # An axis that begins above 0 would make small differences look large.
        chart = self.book.add_chart({"type": kind})
        chart.add_series({"categories": names, "values": values, "gap": 60, "fill": {"color": "navy"}})
        chart.set_title({"name": _short(title), "name_font": {"size": 11, "bold": False}, "overlay": False})
        chart.set_legend({"none": True})
        chart.set_size({"width": _CHART_WIDE, "height": high})
        across: dict[str, Any] = {"num_format": _FORMATS[unit]}
        known = [value for value in numbers if value is not None]
        if all(value >= 0 for value in known):
            across["min"] = 0
        if unit == Unit.SHARE and all(value <= 1 for value in known):
            across["max"] = 1
        across |= {"major_gridlines": {"visible": True, "line": {"color": "silver"}}}
        if kind == "bar":
            chart.set_x_axis(across)
            chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": {"size": 8}})
        else:
            chart.set_x_axis({"num_font": {"rotation": -45}})
            chart.set_y_axis(across)
        sheet.insert_chart(row, column, chart, {"description": title, "object_position": 2})

    def _raw(self) -> None:
        sheet = self._sheet(_("Raw data"))
        heads = [
            _("Ticket"), _("Type"), _("Channel"), _("Priority"), _("Impact"), pgettext("moment", "Opened"),
            _("First response"), pgettext("moment", "Resolved"), pgettext("moment", "Closed"), _("Company"),
            _("Department"), _("Team"), _("Service"), _("Category"), _("Cause code"), _("Response within the target"),
            _("Resolution within the target"), _("Times reopened"), _("Changes of team"), _("Escalations"),
            _("Minutes of work"),
        ]  # fmt: skip
        self._heads(sheet, 0, heads, range(17, 21))
        sheet.set_row(0, 3 * _LINE)
        widths = [12, 12, 12, 10, 12, *[17] * 4, *[14] * 6, 14, 14, *[12] * 4]
        for row, cells in enumerate(raw_cells(self.frozen.year, self.frozen.month), 1):
            for column, value in enumerate(cells):
                if isinstance(value, datetime):
                    sheet.write_datetime(row, column, value, self.moment)
                elif isinstance(value, int):
                    sheet.write_number(row, column, value, self.whole)
                elif value:
                    widths[column] = max(widths[column], _letters(value) + 2)
                    self._say(sheet, row, column, value, self.cell)
        sheet.freeze_panes(1, 1)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(width, _WIDEST))


def _letters(text: str) -> int:
    """How wide a text is, in letters of half width."""
    return sum(2 if east_asian_width(letter) in "WFA" else 1 for letter in text)


def _short(title: str) -> str:
    """A chart's heading on one line or two; the sheet has it in full."""
    return title if len(title) <= 60 else title[:59] + "…"
