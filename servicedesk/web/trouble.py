"""What went wrong with another server, kept as a code and shown as a sentence in the reader's language."""

import re
from collections.abc import Mapping

from django.utils.functional import Promise


class Trouble(Exception):
    """`code` is one of the sentences of the part that raises it; `detail` what the other side or the system said. What
    `str()` gives is kept, and `sentence_of` it is shown.
    """

    def __init__(self, code: str, detail: object = ""):
        super().__init__(code, detail)
        self.code, self.detail = code, re.sub(r"\s+", " ", str(detail))[:300]

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


def sentence_of(stored: str, sentences: Mapping[str, str | Promise]) -> str:
    """What people read for a kept `str(Trouble)`; one without a sentence stays as it is."""
    code, _colon, detail = stored.partition(": ")
    words = sentences.get(code)
    if words is None:
        return stored
    return f"{words} ({detail})" if detail else str(words)
