"""Tables as files: what people send from Excel and other systems, and what we hand out."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.web.errors import Refused
from servicedesk.web.formats import filesize, number
from servicedesk.web.text import normalise

from . import xlsxread

CONTENT_TYPE = "text/csv; charset=utf-8"
MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 50_000
ENCODINGS = {
    "utf-8-sig": gettext_lazy("UTF-8 with a mark"),
    "utf-8": gettext_lazy("UTF-8"),
    "utf-16": gettext_lazy("UTF-16"),
    "cp932": gettext_lazy("Shift_JIS (Windows, cp932)"),
    "xlsx": "Excel",
}
# What a spreadsheet takes for the beginning of a formula, in half and full width; and the apostrophes we put before it.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


class Row(NamedTuple):
    """`line` is where the row begins in the file, the header being line 1; `cells` has a text per known column."""

    line: int
    cells: dict[str, str]


class Table(NamedTuple):
    encoding: str
    columns: list[str]
    unknown: list[str]
    rows: list[Row]


def safe_cell(value) -> str:
    """A cell that no spreadsheet takes for a formula. `plain_cell` takes the apostrophe away again."""
    text = "" if value is None else str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def plain_cell(text: str) -> str:
    text = text[1:] if _ESCAPED.match(text) else text
    return text.strip()


def decode(content: bytes) -> tuple[str, str]:
    """(text, encoding). Refuses what is no text in any of the encodings that Japanese spreadsheets write."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        tried = ["utf-16"]
    elif content.startswith(b"\xef\xbb\xbf"):
        tried = ["utf-8-sig"]
    else:
        tried = ["utf-8", "cp932"]
    for encoding in tried:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
    raise Refused(_("This file is no text in UTF-8 or Shift_JIS. Save it as CSV (UTF-8)."), field="file")


class Opened(NamedTuple):
    """A table whose first line was read; `rows` comes as it is asked for."""

    encoding: str
    columns: list[str]
    unknown: list[str]
    rows: Iterator[Row]


def read(content: bytes, headers: dict[str, tuple[str, ...]]) -> Table:
    """The rows of a CSV or tab-separated file, or of the first sheet of an Excel file. `headers` has the accepted names
    of each column.

    Refuses a file that is too large, empty, or has a column twice; columns of other names are left out and told.
    """
    opened = begin(content, headers)
    return Table(opened.encoding, opened.columns, opened.unknown, list(opened.rows))


def begin(
    content: bytes,
    headers: dict[str, tuple[str, ...]],
    *,
    most_bytes: int = MOST_BYTES,
    most_rows: int = MOST_ROWS,
    times: bool = False,
) -> Opened:
    """The same row by row. With `times` moments of an Excel file keep their time of day."""
    encoding, lines = _begin(content, most_bytes, times)
    _line, head = next(lines, (0, []))
    if not any(cell.strip() for cell in head):
        raise Refused(_("The file is empty. Its first line has the names of the columns."), field="file")
    names = {normalise(name): column for column, accepted in headers.items() for name in (column, *accepted)}
    columns = [names.get(normalise(plain_cell(cell))) for cell in head]
    known = [column for column in columns if column]
    double = {column for column in known if known.count(column) > 1}
    if double:
        raise Refused(_("The column “%(name)s” is there twice.") % {"name": min(double)}, field="file")
    unknown = [cell.strip() for cell, column in zip(head, columns) if column is None and cell.strip()]
    return Opened(encoding, known, unknown, _rows(lines, columns, most_rows))


def names_in(content: bytes) -> list[str]:
    """What the columns of a file are called, in their order."""
    _encoding, lines = _begin(content, MOST_BYTES, times=False)
    return [plain_cell(cell) for cell in next(lines, (0, []))[1]]


def _begin(content: bytes, most_bytes: int, times: bool) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    if len(content) > most_bytes:
        raise Refused(_("The file is larger than %(size)s.") % {"size": filesize(most_bytes)}, field="file")
    if xlsxread.is_workbook(content):
        return "xlsx", xlsxread.rows_of(content, times=times)
    text, encoding = decode(content)
    return encoding, _lines(text)


def _rows(lines: Iterator[tuple[int, list[str]]], columns: list[str | None], most_rows: int) -> Iterator[Row]:
    count = 0
    for line, cells in lines:
        if any(cell.strip() for cell in cells):
            count += 1
            if count > most_rows:
                raise Refused(
                    _("The file has more than %(rows)s rows. Split it.") % {"rows": number(most_rows)}, field="file"
                )
            yield Row(line, {column: plain_cell(cell) for column, cell in zip(columns, cells) if column is not None})


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of a text, the line being where the row begins."""
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in first else ",")
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        raise Refused(
            _("Line %(line)d cannot be read as a table.") % {"line": reader.line_num or 1}, field="file"
        ) from None


def write(head: Iterable[str], rows: Iterable[Iterable]) -> Iterator[bytes]:
    """A CSV file for spreadsheets in pieces: UTF-8 with mark, CRLF, no formulas."""
    piece = io.StringIO()
    writer = csv.writer(piece, lineterminator="\r\n")
    writer.writerow([safe_cell(cell) for cell in head])
    yield b"\xef\xbb\xbf"
    for count, row in enumerate(rows, 1):
        writer.writerow([safe_cell(cell) for cell in row])
        if count % 200 == 0:
            yield piece.getvalue().encode()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue().encode()
