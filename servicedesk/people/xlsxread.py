"""Reading a table that somebody made with Excel: the first sheet's cells as text, and nothing else of it.

A workbook is a ZIP of XML. Only three parts are read, each up to a size, without document types: what could unfold to
gigabytes, or fetch something, is refused.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from xml.etree.ElementTree import Element
from xml.parsers import expat

from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused

MOST_UNPACKED = 30 * 1024 * 1024
MOST_COLUMNS = 200
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_BEGIN = date(1899, 12, 30)  # day 0 of Excel, which takes 1900 for a leap year
# Formats of Excel's own that show a day; others say so by their letters.
_DAYS = {14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 55, 56, 57, 58}
_SAYS_DAY = re.compile(r"(?i)(?<![\\])[yd]|(?:年|月)")


def is_workbook(content: bytes) -> bool:
    return content.startswith(b"PK\x03\x04")


def rows_of(content: bytes, *, times: bool = False) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of the first sheet; lines without a cell are left out. Days read as 2026-12-28, with `times`
    moments as 2026-12-28 13:30:00.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            names = set(book.namelist())
            sheet = _first_sheet(book, names)
            texts = _texts(_parse(book, "xl/sharedStrings.xml")) if "xl/sharedStrings.xml" in names else []
            days = _day_styles(_parse(book, "xl/styles.xml")) if "xl/styles.xml" in names else set()
            root = _parse(book, sheet)
    except (zipfile.BadZipFile, KeyError, expat.ExpatError, ValueError, NotImplementedError, RuntimeError, EOFError):
        raise _unreadable() from None
    for place, row in enumerate(_all(root, "row"), 1):
        cells: dict[int, str] = {}
        for at, cell in enumerate(_all(row, "c")):
            found = _CELL.fullmatch(cell.get("r", ""))
            column = _column(found[1]) if found else at
            if column < MOST_COLUMNS:
                cells[column] = _text(cell, texts, days, times)
        if cells:
            line = row.get("r", "")
            yield int(line) if line.isdecimal() else place, [cells.get(at, "") for at in range(max(cells) + 1)]


def _unreadable() -> Refused:
    return Refused(_("This Excel file cannot be read. Save it as CSV (UTF-8)."), field="file")


def _parse(book: zipfile.ZipFile, name: str) -> Element:
    """The tree of one part, without names' spaces."""
    if book.getinfo(name).file_size > MOST_UNPACKED:
        raise Refused(_("The file is larger than 20 MB."), field="file")
    root = Element("root")
    open_elements = [root]
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def begin(tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag.rpartition(":")[2], attributes)
        open_elements[-1].append(element)
        open_elements.append(element)

    def end(_tag: str) -> None:
        open_elements.pop()

    def data(text: str) -> None:
        open_elements[-1].text = (open_elements[-1].text or "") + text

    def refuse(*_given: object) -> None:
        raise ValueError("a document type")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, data
    parser.StartDoctypeDeclHandler = refuse
    with book.open(name) as part:
        parser.Parse(part.read(MOST_UNPACKED), True)
    return root


def _all(root: Element, tag: str) -> Iterator[Element]:
    return root.iter(tag)


def _first_sheet(book: zipfile.ZipFile, names: set[str]) -> str:
    """The part that holds the sheet which the workbook names first."""
    sheets = list(_all(_parse(book, "xl/workbook.xml"), "sheet"))
    wanted = next((value for name, value in sheets[0].items() if name.endswith(":id")), None) if sheets else None
    for relation in _all(_parse(book, "xl/_rels/workbook.xml.rels"), "Relationship"):
        if relation.get("Id") == wanted:
            target = relation.get("Target", "").lstrip("/")
            name = target if target.startswith("xl/") else f"xl/{target}"
            if name in names:
                return name
    raise KeyError("no sheet")


def _texts(root: Element) -> list[str]:
    return [_plain(each) for each in _all(root, "si")]


def _plain(element: Element) -> str:
    """The text of all runs, without how they are to be read (furigana)."""
    said = [each.text or "" for each in element if each.tag == "t"]
    said += [part.text or "" for run in element if run.tag == "r" for part in run if part.tag == "t"]
    return "".join(said)


def _day_styles(root: Element) -> set[int]:
    own = {int(each.get("numFmtId", "0")): each.get("formatCode", "") for each in _all(root, "numFmt")}
    days = _DAYS | {number for number, code in own.items() if _SAYS_DAY.search(re.sub(r'"[^"]*"|\[[^\]]*\]', "", code))}
    formats = [each for cells in _all(root, "cellXfs") for each in cells if each.tag == "xf"]
    return {place for place, each in enumerate(formats) if int(each.get("numFmtId", "0")) in days}


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _text(cell: Element, texts: list[str], days: set[int], times: bool) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(_plain(each) for each in cell if each.tag == "is")
    value = next((each.text or "" for each in cell if each.tag == "v"), "")
    try:
        if kind == "s":
            return texts[int(value)]
        if kind == "n" and value:
            number = float(value)
            style = cell.get("s", "")
            if style.isdecimal() and int(style) in days and 0 < number < 2_958_466:
                if times and not number.is_integer():
                    seconds = round(number % 1 * 86_400)
                    return (datetime.combine(_BEGIN, time()) + timedelta(int(number), seconds)).isoformat(" ")
                return (_BEGIN + timedelta(days=int(number))).isoformat()
            return str(int(number)) if number.is_integer() and abs(number) < 10**15 else repr(number)
    except (ValueError, IndexError, OverflowError):
        return ""
    return value
