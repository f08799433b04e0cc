"""The ledger of mails as a file for spreadsheets."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import IO, Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.people import csvfiles, xlsxfiles
from servicedesk.people.actions import audit
from servicedesk.people.models import AuditEntry, User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from ..models import IncomingMail
from ..queries import visible_mails

MOST_EXPORTED = 50_000
MOST_AN_HOUR = 30
KINDS = {"csv": csvfiles.CONTENT_TYPE, "xlsx": xlsxfiles.CONTENT_TYPE}
_IN_MEMORY = 5 * 1024 * 1024
_VERB = "export_mails"


@dataclass(frozen=True)
class Export:
    """`file` is open at its beginning; whoever sends it closes it."""

    file: IO[bytes]
    name: str
    content_type: str


def export_mails(
    narrow: Callable[[QuerySet[IncomingMail]], QuerySet[IncomingMail]],
    *,
    kind: str,
    by: User,
    via: str,
    filters: Mapping[str, Any],
) -> Export:
    """What the ledger says of the mails that the person may see and that `narrow` leaves of them, newest first, as
    "csv" or "xlsx"; at most 50,000, and a last row says when there was more. `filters` are what `narrow` goes by, for
    the audit log. Refuses more than 30 within an hour (too_many).
    """
    check(by, "mails.read")
    lately = AuditEntry.objects.filter(by=by, verb=_VERB, at__gt=timezone.now() - timedelta(hours=1))
    if lately.count() >= MOST_AN_HOUR:
        sentence = ngettext(
            "You may export the list %(most)d time an hour. Try again later.",
            "You may export the list %(most)d times an hour. Try again later.",
            MOST_AN_HOUR,
        )
        raise Refused(sentence % {"most": MOST_AN_HOUR}, code="too_many")
    lines = _Lines(narrow(visible_mails(by)).order_by("-received_at", "-id"))
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 – whoever sends it closes it
    try:
        if kind == "xlsx":
            xlsxfiles.write(file, _("Incoming mail"), lines.head(), lines)
        else:
            file.writelines(csvfiles.write(lines.head(), lines))
        audit(
            None, _VERB, by=by, via=via, label=_("Incoming mail"), kind=kind, rows=lines.count,
            filters={name: value for name, value in filters.items() if value},
        )  # fmt: skip
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Export(file, f"mails-{timezone.localdate():%Y%m%d}.{kind}", KINDS[kind])


class _Lines:
    """The cells of each mail; `count` says afterwards how many mails there were."""

    def __init__(self, mails: QuerySet[IncomingMail]):
        self._mails, self.count = mails, 0

    @staticmethod
    def head() -> list[str]:
        return [
            _("Number"),
            _("Received"),
            _("Sender's name"),
            _("Sender's address"),
            _("Subject"),
            _("Mailbox"),
            _("What became of it"),
            _("Reason"),
            _("Ticket"),
            _("Assigned to"),
            _("Size in bytes"),
            "Message-ID",
        ]

    def __iter__(self) -> Iterator[list]:
        columns = (
            "pk", "received_at", "from_name", "from_address", "subject", "mailbox__name", "mailbox__address", "state",
            "reason", "refusal", "ticket__number", "assignee__name", "assignee__email", "size", "message_id",
        )  # fmt: skip
        states, reasons = dict(IncomingMail.State.choices), dict(IncomingMail.Reason.choices)
        # One row more than are written says whether there is more.
        rows = self._mails.values_list(*columns, named=True)[: MOST_EXPORTED + 1].iterator(chunk_size=2000)
        for mail in islice(rows, MOST_EXPORTED):
            self.count += 1
            yield [
                mail.pk,
                timezone.localtime(mail.received_at).isoformat(sep=" ", timespec="seconds"),
                mail.from_name,
                mail.from_address,
                mail.subject,
                f"{mail.mailbox__name} <{mail.mailbox__address}>",
                states[mail.state],
                " ".join(str(each) for each in (reasons[mail.reason], mail.refusal) if each),
                mail.ticket__number,
                mail.assignee__name or mail.assignee__email,
                mail.size,
                mail.message_id,
            ]
        if next(rows, None) is not None:
            yield [_("There is more. Narrow the filter: at most %(most)d rows are exported.") % {"most": MOST_EXPORTED}]
