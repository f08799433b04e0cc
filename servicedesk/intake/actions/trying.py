"""Trying a mailbox: what is seen, changing nothing in it or here."""

import smtplib
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from servicedesk.people.models import User
from servicedesk.people.rules import check

from .. import imap
from ..models import Mailbox
from .fetching import connect


@dataclass
class Seen:
    """What a trial saw. `trouble` is a sentence, empty when all is well; `encryption` the version of TLS, empty for
    none; `warning` a sentence about what works and not as it should. Of the folder for moved mails: `has_target`.
    """

    trouble: str = ""
    encryption: str = ""
    signed_in_by: str = ""
    count: int = 0
    unread: int = 0
    newest_at: datetime | None = None
    folders: list[str] = field(default_factory=list)
    has_target: bool = False
    moves: bool = True
    tells: bool = False


def test_mailbox(mailbox: Mailbox, *, by: User) -> Seen:
    """Try a mailbox without changing anything in it or here."""
    check(by, "settings.change")
    try:
        if mailbox.kind == Mailbox.Kind.LISTENER:
            _try_listener(mailbox)
            return Seen()
        with connect(mailbox, read_only=True) as server:
            folders = server.folders()
            return Seen(
                encryption=server.encryption,
                signed_in_by=mailbox.get_signs_in_by_display(),
                count=server.count,
                unread=len(server.search("UNSEEN")),
                newest_at=server.newest_at(),
                folders=folders,
                has_target=mailbox.moves_to in folders,
                moves=server.moves,
                tells=server.tells,
            )
    except imap.Trouble as trouble:
        return Seen(trouble=imap.sentence(str(trouble)))


def _try_listener(mailbox: Mailbox) -> None:
    host = settings.MAIL_LISTEN_HOST if settings.MAIL_LISTEN_HOST not in ("", "0.0.0.0", "::") else "127.0.0.1"  # noqa: S104
    try:
        with smtplib.SMTP(host, settings.MAIL_PORT, timeout=5) as server:
            server.ehlo()
            server.mail("")
            code, answer = server.rcpt(mailbox.address)
            if code != 250:
                raise imap.Trouble("recipient", answer.decode("utf-8", "replace"))
    except (OSError, smtplib.SMTPException) as error:
        raise imap.Trouble("listener", error) from None
