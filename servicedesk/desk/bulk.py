"""One change of many tickets: started, done by a job ticket by ticket, taken back.

A few tickets are changed in one transaction, in which what became of each is noted too: a job whose process dies goes
on where it was. Each has a savepoint: a ticket that refuses stops no other.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from cmdb.models import Service
from servicedesk.people.jobs import Progress, last_job, start_job
from servicedesk.people.models import Job, Team, User
from servicedesk.people.rules import check
from servicedesk.priorities.actions import change_ticket
from servicedesk.tickets.actions import (
    Apart,
    Together,
    assign,
    lock,
    record,
    set_tags,
    snooze,
    steps,
    together,
    unlink,
)  # fmt: skip
from servicedesk.tickets.actions.snoozing import rouse
from servicedesk.tickets.models import Category, Ticket, TicketLink
from servicedesk.tickets.queries import desk_tickets
from servicedesk.web.errors import Refused
from servicedesk.web.logs import about

from .changing import CLOSE, RESOLVE, Change, Doer, check_day, check_snooze, plain
from .models import Bulk, BulkRow
from .queries import get_own_bulk

log = logging.getLogger(__name__)
Outcome = BulkRow.Outcome
MOST = 5_000
_STEP = 25


@transaction.atomic
def start_bulk(tickets: Iterable[int], change: Change, *, by: User, via: str, parent: Ticket | None = None) -> Bulk:
    """Have the change done to these tickets, as far as the person works on them. `parent`: they are its children, and
    what became of them is written there too.

    Refuses a change that says nothing, no ticket at all, more than 5,000, resolving without a text, and a snooze that
    cannot be.
    """
    check(by, "desk.use")
    if change.is_empty:
        raise Refused(_("Choose what is to change."), code="empty")
    if change.end == RESOLVE and not change.resolution.strip():
        raise Refused(_("Write what solved it; the requester will read this."), field="resolution")
    day = date.fromisoformat(change.snooze_until) if change.snooze_until else None
    check_snooze(change.snooze_days, day, ends=bool(change.end))
    check_day(day)
    wanted = list(dict.fromkeys(tickets))
    if len(wanted) > MOST:
        raise Refused(_("At most %(most)s tickets at once. Narrow the list.") % {"most": MOST}, code="too_many")
    found = list(desk_tickets(by).filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True))
    if not found:
        raise Refused(_("Choose at least one ticket."), code="none")
    bulk = Bulk.objects.create(owner=by, change=asdict(change) | {"via": via, "parent": parent and parent.pk})
    BulkRow.objects.bulk_create([BulkRow(bulk=bulk, ticket_id=pk) for pk in found], batch_size=1000)
    start_job("change_many", key=job_key(bulk), by=by, bulk=bulk.pk)
    return bulk


def job_key(bulk: Bulk) -> str:
    return f"bulk:{bulk.pk}"


def undo_key(bulk: Bulk) -> str:
    return f"bulk-undo:{bulk.pk}"


def may_be_undone(bulk: Bulk, job: Job | None) -> bool:
    """Whether there is still time: ten minutes from the end of the work."""
    if bulk.undone_at is not None or job is None or job.is_under_way:
        return False
    return (job.ended_at or bulk.created_at) > timezone.now() - Bulk.UNDO_FOR


@transaction.atomic
def undo_bulk(bulk: Bulk, *, by: User, via: str) -> Bulk:
    """Have it taken back. What somebody has changed since stays. Refuses the second time and after ten minutes."""
    bulk.refresh_from_db(from_queryset=Bulk.objects.select_for_update())
    get_own_bulk(by, bulk.pk)
    if not may_be_undone(bulk, last_job(job_key(bulk))):
        raise Refused(_("This can no longer be undone."), code="too_late")
    bulk.undone_at = timezone.now()
    bulk.save(update_fields=["undone_at"])
    start_job("undo_many", key=undo_key(bulk), by=by, bulk=bulk.pk)
    return bulk


def forget_old_bulks() -> int:
    """Delete what was noted of changes of more than thirty days ago; returns how many."""
    old = Bulk.objects.filter(created_at__lt=timezone.now() - Bulk.KEPT).order_by("id").values_list("pk", flat=True)
    return Bulk.objects.filter(pk__in=list(old[:200])).delete()[0]


# --- The work -------------------------------------------------------------------------------------------------------


def change_as_job(job: Job, progress: Progress) -> dict:
    """The work of `start_bulk`."""
    bulk = Bulk.objects.select_related("owner").get(pk=job.params["bulk"])
    via, parent = bulk.change.pop("via", "page"), bulk.change.pop("parent", None)
    doer = Doer(Change(**bulk.change), by=bulk.owner, via=via)
    _each(bulk, Outcome.WAITING, progress, desk_tickets(bulk.owner), partial(_do, doer=doer))
    if parent is not None:
        _tell_parent(bulk, Ticket.objects.get(pk=parent), via)
    return {}


@transaction.atomic
def _tell_parent(bulk: Bulk, parent: Ticket, via: str) -> None:
    lock(parent)
    if not parent.events.filter(verb="resolve_children", data__bulk=bulk.pk).exists():
        done = bulk.rows.filter(outcome__in=[Outcome.DONE, Outcome.SAME]).count()
        left = bulk.rows.count() - done
        record(parent, "resolve_children", by=bulk.owner, via=via, bulk=bulk.pk, done=done, left=left)


def undo_as_job(job: Job, progress: Progress) -> dict:
    """The work of `undo_bulk`."""
    bulk = Bulk.objects.select_related("owner").get(pk=job.params["bulk"])
    via = bulk.change.get("via", "page")
    _each(bulk, Outcome.DONE, progress, Ticket.objects.all(), partial(_undo, by=bulk.owner, via=via))
    return {}


# The work on one ticket, which is None when it is not to be had any more; says in the row what became of it.
Work = Callable[[BulkRow, Ticket | None], None]


def _each(bulk: Bulk, waiting: str, progress: Progress, tickets: QuerySet[Ticket], work: Work) -> None:
    """Do the work to every row with the outcome, to a few in one transaction."""
    todo = list(bulk.rows.filter(outcome=waiting).order_by("ticket_id").values_list("pk", flat=True))
    total = bulk.rows.count()
    for done in range(0, len(todo), _STEP):
        progress(total - len(todo) + done, total)
        some = todo[done : done + _STEP]
        try:
            _some(some, waiting, tickets, work, hold=True)
        except Exception as problem:
            log.warning("not changed together, but one by one", extra={"problem": repr(problem)})
            for pk in some:
                _some([pk], waiting, tickets, work, hold=False)
    progress(total, total)


@transaction.atomic
def _some(pks: list[int], waiting: str, tickets: QuerySet[Ticket], work: Work, *, hold: bool) -> None:
    rows = list(BulkRow.objects.filter(pk__in=pks).order_by("ticket_id").select_for_update())
    locked = tickets.filter(pk__in=[row.ticket_id for row in rows]).order_by("pk").select_for_update(of=("self",))
    found = {ticket.pk: ticket for ticket in locked.select_related("team", "assignee").prefetch_related("tags")}
    with together(found.values() if hold else ()) as held:
        for row in rows:
            _one(row, found.get(row.ticket_id), waiting, work, held)
    BulkRow.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=["outcome", "sentence", "before"]
    )


def _one(row: BulkRow, ticket: Ticket | None, waiting: str, work: Work, held: Together) -> None:
    try:
        with transaction.atomic():
            work(row, ticket)
        return
    except Apart:
        raise
    except (Refused, PermissionDenied) as refusal:
        row.sentence = str(getattr(refusal, "sentence", refusal))[:300]
    except Exception:
        with about(ticket_number=ticket.number if ticket is not None else ""):
            log.exception("could not be changed with others")
        row.sentence = _("Something went wrong here. The log of the worker says what.")
    if waiting == Outcome.WAITING:
        row.outcome, row.before = Outcome.REFUSED, {}
    else:
        row.outcome = Outcome.KEPT
    if ticket is not None:
        held.forget(ticket)


def _do(row: BulkRow, ticket: Ticket | None, doer: Doer) -> None:
    if ticket is None:
        raise Refused(_("It is no longer with you."))
    events = ticket.event_count
    had = snoozed(ticket)
    before = doer.change_fields(ticket)
    # What is closed cannot be given away any more.
    parts = (doer.assign, doer.end) if doer.change.end == CLOSE else (doer.end, doer.assign)
    for part in (*parts, doer.snooze):
        before |= part(ticket)
    if doer.change.snoozes:
        before["snooze"] = [had, snoozed(ticket)]
    row.outcome = Outcome.DONE if ticket.event_count != events else Outcome.SAME
    row.before = before if row.outcome == Outcome.DONE else {}


def _undo(row: BulkRow, ticket: Ticket, *, by: User, via: str) -> None:
    """Put back what the change did, part by part, where nobody has changed it since.

    The assignment first, and without asking for sight of the ticket: with it whoever gave many tickets to others gets
    them back, and works on them again.
    """
    before, kept, now = row.before, [], snoozed(ticket)
    parts = [_take_back_assignment, _take_back_end]
    for part in parts if ticket.is_open else reversed(parts):
        kept += part(ticket, before, by=by, via=via)
    kept += _take_back_snooze(ticket, before, now, by=by, via=via)
    if before.get("link"):
        tie = TicketLink.objects.filter(pk=before["link"]).first()
        if tie is not None:
            unlink(ticket, tie, by=by, via=via)
    if before.get("tags"):
        came_tags, went_tags = before["tags"]
        has = [tag.name for tag in ticket.tags.all() if tag.name not in came_tags]
        set_tags(ticket, by=by, via=via, tags=list(dict.fromkeys([*has, *went_tags])))
    if before.get("set"):
        fields, names = {}, {"service": Service, "category": Category}
        lock(ticket)
        for name, (had, came) in before["set"].items():
            if had == came:
                continue
            if plain(getattr(ticket, name)) != came:
                kept.append(str(Ticket._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
            elif name in names:
                fields[name] = names[name].objects.filter(pk=had).first() if had else None
            else:
                fields[name] = had
        if fields:
            change_ticket(ticket, by=by, via=via, **fields)
    row.outcome = Outcome.UNDONE
    if kept:
        row.outcome = Outcome.KEPT
        row.sentence = (_("Left as it is: %(what)s.") % {"what": ", ".join(kept)})[:300]


def _take_back_assignment(ticket: Ticket, before: dict, *, by: User, via: str) -> list[str]:
    """What could not be put back, in words."""
    (team, assignee), came = before.get("assign", ([None, None], [None, None]))
    if [team, assignee] == came:
        return []
    if [ticket.team_id, ticket.assignee_id] != came:
        return [_("assignee")]
    person = User.objects.filter(pk=assignee).first() if assignee else None
    back = ticket.team if team == ticket.team_id else Team.objects.filter(pk=team).first() if team else None
    assign(ticket, by=by, via=via, team=back, assignee=person, permitted=True)
    return [_("team")] if team != ticket.team_id else []


def _take_back_end(ticket: Ticket, before: dict, *, by: User, via: str) -> list[str]:
    was, came = before.get("end", ["", ""])
    if was == came:
        return []
    if ticket.status != came:
        return [_("status")]
    steps.reopen(ticket, by=by, via=via, reason=_("This was ended by mistake together with others. We go on with it."))
    return []


def _take_back_snooze(ticket: Ticket, before: dict, now: list | None, *, by: User, via: str) -> list[str]:
    """`now` is how it was snoozed before the assignment went back, which ends that."""
    had, came = before.get("snooze", [None, None])
    if had == came:
        return []
    if now != came:
        return [_("snooze")]
    until = datetime.fromisoformat(had[1]) if had and had[1] else None
    if had and (until is None or until > timezone.now()):
        snooze(ticket, by=by, via=via, until=until, permitted=True)
    else:
        rouse(ticket, by=by, via=via)
    return []


def snoozed(ticket: Ticket) -> list | None:
    """[since, until], both as texts; None for what is not snoozed."""
    if ticket.snoozed_at is None:
        return None
    return [each and each.astimezone(UTC).isoformat() for each in (ticket.snoozed_at, ticket.snoozed_until)]
