"""Header values as text: encoded words, raw bytes, addresses, parameters, dates."""

import base64
import email.utils
import re
from datetime import UTC, datetime
from urllib.parse import unquote_to_bytes

from servicedesk.web.text import one_line

from . import charsets

MOST_IN_A_HEADER = 16 * 1024
_MOST_ADDRESSES = 200
_MOST_WORDS = 40  # of one name, between its commas
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?(?:([bB])\?([^?]*)|([qQ])\?((?:[^?]|\?(?!=|[QqBb]\?)){0,4000}))\?=")
_LATIN_OR_GREEK = re.compile(r"[\x00-\u07ff]*")


def decoded(value: str, hint: str | None = None) -> str:
    """A header's value as text: encoded words in any place, raw 8-bit bytes, folded lines; on one line."""
    return one_line(_encoded_words(raw_text(str(value)[:MOST_IN_A_HEADER], hint)))


def raw_text(value: str, hint: str | None = None) -> str:
    """A value with its bytes as text, encoded words as they stand. `hint` is the charset of the mail's body: raw bytes
    have none of their own."""
    value = re.sub(r"\r?\n(?=[ \t])", "", value)
    if not _has_bytes(value) and "\x1b" not in value:
        return value
    data = value.encode("ascii", "surrogateescape") if _only_escapes(value) else value.encode("utf-8", "replace")
    name = charsets.name_of(hint)
    if name in ("cp932", "euc-jp") and (text := _utf_8(data)) is not None and _LATIN_OR_GREEK.fullmatch(text):
        return charsets.decode(data, name)
    if _utf_8(data) is not None and not data.isascii():
        return charsets.decode(data)
    return charsets.decode(data, None, None if name.startswith("utf") else name)


def _utf_8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _encoded_words(value: str) -> str:
    """RFC 2047 as it is written out there: in quotes, next to 8-bit text, with the bytes of one character in two words.
    What is no encoded word stays as it is.
    """
    if "=?" not in value:
        return value
    out: list[str] = []
    held, charset, end = b"", "", 0
    for match in _ENCODED_WORD.finditer(value):
        between = value[end : match.start()]
        data = _base64_word(match[3]) if match[2] else _q_word(match[5])
        name = match[1].partition("*")[0].lower()
        if between.strip() or name != charset:
            out.append(charsets.decode(held, charset) if held else "")
            held = b""
            out.append(between if between.strip() or end == 0 else "")
        held, charset, end = held + data, name, match.end()
    out.append(charsets.decode(held, charset) if held else "")
    return "".join(out) + value[end:]


def _base64_word(text: str) -> bytes:
    data = re.sub(r"[^A-Za-z0-9+/]", "", text).encode("ascii")
    if len(data) % 4 == 1:
        data = data[:-1]
    return base64.b64decode(data + b"=" * (-len(data) % 4))


def _q_word(text: str) -> bytes:
    data = text.replace("_", " ").encode("utf-8", "replace")
    return re.sub(rb"=([0-9A-Fa-f]{2})", lambda match: bytes((int(match[1], 16),)), data)


def _has_bytes(value: str) -> bool:
    return any("\udc80" <= sign <= "\udcff" for sign in value)


def _only_escapes(value: str) -> bool:
    return all(sign < "\x80" or "\udc80" <= sign <= "\udcff" for sign in value)


def is_control_header(name: str) -> bool:
    """Headers by which somebody outside could want to steer the desk. They are never looked at."""
    return name.lower().startswith(("x-madoguchi-", "x-servicedesk-"))


def message_ids(value: str) -> list[str]:
    """With brackets, in order."""
    return [f"<{each}>" for each in re.findall(r"<([^<>\s]{1,300})>", str(value)[: MOST_IN_A_HEADER * 2])]


# --- addresses ------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|<([^<>]{0,1000})>|([,;])|([^",;<]+)|(.)', re.DOTALL)
_COMMENT = re.compile(r"\(((?:[^()\\]|\\.)*)\)", re.DOTALL)


def addresses(value: str, hint: str | None = None) -> list[tuple[str, str]]:
    """(name, address in lower case) of everything in a header that has an address; names are decoded afterwards, so
    that an encoded comma or bracket cannot make a second address.
    """
    text = re.sub(r"[\r\n]+", " ", raw_text(str(value)[:MOST_IN_A_HEADER], hint))
    found: list[tuple[str, str]] = []
    words: list[str] = []
    address = ""
    for quoted, angle, separator, plain, _odd in (*_TOKEN.findall(text), ("", "", ",", "", "")):
        if separator:
            name, address = _pair(words, address)
            if address:
                found.append((one_line(_encoded_words(name), 120), address))
            elif separator == "," and 0 < len(words) < _MOST_WORDS:  # a comma in a name that nobody put into quotes
                words.append(",")
                continue
            words, address = [], ""
        elif angle:
            address = address or _address(angle)
        elif quoted or plain:
            words.append(re.sub(r"\\(.)", r"\1", quoted) if quoted else plain)
            if quoted:
                words.append("\0")  # was in quotes
        if len(found) >= _MOST_ADDRESSES:
            break
    return found


