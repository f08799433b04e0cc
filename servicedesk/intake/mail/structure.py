"""A mail cut into its parts: headers and bodies as the bytes stand, nothing decoded yet.

The standard library's parser ends a header at the first line that is none and takes the rest, with the type of the
mail, for text; it makes attached messages anew instead of giving their bytes, and it lets bytes be lost at bare CRs.
Broken mail is usual here, so this is done by hand: cutting only, by positions, within limits.
"""

import re
from dataclasses import dataclass, field

MOST_PARTS = 400
DEEPEST = 30
MOST_HEADER_BYTES = 256 * 1024
MOST_HEADERS = 1000

_LINE = re.compile(rb"([^\r\n]*)(\r\n|\r|\n|\Z)")
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.DOTALL)
_KNOWN = (
    rb"(?:from|to|cc|bcc|subject|date|sender|reply-to|received|return-path|message-id|references|in-reply-to"
    rb"|mime-version|content-[a-z-]{2,30}|x-[a-z0-9_-]{1,60}|list-[a-z-]{2,20}|precedence|auto-submitted|dkim-signature"
    rb"|delivered-to|importance|priority|user-agent|thread-(?:topic|index)|arc-[a-z-]{2,30}|authentication-results)"
)
_KNOWN_FIELD = re.compile(_KNOWN + rb"[ \t]*:", re.IGNORECASE)
_CONTENT_FIELD = re.compile(rb"content-[a-z-]{2,30}[ \t]*:", re.IGNORECASE)
_UNNAMED_BOUNDARY = re.compile(rb"(?:^|[\r\n])--([^\s][^\r\n]{0,200}?)[ \t]*(?:\r\n|\r|\n)content-", re.IGNORECASE)
_TYPE = re.compile(r"\s*([\w!#$&^.+-]{1,60})\s*/\s*([\w!#$&^.+-]{1,80})")


class TooMuch(Exception):
    """The mail is beyond what is read: too many parts, too deep, too much in its header."""


@dataclass
class Node:
    """A part, or the whole mail. `headers` are (name, value) with 8-bit bytes as surrogates and folds as line breaks;
    `body` is what is below the header, also of a multipart; `kind` its type in lower case.
    """

    headers: list[tuple[str, str]]
    body: bytes
    kind: str = "text/plain"
    children: list["Node"] = field(default_factory=list)

    def get(self, name: str) -> str:
        return next((value for each, value in self.headers if each.lower() == name), "")


def take_apart(raw: bytes) -> Node:
    """Raises TooMuch beyond the limits."""
    if re.match(rb"[^\r\n]{1,1000}\r\r\n", raw):  # went twice through what turns LF into CRLF
        raw = raw.replace(b"\r\r\n", b"\r\n")
    return _node(raw, _Count(), depth=0)


class _Count:
    parts = 0


def _node(raw: bytes, count: _Count, *, depth: int, default: str = "text/plain") -> Node:
    count.parts += 1
    if count.parts > MOST_PARTS or depth > DEEPEST:
        raise TooMuch("parts")
    headers, body = head_and_body(raw, is_part=depth > 0)
    node = Node(headers, body)
    node.kind = content_type(node.get("content-type"), default)
    if node.kind.startswith("multipart/"):
        default = "message/rfc822" if node.kind == "multipart/digest" else "text/plain"
        for piece in _pieces(body, _boundary(node.get("content-type"))):
            node.children.append(_node(piece, count, depth=depth + 1, default=default))
        if not node.children:  # says that it has parts and has none
            node.kind = "text/plain"
    return node


def content_type(value: str, default: str = "text/plain") -> str:
    found = _TYPE.match(re.sub(r"^\s*\([^()]*\)", "", value[:1000])) if value.strip() else None
    return f"{found[1]}/{found[2]}".lower() if found else default


# --- header ---------------------------------------------------------------------------------------------------------


