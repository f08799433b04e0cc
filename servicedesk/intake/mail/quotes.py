"""Parting what somebody wrote from the old mail below it. When in doubt nothing is cut: too much can be skipped,
what is missing cannot be read. The whole text stays in the mail.
"""

import re

from .html import CUT

_DAY = r"(?:月|火|水|木|金|土|日|Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_OLD = r"""(?:original\ (?:message|mail)|forwarded\ (?:message|by|mail).{0,80}|reply\ message|begin\ forwarded\ message
    |(?:ursprüngliche|weitergeleitete)\ nachricht|message\ d'origine|原始邮件|원본\ 메시지
    |元のメッセージ|元のメール|元メール|転送メッセージ|転送されたメッセージ|転送メール|返信元メッセージ|返信元メール
    |オリジナルメッセージ|オリジナルメール|引用元メッセージ|受信メール)"""
_LINE_THAT_BEGINS_THE_OLD_MAIL = re.compile(
    rf"""^[\s*]*+(?:
        [-_=\uff0d\u2015\u2500\u2501]{{2,40}}\s*{_OLD}\s*[-_=\uff0d\u2015\u2500\u2501]{{0,40}}
      | Begin\ forwarded\ message\s*:
      | 転送されたメッセージ\s*[:\uff1a]
    )[\s*]*$""",
    re.VERBOSE | re.IGNORECASE,
)
_LABEL = (
    r"(?:From|Sent|To|Cc|Bcc|Subject|Date|Reply-To|Importance|Message-ID|差出人|送信者|発信者|送信元|送信日時|送信日|受信日時"
    r"|日時|日付|宛先|宛て先|件名|題名|CC|重要度|Von|Gesendet|An|Betreff|Datum|De|Envoyé|À|Objet)"
)
_HEADER_LINE = re.compile(rf"^[\s*_>]*+{_LABEL}[\s*_]*[:\uff1a]", re.IGNORECASE)
_SENDER_LINE = re.compile(r"^[\s*_>]*+(?:From|差出人|送信者|発信者|送信元|Von|De)[\s*_]*[:\uff1a]", re.IGNORECASE)
_RULE = re.compile(r"^[\s*]*+[-_=\u2015\u2500\u2501]{4,200}[\s*]*$")
_ADDRESS = r"[<\uff1c\[]\s*(?:mailto:)?[^<>\s@]{1,64}@[^<>\s@]{3,200}[>\uff1e\]]"
# "On Sun, 22 Nov 2026 at 14:05, Hanako <h@example.com> wrote:" and the Japanese forms, which begin with the date or end
# with さんは書きました or a colon behind an address.
_DATE = rf"(?:\d{{4}}年\s*\d{{1,2}}月\s*\d{{1,2}}日|\d{{4}}[/.-]\d{{1,2}}[/.-]\d{{1,2}})[\s(\uff08]*{_DAY}?"
_WROTE = r"(?:書きました|書き込みました|書いています|wrote|writes|のメッセージ|からのメール|送信しました)"
_SOMEBODY_WROTE = re.compile(
    rf"""^[\s*\u300c(\uff08]*+(?:
        On\ .{{6,300}}\ wrote\s*:
      | Am\ .{{6,300}}\ schrieb\ .{{0,200}}:
      | Le\ .{{6,300}}\ a\ écrit\s*:
      | {_DATE}.{{0,300}}(?:[:\uff1a]|さんは書きました.?|wrote:?|のメール.?)
      | .{{0,200}}(?:さん|様|氏)\s?(?:は|が|の|より)?\s?(?:、|,)?\s?{_WROTE}.{{0,20}}
      | .{{0,200}}{_ADDRESS}\s*(?:wrote|writes|のメール|さんは書きました)\s*[:\uff1a]
    )\s*$""",
    re.VERBOSE,
)
# Forms that could be anybody's sentence: they count only with quoted lines right below.
_PERHAPS_WROTE = re.compile(
    rf"^.{{1,200}}{_ADDRESS}\s*[:\uff1a]\s*$"
    r"|^.{0,200}(?:\b(?:wrote|writes|said)\s*[:\uff1a]|(?:は|が)書きました\s*[:\uff1a]?|のメール\s*[:\uff1a]|において[、,]?)\s*$"
    r"|^.{1,80}---\s?\d{2,4}/\d{1,2}/\d{1,4}.{0,40}---.{0,200}$"
)
# Longer rows are nobody's header or signature, and patterns would look at them for long.
_LONGEST_ROW = 1000
_MOST_ROWS = 20_000
# So often all that is below is looked at; who answers between more lines keeps the whole.
_MOST_LOOKS = 50
_QUOTED = re.compile(r"^\s{0,3}(?:[>\uff1e]|[|\uff5c](?![^|\uff5c]*[|\uff5c]))")
_SIGNATURE = re.compile(r"^--[ \u3000]?$")
_OF_A_PHONE = re.compile(
    r"""^\s*+(?:Sent\ (?:from|via)\ (?:my\ |Yahoo!?|Outlook|Mail|Gmail|ProtonMail|Samsung|the\ ).{0,60}
      | Sent\ from\ [A-Z]\w{1,30}(?:\ for\ \w{2,20})?
      | Get\ Outlook\ for\ .{2,20} | Outlook\ for\ .{2,20}を入手.{0,100} | Outlook\ for\ .{2,20}から送信.{0,30}
      | (?:私の|マイ)?(?:iPhone|iPad|(?:Android|Xperia|Galaxy|AQUOS).{0,20}|スマートフォン|スマホ|携帯|ケータイ)
        から(?:の)?(?:送信|送信しました|返信|送信されました)
      | Yahoo!?(?:メール|\ ?Mail).{0,30}(?:から送信|から送信しました|for\ \w{2,20})
      | (?:Gmail|Windows.{0,20}|Mail|メール)\s?(?:アプリ|版\ ?メール|の\ ?メール)?から送信(?:しました)?
    )[\s.\u3002]*(?:[(<\uff08]\s*https?://\S{1,200}[)>\uff09])?\s*$""",
    re.VERBOSE,
)
_RULE_OF_A_SIGNATURE = re.compile(
    r"^[\s\u3000]*(?:[-=_*~+#/\uff0d\uff1d\uff0a\u2500-\u257f\u2015\u25a0-\u25cf\u2605\u2606\u203b\uff0b\u30fb:.\uff3f\uff5e\u301c\u2026]"
    r"[\s\u3000]?){4,120}$"
)
_CONTACT = re.compile(
    r"(?:\bTEL|℡|\u260e|電話|携帯|FAX|〒|e-?mail|\bmail\s*[:\uff1a]|メール\s*[:\uff1a]|https?://|内線|[\w.+-]+@[\w-]+\.\w"
    r"|\(?0\d{1,4}\)?-\d{1,4}-\d{3,4}|(?<!\w)\+81)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[。？！?!]\s*$|(?:ます|です|ください|下さい|でしょうか|ました)\s*$")
_MOST_IN_A_SIGNATURE = 15


def reply_part(text: str) -> str:
    """What is new in an answer; all of it when nothing tells where the old mail begins, or when nothing would be
    left."""
    rows = text.split("\n")
    end, start, looks = len(rows), 0, 0
    for number, row in enumerate(rows[:_MOST_ROWS]):
        if len(row) > _LONGEST_ROW:
            continue
        if row == CUT:
            looks += 1
            if looks <= _MOST_LOOKS and _only_quotes(_below_the_mark(rows, number)):
                end = _above_the_rule(rows, number)
                break
            continue
        if _LINE_THAT_BEGINS_THE_OLD_MAIL.match(row) or _is_head_of_old_mail(rows, number):
            end = number
            break
        length = _attribution(rows, number)
        looks += bool(length)
        if looks > _MOST_LOOKS:
            break
        if length and _only_quotes(rows[number + length :]):
            end = number
            break
        if length and (start := _below_one_quote(rows, number, length)):
            break
    kept = [row for row in rows[start:end] if row != CUT]
    kept = _without_signature(_without_quotes_at_the_end(kept))
    part = "\n".join(kept).strip()
    return part or without_marks(text)


def without_marks(text: str) -> str:
    """The whole text without the marks of `html.to_text`."""
    return "\n".join(row for row in text.split("\n") if row != CUT).strip()


# --- where the old mail begins --------------------------------------------------------------------------------------


def _attribution(rows: list[str], number: int) -> int:
    """How many rows from here say who wrote what follows: 0 for none, up to 3, because programs wrap them."""
    row = rows[number]
    if not row.strip() or _QUOTED.match(row):
        return 0
    if _SOMEBODY_WROTE.match(row):
        return 1
    if re.match(rf"^[\s*(\uff08]*+(?:(?:On|At|Am|In)\s|{_DATE})", row):
        for more in (1, 2):
            joined = " ".join(each[:_LONGEST_ROW].strip() for each in rows[number : number + 1 + more])
            if len(rows) > number + more and rows[number + more].strip() and (
                _SOMEBODY_WROTE.match(joined) or _is_above_quotes(rows, number, joined, more)
            ):  # fmt: skip
                return more + 1
    return 1 if _is_above_quotes(rows, number, row, 0) else 0


def _is_above_quotes(rows: list[str], number: int, joined: str, more: int) -> bool:
    if not _PERHAPS_WROTE.match(joined):
        return False
    below = [row for row in rows[number + 1 + more : number + 5 + more] if row.strip()]
    return bool(below) and bool(_QUOTED.match(below[0]))


def _below_the_mark(rows: list[str], number: int) -> list[str]:
    """The rows below a mark of the HTML without those that say who wrote."""
    below = number + 1
    while below < len(rows) and (not rows[below].strip() or rows[below] == CUT):
        below += 1
    return rows[below + (_attribution(rows, below) if below < len(rows) else 0) :]


def _above_the_rule(rows: list[str], number: int) -> int:
    """Programs write "… wrote:" above their own mark."""
    above = number
    while above and not rows[above - 1].strip():
        above -= 1
    if above and _SOMEBODY_WROTE.match(rows[above - 1][:_LONGEST_ROW]):
        return above - 1
    return number


def _is_head_of_old_mail(rows: list[str], number: int) -> bool:
    """The header of a mail as programs write it into the text, alone or below a rule. A lone "From:" is none: other
    headers must be below it."""
    if _RULE.match(rows[number]):
        below = next((each for each in range(number + 1, min(number + 4, len(rows))) if rows[each].strip()), None)
        return below is not None and bool(_HEADER_LINE.match(rows[below])) and _is_head_of_old_mail(rows, below)
    if not _HEADER_LINE.match(rows[number]) or _QUOTED.match(rows[number]):
        return False
    block = []
    for row in rows[number : number + 14]:
        if not row.strip():
            if len(block) > 1:
                break
            continue
        block.append(row)
    named = [row for row in block if _HEADER_LINE.match(row)]
    return len(named) >= 3 and any(_SENDER_LINE.match(row) for row in named) and bool(_HEADER_LINE.match(block[1]))


def _only_quotes(rows: list[str]) -> bool:
    """Nothing but quoted lines follows, or nothing quoted at all (programs that do not mark quotes): then it is the old
    mail. Quoted and new lines in turns are an answer between the lines, which stays whole.
    """
    filled = [row for row in rows if row.strip() and row != CUT]
    quoted = [bool(_QUOTED.match(row)) for row in filled]
    if not any(quoted):
        return True
    last = len(quoted) - 1 - quoted[::-1].index(True)
    if not quoted[0] and any(_is_head_of_old_mail(filled, each) for each in range(min(6, len(filled)))):
        return True  # an old mail unmarked, with marked quotes of its own
    tail = filled[last + 1 :]
    return all(quoted[: last + 1]) and (not tail or len(_without_signature(["x", *tail])) == 1)


def _below_one_quote(rows: list[str], number: int, length: int) -> int:
    """Where the answer below the only quote begins; 0 when there is more above or in between."""
    if any(row.strip() for row in rows[:number]):
        return 0
    place = number + length
    while place < len(rows) and (not rows[place].strip() or _QUOTED.match(rows[place])):
        place += 1
    below = rows[place:]
    if place == len(rows) or any(_QUOTED.match(row) or row == CUT for row in below[:_MOST_ROWS]):
        return 0
    return place


def _without_quotes_at_the_end(rows: list[str]) -> list[str]:
    end = len(rows)
    while end and (not rows[end - 1].strip() or _QUOTED.match(rows[end - 1])):
        end -= 1
    if end and end < len(rows) and (length := _attribution_that_ends(rows, end)):
        end -= length
    while end and (not rows[end - 1].strip() or (end < len(rows) and _RULE.match(rows[end - 1]))):
        end -= 1
    return rows[:end]


def _attribution_that_ends(rows: list[str], end: int) -> int:
    for length in (3, 2, 1):
        if end >= length and _attribution(rows, end - length) == length:
            return length
    return 0


# --- signatures -----------------------------------------------------------------------------------------------------


def _without_signature(rows: list[str]) -> list[str]:
    """Without what people and programs put below everything they write; never the first row."""
    for number, row in enumerate(rows):
        if number and _SIGNATURE.match(row):
            rows = rows[:number]
            break
    rows = _without_blank_end(rows)
    if len(rows) > 1 and _OF_A_PHONE.match(rows[-1][:_LONGEST_ROW]):
        rows = _without_blank_end(rows[:-1])
    first = max(len(rows) - _MOST_IN_A_SIGNATURE, 1)
    for number in range(first, len(rows)):
        if _RULE_OF_A_SIGNATURE.match(rows[number][:_LONGEST_ROW]) and _is_signature(rows[number + 1 :]):
            return _without_blank_end(rows[:number])
    return rows


def _is_signature(rows: list[str]) -> bool:
    """Who and where, between rules or below one: no sentences, and a way to reach somebody."""
    if rows and _RULE_OF_A_SIGNATURE.match(rows[-1][:_LONGEST_ROW]):
        rows = rows[:-1]
    filled = [row[:_LONGEST_ROW] for row in rows if row.strip()]
    if not filled or re.search(r"[:\uff1a]", filled[0].split("http")[0]) or any(len(row) > 100 for row in filled):
        return False
    return any(_CONTACT.search(row) for row in filled) and not any(_SENTENCE.search(row) for row in filled)


def _without_blank_end(rows: list[str]) -> list[str]:
    end = len(rows)
    while end and not rows[end - 1].strip():
        end -= 1
    return rows[:end]
