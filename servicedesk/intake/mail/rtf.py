"""RTF as Outlook keeps a message's text in winmail.dat: compressed (LZFu), with the HTML or the plain text in it."""

import re
import struct

from . import charsets

_MOST = 4 * 1024 * 1024
# What every compressed text may refer to before it has written anything.
_PRESET = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n"
    b"\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_TOKEN = re.compile(rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}]+)")
_NOT_TEXT = frozenset(b"fonttbl colortbl stylesheet info pict header footer themedata colorschememapping".split())
_SIGNS = {b"par": "\n", b"line": "\n", b"tab": "\t", b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’",
          b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•", b"cell": "\t", b"row": "\n"}  # fmt: skip
_OF_FONTS = {128: "cp932", 129: "cp949", 134: "gb18030", 136: "cp950", 204: "cp1251", 238: "cp1250", 161: "cp1253"}


def decompressed(data: bytes) -> bytes:
    size, raw_size, kind, _checksum = struct.unpack_from("<IIII", data)
    if kind == 0x414C454D:  # not compressed
        return data[16 : 16 + raw_size]
    if kind != 0x75465A4C or raw_size > _MOST:
        raise ValueError("compression")
    ring = bytearray(_PRESET) + bytearray(4096 - len(_PRESET))
    out = bytearray()
    write, place, end = len(_PRESET), 16, min(len(data), size + 4)
    while place < end and len(out) < raw_size:
        flags = data[place]
        place += 1
        for bit in range(8):
            if place >= end:
                break
            if not flags >> bit & 1:
                piece = data[place : place + 1]
                place += 1
            else:
                if place + 1 >= end:
                    return bytes(out[:raw_size])
                offset, length = data[place] << 4 | data[place + 1] >> 4, (data[place + 1] & 15) + 2
                place += 2
                if offset == write:  # the end
                    return bytes(out[:raw_size])
                piece = None
            for step in range(1 if piece else length):
                byte = piece[0] if piece else ring[(offset + step) & 4095]
                out.append(byte)
                ring[write] = byte
                write = (write + 1) & 4095
    return bytes(out[:raw_size])


class _State:
    def __init__(self, above: "_State | None" = None):
        self.skips = above.skips if above else False
        self.is_html = False  # in a group that holds HTML as it was written
        self.hidden = above.hidden if above else False  # RTF that stands for what the HTML says already
        self.charset = above.charset if above else ""
        self.unicode = above.unicode if above else 1
        self.fonts = above.fonts if above else False


def read(data: bytes) -> tuple[str, str]:
    """(HTML, text): one of them, as the message was before it became RTF."""
    out: list[str] = []
    held = bytearray()
    stack = [_State()]
    fonts: dict[int, str] = {}
    codepage, font, skip, starred = "cp1252", 0, 0, False
    has_html = rb"\fromhtml" in data[:2000]
    surrogate = 0

    def flush() -> None:
        if held:
            out.append(charsets.decode(bytes(held), stack[-1].charset or codepage))
            held.clear()

    for word, number, byte, sign, brace, plain in _TOKEN.findall(data[:_MOST]):
        state = stack[-1]
        value = int(number) if number else None
        if brace:
            flush()
            starred = False
            if brace == b"{" and len(stack) < 500:
                stack.append(_State(state))
            elif brace == b"}" and len(stack) > 1:
                stack.pop()
        elif byte or plain:
            content = bytes((int(byte, 16),)) if byte else re.sub(rb"[\r\n]", b"", plain)
            if skip:
                content, skip = content[skip:], max(skip - len(content), 0)
            if not state.skips and not (has_html and state.hidden):
                held += content
        elif sign:
            if sign == b"*":
                starred = True
            elif sign in b"\\{}~-_" and not state.skips and not (has_html and state.hidden):
                held += {b"~": b" ", b"-": b"", b"_": b"-"}.get(sign, sign)
        elif word == b"htmltag" and starred:
            state.skips, state.is_html, state.hidden, starred = False, True, False, False
        elif word in _NOT_TEXT or starred:
            state.skips, state.fonts, starred = True, word == b"fonttbl", False
        elif word == b"ansicpg":
            codepage = f"cp{value}"
        elif word == b"fcharset" and state.fonts:
            fonts[font] = _OF_FONTS.get(value or 0, "")
        elif word == b"f":
            font = value or 0
            if not state.fonts and fonts.get(font, "") != state.charset:
                flush()
                state.charset = fonts.get(font, "")
        elif word == b"htmlrtf":
            flush()
            state.hidden = value != 0
        elif word == b"uc":
            state.unicode = value or 0
        elif word == b"u" and value is not None:
            flush()
            skip = state.unicode
            if state.skips or (has_html and state.hidden):
                continue
            code = value & 0xFFFF
            if 0xD800 <= code < 0xDC00:
                surrogate = code
            elif 0xDC00 <= code < 0xE000:
                out.append(chr(0x10000 + ((surrogate - 0xD800) << 10) + code - 0xDC00) if surrogate else "\ufffd")
                surrogate = 0
            else:
                out.append(chr(code))
        elif word in _SIGNS and not state.skips and not (has_html and state.hidden):
            flush()
            out.append(_SIGNS[word])
    flush()
    text = "".join(out).strip("\n\0 ")
    return (text, "") if has_html else ("", text)
