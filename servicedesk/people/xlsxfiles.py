"""Tables as files for Excel: one sheet of texts and whole numbers, and nothing else in it."""

import re
from collections.abc import Iterable
from typing import IO

from xlsxwriter import Workbook

from .csvfiles import safe_cell

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_LETTERS = 32_767  # of a cell
_MOST_DIGITS = 15  # that Excel keeps of a number
_WIDTH = 16  # of a column, in letters
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # no XML holds these


def write(out: IO[bytes], title: str, head: Iterable[str], rows: Iterable[Iterable]) -> None:
    """Write a table into a file that can be written at any place, row by row. `title` is the sheet's, at most 31
    letters. Integers are numbers; all else is text, in which no formula begins even when it is pasted elsewhere.
    """
    with Workbook(out, {"constant_memory": True}) as book:
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True})
        columns = [cell_text(cell) for cell in head]
        for place, cell in enumerate(columns):
            sheet.write_string(0, place, cell, bold)
        for line, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                if isinstance(cell, int) and len(str(abs(cell))) <= _MOST_DIGITS:
                    sheet.write_number(line, place, cell)
                else:
                    sheet.write_string(line, place, cell_text(cell))
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, _WIDTH)


def cell_text(value: object) -> str:
    """A text as a cell can hold it, which no spreadsheet takes for a formula."""
    return _UNSPEAKABLE.sub("", safe_cell(value))[:_MOST_LETTERS]
