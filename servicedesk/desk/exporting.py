"""The queue as a file: CSV or Excel, small ones at once, large ones as a job for one person."""

import tempfile
from collections.abc import Iterable
from datetime import datetime
from typing import IO

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people import xlsxfiles
from servicedesk.people.actions.core import audit
from servicedesk.people.csvfiles import write
from servicedesk.people.jobs import Progress, start_job
from servicedesk.people.models import Job, User
from servicedesk.people.rules import check
from servicedesk.tickets import filters
from servicedesk.tickets.models import Ticket
from servicedesk.web import formats
from servicedesk.web.errors import NotFound, Refused

from .actions import NAMES
from .models import Export
from .queue_columns import ALWAYS, COLUMNS, chosen_columns

MOST_ROWS = 100_000
MOST_AT_ONCE = 5_000
MOST_KEPT = 10
# What a file has when nobody chose columns.
EVERYTHING = (
    "number", "type", "title", "status", "priority", "requester", "department", "team", "assignee", "service",
    "category", "channel", "created", "due", "resolved", "closed",
)  # fmt: skip
_COLUMNS = ALWAYS | COLUMNS
_STEP = 1_000
_RELATED = ("requester__department", "department", "assignee", "team", "service", "category")


def columns_of(query: QueryDict) -> list[str]:
    """The columns that the list shows; all that a file may have when nobody chose any."""
    if not query.get("columns"):
        return list(EVERYTHING)
    return ["number", "title", "priority", *chosen_columns(query.getlist("columns"))[0]]


def tickets_of(user: User, query: QueryDict) -> QuerySet[Ticket]:
    """The tickets that the list shows to the person, in its order, with what cells need."""
    asked = filters.read(user, query, also=NAMES)
    tickets = asked.tickets.select_related(*_RELATED).defer("description", "resolution")
    return tickets.order_by(*asked.order)


def write_file(out: IO[bytes], kind: str, query: QueryDict, tickets: Iterable[Ticket]) -> int:
    """Write the tickets as CSV or XLSX, without a cell that a spreadsheet takes for a formula; returns how many."""
    columns = [_COLUMNS[name] for name in columns_of(query)]
    head = [str(column.label) for column in columns]
    count = 0

    def rows():
        nonlocal count
        for ticket in tickets:
            count += 1
            yield [column.text(ticket) for column in columns]

    if kind == Export.Format.CSV:
        for piece in write(head, rows()):
            out.write(piece)
    else:
        xlsxfiles.write(out, _("Tickets"), head, rows())
    return count


def file_name(kind: str, at: datetime) -> str:
    return f"queue-{formats.local(at):%Y%m%d-%H%M}.{kind}"


# --- As a job -------------------------------------------------------------------------------------------------------


def exports_of(user: User) -> list[Export]:
    """The person's exports, the newest first, each with its `job`; two queries."""
    exports = list(Export.objects.filter(owner=user).order_by("-id")[:MOST_KEPT])
    keys = [job_key(export.pk) for export in exports]
    jobs = {job.key: job for job in Job.objects.filter(key__in=keys).order_by("id")}
    for export in exports:
        export.job = jobs.get(job_key(export.pk))
    return exports


def get_export(user: User, pk: int) -> Export:
    """One of the person's own exports, or NotFound."""
    found = next((export for export in exports_of(user) if export.pk == pk), None)
    if found is None:
        raise NotFound
    return found


def job_key(pk: int) -> str:
    return f"export:{pk}"


@transaction.atomic
def start_export(query: QueryDict, *, kind: str, label: str, by: User, via: str) -> Export:
    """Have the list that an address shows written to a file, up to 100,000 rows. The file is this person's alone and is
    deleted after a week.

    Refuses a kind that there is not, and more than ten files of one person.
    """
    check(by, "desk.use")
    if kind not in Export.Format.values:
        raise Refused(_("There is no such kind of file."), field="format")
    User.objects.select_for_update().get(pk=by.pk)  # one at a time, or two would both be the tenth
    if Export.objects.filter(owner=by).count() >= MOST_KEPT:
        raise Refused(_("You have ten exports. Delete one that you no longer need."))
    kept = query.copy()
    for name in list(kept):
        if name not in NAMES:
            del kept[name]
    export = Export.objects.create(owner=by, format=kind, query=kept.urlencode(), label=label[:120])
    start_job("export_tickets", key=job_key(export.pk), by=by, export=export.pk)
    audit(export, "export", by=by, via=via, label=label[:120])
    return export


def export_as_job(job: Job, progress: Progress) -> dict:
    """Write the file. What the person may see is asked now; done again, it is written anew."""
    export = Export.objects.select_related("owner").filter(pk=job.params["export"]).first()
    if export is None or export.file:  # deleted meanwhile; or this job's process died after the work was done
        return {}
    check(export.owner, "desk.use")
    query = QueryDict(export.query)
    tickets = tickets_of(export.owner, query)
    total = filters.read(export.owner, query, also=NAMES).tickets[: MOST_ROWS + 1].count()
    wanted = min(total, MOST_ROWS)

    def told():
        for done, ticket in enumerate(tickets[:MOST_ROWS].iterator(chunk_size=_STEP)):
            if done % _STEP == 0:
                progress(done, max(wanted, done))
            yield ticket

    with tempfile.TemporaryFile() as out:
        rows = write_file(out, export.format, query, told())
        out.seek(0)
        export.file.save(f"export.{export.format}", File(out), save=False)
    kept = Export.objects.filter(pk=export.pk).update(file=export.file.name, rows=rows, is_cut=total > MOST_ROWS)
    if not kept:
        export.file.storage.delete(export.file.name)
    progress(rows, rows)
    return {"rows": rows}


def delete_export(export: Export) -> None:
    """Delete the file and its row; of one that is still being written, what is written."""
    storage, name = export.file.storage, export.file.name
    with transaction.atomic():
        Export.objects.filter(pk=export.pk).delete()
        if name:
            transaction.on_commit(lambda: storage.delete(name), robust=True)  # a store that is away keeps it


def forget_old_exports() -> int:
    """Delete the files of more than a week ago; returns how many."""
    old = list(Export.objects.filter(created_at__lt=timezone.now() - Export.KEPT).order_by("id")[:1000])
    for export in old:
        delete_export(export)
    return len(old)
