"""The check of the hash chains: of the audit log of people and settings, and of every ticket's events.

Every hash is computed anew from what stands in the table. An altered entry, a missing or inserted one, and a tail that
was cut off show at the first place where the chain no longer fits. Who can write to the database and knows this code
could compute a whole chain anew with its end: copies of the ends outside the house (backups) are what tells that.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from servicedesk.people.actions import audit, entry_hash
from servicedesk.people.jobs import Progress as JobProgress
from servicedesk.people.jobs import last_job, start_job
from servicedesk.people.models import AuditEntry, AuditTail, Job, User
from servicedesk.people.rules import check
from servicedesk.tickets.actions.core import event_hash
from servicedesk.tickets.models import Ticket
from servicedesk.web.errors import Refused

BATCH = 5000
MOST_BROKEN = 200
_KEY = "chains"
Progress = Callable[[int], None]


@dataclass
class Found:
    """How many entries were looked at, and the first broken link of each broken chain as {chain, place, reason}."""

    entries: int = 0
    chains: int = 0
    broken: list[dict] = field(default_factory=list)

    def add(self, chain: str, place: str, reason: str) -> None:
        self.broken.append({"chain": chain, "place": place, "reason": reason})


def total_entries() -> int:
    """How many entries there should be, for the progress."""
    return (Ticket.objects.aggregate(sum=Sum("event_count"))["sum"] or 0) + AuditEntry.objects.count()


def check_all(progress: Progress = lambda done: None) -> Found:
    """Check everything; `progress` hears how many entries are done. Reasons are English words for programs:
    altered, missing, cut, gone.
    """
    found = Found()
    _check_audit(found, progress)
    _check_tickets(found, progress)
    return found


def reason_words(reason: str) -> str:
    return {
        "altered": _("an entry was altered, or the one before it replaced"),
        "missing": _("an entry is missing here"),
        "cut": _("the end was cut off, or entries were added past the desk"),
        "gone": _("all entries are gone"),
    }.get(reason, reason)


# --- audit log ------------------------------------------------------------------------------------------------------


def _check_audit(found: Found, progress: Progress) -> None:
    found.chains += 1
    with transaction.atomic():
        # The end is read first: entries written while we look come after it.
        tail = AuditTail.objects.filter(pk=1).first()
    count, previous, last = 0, "", 0
    whole = tail.count if tail else AuditEntry.objects.count()
    while count < whole:
        entries = list(AuditEntry.objects.filter(pk__gt=last).order_by("pk")[: min(BATCH, whole - count)])
        if not entries:
            break
        for entry in entries:
            if entry.previous_hash != previous:
                return found.add("audit", str(entry.pk), "missing")
            if entry.hash != entry_hash(entry):
                return found.add("audit", str(entry.pk), "altered")
            previous, last = entry.hash, entry.pk
        count += len(entries)
        found.entries += len(entries)
        progress(found.entries)
    if tail is None and count:
        found.add("audit", str(last), "cut")
    elif tail is not None and (count, previous) != (tail.count, tail.hash):
        found.add("audit", str(last), "cut" if count else "gone")
    return None


# --- tickets --------------------------------------------------------------------------------------------------------

_EVENTS = """
    SELECT e.ticket_id, e.number, e.verb, e.by_id, e.via, e.is_public, e.data::text, e.at, e.hash,
           t.number, t.event_count, t.event_hash
    FROM tickets_ticketevent e JOIN tickets_ticket t ON t.id = e.ticket_id
    WHERE (e.ticket_id, e.number) > (%s, %s)
    ORDER BY e.ticket_id, e.number
    LIMIT %s
"""
_WITHOUT = """
    SELECT t.number FROM tickets_ticket t
    WHERE NOT EXISTS (SELECT 1 FROM tickets_ticketevent e WHERE e.ticket_id = t.id) ORDER BY t.id LIMIT %s
"""


class _Event(NamedTuple):
    """What of a `TicketEvent` its hash covers: a model's object costs more than the hash itself."""

    number: int
    verb: str
    by_id: int | None
    via: str
    is_public: bool
    data: dict
    at: datetime


def _check_tickets(found: Found, progress: Progress) -> None:
    """Event by event in the order of the chains. Each batch is one query, which sees events and the end that their
    ticket has at the same moment, so that work going on meanwhile is no break.
    """
    ticket, broken, number, previous, count, end, name = 0, False, 0, "", 0, "", ""
    for row in _events(found, progress):
        if row[0] != ticket:
            if ticket and not broken and (number, previous) != (count, end):
                found.add(name, str(number), "cut")
            ticket, broken, number, previous = row[0], False, 0, ""
            found.chains += 1
        name, count, end = row[9], row[10], row[11]
        if broken:
            continue
        if row[1] != number + 1:
            broken = True
            found.add(name, str(number + 1), "missing")
            continue
        event = _Event(*row[1:6], json.loads(row[6]), row[7])
        if event_hash(name, previous, event) != row[8]:
            broken = True
            found.add(name, str(row[1]), "altered")
            continue
        number, previous = row[1], row[8]
    if ticket and not broken and (number, previous) != (count, end):
        found.add(name, str(number), "cut")
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT, [MOST_BROKEN])
        for (name,) in cursor.fetchall():
            found.add(name, "0", "gone")


def _events(found: Found, progress: Progress) -> Iterator[tuple]:
    place = (0, 0)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_EVENTS, [*place, BATCH])
            rows = cursor.fetchall()
        yield from rows
        found.entries += len(rows)
        if len(rows) < BATCH:
            return
        progress(found.entries)
        place = rows[-1][:2]


# --- as a job that a person started ---------------------------------------------------------------------------------


@transaction.atomic
def start_check(*, by: User, via: str) -> None:
    """Have all chains checked in the background. Refuses while a check is under way."""
    check(by, "audit.read")
    last = last_check()
    if (last is not None and last.is_under_way) or not start_job("check_chains", key=_KEY, by=by):
        raise Refused(_("A check is under way already."), code="under_way")
    audit(last_check(), "check_chains", by=by, via=via, label=_("Check of the hash chains"))


def last_check() -> Job | None:
    """The newest check; `result["broken"]` lists the first broken link of each broken chain."""
    return last_job(_KEY)


def check_as_job(job: Job, progress: JobProgress) -> dict:
    """{broken: the first broken link of each broken chain}; `done` and `total` of the job count entries."""
    total = total_entries()
    found = check_all(lambda done: progress(done, max(total, done)))
    progress(found.entries, found.entries)
    return {"broken": found.broken[:MOST_BROKEN]}
