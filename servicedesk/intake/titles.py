"""A title for what somebody wrote without one: the first words that say something."""

import re

from servicedesk.web.text import one_line

LONGEST = 80  # characters of a title that nobody chose
_SHORTEST = 4
_SENTENCE = re.compile(r"(?<=[。！？])\s*|(?<=[.!?])\s+")
# What people write before they come to the point. A line of nothing else is no title.
_GREETING = re.compile(
    r"""^(?:
      (?:いつも|大変|たいへん)?(?:お世話|おせわ)(?:になって(?:おり|い)ます|様です|さまです)
    | (?:いつも)?(?:お疲れ|おつかれ)(?:様|さま)(?:です|でございます|でした)
    | (?:おはよう(?:ございます)?|こんにちは|こんばんは|はじめまして|失礼(?:いた)?します)
    | (?:突然(?:の|に)?(?:ご連絡|すみません).{0,12})
    | (?:拝啓|前略|お忙しいところ.{0,24}|恐れ入りますが|すみません(?:が)?|よろしく(?:お願い|おねがい).{0,10})
    | (?:ご?担当(?:者)?(?:様|さま|の方)?|.{1,20}(?:様|さま|各位|御中))
    | (?:.{0,16}(?:部|課|室|支店|営業所)の?.{1,10}(?:です|と申します))
    | (?:hi|hello|hey|dear|good\ (?:morning|afternoon|evening)|greetings)(?:[\s,].{0,30})?
    | (?:to\ whom\ it\ may\ concern|hope\ you(?:'|’)?(?:re|\ are).{0,40}|thanks?(?:\ you)?(?:\ in\ advance)?)
    )[\s、。，．,.!！:：~〜ー]*$""",
    re.IGNORECASE | re.VERBOSE,
)


def title_of(text: str) -> str:
    """The first sentence of the first line that is more than a greeting, in at most 80 characters; "" of nothing.

    A text of greetings alone gives its first line, because something must stand in the list.
    """
    lines = [folded for line in text.splitlines() if (folded := one_line(line))]
    for line in lines:
        kept = ""
        for sentence in _SENTENCE.split(line):
            if not sentence or (not kept and _GREETING.match(sentence)):
                continue
            kept = f"{kept}{sentence}" if kept else sentence
            if len(kept) >= _SHORTEST:
                return one_line(kept.rstrip("。"), LONGEST)
        if kept:
            return kept
    return one_line(lines[0], LONGEST) if lines else ""
