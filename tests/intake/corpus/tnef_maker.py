"""A small writer of TNEF and of RTF as it stands in it, after MS-OXTNEF and MS-OXRTFCP; only for making mails."""

import struct
import zlib


def _attribute(level: int, number: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, number, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def _property(number: int, value: str | bytes | int) -> bytes:
    if isinstance(value, int):
        return struct.pack("<HHI", 3, number, value)
    kind, data = (0x1F, value.encode("utf-16-le") + b"\0\0") if isinstance(value, str) else (0x102, value)
    return struct.pack("<HHII", kind, number, 1, len(data)) + data + b"\0" * (-len(data) % 4)


def _properties(*each: bytes) -> bytes:
    return struct.pack("<I", len(each)) + b"".join(each)


def named(value: int) -> bytes:
    """A property with a name of its own, which a reader must get past."""
    name = "花子".encode("utf-16-le") + b"\0\0"
    head = struct.pack("<HH", 3, 0x8001) + b"G" * 16 + struct.pack("<II", 1, len(name)) + name
    return head + b"\0" * (-len(name) % 4) + struct.pack("<I", value)


def tnef(
    *files: tuple[str, str, bytes], text: str = "", rtf: bytes = b"", html: bytes = b"", body: bytes = b""
) -> bytes:
    """Files are (short name in CP932, long name, content)."""
    out = struct.pack("<IH", 0x223E9F78, 1)
    out += _attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
    out += _attribute(1, 0x00069007, struct.pack("<II", 932, 0))
    if body:
        out += _attribute(1, 0x0002800C, body)
    props = [named(7)]
    props += [_property(0x1000, text)] if text else []
    props += [_property(0x1009, rtf)] if rtf else []
    props += [_property(0x3FDE, 65001), _property(0x1013, html)] if html else []
    out += _attribute(1, 0x00069003, _properties(*props))
    for short, long, content in files:
        out += _attribute(2, 0x00069002, b"\1\0" + b"\0" * 12)
        out += _attribute(2, 0x00018010, short.encode("cp932") + b"\0")
        out += _attribute(2, 0x0006800F, content)
        if long:
            out += _attribute(2, 0x00069005, _properties(_property(0x3707, long)))
    return out


def message_in(name: str, inner: bytes) -> bytes:
    """TNEF with another message as its file."""
    out = struct.pack("<IH", 0x223E9F78, 1) + _attribute(2, 0x00069002, b"\2\0" + b"\0" * 12)
    head = struct.pack("<HHII", 0xD, 0x3701, 1, 16 + len(inner)) + b"I" * 16 + inner + b"\0" * (-len(inner) % 4)
    return out + _attribute(2, 0x00069005, _properties(_property(0x3001, name), head))


def stored_rtf(rtf: bytes) -> bytes:
    return struct.pack("<III", len(rtf) + 12, len(rtf), 0x414C454D) + b"\0\0\0\0" + rtf


def compressed_rtf(rtf: bytes) -> bytes:
    """With references into what was written before, as Outlook does, if not as well."""
    start = (
        rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
        rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n"
        rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
    )  # fmt: skip
    assert len(start) == 207
    seen, place, tokens = start, 0, []
    while place < len(rtf):
        length = min(17, len(rtf) - place)
        at = -1
        while length > 2 and (at := seen.rfind(rtf[place : place + length])) < 0:
            length -= 1
        if at >= 0 and length > 2:
            tokens.append(struct.pack(">H", (at & 4095) << 4 | (length - 2)))
        else:
            length = 1
            tokens.append(rtf[place : place + 1])
        seen += rtf[place : place + length]
        place += length
    tokens.append(struct.pack(">H", (len(seen) & 4095) << 4))
    out = b""
    for group in range(0, len(tokens), 8):
        eight = tokens[group : group + 8]
        out += bytes((sum(1 << bit for bit, token in enumerate(eight) if len(token) == 2),)) + b"".join(eight)
    checksum = zlib.crc32(out, 0xFFFFFFFF) ^ 0xFFFFFFFF  # the usual one, begun with zero and not inverted
    return struct.pack("<IIII", len(out) + 12, len(rtf), 0x75465A4C, checksum) + out
