"""What came in: mailboxes and every mail (`mail`), what was handed over on other channels (`originals`), telephone
calls and promises to call back (`calls`).
"""

from .calls import Call, CallBack
from .mail import DeadAddress, IncomingMail, Mailbox
from .originals import Makes, Original, OriginalFile
from .originals import _kept_path as _kept_path  # a migration names it here

__all__ = [
    "Call",
    "CallBack",
    "DeadAddress",
    "IncomingMail",
    "Mailbox",
    "Makes",
    "Original",
    "OriginalFile",
]
