"""Passwords and tokens of mailboxes at rest: sealed with a key derived from SECRET_KEY, so that a copy of the database
alone opens nothing. After SECRET_KEY was changed, what is in SECRET_KEY_FALLBACKS still opens.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """The box was sealed with another SECRET_KEY; what it holds must be entered again."""


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"madoguchi.intake.seal\0" + key.encode()).digest()))
        for key in keys
    )


def seal(secret: str) -> str:
    return _box().encrypt(secret.encode()).decode() if secret else ""


def unseal(box: str) -> str:
    if not box:
        return ""
    try:
        return _box().decrypt(box.encode()).decode()
    except InvalidToken:
        raise Unreadable from None
