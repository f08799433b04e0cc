"""From the raw bytes of a mail to what it says, within limits, whatever the bytes are.

The standard library takes the structure apart (its lenient `compat32` ways); everything that it decodes is guarded and
repaired here. `TooMuch` is the only exception that a caller must expect.
"""

import base64
import email.feedparser
import email.message
import email.policy
import email.utils
import hashlib
import quopri
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from servicedesk.web.text import lines, one_line

from . import charsets, html, quotes

MOST_PARTS = 400
DEEPEST = 30
MOST_HEADER_BYTES = 256 * 1024
MOST_IN_A_HEADER = 16 * 1024
# Of a text part only so much is read; nobody reads on, and all of it stays in the raw mail.
MOST_TEXT_BYTES = 4 * 1024 * 1024
_MOST_ADDRESSES = 200
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([qQbB])\?([^?]*)\?=")


class TooMuch(Exception):
    """The mail is beyond what is read: too many parts, too deep, too much in its header."""


@dataclass(frozen=True)
class Part:
    """A file of the mail. `cid` is its Content-ID without brackets, for pictures that the HTML shows in place."""

    name: str
    content_type: str
    data: bytes
    cid: str = ""
    is_inline: bool = False


@dataclass
class Letter:
    """A mail as it is read. Header texts are single lines; addresses are lower case; `text` is all of it, `reply`
    what is new in it. `headers` are (name, decoded value) in order, without control headers of ours.
    """

    message_id: str = ""
    in_reply_to: str = ""
    references: list[str] = field(default_factory=list)
    from_address: str = ""
    from_name: str = ""
    to: list[str] = field(default_factory=list)
    subject: str = ""
    date: datetime | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    content_type: str = "text/plain"
    report_type: str = ""
    text: str = ""
    html: str = ""
    reply: str = ""
    files: list[Part] = field(default_factory=list)

    def header(self, name: str) -> str:
        return next((value for each, value in self.headers if each.lower() == name), "")

    def all_of(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each.lower() == name]

    @property
    def digest(self) -> str:
        """Of what the mail says, not of how it travelled: the same when it arrives twice on two ways."""
        said = [self.message_id, self.from_address, self.subject, self.text]
        said += [hashlib.sha256(each.data).hexdigest() for each in self.files]
        return hashlib.sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()


def read(raw: bytes) -> Letter:
    """Read a mail. Raises TooMuch beyond the limits and nothing else for what mails can hold."""
    message = _structure(raw)
    letter = Letter()
    _read_header(message, letter)
    texts: list[str] = []
    htmls: list[str] = []
    _read_parts(message, letter, texts, htmls)
    letter.html = "\n<hr>\n".join(htmls)
    whole = "\n\n".join(text for text in texts if text.strip())
    if not whole.strip() and htmls:
        whole = "\n\n".join(html.to_text(each) for each in htmls)
    whole = lines(whole).strip()
    letter.reply = quotes.reply_part(whole)
    letter.text = quotes.without_marks(whole)
    return letter


def _structure(raw: bytes) -> email.message.Message:
    head_end = re.search(rb"\r?\n\r?\n|\r\r", raw[: MOST_HEADER_BYTES + 4])
    if head_end is None and len(raw) > MOST_HEADER_BYTES:
        raise TooMuch("header")
    count = 0
    parser: email.feedparser.FeedParser | None = None

    def part(policy=email.policy.compat32):
        nonlocal count
        count += 1
        if count > MOST_PARTS or (parser is not None and len(parser._msgstack) > DEEPEST):
            raise TooMuch("parts")
        return email.message.Message(policy=policy)

    parser = email.feedparser.FeedParser(part, policy=email.policy.compat32)
    try:
        parser.feed(raw.decode("ascii", "surrogateescape"))
        return parser.close()
    except (RecursionError, MemoryError):
        raise TooMuch("parts") from None
    except TooMuch:
        raise
    except Exception:  # noqa: BLE001 – a parser that gives up on a broken mail must not lose it: read it as plain text
        message = email.message.Message()
        head, _blank, body = raw.partition(b"\n\n")
        for line in head.decode("ascii", "surrogateescape").splitlines()[:500]:
            name, colon, value = line.partition(":")
            if colon and re.fullmatch(r"[!-9;-~]{1,80}", name):
                message[name] = value.strip()
        message.set_payload(body.decode("ascii", "surrogateescape"))
        return message


# --- header ---------------------------------------------------------------------------------------------------------


def decoded(value: str) -> str:
    """A header's value as text: encoded words in any place, raw 8-bit bytes, folded lines; on one line."""
    value = str(value)[:MOST_IN_A_HEADER]
    if any("\udc80" <= sign <= "\udcff" for sign in value):
        data = value.encode("ascii", "surrogateescape") if _only_escapes(value) else value.encode("utf-8", "replace")
        if b"=?" not in data:
            return one_line(charsets.decode(data))
        value = charsets.decode(data)
    if "\x1b$" in value or "\x1b(" in value:
        value = charsets.decode(value.encode("ascii", "replace"), "iso-2022-jp")
    return one_line(_encoded_words(value) if "=?" in value else value)


