"""Parting what somebody wrote from the old mail below it. When in doubt nothing is cut: too much can be skipped,
what is missing cannot be read. The whole text stays in the mail.
"""

import re

from .html import CUT

_DAY = r"(?:月|火|水|木|金|土|日|Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LINE_THAT_BEGINS_THE_OLD_MAIL = re.compile(
    r"""^[\s*_]*(?:
        -{2,}\s*(?:Original\ Message|Original\ message|Forwarded\ message|Reply\ message|Ursprüngliche\ Nachricht
            |元のメッセージ|元のメール|転送メッセージ|転送されたメッセージ|返信元メッセージ|オリジナルメッセージ)\s*-{0,}
      | _{20,}
      | 差出人\s*[:\uff1a].+
      | From\s*[:\uff1a]\s.+
    )[\s*_]*$""",
    re.VERBOSE,
)
_HEADER_LINE = re.compile(
    r"^[\s*_>]*(?:From|Sent|To|Cc|Subject|Date|Reply-To|差出人|送信者|送信日時|送信日|日時|日付|宛先|件名|CC)\s*[:\uff1a]",
    re.IGNORECASE,
)
_RULES_ABOVE_HEADERS = re.compile(r"^[\s*]*(?:_{20,}|差出人\s*[:\uff1a].*|From\s*[:\uff1a].*)$")
# "On Sun, 22 Nov 2026 at 14:05, Hanako <h@example.com> wrote:" and the Japanese forms, which begin with the date or end
# with さんは書きました or a colon behind an address.
_DATE = rf"(?:\d{{4}}年\s*\d{{1,2}}月\s*\d{{1,2}}日|\d{{4}}[/-]\d{{1,2}}[/-]\d{{1,2}})[\s(\uff08]*{_DAY}?"
_SOMEBODY_WROTE = re.compile(
    rf"""^[\s*]*(?:
        On\ .{{6,300}}\ wrote\s*:
      | Am\ .{{6,300}}\ schrieb\ .{{0,200}}:
      | {_DATE}.{{0,300}}(?:[:\uff1a]|さんは書きました.?|wrote:|のメール.?)
      | .{{0,200}}(?:さん|様)(?:は|が|の)?(?:書きました|書き込みました|のメッセージ|送信しました).{{0,20}}
      | .{{0,200}}<[^<>\s@]{{1,64}}@[^<>\s@]{{3,200}}>\s*(?:wrote|のメール|さんは書きました)?\s*[:\uff1a]
    )\s*$""",
    re.VERBOSE,
)
# Longer rows are nobody's header or signature, and patterns would look at them for long.
_LONGEST_ROW = 1000
_MOST_ROWS = 20_000
_QUOTED = re.compile(r"^\s{0,3}[>\uff1e|\uff5c]")
_SIGNATURE = re.compile(r"^-- ?$")


def reply_part(text: str) -> str:
    """What is new in an answer; all of it when nothing tells where the old mail begins, or when nothing would be
    left."""
    rows = text.split("\n")
    end = len(rows)
    for number, row in enumerate(rows[:_MOST_ROWS]):
        if len(row) > _LONGEST_ROW:
            continue
        if row == CUT:
            end = _above_the_rule(rows, number)
            break
        if _LINE_THAT_BEGINS_THE_OLD_MAIL.match(row) and _is_old_mail(rows, number):
            end = number
            break
        joined = row if number + 1 >= len(rows) else f"{row} {rows[number + 1][:_LONGEST_ROW].strip()}"
        wrapped = not _SOMEBODY_WROTE.match(row) and row.lstrip().startswith("On ") and _SOMEBODY_WROTE.match(joined)
        if (_SOMEBODY_WROTE.match(row) or wrapped) and _only_quotes(rows[number + (2 if wrapped else 1) :]):
            end = number
            break
    kept = rows[:end]
    kept = _without_quotes_at_the_end([row for row in kept if row != CUT])
    for number, row in enumerate(kept):
        if number and _SIGNATURE.match(row):
            kept = kept[:number]
            break
    part = "\n".join(kept).strip()
    return part or without_marks(text)


def without_marks(text: str) -> str:
    """The whole text without the marks of `html.to_text`."""
    return "\n".join(row for row in text.split("\n") if row != CUT).strip()


def _above_the_rule(rows: list[str], number: int) -> int:
    """Programs write "… wrote:" above their own mark."""
    above = number
    while above and not rows[above - 1].strip():
        above -= 1
    if above and _SOMEBODY_WROTE.match(rows[above - 1][:_LONGEST_ROW]):
        return above - 1
    return number


def _is_old_mail(rows: list[str], number: int) -> bool:
    """A rule of dashes says it itself; a lone "From:" or a long line must have other headers of a mail below it."""
    if not _RULES_ABOVE_HEADERS.match(rows[number]):
        return True
    below = [row for row in rows[number + 1 : number + 9] if row.strip()]
    return sum(bool(_HEADER_LINE.match(row)) for row in below[:5]) >= 2


def _only_quotes(rows: list[str]) -> bool:
    """Nothing but quoted lines follows, or nothing quoted at all (programs that do not mark quotes): then it is the old
    mail. Quoted and new lines in turns are an answer between the lines, which stays whole.
    """
    if any(row == CUT for row in rows):
        return True
    filled = [row for row in rows if row.strip()]
    quoted = [bool(_QUOTED.match(row)) for row in filled]
    if not any(quoted):
        return True
    last = len(quoted) - 1 - quoted[::-1].index(True)
    tail = filled[last + 1 :]
    return all(quoted[: last + 1]) and (not tail or bool(_SIGNATURE.match(tail[0])))


def _without_quotes_at_the_end(rows: list[str]) -> list[str]:
    end = len(rows)
    while end and (not rows[end - 1].strip() or _QUOTED.match(rows[end - 1])):
        end -= 1
    if end and end < len(rows) and _SOMEBODY_WROTE.match(rows[end - 1][:_LONGEST_ROW]):
        end -= 1
    return rows[:end]
