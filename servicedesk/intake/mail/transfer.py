"""What Content-Transfer-Encoding and format=flowed did to a body, undone; uuencoded files in texts."""

import base64
import binascii
import re

_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/]+")
_BYTE = {b"%02X" % number: bytes((number,)) for number in range(256)}
_CONTROL = re.compile(rb"[\x00-\x08\x10-\x1a\x1c-\x1f\x7f]")


def undone(data: bytes, encoding: str, *, is_text: bool) -> bytes:
    """The decoded content; what is not what its encoding says is given as it stands."""
    name = re.sub(r"[^a-z0-9]", "", re.sub(r"\(.*", "", encoding.lower()))
    if name.startswith("q"):
        return _quoted_printable(data)
    if name.startswith("b") and name != "binary":
        return _base64(data, is_text=is_text)
    if "uue" in name or name in ("xuu", "uu"):
        found = uuencoded(data)
        return found[0][1] if found else data
    return data


def _quoted_printable(data: bytes) -> bytes:
    """Escapes that are none stay as they stand."""
    data = re.sub(rb"=[ \t]*(?:\r\n|\r|\n|\Z)", b"", data)
    return re.sub(rb"=([0-9A-Fa-f]{2})", lambda match: _BYTE[match[1].upper()], data)


def _base64(data: bytes, *, is_text: bool) -> bytes:
    """With anything between the letters. Lines below it that some gateway added as they are stay text."""
    body, tail = _without_tail(data) if is_text else (data, b"")
    if is_text and not _is_base64(body):
        return data
    out = b"".join(_chunk(re.sub(rb"[^A-Za-z0-9+/]", b"", each)) for each in re.split(rb"=[=\s]*", body))
    if is_text and out and not _is_sound(data) and len(_CONTROL.findall(out)) * 10 > len(out) and b"\0" not in out:
        return data
    return out + (b"\n" + tail if tail else b"")


def _chunk(data: bytes) -> bytes:
    if len(data) % 4 == 1:
        data = data[:-1]
    return base64.b64decode(data + b"=" * (-len(data) % 4))


def _is_sound(data: bytes) -> bool:
    """Base64 to the letter: nothing can be said against it."""
    letters = b"".join(data.split())
    return len(letters) % 4 == 0 and re.fullmatch(rb"[A-Za-z0-9+/]*={0,2}", letters) is not None


def _is_base64(data: bytes) -> bool:
    """Not plain text that only claims to be it: of words with blanks between them."""
    words = data[:4096].split()
    letters = b"".join(words)
    runs = sum(len(run) for run in _BASE64_RUN.findall(letters)) + letters.count(b"=")
    lines = sum(bool(line.strip()) for line in re.split(rb"[\r\n]+", data[:4096]))
    return runs * 10 > len(letters) * 9 and len(words) <= lines * 2


def _without_tail(data: bytes) -> tuple[bytes, bytes]:
    found = re.search(
        rb"(?:\A|[\r\n])([A-Za-z0-9+/]{2,}={0,2})[ \t]*(?:\r\n|\r|\n)\s*(?=[^\r\n]*[^A-Za-z0-9+/=\s])", data
    )
    if found is None:
        return data, b""
    tail = data[found.end() :]
    words = tail.split()
    return (data[: found.end(1)], tail) if len(words) > 2 or not tail.isascii() else (data, b"")


# --- uuencode -------------------------------------------------------------------------------------------------------

_BEGIN = re.compile(rb"^begin[ \t]+[0-7]{3,4}[ \t]+([^\r\n]{1,200}?)[ \t]*\r?$", re.MULTILINE)
_END = re.compile(rb"^(?:`|[ \t]*)\r?\n?end[ \t]*\r?$", re.MULTILINE)


def uuencoded(data: bytes) -> list[tuple[bytes, bytes, int, int]]:
    """(name, content, from, to) of each uuencoded file that stands in a text whole and sound."""
    found = []
    place = 0
    for _turn in range(50):
        begin = _BEGIN.search(data, place)
        end = _END.search(data, begin.end()) if begin else None
        if end is None:
            break
        content = _lines_of_uu(data[begin.end() : end.start()])
        if content:
            found.append((begin[1], content, begin.start(), end.end()))
        place = end.end() if content else begin.end()
    return found


def _lines_of_uu(data: bytes) -> bytes | None:
    out = []
    for line in data.splitlines():
        if not line.strip():
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            needed = (((line[0] - 32) & 63) * 4 + 5) // 3  # some programs pad too much
            try:
                out.append(binascii.a2b_uu(line[:needed]))
            except binascii.Error:
                return None
    return b"".join(out)


# --- format=flowed --------------------------------------------------------------------------------------------------


def unflowed(text: str, *, delsp: bool) -> str:
    """RFC 3676: lines that end in a blank go on in the next one of the same depth of quotes."""
    out: list[list[str]] = []
    open_depth = -1
    for row in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        depth = len(row) - len(row.lstrip(">"))
        content = row[depth:].removeprefix(" ")
        is_signature = content == "-- "
        if open_depth == depth and not is_signature:
            out[-1].append(content)
        else:
            out.append([">" * depth + " " if depth else "", content])
        is_open = content.endswith(" ") and not is_signature
        if is_open and delsp:
            out[-1][-1] = content[:-1]
        open_depth = depth if is_open else -1
    return "\n".join("".join(parts).rstrip() if parts[-1] != "-- " else "".join(parts) for parts in out)