def _encoded_words(value: str) -> str:
    """RFC 2047 as it is written out there: in quotes, next to 8-bit text, with the bytes of one character in two words.
    What is no encoded word stays as it is.
    """
    value = re.sub(r"\r?\n(?=[ \t])", "", value)
    out: list[str] = []
    held, charset, end = b"", "", 0
    for match in _ENCODED_WORD.finditer(value):
        between = value[end : match.start()]
        data = _word_bytes(match[2], match[3])
        if data is None:
            continue
        name = match[1].partition("*")[0].lower()
        if not held or between.strip() or name != charset:
            out.append(charsets.decode(held, charset) if held else "")
            held = b""
            out.append(between if between.strip() or end == 0 else "")
        held, charset, end = held + data, name, match.end()
    out.append(charsets.decode(held, charset) if held else "")
    return "".join(out) + value[end:]


def _word_bytes(encoding: str, text: str) -> bytes | None:
    try:
        data = text.encode("ascii")
        if encoding in "qQ":
            return quopri.decodestring(data.replace(b"_", b" "), header=False)
        data = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except ValueError:
        return None


def _only_escapes(value: str) -> bool:
    return all(sign < "\x80" or "\udc80" <= sign <= "\udcff" for sign in value)


def is_control_header(name: str) -> bool:
    """Headers by which somebody outside could want to steer the desk. They are never looked at."""
    return name.lower().startswith(("x-madoguchi-", "x-servicedesk-"))


def _read_header(message: email.message.Message, letter: Letter) -> None:
    raw = [(name, str(value)) for name, value in message.raw_items()][:1000]
    if sum(len(name) + len(value) for name, value in raw) > MOST_HEADER_BYTES:
        raise TooMuch("header")
    letter.headers = [(one_line(name, 100), decoded(value)) for name, value in raw if not is_control_header(name)]
    first = {}
    for name, value in raw:
        first.setdefault(name.lower(), value)
    letter.message_id = _ids(first.get("message-id", ""))[0:1][0] if _ids(first.get("message-id", "")) else ""
    replied = _ids(first.get("in-reply-to", ""))
    letter.in_reply_to = replied[0] if replied else ""
    letter.references = _ids(first.get("references", ""))[-50:]
    letter.from_name, letter.from_address = _sender(first)
    for name in ("to", "cc", "delivered-to", "x-original-to", "x-forwarded-to"):
        for value in [value for each, value in raw if each.lower() == name][:10]:
            letter.to += [address for _name, address in addresses(value)]
    letter.subject = one_line(decoded(first.get("subject", "")), 500)
    letter.date = _date(first.get("date", ""))
    letter.content_type = _content_type(message)
    try:
        letter.report_type = str(message.get_param("report-type", "") or "").lower()[:60]
    except Exception:  # noqa: BLE001 – broken parameters
        letter.report_type = ""


def _ids(value: str) -> list[str]:
    """Message ids, with brackets, in order."""
    return [f"<{each}>" for each in re.findall(r"<([^<>\s]{1,300})>", str(value)[: MOST_IN_A_HEADER * 2])]


def _sender(first: dict[str, str]) -> tuple[str, str]:
    for name in ("from", "sender", "return-path"):
        found = addresses(first.get(name, ""))
        if found:
            return found[0]
    return "", ""


def addresses(value: str) -> list[tuple[str, str]]:
    """(name, address in lower case) of everything in a header that has an address; names are decoded afterwards, so
    that an encoded comma or bracket cannot make a second address.
    """
    value = re.sub(r"[\r\n]+", " ", str(value)[:MOST_IN_A_HEADER])
    pairs = _pairs(value, strict=True)
    if not any(address for _name, address in pairs):
        pairs = _pairs(value, strict=False)
    good = [(one_line(decoded(name), 120), address.strip().lower()) for name, address in pairs if _is_address(address)]
    if not good:
        good = [("", each.lower()) for each in re.findall(r"<([^<>\s]{3,254})>", value) if _is_address(each)]
    return good[:_MOST_ADDRESSES]


def _pairs(value: str, *, strict: bool) -> list[tuple[str, str]]:
    try:
        try:
            return email.utils.getaddresses([value], strict=strict)
        except TypeError:  # older Pythons know no choice
            return email.utils.getaddresses([value])
    except Exception:  # noqa: BLE001 – the library raises what it likes on broken addresses
        return []


def _is_address(text: str) -> bool:
    """Also the dots in wrong places that Japanese carriers once gave out."""
    return bool(
        re.fullmatch(r"[^\s@<>()\[\],;:\\\"]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?", text.strip(), re.IGNORECASE)
    )


