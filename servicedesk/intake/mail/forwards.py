"""Who wrote what somebody forwards: from the attached message, or from the headers that programs write above the old
mail, in English and Japanese.
"""

import re
from dataclasses import dataclass, field

from .reading import Letter, Part, TooMuch, addresses, read

_SUBJECT = re.compile(r"^\s*(?:fwd?|転送)\s*[:\uff1a]", re.IGNORECASE)
_MARK = re.compile(
    r"^[\s>*_-]*(?:forwarded message|begin forwarded message|forwarded by|original message|転送メッセージ"
    r"|転送されたメッセージ|元のメッセージ|以下、?転送|ここから転送)",
    re.IGNORECASE,
)
_FROM = re.compile(r"^[\s>*_]*(?:From|差出人|送信者|発信者)\s*\**\s*[:\uff1a]\s*\**\s*(.{3,400})$", re.IGNORECASE)
_SUBJECT_LINE = re.compile(r"^[\s>*_]*(?:Subject|件名)\s*\**\s*[:\uff1a]\s*\**\s*(.{0,300})$", re.IGNORECASE)
_OTHER = re.compile(
    r"^[\s>*_]*(?:Sent|Date|To|Cc|Subject|Reply-To|送信日時|送信日|日時|日付|宛先|件名)\s*\**\s*[:\uff1a]",
    re.IGNORECASE,
)
_MAILTO = re.compile(r"[\[(]\s*mailto:\s*([^\s\])>]{3,254})\s*[\])]", re.IGNORECASE)
_MOST_ROWS = 400


@dataclass
class Forwarded:
    """The mail inside a forwarded one. `above` is what the person who forwards it wrote themselves."""

    from_address: str
    from_name: str
    subject: str
    text: str
    above: str = ""
    files: list[Part] = field(default_factory=list)


def may_hold_another(letter: Letter) -> bool:
    """Whether there is an attached message or a row that says from whom: in few mails, and found out at no cost."""
    return any(each.content_type == "message/rfc822" for each in letter.files) or any(
        _FROM.match(row) for row in letter.text.split("\n")[:_MOST_ROWS] if len(row) < 500
    )


def forwarded(letter: Letter) -> Forwarded | None:
    """The forwarded mail with its sender, or None when this is no forwarded mail or names no address."""
    return _attached(letter) or _below(letter)


def _attached(letter: Letter) -> Forwarded | None:
    """One attached message, and nothing that would be the matter itself beside it."""
    messages = [each for each in letter.files if each.content_type == "message/rfc822"]
    if len(messages) != 1 or not (_SUBJECT.match(letter.subject) or len(letter.files) == 1):
        return None
    try:
        inner = read(messages[0].data)
    except TooMuch:
        return None
    if not inner.from_address:
        return None
    others = [each for each in letter.files if each is not messages[0]]
    return Forwarded(
        inner.from_address, inner.from_name, inner.subject, inner.text, letter.text, inner.files + others + messages
    )


def _below(letter: Letter) -> Forwarded | None:
    """A block of headers in the text. Without a mark or a subject that says "forwarded" it is a quote in an answer."""
    rows = letter.text.split("\n")
    says_so = bool(_SUBJECT.match(letter.subject))
    for number, row in enumerate(rows[:_MOST_ROWS]):
        found = _FROM.match(row) if len(row) < 500 else None
        if found is None:
            continue
        block = _block(rows, number)
        start = _mark_above(rows, number)
        if len(block) < 2 or not (says_so or start != number):
            continue
        known = addresses(_MAILTO.sub(r"<\1>", found[1].replace("*", "")))
        if not known:
            return None
        name, address = known[0]
        subject = next((match[1] for match in map(_SUBJECT_LINE.match, block) if match), letter.subject)
        text = _unquoted(rows[number + len(block) :]).strip()
        above = re.sub(r"(?:^|\n)[\s_-]*\Z", "", "\n".join(rows[:start])).strip()
        return Forwarded(address, name, subject.strip("* "), text, above, list(letter.files))
    return None


def _block(rows: list[str], number: int) -> list[str]:
    """The header lines from this row on; some programs put blank lines between them."""
    end = number + 1
    for at in range(number + 1, min(number + 14, len(rows))):
        if _OTHER.match(rows[at]) or _FROM.match(rows[at]):
            end = at + 1
        elif rows[at].strip(" >\t") and not rows[at].startswith((" ", "\t")):
            break
    return rows[number:end]


def _mark_above(rows: list[str], number: int) -> int:
    """Where "Forwarded message" or a rule stands above the block; the block's own row when nothing does."""
    for at in range(number - 1, max(number - 8, -1), -1):
        if _MARK.match(rows[at]):
            return at
        if rows[at].strip(" >\t-_") and not _OTHER.match(rows[at]):
            break
    return number


def _unquoted(rows: list[str]) -> str:
    """Programs that forward with "> " before every line mean the whole."""
    filled = [row for row in rows if row.strip()]
    if filled and all(row.lstrip().startswith(">") for row in filled):
        rows = [re.sub(r"^\s*> ?", "", row) for row in rows]
    return "\n".join(rows)
