"""Tables as files for Excel: one sheet of texts and whole numbers, and nothing else in it."""

import re
import zipfile
from collections.abc import Iterable
from typing import IO
from xml.sax.saxutils import escape

from .csvfiles import safe_cell

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_LETTERS = 32_767  # of a cell
_MOST_DIGITS = 15  # that Excel keeps of a number
# No XML holds these; and what Excel would read as another way to write a letter.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>'
        "</Types>"
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="%s" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}">'
        '<fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        "<borders><border/></borders>"
        '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf xfId="0"/><xf fontId="1" xfId="0" applyFont="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}
_HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# The first line stays in sight.
_SHEET = (
    f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)


def write(out: IO[bytes], title: str, head: Iterable[str], rows: Iterable[Iterable]) -> None:
    """Write a table into a file that can be written at any place. `title` is the sheet's, at most 31 letters. Integers
    are numbers; all else is text, in which no formula begins even when it is pasted elsewhere.
    """
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in _PARTS.items():
            archive.writestr(name, _HEADER + (part % escape(title[:31]) if name == "xl/workbook.xml" else part))
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write((_HEADER + _SHEET + _line(head, 1)).encode())
            for row in rows:
                sheet.write(_line(row, 0).encode())
            sheet.write(b"</sheetData></worksheet>")


def _line(cells: Iterable, style: int) -> str:
    return "<row>" + "".join(_cell(each, style) for each in cells) + "</row>"


def _cell(value, style: int) -> str:
    if isinstance(value, int) and len(str(abs(value))) <= _MOST_DIGITS:
        return f"<c><v>{value}</v></c>"
    text = _ESCAPED.sub("_x005F_", _UNSPEAKABLE.sub("", safe_cell(value)))[:_MOST_LETTERS]
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
