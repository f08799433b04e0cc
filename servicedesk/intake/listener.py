"""The mail listener: SMTP and LMTP for the mail server in front of the desk.

A mail is a committed row before the 250 is sent; when it cannot be committed the answer is 451, on which every mail
server tries again. Nothing is relayed: an address that no mailbox takes is refused with 550 when it is named. A mail
that is larger than its mailbox takes is refused with 552, by the size that is declared or by that which comes. There is
no encryption and no sign-in here, because the listener is for a mail server on this machine or in the same protected
network, which takes mail from outside; it listens on 127.0.0.1 unless told otherwise.
"""

import asyncio
import logging
from collections.abc import Callable

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP
from django.conf import settings
from django.db import close_old_connections, connection, transaction

from .actions import store
from .models import Mailbox
from .queries import mailbox_for

log = logging.getLogger(__name__)

TAKEN = "250 2.0.0 Kept"
NOT_NOW = "451 4.3.0 The mail could not be kept just now; please try again"
NOBODY = "550 5.1.1 No mailbox of this desk has this address"
TOO_LARGE = "552 5.3.4 The mail is larger than this mailbox takes"
_LONGEST_LINE = 1024 * 1024
_MOST_RECIPIENTS = 100


class TooLarge(Exception):
    """A mailbox among the recipients takes no mail of this size."""


class Handler:
    """Answers of the listener. `lmtp` gives one answer for each recipient at the end, as RFC 2033 wants."""

    def __init__(self, *, lmtp: bool):
        self.lmtp = lmtp

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802 – the library's name
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        try:
            mailbox = await _in_thread(mailbox_for, address)
        except Exception:
            log.exception("a recipient could not be looked up")
            return NOT_NOW
        if mailbox is None:
            return NOBODY
        if _declared_size(envelope.mail_options) > mailbox.max_bytes:
            return TOO_LARGE
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 – the library's name
        sender = envelope.mail_from or "<>"
        if not self.lmtp:
            return await self._keep(envelope.content, sender, list(envelope.rcpt_tos))
        answers = [await self._keep(envelope.content, sender, [address]) for address in envelope.rcpt_tos]
        return "\r\n".join(answers)

    async def _keep(self, content: bytes, sender: str, recipients: list[str]) -> str:
        try:
            await _in_thread(keep, content, sender, recipients)
        except Mailbox.DoesNotExist:
            return NOBODY
        except TooLarge:
            return TOO_LARGE
        except Exception:
            log.exception("a mail was not kept; its server will try again")
            return NOT_NOW
        return TAKEN


def _declared_size(options: list[str]) -> int:
    """What the client says of the mail before it sends it (RFC 1870), 0 when it says nothing."""
    sizes = [option[5:] for option in options if option.upper().startswith("SIZE=")]
    return int(sizes[0]) if sizes and sizes[0].isdigit() else 0


async def _in_thread(function: Callable, *args):
    """Django's database calls block; each runs in a thread, with a connection that is given back."""

    def run():
        close_old_connections()
        try:
            return function(*args)
        finally:
            connection.close()

    return await asyncio.to_thread(run)


@transaction.atomic
def keep(content: bytes, sender: str, recipients: list[str]) -> None:
    """One row for each mailbox among the recipients; all or none are committed."""
    kept = set()
    for address in recipients:
        mailbox = mailbox_for(address)
        if mailbox is None:
            raise Mailbox.DoesNotExist
        if len(content) > mailbox.max_bytes:
            raise TooLarge
        if mailbox.pk not in kept:
            kept.add(mailbox.pk)
            store(mailbox, content, envelope_from=sender, envelope_to=address)


def _protocol(kind: type[SMTP], lmtp: bool) -> Callable[[], SMTP]:
    class Tolerant(kind):  # type: ignore[misc, valid-type]
        # Real mail has longer lines than RFC 5321 allows; refusing them would lose it.
        line_length_limit = _LONGEST_LINE

    def make() -> SMTP:
        return Tolerant(
            Handler(lmtp=lmtp),
            data_size_limit=settings.MAIL_MAX_BYTES,
            decode_data=False,
            enable_SMTPUTF8=True,
            hostname=settings.MAIL_DOMAIN,
            ident="Madoguchi",
            timeout=120,
        )

    return make


async def serve(host: str, smtp_port: int, lmtp_port: int, ready: Callable[[list[int]], None] | None = None) -> None:
    """Listen until cancelled. A port 0 is any free one, a negative one means not at all; `ready` gets the ports in
    use."""
    loop = asyncio.get_running_loop()
    servers = []
    for port, kind, lmtp in ((smtp_port, SMTP, False), (lmtp_port, LMTP, True)):
        if port >= 0:
            servers.append(await loop.create_server(_protocol(kind, lmtp), host=host, port=port))
    if ready is not None:
        ready([server.sockets[0].getsockname()[1] for server in servers])
    try:
        await asyncio.Event().wait()
    finally:
        # Idle connections are cut: their mail servers come again. What is being kept ends in its thread.
        for server in servers:
            server.close()
