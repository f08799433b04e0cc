"""What links in mails carry: signed, so that nobody can make one, each with a salt of its own, so that none is of use
elsewhere. What a token says is looked up again when it is used; it opens nothing by itself.
"""

from datetime import timedelta

from django.core import signing

_RATE, _ANSWER = "servicedesk.surveys.rate", "servicedesk.surveys.answer"
# Longer is none of ours.
_MOST_LETTERS = 300


def rating_token(ticket: int, person: int, mark: int) -> str:
    return signing.dumps([ticket, person, mark], salt=_RATE)


def read_rating_token(token: str, days: int) -> tuple[int, int, int] | None:
    """(ticket, person, mark) of a token not older than that, None of anything else."""
    said = _read(token, _RATE, timedelta(days=days))
    if not (isinstance(said, list) and len(said) == 3 and all(type(one) is int for one in said)):
        return None
    return (said[0], said[1], said[2]) if 1 <= said[2] <= 5 else None


def invitation_token(invitation: int) -> str:
    return signing.dumps([invitation], salt=_ANSWER)


def read_invitation_token(token: str, days: int = 400) -> int | None:
    """The invitation that a token is for. That it is used once and until the last day, the tables say."""
    said = _read(token, _ANSWER, timedelta(days=days))
    return said[0] if isinstance(said, list) and len(said) == 1 and type(said[0]) is int else None


def _read(token: str, salt: str, max_age: timedelta) -> object:
    if len(token) > _MOST_LETTERS:
        return None
    try:
        return signing.loads(token, salt=salt, max_age=max_age)
    except signing.BadSignature:
        return None
