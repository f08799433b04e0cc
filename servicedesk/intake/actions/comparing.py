"""The ledger compared with the server: which mails lie there that should be here and are not.

A mail becomes missing when rows go without the desk's doing, above all when an older backup is restored. What is
compared is the folder that is fetched from, as it is now: whatever came since fetching began (`first_uid`) and was
passed (`last_uid`) must be a row. What was moved to another folder is out of its sight; it was a committed row before
it was moved.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions import audit
from servicedesk.people.jobs import Progress, start_job
from servicedesk.people.models import Job, User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from .. import imap
from ..models import IncomingMail, Mailbox
from .fetching import connect, keep, same_place
from .ledger import digest_of

MOST_MISSING = 500
EVERY = timedelta(days=1)
_BATCH = 1000
# A comparison looks into every mail that no row knows by its UID.
_SECONDS = 1800


def comparison_key(mailbox: Mailbox) -> str:
    return f"compare-mailbox:{mailbox.pk}"


def taking_key(mailbox: Mailbox) -> str:
    return f"take-missing:{mailbox.pk}"


@transaction.atomic
def compare_mailbox(mailbox: Mailbox, *, by: User, via: str) -> bool:
    """Have the ledger compared with the mailbox's server, in the background; False when that waits already. Nothing
    changes on the server. Refuses a mailbox that is not fetched.
    """
    check(by, "settings.change")
    if mailbox.kind != Mailbox.Kind.IMAP:
        raise Refused(_("This mailbox is not fetched: there is no server to compare with."), code="wrong_state")
    started = start_job("compare_mailbox", key=comparison_key(mailbox), by=by, mailbox=mailbox.pk)
    if started:
        audit(mailbox, "compare", by=by, via=via, label=mailbox.name)
    return started


@transaction.atomic
def take_missing(mailbox: Mailbox, *, by: User, via: str) -> bool:
    """Have the mails that the last comparison missed taken into the ledger, in the background; False when that waits
    already. Refuses when nothing is missing.
    """
    check(by, "settings.change")
    mailbox.refresh_from_db()
    if not mailbox.missing:
        raise Refused(_("Nothing is missing."), code="wrong_state")
    started = start_job("take_missing", key=taking_key(mailbox), by=by, mailbox=mailbox.pk)
    if started:
        audit(mailbox, "take_missing", by=by, via=via, label=mailbox.name, count=len(mailbox.missing))
    return started


@transaction.atomic
def start_comparisons() -> int:
    """Begin the comparison of every fetched mailbox whose last one is a day old; returns how many."""
    day_ago = timezone.now() - EVERY
    due = Mailbox.objects.filter(kind=Mailbox.Kind.IMAP, is_active=True, first_uid__isnull=False, failures=0)
    started = 0
    for mailbox in due.exclude(compared_at__gt=day_ago):
        tried = Job.objects.filter(key=comparison_key(mailbox), created_at__gt=timezone.now() - EVERY / 24)
        if not tried.exists():
            started += start_job("compare_mailbox", key=comparison_key(mailbox), by=None, mailbox=mailbox.pk)
    return started


def compare_as_job(job: Job, progress: Progress) -> dict:
    """The runner of `compare_mailbox`; its trouble is the job's sentence."""
    mailbox = Mailbox.objects.get(pk=job.params["mailbox"])
    try:
        missing, total = _compare(mailbox, progress)
    except imap.Trouble as trouble:
        raise Refused(imap.sentence(str(trouble)), code=trouble.code) from None
    same_place(mailbox).filter(uid_validity=mailbox.uid_validity).update(missing=missing, compared_at=timezone.now())
    return {"missing": len(missing), "compared": total}


def _compare(mailbox: Mailbox, progress: Progress) -> tuple[list[dict], int]:
    with connect(mailbox, read_only=True, seconds=_SECONDS) as server:
        if mailbox.uid_validity != server.uid_validity or mailbox.first_uid is None:
            # The server counted anew, or nothing was fetched yet: the next fetch decides where this mailbox begins.
            return [], 0
        lying = server.between(mailbox.first_uid, mailbox.last_uid)
        missing: list[dict] = []
        for start in range(0, len(lying), _BATCH):
            batch = lying[start : start + _BATCH]
            for uid in sorted({*batch} - _known(mailbox, server, batch)):
                if len(missing) < MOST_MISSING and _is_missing(mailbox, server, uid):
                    at = server.arrived_at(uid)
                    missing.append({"uid": uid, "at": at.isoformat() if at else ""})
            progress(start + len(batch), len(lying))
        return missing, len(lying)


def _known(mailbox: Mailbox, server: imap.Connection, uids: Iterable[int]) -> set[int]:
    rows = IncomingMail.objects.filter(mailbox=mailbox, uid_validity=server.uid_validity, uid__in=uids)
    return {uid for uid in rows.values_list("uid", flat=True) if uid is not None}


def _is_missing(mailbox: Mailbox, server: imap.Connection, uid: int) -> bool:
    """Whether the ledger lacks a mail that no row knows by its place. A copy of a mail that is here is not missing."""
    size = server.size(uid)
    if size is None:  # somebody deleted it meanwhile
        return False
    raw = server.header(uid) if size > mailbox.max_bytes else server.mail(uid)
    if raw is None:
        return False
    digest = digest_of(raw, f"imap {server.uid_validity} {uid}")
    return not IncomingMail.objects.filter(mailbox=mailbox, digest=digest).exists()


def take_as_job(job: Job, progress: Progress) -> dict:
    """The runner of `take_missing`: exactly the mails that are listed go into the ledger, each as it would have when it
    came. Each leaves the list with its row, so that this can be done again at any point.
    """
    mailbox = Mailbox.objects.get(pk=job.params["mailbox"])
    wanted = [each["uid"] for each in mailbox.missing]
    taken = 0
    try:
        with connect(mailbox, seconds=_SECONDS) as server:
            if mailbox.uid_validity != server.uid_validity:
                raise Refused(_("The server counts its mails anew. Compare once more."), code="wrong_state")
            for number, uid in enumerate(wanted, start=1):
                taken += keep(mailbox, same_place(mailbox), server, uid)
                _strike(mailbox, uid)
                progress(number, len(wanted))
    except imap.Trouble as trouble:
        raise Refused(imap.sentence(str(trouble)), code=trouble.code) from None
    return {"taken": taken, "gone": len(wanted) - taken}


@transaction.atomic
def _strike(mailbox: Mailbox, uid: int) -> None:
    row = same_place(mailbox).select_for_update().first()
    if row is not None:
        row.missing = [each for each in row.missing if each["uid"] != uid]
        row.save(update_fields=["missing"])
