"""The two ways in which something is not done: it is refused, or it is not there."""

from django.http import Http404


class Refused(Exception):
    """An action did not happen, for a reason that the person can read.

    `sentence` is translated and says what happened and what to do. `field` names the form or API field it belongs to.
    `code` is a stable English word for programs. Pages show the sentence on the form (422); the API answers 409, or 400
    with a field.
    """

    code = "refused"

    def __init__(self, sentence, field: str | None = None, code: str | None = None):
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
        if code:
            self.code = code

    def __str__(self) -> str:
        return str(self.sentence)


class NotNow(Refused):
    """Something that we need does not answer; the same may work in a while. Unlike other refusals it is no fault of
    what was handed over: that is kept, and what may wait is tried again. The API answers 503.
    """

    code = "not_now"


class NotFound(Http404):
    """Not there, or not yours: both look the same to the outside."""
