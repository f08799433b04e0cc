"""A column by which rows are found by any part of some texts: one folded text with each letter twice.

Folded as `web.text.search_key` and `katakana` fold what is typed. Twice because trigrams need three letters, and most
Japanese family names have two. Such a column wants a trigram index.
"""

from django.db import models
from django.db.models import Func, Value
from django.db.models.functions import Concat, Lower

from .text import fold_variants, folded_signs, katakana


def found_by(*texts: str | Func) -> Func:
    """In the database: the column, of texts (names of columns, or expressions)."""
    text = models.TextField()
    parts: list = []
    for each in texts:
        parts += [Value("\n"), each] if parts else [each]
    said = Concat(*parts, output_field=text)
    plain = Lower(Func(said, template="normalize(%(expressions)s, NFKC)", output_field=text))
    folded = Func(plain, *map(Value, folded_signs()), function="translate", output_field=text)
    return Func(folded, Value("(.)"), Value(r"\1\1"), Value("g"), function="regexp_replace", output_field=text)


def as_found(part: str) -> str:
    """What stands in the column for a part of a text, which is of `web.text.normalise`."""
    return "".join(sign * 2 for sign in katakana(fold_variants(part)))
