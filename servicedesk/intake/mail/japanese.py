"""ISO-2022-JP and EUC-JP as they are written out there.

Python's codecs for them know the standards only; real mail has ①, ㈱, 髙 and half-width kana in them. Both carry the
same table of 94 × 94 cells as CP932, which knows these characters; so cells are turned into CP932 and decoded there.
The signs that vendors map in two ways come out as CP932 has them, whatever Japanese charset brought them: ～ (FF5E)
not 〜, － (FF0D) not −, ∥ (2225) not ‖, ― (2015) not —, ￠￡￢ full width. What comes in Unicode stays as it was sent.
"""

from functools import cache, lru_cache

_ESCAPES = {
    b"\x1b(B": "ascii",
    b"\x1b(J": "ascii",
    b"\x1b(H": "ascii",
    b"\x1b(I": "kana",
    b"\x1b$@": "double",
    b"\x1b$B": "double",
    b"\x1b$(@": "double",
    b"\x1b$(B": "double",
    b"\x1b$(D": "supplement",
    b"\x1b$(O": "double",
    b"\x1b$(Q": "double",
    b"\x1b$(P": "second plane",
    b"\x1b&@": "",  # announces a revision, changes nothing
}


def _sjis(row: int, cell: int) -> bytes:
    """Row and cell of JIS X 0208 (0x21 to 0x7e each) as the two bytes of CP932."""
    first = ((row - 0x21) >> 1) + (0x81 if row <= 0x5E else 0xC1)
    if row & 1:
        second = cell + (0x1F if cell <= 0x5F else 0x20)
    else:
        second = cell + 0x7E
    return bytes((first, second))


@cache  # at most 8,836
def _cell(row: int, cell: int) -> str:
    try:
        return _sjis(row, cell).decode("cp932")
    except UnicodeDecodeError:
        pass
    try:
        return bytes((row | 0x80, cell | 0x80)).decode("euc_jis_2004")
    except UnicodeDecodeError:
        return "\ufffd"


def _supplement(row: int, cell: int, codec: str = "euc_jp") -> str:
    """Of JIS X 0212, or of the second plane of JIS X 0213 with `euc_jis_2004`."""
    if (row, cell, codec) == (0x22, 0x37, "euc_jp"):
        return "\uff5e"
    return bytes((0x8F, row | 0x80, cell | 0x80)).decode(codec, "replace")


def iso_2022_jp(data: bytes) -> str:
    """ISO-2022-JP with everything that programs put into it: CP932's rows, half-width kana by escape or by shift-out
    or as single bytes, and a line that ends without going back to ASCII.
    """
    out: list[str] = []
    mode, before_shift, i, end = "ascii", "ascii", 0, len(data)
    while i < end:
        byte = data[i]
        if byte == 0x1B:
            length = next((length for length in (4, 3) if data[i : i + length] in _ESCAPES), 1)
            mode = _ESCAPES.get(data[i : i + length]) or mode
            i += length
        elif byte == 0x0E:
            before_shift, mode, i = mode, "kana", i + 1
        elif byte == 0x0F:
            mode, i = before_shift, i + 1
        elif byte in (0x0A, 0x0D):
            mode = before_shift = "ascii"
            out.append(chr(byte))
            i += 1
        elif byte >= 0x80:
            i = _eight_bit(data, i, out)
        elif mode == "kana" and 0x21 <= byte <= 0x5F:
            out.append(chr(0xFF61 + byte - 0x21))
            i += 1
        elif mode in ("ascii", "kana") or not (i + 1 < end and 0x21 <= byte <= 0x7E and 0x21 <= data[i + 1] <= 0x7E):
            out.append(chr(byte))
            i += 1
        else:
            out.append(_of_two(mode, byte, data[i + 1]))
            i += 2
    return "".join(out)


def _of_two(mode: str, first: int, second: int) -> str:
    if mode == "double":
        return _cell(first, second)
    return _supplement(first, second, "euc_jp" if mode == "supplement" else "euc_jis_2004")


def _eight_bit(data: bytes, i: int, out: list[str]) -> int:
    """A byte that ISO-2022-JP does not have: half-width kana, or a UTF-8 or Shift_JIS character that somebody left
    standing there."""
    for codec, lengths in (("utf-8", (3, 4)), ("cp932", (1,)), ("utf-8", (2,)), ("cp932", (2,))):
        for length in lengths:
            try:
                text = data[i : i + length].decode(codec)
            except UnicodeDecodeError:
                continue
            if len(text) == 1 and text > "\xa0" and not "\ue000" <= text <= "\uf8ff":
                out.append(text)
                return i + length
    out.append("\ufffd")
    return i + 1


def euc_jp(data: bytes, *, lenient: bool = False) -> str | None:
    """EUC-JP with CP932's own rows (CP51932) and half-width kana; None when it is no EUC-JP, unless `lenient`."""
    out: list[str] = []
    i, end = 0, len(data)
    while i < end:
        byte = data[i]
        sign, length = "\ufffd", 1
        if byte < 0x80:
            stop = i
            while stop < end and data[stop] < 0x80:
                stop += 1
            sign, length = data[i:stop].decode("ascii"), stop - i
        elif byte == 0x8E and i + 1 < end and 0xA1 <= data[i + 1] <= 0xDF:
            sign, length = chr(0xFF61 + data[i + 1] - 0xA1), 2
        elif byte == 0x8F and i + 2 < end and min(data[i + 1], data[i + 2]) >= 0xA1:
            sign, length = _supplement(data[i + 1] & 0x7F, data[i + 2] & 0x7F), 3
        elif 0xA1 <= byte <= 0xFE and i + 1 < end and 0xA1 <= data[i + 1] <= 0xFE:
            sign, length = _cell(byte & 0x7F, data[i + 1] & 0x7F), 2
        if "\ufffd" in sign and not lenient:
            return None
        out.append(sign)
        i += length
    return "".join(out)


def looks_japanese(text: str) -> bool:
    """Full-width kana among the letters that are not ASCII; half-width kana are what wrong guesses look like."""
    foreign = [sign for sign in text[:20000] if sign > "\x7f"]
    kana = sum("\u3040" <= sign <= "\u30ff" or "\u3001" <= sign <= "\u3002" for sign in foreign)
    wrong = sum("\uff61" <= sign <= "\uff9f" or "\ue000" <= sign <= "\uf8ff" for sign in foreign)
    return bool(foreign) and kana > wrong and (kana + wrong == 0 or kana >= len(foreign) / 8)


def is_common_kanji(text: str) -> bool:
    """Whether all that is not ASCII is of the kanji of daily use and full-width signs; no single bytes."""
    foreign = [sign for sign in text[:20000] if sign > "\x7f"]
    return bool(foreign) and all(_is_common(sign) for sign in foreign)


@lru_cache(maxsize=4096)
def _is_common(sign: str) -> bool:
    data = sign.encode("cp932", "replace")
    return len(data) == 2 and 0x81 <= data[0] <= 0x98
