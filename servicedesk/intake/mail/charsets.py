"""From bytes to text when the declared charset is right, wrong, missing or a Japanese vendor's own.

Python's codecs for ISO-2022-JP, Shift_JIS and EUC-JP know the standards only; real mail has ①, ㈱, 髙 and half-width
kana in them. Both double-byte forms carry the same table of 94 × 94 cells as CP932, which knows these characters; so
they are turned into CP932 and decoded there.
"""

import codecs

from charset_normalizer import from_bytes

_SAME = {
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "ms_kanji": "cp932",
    "windows-31j": "cp932",
    "csshiftjis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "ascii",
    "ansi_x3.4-1968": "ascii",
    "iso-8859-8-i": "iso-8859-8",
    "utf8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
}
_ISO_2022_JP = ("iso-2022-jp", "csiso2022jp", "cp50220", "cp50221", "cp50222", "iso2022jp", "jis")
_EUC_JP = ("euc-jp", "eucjp", "x-euc-jp", "x-euc", "cp51932", "eucjp-ms")
# Codecs that Python counts among the text ones, though a mail naming them is a trick.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_GUESSES = ["cp932", "euc_jp", "gb18030", "big5", "cp949", "cp1252", "koi8_r", "cp1251", "utf_16"]


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of `data`. Tries what was declared, then UTF-8, then a guess; never raises, marks what nobody can
    read."""
    name = (declared or "").strip().strip("\"'").lower()[:60]
    if name.startswith(_ISO_2022_JP) or (b"\x1b$" in data and _is_seven_bit(data)):
        return _iso_2022_jp(data)
    if name in _EUC_JP:
        text = _euc_jp(data)
        if text is not None:
            return text
    elif name and not (name in ("us-ascii", "ascii", "iso-8859-1", "latin1", "unknown-8bit") and not _is_ascii(data)):
        text = _try(data, _SAME.get(name, name))
        if text is not None:
            return text
    text = _try(data, "utf-8-sig")
    if text is not None:
        return text
    if name in ("iso-8859-1", "latin1"):
        guess = _guess(data)
        return guess if guess is not None else data.decode("cp1252", "replace")
    guess = _guess(data)
    if guess is not None:
        return guess
    codec = _codec(_SAME.get(name, name))
    return data.decode(codec or "utf-8", "replace")


def _is_ascii(data: bytes) -> bool:
    return data.isascii()


def _is_seven_bit(data: bytes) -> bool:
    return data.isascii()


def _codec(name: str) -> str | None:
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    if not info._is_text_encoding or info.name in _NO_CHARSETS or info.name.replace("-", "_") in _NO_CHARSETS:
        return None
    return info.name


def _try(data: bytes, name: str) -> str | None:
    codec = _codec(name)
    if codec is None:
        return None
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return None


def _guess(data: bytes) -> str | None:
    """What a statistical look at up to 64 KB says; Japanese first, because that is what comes here."""
    for codec in ("cp932", "euc_jp"):
        text = _try(data, codec) if codec == "cp932" else _euc_jp(data)
        if text is not None and _looks_japanese(text):
            return text
    best = from_bytes(data[:65536], cp_isolation=_GUESSES, threshold=0.3).best()
    return _try(data, best.encoding) if best is not None else None


def _looks_japanese(text: str) -> bool:
    """Full-width kana among the letters that are not ASCII; half-width kana are what wrong guesses look like."""
    foreign = [sign for sign in text[:20000] if sign > "\x7f"]
    kana = sum("\u3040" <= sign <= "\u30ff" or "\u3001" <= sign <= "\u3002" for sign in foreign)
    wrong = sum("\uff61" <= sign <= "\uff9f" or "\ue000" <= sign <= "\uf8ff" for sign in foreign)
    return bool(foreign) and kana > wrong and (kana + wrong == 0 or kana >= len(foreign) / 8)


def _sjis(row: int, cell: int) -> bytes:
    """Row and cell of JIS X 0208 (0x21 to 0x7e each) as the two bytes of CP932."""
    first = ((row - 0x21) >> 1) + (0x81 if row <= 0x5E else 0xC1)
    if row & 1:
        second = cell + (0x1F if cell <= 0x5F else 0x20)
    else:
        second = cell + 0x7E
    return bytes((first, second))


def _cell(row: int, cell: int) -> str:
    try:
        return _sjis(row, cell).decode("cp932")
    except UnicodeDecodeError:
        pass
    try:
        return bytes((row | 0x80, cell | 0x80)).decode("euc_jis_2004")
    except UnicodeDecodeError:
        return "\ufffd"


_ESCAPES = {
    b"\x1b(B": "ascii",
    b"\x1b(J": "ascii",
    b"\x1b(H": "ascii",
    b"\x1b(I": "kana",
    b"\x1b$@": "double",
    b"\x1b$B": "double",
    b"\x1b$(D": "supplement",
    b"\x1b$(O": "double",
    b"\x1b$(Q": "double",
}


def _iso_2022_jp(data: bytes) -> str:
    """ISO-2022-JP with everything that programs put into it: CP932's rows, half-width kana by escape or by shift-out
    or as single bytes, and a line that ends without going back to ASCII.
    """
    out: list[str] = []
    mode, before_shift, i, end = "ascii", "ascii", 0, len(data)
    while i < end:
        byte = data[i]
        if byte == 0x1B:
            for length in (4, 3):
                kind = _ESCAPES.get(data[i : i + length])
                if kind:
                    mode, i = kind, i + length
                    break
            else:
                i += 1
            continue
        if byte == 0x0E:
            before_shift, mode, i = mode, "kana", i + 1
        elif byte == 0x0F:
            mode, i = before_shift, i + 1
        elif byte in (0x0A, 0x0D):
            mode, i = "ascii", i + 1
            out.append(chr(byte))
        elif byte >= 0x80:
            i = _eight_bit(data, i, out)
        elif mode == "double" and 0x21 <= byte <= 0x7E and i + 1 < end and 0x21 <= data[i + 1] <= 0x7E:
            out.append(_cell(byte, data[i + 1]))
            i += 2
        elif mode == "supplement" and i + 1 < end and 0x21 <= byte <= 0x7E and 0x21 <= data[i + 1] <= 0x7E:
            out.append(bytes((0x8F, byte | 0x80, data[i + 1] | 0x80)).decode("euc_jp", "replace"))
            i += 2
        elif mode == "kana" and 0x21 <= byte <= 0x5F:
            out.append(chr(0xFF61 + byte - 0x21))
            i += 1
        else:
            out.append(chr(byte))
            i += 1
    return "".join(out)


def _eight_bit(data: bytes, i: int, out: list[str]) -> int:
    """A byte that ISO-2022-JP does not have: a UTF-8 or Shift_JIS character that somebody left standing there."""
    for length in (3, 4, 2):
        text = _try(data[i : i + length], "utf-8")
        if text is not None and len(text) == 1:
            out.append(text)
            return i + length
    for length in (2, 1):
        text = _try(data[i : i + length], "cp932")
        if text is not None and len(text) == 1:
            out.append(text)
            return i + length
    out.append("\ufffd")
    return i + 1


def _euc_jp(data: bytes) -> str | None:
    """EUC-JP with CP932's own rows (CP51932); None when it is no EUC-JP."""
    out: list[str] = []
    i, end = 0, len(data)
    while i < end:
        byte = data[i]
        if byte < 0x80:
            stop = i
            while stop < end and data[stop] < 0x80:
                stop += 1
            out.append(data[i:stop].decode("ascii"))
            i = stop
        elif byte == 0x8E and i + 1 < end and 0xA1 <= data[i + 1] <= 0xDF:
            out.append(chr(0xFF61 + data[i + 1] - 0xA1))
            i += 2
        elif byte == 0x8F and i + 2 < end:
            text = _try(data[i : i + 3], "euc_jp")
            if text is None:
                return None
            out.append(text)
            i += 3
        elif 0xA1 <= byte <= 0xFE and i + 1 < end and 0xA1 <= data[i + 1] <= 0xFE:
            sign = _cell(byte & 0x7F, data[i + 1] & 0x7F)
            if sign == "\ufffd":
                return None
            out.append(sign)
            i += 2
        else:
            return None
    return "".join(out)