def head_and_body(raw: bytes, *, is_part: bool = False) -> tuple[list[tuple[str, str]], bytes]:
    """Lines that belong into no header do not end it while headers follow; a mail or part without any header is all
    body."""
    start = 0 if is_part else _start(raw)
    headers: list[list] = []
    place, has_end, size = start, False, 0  # the header's end is a blank line
    while place < len(raw):
        match = _LINE.match(raw, place)
        line = match[1]
        size += len(match[0])
        if size > MOST_HEADER_BYTES:
            if is_part and not headers:
                return [], raw
            raise TooMuch("header")
        if not line:
            has_end, place = True, match.end()
            break
        found = None if line[:1] in b" \t" else _FIELD.match(line)
        if found and (headers or not is_part or _looks_like_header(raw, place, found)):
            headers.append([found[1], found[2].strip()])
        elif line[:1] in b" \t" and headers:
            headers[-1][1] += b"\n" + line
        elif headers and (line[:2] == b"=?" or _goes_on(raw, match.end())):
            if line[:2] == b"=?" or headers[-1][0].lower() == b"subject":
                headers[-1][1] += b"\n " + line
        else:
            break
        place = match.end()
        if len(headers) > MOST_HEADERS * 10:
            raise TooMuch("header")
    if not (headers or has_end) or (headers and not any(_KNOWN_FIELD.match(name + b":") for name, _value in headers)):
        return [], raw[start:]
    return [(_escaped(name), _escaped(value.rstrip())) for name, value in headers], raw[place:]


def _start(raw: bytes) -> int:
    """Past blank lines and the line by which mailbox files part mails."""
    start = re.match(rb"[\r\n]{0,100}", raw).end()
    if re.match(rb">?From [^\r\n:]{1,300}:\d\d[^\r\n]{0,100}(?=[\r\n])", raw[start : start + 500]):
        start = _LINE.match(raw, start).end()
    return start if _FIELD.match(raw[start : start + 1000]) else 0


def _looks_like_header(raw: bytes, place: int, found: re.Match) -> bool:
    """A part that begins with "Note: …" and has no header at all is text."""
    if _KNOWN_FIELD.match(found[0]):
        return True
    end = re.search(rb"\r\n\r\n|\n\r?\n|\r\r", raw[place : place + 4096])
    return bool(re.search(rb"[\r\n]" + _CONTENT_FIELD.pattern, raw[place : place + (end.start() if end else 0)], re.I))


def _goes_on(raw: bytes, place: int) -> bool:
    """Whether a header that is known follows within three lines."""
    for _turn in range(3):
        if _KNOWN_FIELD.match(raw[place : place + 200]):
            return True
        match = _LINE.match(raw, place)
        if not match[1] or match.end() == place:
            return False
        place = match.end()
    return False


def _escaped(data: bytes) -> str:
    return data.decode("ascii", "surrogateescape")


# --- parts ----------------------------------------------------------------------------------------------------------


def _boundary(value: str) -> bytes:
    found = re.search(r";\s*boundary\s*=\s*(?:\"([^\"]*)\"?|([^\s;]+))", value[:4000], re.IGNORECASE)
    if found is None:
        found = re.search(r";\s*boundary\*0?\*?\s*=\s*\"?(?:[\w-]*''|)([^\s;\"]+)()", value[:4000], re.IGNORECASE)
    text = (found[1] or found[2] or "") if found else ""
    return re.sub(r"[\r\n]", "", text).rstrip().encode("ascii", "surrogateescape")


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
    pieces = _split(body, boundary) if boundary else []
    if not pieces and (found := _UNNAMED_BOUNDARY.search(body[:65536])):
        pieces = _split(body, found[1])
    return pieces


def _split(body: bytes, boundary: bytes) -> list[bytes]:
    """What stands between the lines with the boundary; to the end when the last one is missing."""
    mark = b"--" + boundary
    pieces: list[bytes] = []
    start, place, turns = -1, body.find(mark), 0
    while place >= 0:
        turns += 1
        if len(pieces) > MOST_PARTS or turns > 100_000:
            raise TooMuch("parts")
        if place and body[place - 1] not in b"\r\n":
            place = body.find(mark, place + len(mark))
            continue
        line = _LINE.match(body, place)
        rest = line[1][len(mark) :].rstrip()
        if rest in (b"", b"--"):
            if start >= 0:
                pieces.append(body[start : _before_line_end(body, place, start)])
            start = line.end() if rest == b"" else -1
        place = body.find(mark, line.end())
    if start >= 0 and (start < len(body) or not pieces):
        pieces.append(body[start:])
    return pieces


def _before_line_end(body: bytes, place: int, start: int) -> int:
    """The line end above a boundary belongs to it."""
    if body[max(place - 2, start) : place] == b"\r\n":
        return place - 2
    return place - 1 if place > start else place
