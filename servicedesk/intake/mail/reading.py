"""From the raw bytes of a mail to what it says, within limits, whatever the bytes are.

`structure` cuts the mail into its parts, `headers` and `parts` say what is in them, `quotes` what of it is new.
`TooMuch` is the only exception that a caller must expect.
"""

import logging

from servicedesk.web.text import lines, one_line

from . import charsets, quotes
from .headers import addresses, date_of, decoded, is_control_header, message_ids, parameters
from .letter import Letter, Part
from .parts import contents_of
from .structure import MOST_HEADERS, Node, TooMuch, take_apart

__all__ = ["Letter", "Part", "TooMuch", "addresses", "decoded", "read"]

log = logging.getLogger(__name__)


def read(raw: bytes) -> Letter:
    """Read a mail. Raises TooMuch beyond the limits and nothing else for what mails can hold."""
    try:
        return _read(raw)
    except (RecursionError, MemoryError):
        raise TooMuch("parts") from None
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
        # A mistake of ours must not lose a mail: it is there as plain text, and the log tells.
        log.exception("a mail was read as plain text")
        text = lines(charsets.decode(raw[:65536])).strip()
        return Letter(text=text, reply=text)


def _read(raw: bytes) -> Letter:
    root = take_apart(raw)
    letter = Letter(content_type=root.kind)
    contents = contents_of(root)
    _read_header(root, letter, contents.hint)
    letter.html = "\n<hr>\n".join(contents.htmls)
    letter.report = lines("\n\n".join(contents.reports)).strip()
    letter.files = contents.files
    whole = lines("\n\n".join(text.strip("\r\n") for text in contents.texts if text.strip())).strip()
    letter.reply = quotes.reply_part(whole)
    letter.text = quotes.without_marks(whole)
    return letter


def _read_header(root: Node, letter: Letter, hint: str | None) -> None:
    raw = root.headers[:MOST_HEADERS]
    letter.headers = [(one_line(name, 100), decoded(value, hint)) for name, value in raw if not is_control_header(name)]
    first: dict[str, str] = {}
    for name, value in raw:
        first.setdefault(name.lower(), value)
    letter.message_id = next(iter(message_ids(first.get("message-id", ""))), "")
    letter.in_reply_to = next(iter(message_ids(first.get("in-reply-to", ""))), "")
    letter.references = message_ids(first.get("references", ""))[-50:]
    letter.from_name, letter.from_address = _sender(first, hint)
    for name in ("to", "cc", "delivered-to", "x-original-to", "x-forwarded-to"):
        for value in [value for each, value in raw if each.lower() == name][:10]:
            found = [address for _name, address in addresses(value)]
            letter.to += found
            letter.addressed += found if name in ("to", "cc") else []
    letter.subject = one_line(decoded(first.get("subject", ""), hint), 500)
    letter.date = date_of(first.get("date", ""), hint)
    letter.report_type = parameters(first.get("content-type", "")).get("report-type", "").lower()[:60]


def _sender(first: dict[str, str], hint: str | None) -> tuple[str, str]:
    for name in ("from", "sender", "return-path"):
        found = addresses(first.get(name, ""), hint)
        if found:
            return found[0]
    return "", ""
