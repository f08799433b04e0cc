"""From bytes to text when the declared charset is right, wrong, missing or a vendor's own.

A declaration that fits the bytes is believed. There are three exceptions. "us-ascii", "iso-8859-1", "windows-1252"
and names that nobody knows are what programs say which do not know: what is UTF-8 or Japanese is read as such under
them. Valid UTF-8 with several Japanese signs is UTF-8 under any name. A byte order mark tells more than a name.
What is declared by a standard's name is read by the superset that Windows writes under it: CP932 for Shift_JIS (see
`japanese`), GB18030 for GB2312, CP949 for EUC-KR, CP950 for Big5, windows-1252 for ISO-8859-1.
"""

import codecs
import re

from charset_normalizer import from_bytes

from .japanese import euc_jp, is_common_kanji, iso_2022_jp, looks_japanese

_SAME = {
    "shift_jis": "cp932",
    "shiftjis": "cp932",
    "shift-jis": "cp932",
    "shift_jis-ms": "cp932",
    "sjis": "cp932",
    "sjis-win": "cp932",
    "x-sjis": "cp932",
    "x-ms-cp932": "cp932",
    "ms_kanji": "cp932",
    "ms932": "cp932",
    "windows-31j": "cp932",
    "windows-932": "cp932",
    "cswindows31j": "cp932",
    "csshiftjis": "cp932",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "euc-cn": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "x-gbk": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "cp950",
    "big5-hkscs": "big5hkscs",
    "x-big5": "cp950",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "x-windows-949": "cp949",
    "windows-949": "cp949",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "ascii",
    "ansi_x3.4-1968": "ascii",
    "iso-8859-8-i": "iso-8859-8",
    "unicode-1-1-utf-8": "utf-8",
    "x-utf-8": "utf-8",
    "utf-8n": "utf-8",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
}
_ISO_2022_JP = ("iso-2022-jp", "iso_2022-jp", "csiso2022jp", "cp50220", "cp50221", "cp50222", "iso2022jp", "jis")
_EUC_JP = ("euc-jp", "eucjp", "x-euc-jp", "x-euc", "cp51932", "eucjp-ms", "eucjp-win", "ujis", "cseucpkdfmtjapanese")
# Codecs that Python counts among the text ones, though a mail naming them is a trick.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_LATIN = frozenset({"ascii", "cp1252"})
_GUESSES = ["cp932", "euc_jp", "gb18030", "big5", "cp949", "cp1252", "koi8_r", "cp1251", "utf_16"]
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ESCAPE = re.compile(rb"\x1b\$[@B]|\x1b\$\([DOPQ]|\x1b\(I")
# So many lines that do not fit are looked at one by one; then it is no text with a few broken lines any more.
_MOST_LINES_TRIED = 500
_EIGHT_BIT_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")


def decode(data: bytes, declared: str | None = None, other: str | None = None) -> str:
    """The text of `data`: by what was `declared`, by the `other` that something else in the mail says, as UTF-8, by a
    guess. Never raises; marks what nobody can read.
    """
    name = name_of(declared)
    for mark, codec in _MARKS:
        if data.startswith(mark) and (text := _try(data[len(mark) :], codec)) is not None:
            return text
    if _is_iso_2022_jp(data, name):
        return iso_2022_jp(data)
    for each in (name, name_of(other)):
        if each and each not in _LATIN and (text := _declared(data, each)) is not None:
            return text
    text = _try(data, "utf-8")
    if text is None and name == "utf-8":
        text = _pairs_joined(data)
    if text is None and name and name not in _LATIN:
        text = _line_by_line(data, name)
    if text is None:
        text = _guess(data, statistics=name != "cp1252")
    if text is None:
        text = _try(data, "cp1252" if name in _LATIN else name or "utf-8")
    return (
        text if text is not None else data.decode("latin-1" if name == "cp1252" else _codec(name) or "utf-8", "replace")
    )


def name_of(declared: str | None) -> str:
    """One name for each charset; "" for what is none."""
    name = re.sub(r"\(.*", "", declared or "").strip(" \t\r\n\"';=?").lower()[:60]
    if name.startswith(_ISO_2022_JP):
        return "iso-2022-jp"
    if name in _EUC_JP:
        return "euc-jp"
    return _codec(_SAME.get(name, name)) or ""


def _is_iso_2022_jp(data: bytes, name: str) -> bool:
    if name == "iso-2022-jp":
        return True
    if not _ESCAPE.search(data) or name.startswith(("iso2022", "utf-16", "utf-32")):
        return False
    return data.isascii() or _try(data, name if name not in ("", "ascii", "cp1252") else "utf-8") is None


