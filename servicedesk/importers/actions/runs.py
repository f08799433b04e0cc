"""What is done with a file of tickets: uploaded, its columns chosen, looked at, written by a job, thrown away."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions import audit
from servicedesk.people.actions.core import lock
from servicedesk.people.csvfiles import names_in
from servicedesk.people.jobs import Progress, start_job
from servicedesk.people.models import Job, User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused
from servicedesk.web.text import one_line

from ..drafts import Draft, Rejection, chunks
from ..models import Kind, Mapping, TicketImport
from ..previewing import Preview, preview, refusal_of_empty, rejection_of
from ..servicenow import SYSTEM
from ..sources import open_file, zone_of
from ..tables import Chosen, check_chosen
from .mapping import save_mapping
from .writing import AT_ONCE, write_some

State = TicketImport.State
MOST_REJECTED = 20_000  # that are kept; all are counted
# A command takes more than an upload: the whole log of a large desk.
MOST_BYTES, MOST_ROWS = 400 * 1024 * 1024, 2_000_000


@transaction.atomic
def upload_import(
    kind: str,
    *,
    name: str,
    content: bytes,
    time_zone: str,
    by: User,
    via: str,
    system: str = "",
    mapping: Mapping | None = None,
    chosen: Chosen | None = None,
) -> TicketImport:
    """Keep a file and look at what it would do; no ticket is written. A table waits for its columns first, unless a
    mapping or what was `chosen` says them.

    Refuses what is no table, has other columns or no rows, and a time zone that there is not.
    """
    check(by, "tickets.import")
    run = TicketImport(
        kind=Kind(kind), name=one_line(name, 200), content=content, by=by, time_zone=str(zone_of(time_zone)),
        system=SYSTEM if kind == Kind.SERVICENOW else one_line(system or (mapping.system if mapping else ""), 40),
    )  # fmt: skip
    if not run.system:
        raise Refused(_("Say from which system the table comes."), field="system")
    if kind == Kind.TABLE and system.strip().casefold() == SYSTEM.casefold():
        raise Refused(_("This name is that of the event log of ServiceNow. Choose another."), field="system")
    if kind == Kind.TABLE:
        names_in(content)
        if mapping is not None:
            chosen = Chosen(mapping.columns, mapping.date_format, mapping.defaults, mapping.words)
        run.mapping = chosen.as_json() if chosen else {}
    if kind == Kind.TABLE and chosen is None:
        run.state = State.COLUMNS
    else:
        _note(run, look(run))
    run.save()
    audit(run, "upload_import", by=by, via=via, kind=run.kind, counts=run.counts)
    return run


@transaction.atomic
def choose_columns(run: TicketImport, chosen: Chosen, *, by: User, via: str, save_as: str = "") -> TicketImport:
    """Say how a table is to be read, and look at what it would do. It may be said anew before it is imported."""
    check(by, "tickets.import")
    lock(run)
    if run.kind != Kind.TABLE or run.state not in (State.COLUMNS, State.PREVIEW):
        raise Refused(_("This import has ended: %(state)s.") % {"state": run.get_state_display()}, code="ended")
    check_chosen(chosen, names_in(bytes(run.content)))
    run.mapping, run.state = chosen.as_json(), State.PREVIEW
    _note(run, look(run))
    run.save()
    if save_as.strip():
        save_mapping(save_as, system=run.system, chosen=chosen, by=by, via=via)
    return run


def look(run: TicketImport) -> Preview:
    """What a file would do. Refuses one without rows."""
    reading = open_file(run.kind, bytes(run.content), zone_of(run.time_zone), run.mapping, **_limits(run))
    run.encoding = reading.encoding
    found = preview(reading, run.system)
    if not found.total:
        raise Refused(refusal_of_empty(), field="file")
    return found


def begin_import(run: TicketImport, *, by: User, via: str) -> None:
    """Have a file written in the background. Refuses one that has ended, or whose columns nobody chose."""
    check(by, "tickets.import")
    with transaction.atomic():
        _lock_looked_at(run)
        start_job("import_tickets", key=job_key(run.pk), by=by, run=run.pk, via=via)


def import_as_job(job: Job, progress: Progress) -> dict:
    """The work of `begin_import`. A job that was killed goes on: what is there already is found, not made again."""
    run = TicketImport.objects.get(pk=job.params["run"])
    if run.state != State.DONE:
        if job.by is None:
            raise PermissionDenied
        check(job.by, "tickets.import")
        run_import(run, by=job.by, via=job.params["via"], progress=progress)
    return {"counts": run.counts}


def run_import(
    run: TicketImport, *, by: User | None, via: str, progress: Callable[[int, int], None] = lambda done, total: None
) -> TicketImport:
    """Write all tickets of a file that was looked at, some hundred in a transaction each. `by` is None for a command.

    Refused rows are left out and kept with their reasons. Refuses a run that has ended.
    """
    if run.state != State.PREVIEW:
        raise Refused(_("This import has ended: %(state)s.") % {"state": run.get_state_display()}, code="ended")
    reading = open_file(run.kind, bytes(run.content), zone_of(run.time_zone), run.mapping, **_limits(run))
    total, done, left, rejected = sum(run.counts.values()), 0, 0, list[Rejection]()
    for some in chunks(reading.drafts, AT_ONCE):
        rejected += [each for each in some if isinstance(each, Rejection)]
        found = write_some(run, [each for each in some if isinstance(each, Draft)], by=by, via=via)
        rejected += [rejection_of(each) for each in found if each.outcome == "left"]
        left += sum(each.outcome == "left" for each in found)
        done += len(some)
        progress(done, max(total, done))
    made, changed = run.made.count(), run.changed.count()
    counts = {"created": made, "changed": changed, "left": left, "rejected": len(rejected) - left}
    run.counts = {**counts, "unchanged": done - sum(counts.values())}
    with transaction.atomic():
        _end(run, State.DONE, rejected)
        audit(run, "apply_import", by=by, via=via, kind=run.kind, counts=run.counts)
    return run


@transaction.atomic
def discard_import(run: TicketImport, *, by: User, via: str) -> TicketImport:
    """Throw a file away without importing it. Refuses one that has ended."""
    check(by, "tickets.import")
    lock(run)
    if run.state not in (State.COLUMNS, State.PREVIEW):
        raise Refused(_("This import has ended: %(state)s.") % {"state": run.get_state_display()}, code="ended")
    if Job.objects.filter(key=job_key(run.pk), state__in=[Job.State.WAITING, Job.State.RUNNING]).exists():
        raise Refused(_("It is being imported just now."), code="under_way")
    _end(run, State.DISCARDED, [])
    audit(run, "discard_import", by=by, via=via, kind=run.kind)
    return run


def job_key(pk: int) -> str:
    return f"ticket-import:{pk}"


def note_look(run: TicketImport, found: Preview) -> None:
    """Keep what a look found, for whoever saves the row."""
    _note(run, found)


def _limits(run: TicketImport) -> dict[str, int]:
    return {"most_bytes": MOST_BYTES, "most_rows": MOST_ROWS} if run.by_id is None else {}


def _lock_looked_at(run: TicketImport) -> None:
    lock(run)
    if run.state == State.COLUMNS:
        raise Refused(_("Choose the columns first."), code="no_columns")
    if run.state != State.PREVIEW:
        raise Refused(_("This import has ended: %(state)s.") % {"state": run.get_state_display()}, code="ended")


def _note(run: TicketImport, found: Preview) -> None:
    run.counts, run.news = dict(found.counts), found.news(run.system)
    run.rejected = [list(each) for each in found.rejected[:MOST_REJECTED]]


def _end(run: TicketImport, state: str, rejected: list[Rejection]) -> None:
    """The file holds people's data: it goes."""
    run.state, run.ended_at, run.content = state, timezone.now(), b""
    run.rejected = [list(each) for each in rejected[:MOST_REJECTED]]
    run.save(update_fields=["state", "ended_at", "content", "rejected", "counts"])
