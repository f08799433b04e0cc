"""Signed tokens that lead an answer back to its ticket.

A token is a ticket's id and an HMAC over this id and the address that the mail went to. It stands in the Message-ID
of what we send and in the plus part of its Reply-To. Only somebody who got the mail has it, and it proves only their
own address: whoever writes from another one, or makes up a Message-ID, has no token. Lower case and digits only,
because mail servers change the case of addresses.
"""

import base64
import re

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SIGNATURE = r"[a-z2-7]{26}"
_IN_MESSAGE_ID = re.compile(
    rf"m([0-9a-z]{{1,12}})\.([0-9a-z]{{1,12}})\.([a-z]{{1,12}})\.({_SIGNATURE})@", re.IGNORECASE
)
_IN_ADDRESS = re.compile(rf"\+t([0-9a-z]{{1,12}})-({_SIGNATURE})@", re.IGNORECASE)


def normal(address: str) -> str:
    return address.strip().casefold()


def _signature(ticket_id: int, address: str, secret: str | None = None) -> str:
    digest = salted_hmac("madoguchi.intake.thread", f"{ticket_id}|{normal(address)}", secret=secret, algorithm="sha256")
    return base64.b32encode(digest.digest()[:16]).decode().rstrip("=").lower()


def message_id(ticket_id: int, event_id: int, kind: str, address: str) -> str:
    """The Message-ID of the mail of this kind about this event to this address, with brackets: always the same."""
    signature = _signature(ticket_id, address)
    return f"<m{_base36(ticket_id)}.{_base36(event_id)}.{kind}.{signature}@{settings.MAIL_DOMAIN}>"


def reply_address(base: str, ticket_id: int, address: str) -> str:
    """`desk+t1a-…@example.com`: where the person at `address` answers to."""
    local, _at, domain = base.rpartition("@")
    return f"{local}+t{_base36(ticket_id)}-{_signature(ticket_id, address)}@{domain}"


def thread_root(ticket_id: int) -> str:
    """A Message-ID that nobody ever sent, the same in all References of a ticket: programs gather the mails under it.
    It proves nothing.
    """
    return f"<ticket.{_base36(ticket_id)}@{settings.MAIL_DOMAIN}>"


def found_in(*texts: str) -> list[tuple[int, str]]:
    """(ticket id, signature) of everything in the texts that looks like a token, in order, at most 50, nothing
    checked."""
    found: dict[tuple[int, str], None] = {}
    for text in texts:
        for match in _IN_ADDRESS.finditer(text):
            found[int(match[1], 36), match[2].lower()] = None
        for match in _IN_MESSAGE_ID.finditer(text):
            found[int(match[1], 36), match[4].lower()] = None
    return list(found)[:50]


def is_genuine(ticket_id: int, signature: str, address: str) -> bool:
    """Whether we sent this token to this address."""
    secrets = [None, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(signature, _signature(ticket_id, address, secret)) for secret in secrets)


def without_plus(address: str) -> str:
    """The address that people know: `desk+t1a-…@example.com` → `desk@example.com`, in lower case."""
    local, _at, domain = normal(address).rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _base36(number: int) -> str:
    signs = ""
    while number:
        number, rest = divmod(number, 36)
        signs = _DIGITS[rest] + signs
    return signs or "0"
