"""winmail.dat: the files and the text that Outlook packs into TNEF (MS-OXTNEF).

Read here and not by a library: the one on PyPI had its last release in January 2021, and what a mail needs of the
format is this page. `Broken` is all it raises; then winmail.dat itself stays the file.
"""

import struct
from dataclasses import dataclass, field

from . import charsets, rtf

SIGNATURE = 0x223E9F78
_MOST_FILES = 200
_DEEPEST = 3
_NEW_FILE, _TITLE, _DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_PROPERTIES, _CODEPAGE, _BODY = 0x9003, 0x9007, 0x800C
# Bytes of a value by its type; those of 0 have their length before them.
_SIZES = {
    2: 4,
    3: 4,
    4: 4,
    5: 8,
    6: 8,
    7: 8,
    0xA: 4,
    0xB: 4,
    0x14: 8,
    0x40: 8,
    0x48: 16,
    0xD: 0,
    0x1E: 0,
    0x1F: 0,
    0x102: 0,
}
_STRING, _UNICODE = 0x1E, 0x1F
_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME, _OBJECT, _MIME, _CID = 0x3707, 0x3704, 0x3001, 0x3701, 0x370E, 0x3712
_TEXT, _RTF, _HTML, _CHARSET = 0x1000, 0x1009, 0x1013, 0x3FDE


class Broken(Exception):
    """These bytes are no sound TNEF."""


@dataclass
class File:
    name: str = ""
    data: bytes = b""
    mime: str = ""
    cid: str = ""


@dataclass
class Packed:
    """What was packed. Of `text` and `html` one is enough; both are empty when the mail has its text itself."""

    files: list[File] = field(default_factory=list)
    text: str = ""
    html: str = ""


def is_tnef(data: bytes) -> bool:
    return data[:4] == struct.pack("<I", SIGNATURE)


def unpack(data: bytes) -> Packed:
    try:
        return _unpack(data, depth=0)
    except (struct.error, IndexError, ValueError, KeyError, OverflowError) as error:
        raise Broken(str(error)) from None


def _unpack(data: bytes, *, depth: int) -> Packed:
    if not is_tnef(data) or depth > _DEEPEST:
        raise ValueError("signature")
    packed, codepage, place = Packed(), "cp1252", 6
    while place < len(data):
        _level, number, length = struct.unpack_from("<BII", data, place)
        value = data[place + 9 : place + 9 + length]
        (checksum,) = struct.unpack_from("<H", data, place + 9 + length)
        if sum(value) & 0xFFFF != checksum:
            raise ValueError("checksum")
        place += 11 + length
        name = number & 0xFFFF
        if name == _CODEPAGE:
            codepage = f"cp{struct.unpack_from('<I', value)[0]}"
        elif name == _NEW_FILE:
            if len(packed.files) >= _MOST_FILES:
                raise ValueError("files")
            packed.files.append(File())
        elif name == _TITLE and packed.files:
            packed.files[-1].name = _string(value, codepage)
        elif name == _DATA and packed.files:
            packed.files[-1].data = value
        elif name == _FILE_PROPERTIES and packed.files:
            _file(packed, _properties(value), codepage, depth)
        elif name == _BODY:
            packed.text = _string(value, codepage)
        elif name == _PROPERTIES:
            _text(packed, _properties(value), codepage)
    return packed


def _file(packed: Packed, found: dict[int, tuple[int, bytes]], codepage: str, depth: int) -> None:
    file = packed.files[-1]
    for number in (_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME):
        if number in found and (name := _of(found, number, codepage)):
            file.name = name
            break
    file.mime, file.cid = _of(found, _MIME, codepage), _of(found, _CID, codepage)
    if _OBJECT not in found:
        return
    content = found[_OBJECT][1][16:]  # behind the kind of object
    file.data = file.data or content
    if is_tnef(content):  # a message in the message
        inner = _unpack(content, depth=depth + 1)
        packed.files.pop()
        name = file.name or "message"
        if inner.html or inner.text:
            ending = ".html" if inner.html else ".txt"
            packed.files.append(
                File(name + ending, (inner.html or inner.text).encode(), "text/" + ("html" if inner.html else "plain"))
            )
        packed.files += inner.files


def _text(packed: Packed, found: dict[int, tuple[int, bytes]], codepage: str) -> None:
    if _CHARSET in found:
        codepage = f"cp{struct.unpack_from('<I', found[_CHARSET][1])[0]}".replace("cp65001", "utf-8")
        codepage = codepage.replace("cp50220", "iso-2022-jp").replace("cp51932", "euc-jp")
    packed.text = _of(found, _TEXT, codepage) or packed.text
    if _HTML in found:
        packed.html = charsets.decode(found[_HTML][1].rstrip(b"\0"), codepage)
    elif _RTF in found and not packed.text:
        try:
            packed.html, packed.text = rtf.read(rtf.decompressed(found[_RTF][1]))
        except (struct.error, IndexError, ValueError):
            packed.html = packed.text = ""


def _properties(value: bytes) -> dict[int, tuple[int, bytes]]:
    """Number to (type, bytes of its first value)."""
    (count,) = struct.unpack_from("<I", value)
    found: dict[int, tuple[int, bytes]] = {}
    place = 4
    for _turn in range(min(count, 5000)):
        kind, number = struct.unpack_from("<HH", value, place)
        place += 4
        if number >= 0x8000:  # has a name of its own
            (by_text,) = struct.unpack_from("<I", value, place + 16)
            place += 20
            (size,) = struct.unpack_from("<I", value, place)
            place += 4 + (_padded(size) if by_text else 0)
        many = 1
        size = _SIZES[kind & 0xFFF]
        if kind & 0x1000 or not size:
            (many,) = struct.unpack_from("<I", value, place)
            place += 4
        if many > len(value):
            raise ValueError("values")
        for turn in range(many):
            length = size
            if not size:
                (length,) = struct.unpack_from("<I", value, place)
                place += 4
            if place + length > len(value):
                raise ValueError("value")
            if turn == 0:
                found.setdefault(number, (kind & 0xFFF, value[place : place + length]))
            place += _padded(length)
    return found


def _padded(size: int) -> int:
    return (size + 3) & ~3


def _of(found: dict[int, tuple[int, bytes]], number: int, codepage: str) -> str:
    kind, data = found.get(number, (0, b""))
    if kind == _UNICODE:
        return data.decode("utf-16-le", "replace").rstrip("\0")
    return _string(data, codepage) if kind == _STRING else ""


def _string(data: bytes, codepage: str) -> str:
    return charsets.decode(data.rstrip(b"\0"), codepage)