def _date(value: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(str(value)[:200])
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except Exception:  # noqa: BLE001 – dates are a matter of taste out there
        return None


# --- body -----------------------------------------------------------------------------------------------------------


def _content_type(part: email.message.Message) -> str:
    try:
        return part.get_content_type().lower()[:120]
    except Exception:  # noqa: BLE001
        return "application/octet-stream"


def _charset(part: email.message.Message) -> str | None:
    try:
        given = part.get_param("charset")
        if isinstance(given, tuple):
            given = given[2]
        return str(given) if given else None
    except Exception:  # noqa: BLE001
        return None


def _bytes(part: email.message.Message) -> bytes:
    """The decoded content; what is not what its encoding says is given as it stands."""
    try:
        data = part.get_payload(decode=True)
    except Exception:  # noqa: BLE001 – binascii, LookupError for odd encodings
        data = None
    if isinstance(data, bytes):
        return data
    payload = part.get_payload()
    return payload.encode("ascii", "surrogateescape") if isinstance(payload, str) and _only_escapes(payload) else b""


def _text(data: bytes, charset: str | None) -> str:
    if len(data) > MOST_TEXT_BYTES:
        end = data.rfind(b"\n", MOST_TEXT_BYTES - 65536, MOST_TEXT_BYTES)
        data = data[: end if end > 0 else MOST_TEXT_BYTES]
    return charsets.decode(data, charset)


def _file_name(part: email.message.Message) -> str:
    try:
        name = part.get_filename()
    except Exception:  # noqa: BLE001
        name = None
    if not name:
        return ""
    return one_line(decoded(str(name)).replace("\\", "/").rsplit("/", 1)[-1], 180)


def _read_parts(message, letter: Letter, texts: list[str], htmls: list[str]) -> None:
    _part(message, letter, texts, htmls, first=True)
    if htmls and texts and _says_nothing(texts):
        texts.clear()


def _says_nothing(texts: list[str]) -> bool:
    """A text part that only excuses itself for being there."""
    said = "".join(texts).strip()
    return not said or (len(said) < 200 and "html" in said.lower() and ("view" in said.lower() or "表示" in said))


def _part(part, letter: Letter, texts, htmls, *, first: bool = False) -> None:
    kind = _content_type(part)
    if kind == "message/rfc822" or kind == "message/global":
        inner = part.get_payload()
        inner = inner[0] if isinstance(inner, list) and inner else None
        data = _as_bytes(inner) if inner is not None else _bytes(part)
        subject = decoded(str(inner.get("Subject", "") or "")) if inner is not None else ""
        name = _file_name(part) or (one_line(subject, 100) or "message") + ".eml"
        letter.files.append(Part(name, "message/rfc822", data))
        return
    if part.is_multipart() and kind.startswith("multipart/"):
        children = part.get_payload()
        if kind == "multipart/alternative":
            _alternative(children, letter, texts, htmls)
        else:
            for child in children:
                _part(child, letter, texts, htmls)
        return
    if part.is_multipart():  # message/delivery-status and the like: blocks of headers
        texts.append("\n\n".join(_as_bytes(each).decode("utf-8", "replace") for each in part.get_payload()[:50]))
        return
    disposition = str(part.get("Content-Disposition", "") or "").strip().lower()
    name = _file_name(part)
    data = _bytes(part)
    is_file = disposition.startswith("attachment") or (name and not (first or kind in ("text/plain", "text/html")))
    is_file = is_file or (name and disposition.startswith("inline") and not kind.startswith("text/"))
    untyped = first and not name and not disposition and kind in ("application/octet-stream", "multipart/mixed")
    if (kind == "text/plain" and not is_file) or untyped:
        texts.append(_text(data, _charset(part)))
        if name and not first:
            letter.files.append(_file(part, kind, name, data, disposition))
    elif kind == "text/html" and not is_file:
        htmls.append(_text(data, _charset(part) or _charset_of_html(data)))
    elif kind.startswith("text/") and not is_file and not name and kind in ("text/enriched", "text/richtext"):
        texts.append(_text(data, _charset(part)))
    else:
        letter.files.append(_file(part, kind, name, data, disposition))


def _alternative(children, letter: Letter, texts, htmls) -> None:
    """The same thing in several forms: one text and one HTML of it; everything else in it is a file."""
    plain: list[str] = []
    rich: list[str] = []
    for child in children:
        _part(child, letter, plain, rich)
    texts += plain if any(each.strip() for each in plain) else [html.to_text(each) for each in rich]
    htmls += rich


def _charset_of_html(data: bytes) -> str | None:
    found = re.search(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_\-]{2,40})", data[:4096], re.IGNORECASE)
    return found[1].decode("ascii") if found else None


def _file(part, kind: str, name: str, data: bytes, disposition: str) -> Part:
    cid = str(part.get("Content-ID", "") or "").strip().strip("<>")[:200]
    if not name:
        ending = {"text/html": ".html", "text/plain": ".txt", "text/calendar": ".ics", "image/png": ".png"}.get(kind)
        ending = ending or {"image/jpeg": ".jpg", "image/gif": ".gif", "application/pdf": ".pdf"}.get(kind, ".bin")
        name = f"part{ending}"
    return Part(name, kind, data, one_line(cid), bool(cid) and not disposition.startswith("attachment"))


def _as_bytes(message) -> bytes:
    try:
        return message.as_bytes()
    except Exception:  # noqa: BLE001 – a message that came in broken goes out broken
        try:
            return message.as_string().encode("utf-8", "surrogateescape")
        except Exception:  # noqa: BLE001
            return b""
