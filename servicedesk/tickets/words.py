"""Text to search tokens: Japanese words in their normalised form by Sudachi, everything else by word.

プリンタ, ﾌﾟﾘﾝﾀ, プリンター and printer are one token; 髙 and 高 are one letter; case and width make no difference.
"""

import re
import threading
from functools import cache, lru_cache

from django.contrib.postgres.search import SearchQuery
from sudachipy import Dictionary, SplitMode

from servicedesk.web.text import search_key

_CHUNK = 12_000  # characters; Sudachi takes at most 49,149 bytes at once
_LONGEST = 60  # characters of a token; PostgreSQL refuses lexemes over 2 KB
_MOST = 5_000  # tokens of a ticket
_NO_WORDS = {"補助記号", "空白", "助詞", "助動詞"}
_WORD = re.compile(r"\w")
# Words in Latin letters and numbers are parted by us: to Sudachi "at home" is one Japanese word.
_LATIN = re.compile(r"([a-z0-9]+(?:['’][a-z]+)?)")


_threads = threading.local()


@cache
def _dictionary():
    return Dictionary(dict="core")


def _tokenizer():
    """One of the thread's own: a tokenizer that two threads use at once refuses."""
    if not hasattr(_threads, "tokenizer"):
        _threads.tokenizer = _dictionary().tokenizer(mode=SplitMode.A)
    return _threads.tokenizer


@lru_cache(maxsize=50_000)
def _latin(word: str) -> str:
    """One token for a word in Latin letters: its Japanese form when the dictionary has the whole word, else itself."""
    morphemes = _tokenizer().tokenize(word)
    return search_key(morphemes[0].normalized_form()) if len(morphemes) == 1 and not word.isdigit() else word


def _japanese(text: str):
    for start in range(0, len(text), _CHUNK):
        for morpheme in _tokenizer().tokenize(text[start : start + _CHUNK]):
            if morpheme.part_of_speech()[0] not in _NO_WORDS:
                yield search_key(morpheme.normalized_form())


def tokens(text: str) -> list[str]:
    """The distinct search tokens of a text in order of appearance, at most 5,000."""
    found: dict[str, None] = {}
    for part in _LATIN.split(search_key(text)):
        for token in [_latin(part)] if _LATIN.fullmatch(part) else _japanese(part):
            if _WORD.search(token):
                found[token[:_LONGEST]] = None
        if len(found) >= _MOST:
            break
    return list(found)[:_MOST]


class Asked(SearchQuery):
    """A raw tsquery of tokens, taken as it is: to_tsquery() would take a token such as wi-fi apart, which no ticket has
    in parts.
    """

    template = "(%(expressions)s)::tsquery"

    def __init__(self, raw: str):
        super().__init__(raw, search_type="raw")


def query_for(text: str) -> str:
    """A raw tsquery that asks for all tokens of what somebody typed; empty when there is no word in it."""
    return " & ".join(_quoted(tokens(text)[:20]))


def any_of(text: str) -> str:
    """A raw tsquery that asks for at least one of the tokens; empty when there is no word in it."""
    return " | ".join(_quoted(tokens(text)[:20]))


def _quoted(found: list[str]) -> list[str]:
    return ["'" + token.replace("\\", "\\\\").replace("'", "''") + "'" for token in found]
