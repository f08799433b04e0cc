"""Thanks: where the desk may be thanked, and whether a message says nothing else.

A message that only thanks does not reopen what is resolved. Whoever is not understood is heard: one word that is not
known here, a question mark or a doubt, and the message counts as any other.
"""

import re
from collections.abc import Iterable

from servicedesk.people.models import User
from servicedesk.web.text import normalise

from .models import Ticket, TicketEvent

MOST_LETTERS = 300
_LONGEST_THANKS = 60
_LONGEST_MESSAGE = 1_000


def takes_thanks(ticket: Ticket) -> bool:
    """Something was solved, which neither a withdrawn ticket says of itself nor one that goes on elsewhere."""
    return ticket.status in ("resolved", "closed")


def thanks_of(ticket: Ticket) -> list[TicketEvent]:
    """Who thanked the desk, oldest first. One query; none for a ticket that takes no thanks."""
    if not takes_thanks(ticket):
        return []
    return list(ticket.events.filter(verb="thank").select_related("by").order_by("id"))


def names_on(ticket: Ticket, writer: User) -> set[str]:
    """How the people of a ticket may be called in a salutation or below a message: whole and in parts, and as their
    addresses write them.
    """
    found: set[str] = set()
    for person in (writer, ticket.requester, ticket.entered_by, ticket.assignee):
        if person is not None:
            found |= {person.display_name, *re.split(r"[\s\u3000]+", person.display_name)}
            found |= set(re.split(r"[._-]", person.email.partition("@")[0]))
    return {normalise(name) for name in found} - {""}


_DOUBT = re.compile(
    r"[?？]|\b(?:but|however|still|yet|though|although|except|unfortunately|not|no|never|cannot|can't|\w+n't|another)\b"
    r"|まだ|ですが|ますが|したが|のですが|だが、|けど|けれど|しかし|ただし|でも|一点|もう一|もうひとつ|別の|別件|ない|ません|再度|再発"
    r"|また(?!す)|か。|でしょうか|ください|下さい(?!ま[しり])|お願いがあ|至急"
)
_QUOTED = re.compile(r"^\s*[>＞|｜]")
_RULE = re.compile(r"^\s*(?:--|[-=_*~─━―‐－＝＊・]{3,})\s*$")
_SENTENCE = re.compile(r"(?:ます|です|ました|でした|ません|ない|たい|した|[.!。！])\s*$")
_SENT_FROM = re.compile(r"^(?:sent from my \w+|get outlook for \w+|(?:iphone|ipad|android)から送信)$")
# What stands before the message: 田中様、 ヘルプデスク各位 Dear Mr Sato, – no particles that make a sentence of it.
_WHO = r"[^\s、。,.!がをでにも]"
_TO = (
    r"(?:hi|hello|hey|dear)(?:\s(?:all|team|everyone|there|colleagues|support|service|help|desk|it|mr|mrs|ms|dr|sir|madam))*"
    r"(?:\s[\w.'-]+)?(?:\s[\w.'-]+(?=\s?,))?"
)
_SALUTATION = re.compile(
    rf"^(?:{_WHO}{{0,12}}\s?{_WHO}{{1,12}}\s?(?:様|さま|さん|殿|各位|御中)[、,。!]?|{_TO}\s?[,!.]?)$"
)
_BEFORE = re.compile(rf"^(?:{_WHO}{{1,12}}(?:様|さま|さん)(?:[、,!]\s?|\s)|{_TO}\s?[,!]\s?)")
_SIGNS = re.compile(
    r"m\(_ _\)m|m\(__\)m|\(\^[-_o.]?\^\)/?|\^_?\^|[:;]-?[)d]|\([笑嬉]\)"
    r"|[\s\u3000、。,.!…~〜・:;()（）「」*\-]|[🙏🙇😊☺🙂😀😃😄😁🥰👍👏❤♥💕♪♡☆★✨🎉💐🌸]"
    r"|[\ufe0e\ufe0f\u200d♀♂\U0001f3fb-\U0001f3ff]"
)
# What thanks are made of. A word of Latin letters ends where its letters end.
_EDGE = r"(?![a-z])"
_THANKS = re.compile(
    r"(?:誠に|まことに|大変|たいへん|本当に|ほんとうに|ほんとに|とても|すごく|どうも|心から|心より|重ねて|改めて|いつも|この度は|このたびは|今回は|今回も"
    r"|早速の?|さっそくの?|迅速な|迅速に|素早い|すばやい|丁寧な|ご丁寧な|ご丁寧に|丁寧に|親切な|色々と?|いろいろと?"
    r"|お忙しいところ|お忙しい中|おかげさまで|お陰様で|おかげで"
    r"|ご?対応(?:いただき|頂き|くださり|下さり|くださって|して(?:いただき|頂き|くださり|下さり))?"
    r"|ご?回答(?:いただき|頂き|くださり|下さり)?|ご?返信(?:いただき|頂き|くださり|下さり)?"
    r"|ご?連絡(?:いただき|頂き|くださり|下さり)?|ご?案内(?:いただき|頂き|くださり|下さり)?"
    r"|ご?確認(?:いただき|頂き|くださり|下さり)|ご?教示(?:いただき|頂き|くださり|下さり)?"
    r"|ご?説明(?:いただき|頂き|くださり|下さり)?|ご?協力(?:いただき|頂き|くださり|下さり)?|ご?尽力(?:いただき|頂き)?"
    r"|(?:直して|解決して|助けて|教えて|調べて|見て)(?:いただき|頂き|くださり|下さり|くださって|もらって)"
    r"|(?:の|を|に|と|も|は|ね|よ|ー)+)"
)
_THANKS_CORE = re.compile(
    r"(?:ありがとう|有難う|有り難う|有りがとう)(?:ござい(?:ました|ます)|御座い(?:ました|ます))?"
    r"|あざっす|サンキュー|感謝(?:です|します|しています|しております|致します|いたします|申し上げます|感激です)?"
    r"|(?:御礼|お礼)(?:申し上げます|まで)?|助かり(?:ました|ます)|助かった(?:です)?"
    r"|(?:many|much|big|huge)\sthanks" + _EDGE +
    r"|thanks?\s?you" + _EDGE + r"|thanks" + _EDGE + r"|thankyou" + _EDGE + r"|thx" + _EDGE + r"|tysm" + _EDGE +
    r"|ty" + _EDGE + r"|cheers" + _EDGE +
    r"|(?:much|greatly|really|very\smuch)\sappreciated" + _EDGE +
    r"|(?:i|we)\s(?:really\s|truly\s|very\smuch\s)?appreciate\s(?:it|this|that|(?:your|the)\s(?:quick\s)?help)" + _EDGE
)  # fmt: skip
_AROUND = re.compile(
    r"(?:a\slot|lots|a\sbunch|a\smillion|a\ston|so\smuch|very\smuch|again|once\smore|everyone|everybody|all|team"
    r"|indeed|both|guys|folks|to\syou\sall|to\sall\sof\syou"
    r"|for\s(?:(?:all|your|the|this|it|that|so|such|very|a|of|quick|fast|prompt|kind|great|swift|speedy|excellent|and)\s)*"
    r"(?:help|helping|support|assistance|response|reply|replying|answer|work|fix|fixing(?:\s(?:it|this|that))?|solution"
    r"|time|effort|efforts|service|resolution|taking\scare\sof\s(?:it|this|that)|solving\s(?:it|this|that)|everything|me|us"
    r"|helping\s(?:me|us))"
    r"|(?:great|good|nice|excellent|awesome|fantastic)\s(?:job|work|help|service|support)|well\sdone"
    r"|great|perfect|excellent|awesome|wonderful|brilliant|super|fantastic|lovely|and|my|our"
    r"|(?:best|kind|warm|many)\sregards|regards|best\swishes|best|sincerely|yours|have\sa\s(?:nice|good|great)\s"
    r"(?:day|weekend|evening|one)|good\s(?:morning|afternoon|evening)|hi|hello|dear)" + _EDGE +
    r"|お世話になって(?:おり|い)ます|(?:大変)?お世話になりました|お世話になります|お世話様です|お疲れ様です|お疲れさまです|お疲れ様でした"
    r"|こんにちは|こんばんは|おはようございます|取り急ぎ|とり急ぎ|以上(?:です)?|失礼(?:いた|致)?します"
    r"|(?:今後とも|今後も)?(?:どうぞ)?(?:よろしく|宜しく)(?:お願い|御願い)?(?:いた|致|申し上げ)?(?:し)?ます|皆様|皆さん|皆さま|の皆"
)  # fmt: skip