def _declared(data: bytes, name: str) -> str | None:
    """By this name when all bytes fit it and they are not rather UTF-8."""
    if name == "utf-16":
        return _utf_16(data)
    text = euc_jp(data) if name == "euc-jp" else _try(data, name)
    if text is None and name == "cp932" and _japanese(data) is None:
        text = _try(data, "shift_jis_2004")
    if text is None or name in ("utf-8", "utf-7") or data.isascii():
        return text
    return None if _is_rather_utf_8(data) else text


def _is_rather_utf_8(data: bytes) -> bool:
    text = _try(data[:65536], "utf-8") or _try(data[:65535], "utf-8") or _try(data[:65534], "utf-8")
    if text is None:
        return False
    foreign = [sign for sign in text if sign > "\x7f"]
    kana = sum("\u3041" <= sign <= "\u30ff" for sign in foreign)
    wide = sum("\u3000" <= sign <= "\u9fff" or "\uff01" <= sign <= "\uff5e" for sign in foreign)
    return kana >= 2 or wide >= 4


def _utf_16(data: bytes) -> str | None:
    """Without a mark the standard says big endian and Windows writes little: the one with more of what people write."""
    data = data[: len(data) & ~1] if data[-1:] in (b"\n", b"\0") else data
    found = [text for text in (_try(data, "utf-16-be"), _try(data, "utf-16-le")) if text is not None]
    return max(
        found, key=lambda text: sum(sign < "\u0250" or "\u3000" <= sign <= "\u30ff" for sign in text), default=None
    )


def _codec(name: str) -> str | None:
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return None
    if not info._is_text_encoding or info.name in _NO_CHARSETS or info.name.replace("-", "_") in _NO_CHARSETS:
        return None
    return info.name


def _try(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError, LookupError):
        return None


def _pairs_joined(data: bytes) -> str | None:
    """UTF-8 of programs that write a sign beyond 16 bits as its two surrogates (CESU-8)."""
    try:
        return data.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeError:
        return None


def _line_by_line(data: bytes, name: str) -> str | None:
    """Text with a few broken bytes, or with lines of somebody else's charset. None when little of it fits its name."""
    if name.startswith(("utf-16", "utf-32", "iso2022", "hz", "utf-7")):
        return None
    out: list[str] = []
    fits = broken = tried = end = 0
    for match in _EIGHT_BIT_LINE.finditer(data):
        out.append(data[end : match.start()].decode("ascii"))
        line, end = match[0], match.end()
        text = euc_jp(line) if name == "euc-jp" else _try(line, name)
        if text is not None:
            fits += 1
        elif tried < _MOST_LINES_TRIED:
            tried += 1
            text = _try(line, "utf-8") or _japanese(line)
            broken += text is not None
        elif not fits:
            return None
        if text is None:
            text = _as_far_as_it_goes(line, name)
            foreign = sum(sign > "\x7f" for sign in text)
            broken += text.count("\ufffd") * 5 > foreign and foreign > 2
        out.append(text)
    out.append(data[end:].decode("ascii"))
    return "".join(out) if fits >= broken and not (broken and not fits) else None


def _as_far_as_it_goes(line: bytes, name: str) -> str:
    if name == "euc-jp":
        return euc_jp(line, lenient=True) or ""
    return line.decode(name, "replace")


def _japanese(data: bytes) -> str | None:
    for text in (_try(data, "cp932"), euc_jp(data)):
        if text is not None and looks_japanese(text):
            return text
    return None


def _guess(data: bytes, *, statistics: bool = True) -> str | None:
    """Japanese first, because that is what comes here; then what a statistical look at up to 16 KB says."""
    text = _japanese(data)
    if text is not None or not statistics:
        return text
    if b"\0" in data and (text := _utf_16(data)) is not None and sum(sign < "\u0250" for sign in text) * 2 > len(text):
        return text
    eight = sum(byte >= 0x80 for byte in data[:4096])
    text = _try(data, "cp932")
    if text is not None and is_common_kanji(text) and eight >= 2:
        return text
    text = euc_jp(data)
    kanji = text if text is not None and is_common_kanji(text) else None
    if kanji is not None and eight <= 40:
        return kanji
    if eight * 3 < len(data[:4096]):  # other scripts have hardly a letter in ASCII
        return kanji or _try(data, "cp1252")
    best = from_bytes(data[:16384], cp_isolation=_GUESSES, threshold=0.3).best() if eight else None
    return _try(data, best.encoding) if best is not None else kanji
