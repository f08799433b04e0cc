"""Results as rows for CSV and Excel, and the workbook with its charts."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import IO

from django.utils.translation import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from servicedesk.people.csvfiles import safe_cell
from servicedesk.people.xlsxfiles import cell_text

from .models import Survey
from .queries.results import Compared, Results, TrendLine

Cell = str | int | Decimal | None


def header() -> list[str]:
    return [
        _("Group"), _("Question"), _("Users: average"), _("Users: answers"), *(f"{_('Users')}: {mark}" for mark in
        (5, 4, 3, 2, 1)), _("Desk: average"), _("Desk: answers"), _("Gap"), _("Marked"), _("Cause"),
        _("Tie to person-dependence"), _("In what way"),
    ]  # fmt: skip


def rows_of(results: Results) -> Iterator[list[Cell]]:
    """A line for each group and each of its items."""
    for group in results.groups:
        yield [group.group.title, "", *_numbers(group), "", "", ""]
        for item in group.items:
            finding = item.finding
            said = [finding.cause, str(finding.get_dependence_display()), finding.dependence_words] if finding else []
            yield [group.group.title, item.question.text, *_numbers(item), *(said or ["", "", ""])]
            for label, count in item.choices:
                yield [group.group.title, f"{item.question.text}: {label}", None, count, *[""] * 11]
            for words in item.words:
                yield [group.group.title, f"{item.question.text}: {words}", *[""] * 13]


def _numbers(row: Compared) -> list[Cell]:
    return [
        row.users.average, row.users.count, *(count for _mark, count in row.users.spread), row.desk.average,
        row.desk.count, row.gap, _("gap of 1 point or more") if row.is_marked else "",
    ]  # fmt: skip


def write_workbook(out: IO[bytes], results: Results, trend: tuple[Sequence[Survey], Sequence[TrendLine]]) -> None:
    """Sheets: averages per group with a chart, all items, and the trend with a chart. Averages are numbers; whatever
    somebody typed is text in which no formula begins.
    """
    with Workbook(out, {"in_memory": True}) as book:
        bold, decimals = book.add_format({"bold": True}), book.add_format({"num_format": "0.00"})
        groups = book.add_worksheet(_("Groups")[:31])
        _table(groups, bold, decimals, [_("Group"), _("Users"), _("The desk about itself"), _("Gap")], [
            [group.group.title, group.users.average, group.desk.average, group.gap] for group in results.groups
        ])  # fmt: skip
        if results.groups:
            _chart(book, groups, "bar", len(results.groups), 2, str(results.survey.title))
        items = book.add_worksheet(_("Items")[:31])
        _table(items, bold, decimals, header(), rows_of(results))
        surveys, lines = trend
        if len(surveys) > 1:
            sheet = book.add_worksheet(_("Trend")[:31])
            rows = [
                [f"{one.opened_at:%Y-%m}" if one.opened_at else "", *(line.points[at].users.average for line in lines)]
                for at, one in enumerate(surveys)
            ]
            _table(sheet, bold, decimals, [_("Survey"), *(line.title for line in lines)], rows)
            _chart(book, sheet, "line", len(rows), len(lines), _("Trend"))


def _table(sheet: Worksheet, bold: Format, decimals: Format, head: Sequence[str], rows) -> None:
    for place, cell in enumerate(head):
        sheet.write_string(0, place, cell_text(cell), bold)
    for line, row in enumerate(rows, 1):
        for place, cell in enumerate(row):
            if isinstance(cell, Decimal):
                sheet.write_number(line, place, float(cell), decimals)
            elif isinstance(cell, int):
                sheet.write_number(line, place, cell)
            elif cell is not None and cell != "":
                sheet.write_string(line, place, cell_text(cell))
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(head) - 1, 18)


def _chart(book: Workbook, sheet: Worksheet, kind: str, rows: int, columns: int, title: str) -> None:
    chart = book.add_chart({"type": kind})
    for column in range(1, columns + 1):
        chart.add_series({
            "name": [sheet.name, 0, column],
            "categories": [sheet.name, 1, 0, rows, 0],
            "values": [sheet.name, 1, column, rows, column],
        })  # fmt: skip
    axis = {"min": 1, "max": 5, "major_unit": 1}
    if kind == "bar":
        chart.set_x_axis(axis)
        chart.set_y_axis({"reverse": True})  # the first group on top, as in the table
    else:
        chart.set_y_axis(axis)
    chart.set_title({"name": safe_cell(title), "overlay": False})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 720, "height": max(320, 48 * rows if kind == "bar" else 360)})
    sheet.insert_chart(rows + 3, 0, chart)