def only_thanks(text: str, names: Iterable[str] = ()) -> bool:
    """Whether a message, apart from quotes, salutation, greeting, `names` and what stands below it, says nothing but
    thanks, in Japanese or English.
    """
    if len(text) > _LONGEST_MESSAGE:
        return False
    rows = [normalise(row) for row in text.splitlines() if not _QUOTED.match(row)]
    if any(_DOUBT.search(row) for row in rows):
        return False
    said = _without_signature(rows)
    known = sorted({re.escape(name) for name in names if len(name) > 1 or name >= "一"}, key=len, reverse=True)
    ends = r"(?:です|と申します|より|拝|様|さま|さん|-san)?" + _EDGE
    called = re.compile(f"(?:{'|'.join(known)}){ends}") if known else None
    said = [row for row in said if not _SALUTATION.match(row) and not _SENT_FROM.match(row)]
    return _is_thanks("\n".join(_BEFORE.sub("", row) for row in said), called)


def _without_signature(rows: list[str]) -> list[str]:
    """The rows above a rule, when what is below looks like who wrote it and not like a sentence."""
    rule = next((number for number, row in enumerate(rows) if number and _RULE.match(row)), None)
    if rule is None:
        return rows
    below = [row for row in rows[rule:] if row]
    is_signature = len(below) <= 12 and not any(_SENTENCE.search(row) or len(row) > 60 for row in below)
    return rows[:rule] if is_signature else rows


def _is_thanks(text: str, called: re.Pattern | None) -> bool:
    """Reads the text from its beginning to its end, each time the longest that is known. `called` are names."""
    at, thanked, letters = 0, False, 0
    while at < len(text):
        found = _SIGNS.match(text, at)
        if found is None:
            known = [pattern for pattern in (_THANKS_CORE, _THANKS, _AROUND, called) if pattern is not None]
            hits = [hit for pattern in known if (hit := pattern.match(text, at))]
            if not hits:
                return False
            found = max(hits, key=lambda hit: hit.end())
            letters += found.end() - at if found.re is not called else 0
            thanked = thanked or found.re is _THANKS_CORE
        at = found.end()
    return thanked and letters <= _LONGEST_THANKS
