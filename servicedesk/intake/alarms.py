"""What is wrong with mailboxes, for those who can put it right and for monitoring."""

from dataclasses import dataclass

from django.utils.translation import ngettext

from servicedesk.people.models import User

from . import imap
from .models import Mailbox


@dataclass(frozen=True)
class Alarm:
    mailbox: Mailbox
    sentences: list[str]


def sentences_about(mailbox: Mailbox) -> list[str]:
    """What is wrong with a mailbox, for people; nothing when all is well or it is out of use."""
    found: list[str] = []
    if not mailbox.is_active:
        return found
    if mailbox.last_error:
        found.append(imap.sentence(mailbox.last_error))
    if mailbox.missing:
        found.append(
            ngettext(
                "%(count)d mail lies on the server and is not in the ledger.",
                "%(count)d mails lie on the server and are not in the ledger.",
                len(mailbox.missing),
            )
            % {"count": len(mailbox.missing)}
        )
    return found


def alarms() -> list[Alarm]:
    """The mailboxes in use that do not work, or of which something is missing in the ledger."""
    rows = Mailbox.objects.filter(is_active=True).exclude(last_error="", missing=[])
    return [Alarm(mailbox, sentences_about(mailbox)) for mailbox in rows]


def alarms_for(user: User) -> list[Alarm]:
    """Those that a person can do something about: all for administrators, none for others."""
    return alarms() if user.may("settings.change") else []
