"""Text to search tokens: Japanese words in their normalised form by Sudachi, everything else by word.

プリンタ, ﾌﾟﾘﾝﾀ and プリンター are one token; 髙 and 高 are one letter; case and width make no difference.
"""

import re
from functools import cache

from sudachipy import Dictionary, SplitMode

from servicedesk.web.text import search_key

_CHUNK = 12_000  # characters; Sudachi takes at most 49,149 bytes at once
_LONGEST = 60  # characters of a token; PostgreSQL refuses lexemes over 2 KB
_MOST = 5_000  # tokens of a ticket
_NO_WORDS = {"補助記号", "空白", "助詞", "助動詞"}
_WORD = re.compile(r"\w")


@cache
def _tokenizer():
    return Dictionary(dict="core").create(mode=SplitMode.A)


def tokens(text: str) -> list[str]:
    """The distinct search tokens of a text in order of appearance, at most 5,000."""
    found: dict[str, None] = {}
    plain = search_key(text)
    for start in range(0, len(plain), _CHUNK):
        for morpheme in _tokenizer().tokenize(plain[start : start + _CHUNK]):
            if morpheme.part_of_speech()[0] in _NO_WORDS:
                continue
            token = search_key(morpheme.normalized_form())[:_LONGEST]
            if _WORD.search(token):
                found[token] = None
                if len(found) >= _MOST:
                    return list(found)
    return list(found)


def query_for(text: str) -> str:
    """A raw tsquery that asks for all tokens of what somebody typed; empty when there is no word in it."""
    return " & ".join("'" + token.replace("\\", "\\\\").replace("'", "''") + "'" for token in tokens(text)[:20])
