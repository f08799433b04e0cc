"""What a bounce says: whom the mail did not reach, why, and whether it never will."""

import re
from dataclasses import dataclass

from servicedesk.web.text import one_line

from .headers import addresses
from .letter import Letter
from .signs import signs_of

_ADDRESS = r"[^\s<>()\[\],;:\"'\u300c\u300d\uff08\uff09\u3001\u3002]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{1,200}[A-Za-z0-9]"
_MOST_RECIPIENTS = 1000
_FIELD = re.compile(r"^([A-Za-z-]{2,40})\s*:\s*(.*)$")
_STATUS = re.compile(r"(?<![\d.])([245])\.\d{1,3}\.\d{1,3}(?![\d.])")
_SMTP = re.compile(r"(?<![\d.:/-])([45])\d\d(?=[ -]|$|\))")
_COPY = re.compile(
    r"^[ \t]*(?:[-=*]{2,}\s*)?(?:Below this line is a copy|This is a copy of|The header of the original"
    r"|Original message|Unsent message|Return-Path:|Received: |元のメッセージ|元のメール)",
    re.IGNORECASE | re.MULTILINE,
)
# Where free forms name the recipient, the surest first.
_NAMED = (
    re.compile(
        rf"^[ \t]*(?:Recipient|Recipient address|Failed recipient|受信者|宛先|配信先|送信先|宛先アドレス)"
        rf"[ \t]*[:\uff1a]\s*<?({_ADDRESS})",
        re.IGNORECASE | re.MULTILINE,
    ),
    re.compile(rf"^[ \t]*<({_ADDRESS})>(?:\s*\([^)\n]{{0,200}}\))?[ \t]*:", re.MULTILINE),
    re.compile(rf"^[ \t]*['\"<]?({_ADDRESS})['\">]?[ \t]*(?:on \d.*|:|\(.*)?$", re.MULTILINE),
    re.compile(rf"({_ADDRESS})"),
)
_REASON = re.compile(
    r"[45]\.\d{1,3}\.\d{1,3}|(?<!\d)[45]\d\d[ -]|unknown|not found|no (?:such|mailbox)|not listed|does ?n[o']t exist"
    r"|invalid recipient|quota|mailbox (?:is )?full|full mailbox|rejected|unavailable|disabled|not yet been delivered"
    r"|delayed|timed out|expired|存在し(?:ません|ない)|宛先不明|見つかりません|不明|拒否|いっぱい|容量|上限"
    r"|届けられません|遅延|遅れ|再送",
    re.IGNORECASE,
)
_FOR_NOW = re.compile(
    r"not yet been delivered|still (?:be(?:ing)? )?(?:retr|tr)|will (?:be retried|keep trying|continue to (?:re)?try)"
    r"|delayed|do not need to resend|temporar|遅延|遅れて|再送(?:します|信します|を(?:続け|試み))|一時的",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Bounce:
    """`recipient` is the address that was not reached, as the mail to it named it; "" when the bounce does not tell.
    `is_permanent` when a further try is in vain (5.x.x); otherwise the mail is late or the place was full or away for
    now (4.x.x). `diagnostic` is the sentence of the server that refused, on one line; `code` its 5.1.1, or "".
    """

    recipient: str
    is_permanent: bool
    diagnostic: str = ""
    code: str = ""


def bounced(letter: Letter, envelope_from: str | None = None) -> Bounce | None:
    """None for what is no bounce, or a report of success. Of several recipients the first that failed."""
    if not signs_of(letter, envelope_from).bounce:
        return None
    if re.search(r"^(?:final|original)-recipient\s*:", letter.report, re.IGNORECASE | re.MULTILINE):
        return _by_report(letter.report)
    return _by_words(letter)


def _by_report(report: str) -> Bounce | None:
    """RFC 3464: a block of fields for each recipient."""
    for block in re.sub(r"\n[ \t]+", " ", report).split("\n\n")[:_MOST_RECIPIENTS]:
        fields: dict[str, str] = {}
        for row in block.split("\n"):
            if match := _FIELD.match(row):
                fields.setdefault(match[1].lower(), match[2].strip())
        recipient = _recipient(fields.get("original-recipient", "")) or _recipient(fields.get("final-recipient", ""))
        action = fields.get("action", "").lower()
        if not recipient or action.startswith(("delivered", "relayed", "expanded")):
            continue
        diagnostic = one_line(re.sub(r"^\s*[\w-]{1,40}\s*;\s*", "", fields.get("diagnostic-code", "")), 500)
        status = _STATUS.search(fields.get("status", "")) or _STATUS.search(diagnostic)
        is_permanent = not action.startswith("delayed") and not (status and status[1] == "4")
        return Bounce(recipient, is_permanent, diagnostic, status[0] if status else "")
    return None


def _recipient(value: str) -> str:
    """Of `rfc822;name@example.com`, also with the escapes of RFC 3461."""
    text = re.sub(r"\+([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), value.rpartition(";")[2].strip())
    found = addresses(text) or addresses(value.rpartition(";")[2])
    return found[0][1] if found else ""


def _by_words(letter: Letter) -> Bounce:
    """The free forms of servers and carriers, above the copy of the mail that they give back."""
    copy = _COPY.search(letter.text)
    text = letter.text[: copy.start() if copy else None][:20_000]
    given = addresses(letter.header("x-failed-recipients"))
    recipient, place = (given[0][1], max(text.lower().find(given[0][1]), 0)) if given else ("", 0)
    own = {letter.from_address, *letter.to}
    for pattern in _NAMED if not given else ():
        found = next((match for match in pattern.finditer(text) if match[1].lower() not in own), None)
        if found:
            recipient, place = found[1].lower(), found.start()
            break
    diagnostic = _reason(text[place:]) or _reason(text)
    status = _STATUS.search(diagnostic) or _STATUS.search(text)
    known = status or _SMTP.search(diagnostic)
    is_permanent = known[1] != "4" if known else not (_FOR_NOW.search(letter.subject) or _FOR_NOW.search(text))
    return Bounce(recipient, is_permanent, diagnostic, status[0] if status else "")


def _reason(text: str) -> str:
    """The first paragraph's lines from the one that says why."""
    rows = text.split("\n")
    for number, row in enumerate(rows[:400]):
        said = re.sub(rf"^\s*(?:<{_ADDRESS}>\s*:|(?:Reason|理由|エラー|原因)\s*[:\uff1a])\s*", "", row).strip()
        said = re.sub(r"^\((.*)\)$", r"\1", said)
        if not _REASON.search(said) or re.fullmatch(rf"['\"<]?{_ADDRESS}['\">]?", said):
            continue
        more = []
        for below in rows[number + 1 : number + 5]:
            if not below.strip() or re.match(rf"^\s*(?:<?{_ADDRESS}>?:?\s*$|[-=]{{3,}})", below):
                break
            more.append(below.strip())
        return one_line(" ".join([said, *more]), 500)
    return ""
