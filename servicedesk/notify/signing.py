"""Signatures on outgoing mail (DKIM, RFC 6376), where no mail server in front of the desk makes them."""

from typing import Any

import dkim
from django.conf import settings
from django.core.checks import Error, Tags, register
from django.core.mail.backends.smtp import EmailBackend

# What a receiving program shows or threads by. From twice over, so that nobody can add a second one.
_HEADERS = [b"from", b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"in-reply-to", b"references",
            b"reply-to", b"mime-version", b"content-type", b"auto-submitted", b"list-id"]  # fmt: skip


def signature_of(raw: bytes) -> bytes:
    """The header DKIM-Signature with its line end for a mail with CRLF line ends. Raises dkim.DKIMException."""
    present = {line.split(b":", 1)[0].strip().lower() for line in raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")}
    return dkim.sign(
        raw,
        settings.MAIL_DKIM_SELECTOR.encode("ascii"),
        settings.MAIL_DKIM_DOMAIN.encode("ascii"),
        settings.MAIL_DKIM_KEY.encode("ascii"),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[name for name in _HEADERS if name in present],
    )


class SigningBackend(EmailBackend):
    """Django's SMTP with a signature on every mail."""

    def send_messages(self, email_messages):
        return super().send_messages([_Signed(message) for message in email_messages])


class _Signed:
    """An EmailMessage of which the signed bytes are sent."""

    def __init__(self, message):
        self._message = message

    def __getattr__(self, name: str) -> Any:
        return getattr(self._message, name)

    def message(self):
        return _Raw(self._message.message().as_bytes(linesep="\r\n"))


class _Raw:
    """The bytes of a mail, made once: a signature holds for these alone."""

    def __init__(self, raw: bytes):
        self._raw = signature_of(raw) + raw

    def as_bytes(self, linesep: str = "\r\n") -> bytes:
        return self._raw


@register(Tags.security)
def check_key(app_configs, **kwargs) -> list[Error]:
    """The key signs: a wrong one would stop all outgoing mail."""
    if not getattr(settings, "MAIL_DKIM_KEY", ""):
        return []
    try:
        signature_of(b"From: a@example.com\r\n\r\n")
    except Exception as error:
        return [
            Error(
                f"MAIL_DKIM_KEY cannot sign mail: {error}.",
                hint="Give a private RSA key of 1,024 bits or more in PEM form, without a password.",
                id="notify.E001",
            )
        ]
    return []