def _pair(words: list[str], address: str) -> tuple[str, str]:
    """What stands beside the address is its name; a comment only when nothing else is. Without brackets the address is
    among the words."""
    plain = "".join(" " if word == "\0" else word for word in words)
    if "\0" in words and address:
        quoted = words.index("\0") - 1
        before = "".join(words[:quoted]).rpartition(":")[2]
        return (before + "".join(" " if word == "\0" else word for word in words[quoted:])).strip(" ,"), address
    comment = " ".join(each for each in _COMMENT.findall(plain) if each.strip())
    rest = _without_comments(plain)
    if address:
        return rest.rpartition(": ")[2].strip(" ,") or comment.strip(), address
    for word in reversed(re.sub(r" ?@ ?", "@", " ".join(rest.rpartition(": ")[2].split())).replace(":", " ").split()):
        if found := _address(word):
            name = rest.replace(word, " ") if len(rest.split()) > 1 and "," not in rest else ""
            return (name.rpartition(":")[2].strip() or comment.strip()), found
    return "", ""


def _without_comments(text: str) -> str:
    for _depth in range(5):
        text, found = _COMMENT.subn(" ", text)
        if not found:
            break
    return text


def _address(text: str) -> str:
    """Also the dots in wrong places that Japanese carriers once gave out, in quotes or not. "" for what is none."""
    text = re.sub(r"\s+", "", _without_comments(text)).removeprefix("mailto:")
    if text.startswith("@"):  # a route
        text = text.partition(":")[2]
    local, _at, domain = text.rpartition("@")
    local = local[1:-1] if len(local) > 2 and local[0] == local[-1] == '"' else local
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    if not re.fullmatch(r"[^\s@<>()\[\],;:\\\"]{1,64}", local):
        return ""
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?", domain, re.IGNORECASE):
        return ""
    return f"{local}@{domain}".lower()


# --- parameters -----------------------------------------------------------------------------------------------------

_PARAMETER = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*(?:"((?:[^"\\]|\\.|"(?!\s*(?:;|\Z)))*)"?|([^;]*))', re.DOTALL)
_NUMBERED = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*)?")


def parameters(value: str, hint: str | None = None) -> dict[str, str]:
    """Those of a Content-Type or Content-Disposition, names in lower case, values decoded: RFC 2231 with its parts and
    charsets, encoded words, raw bytes."""
    text = raw_text(str(value)[:MOST_IN_A_HEADER], hint)
    plain: dict[str, str] = {}
    parts: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, quoted, bare in _PARAMETER.findall(text):
        base, number, is_extended = _NUMBERED.fullmatch(name.lower()).groups()
        given = re.sub(r'\\(["\\])', r"\1", quoted) if quoted else bare.strip()
        if number is None and not is_extended:
            plain.setdefault(base, one_line(_encoded_words(given)))
        else:
            parts.setdefault(base, {}).setdefault(int(number or 0), (given, bool(is_extended)))
    return plain | {base: _joined(numbered) for base, numbered in parts.items()}


def _joined(numbered: dict[int, tuple[str, bool]]) -> str:
    given = [numbered[number] for number in sorted(numbered)]
    if not any(is_extended for _text, is_extended in given):
        return one_line(_encoded_words("".join(text for text, _is in given)))
    first = given[0][0].split("'", 2) if given[0][1] else []
    charset = first[0] if len(first) == 3 else None
    if len(first) == 3:
        given[0] = (first[2], True)
    data = b"".join(
        unquote_to_bytes(text) if is_extended else text.encode("utf-8", "replace") for text, is_extended in given
    )
    return one_line(charsets.decode(data, charset))


def file_name(disposition: str, content_type: str, hint: str | None = None) -> str:
    """What a part calls its file, without folders; "" when it does not say."""
    name = parameters(disposition, hint).get("filename") or parameters(content_type, hint).get("name") or ""
    if "%" in name and name.isascii():
        plain = _utf_8(unquote_to_bytes(name))
        name = plain if plain is not None and not plain.isascii() else name
    return one_line(name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1], 180)


# --- dates ----------------------------------------------------------------------------------------------------------

_JAPANESE_DATE = re.compile(r"(?:(\d{4})|令和\s*(\d{1,2}|元))\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_MONTH_IN_JAPANESE = re.compile(r"(\d{1,2})\s*(\d{1,2})\s*月\s*(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_ZONE = re.compile(r"([+-])(\d{2}):?(\d{2})\b")


def date_of(value: str, hint: str | None = None) -> datetime | None:
    """In UTC; a date without zone is taken as UTC, too. None for what is no date."""
    text = raw_text(str(value)[:200], hint)
    if not _ZONE.search(text):
        text = re.sub(r"\(?\bJST\b\)?", "+0900", text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, AttributeError, OverflowError):
        moment = _other_date(text)
    try:
        return moment.astimezone(UTC) if moment and moment.tzinfo else moment and moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _other_date(text: str) -> datetime | None:
    """Year first, in Japanese or as in ISO 8601."""
    if found := _JAPANESE_DATE.search(text):
        era = 1 if found[2] == "元" else int(found[2] or 0)
        year, month, day = found[1] or 2018 + era, found[3], found[4]
    elif found := _MONTH_IN_JAPANESE.search(text):
        day, month, year = found.groups()
    elif found := _YEAR_FIRST.search(text):
        year, month, day = found.groups()
    else:
        return None
    time = _TIME.search(text, found.end())
    zone = _ZONE.search(text, time.end() if time else found.end())
    stamp = f"{int(year):04}-{int(month):02}-{int(day):02}T"
    stamp += f"{int(time[1]):02}:{time[2]}:{time[3] or '00'}" if time else "00:00:00"
    try:
        return datetime.fromisoformat(stamp + (f"{zone[1]}{zone[2]}:{zone[3]}" if zone else "+00:00"))
    except ValueError:
        return None
