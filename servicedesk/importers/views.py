"""`/settings/ticket-imports/`: a file, a look, the work, the result; and what a ticket's page says of where it came
from.
"""

from functools import partial

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people.csvfiles import CONTENT_TYPE, ENCODINGS, names_in, write
from servicedesk.people.jobs import last_job
from servicedesk.people.models import Job
from servicedesk.people.queries import get_or_404
from servicedesk.tickets.models import Channel
from servicedesk.tickets.queries import get_ticket
from servicedesk.web.access import needs, signed_in
from servicedesk.web.editing import does
from servicedesk.web.errors import Refused
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import changed, page

from . import queries
from .actions import begin_import, choose_columns, delete_mapping, discard_import, upload_import
from .actions.runs import job_key
from .forms import ColumnsForm, UploadForm
from .models import Kind, Mapping, TicketImport
from .tables import Chosen

MOST_SHOWN = 200
State = TicketImport.State


@needs("tickets.import")
def imports(request: HttpRequest) -> HttpResponse:
    """Upload a file; the files so far."""
    form = UploadForm(request.POST or None, request.FILES or None, initial={"kind": Kind.SERVICENOW})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        file = given.pop("file")
        try:
            run = upload_import(**given, name=file.name, content=file.read(), by=request.user, via="page")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return changed(request, _address(run), event=None)
    keyset = KeysetPage.of(request, queries.ticket_imports(), ["-id"], size=20)
    context = {"form": form, "keyset": keyset, "mappings": queries.mappings()}
    return page(request, "importers/imports.html", context, status=form.status)


@needs("tickets.import")
@require_safe
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What a file would do, is doing, or has done; asks for itself again while it is being imported."""
    return page(request, "importers/import.html", _context(pk), fragment="importers/_import.html")


@needs("tickets.import")
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the columns of a table, and save the choice."""
    run = get_or_404(TicketImport.objects.filter(kind=Kind.TABLE, state__in=[State.COLUMNS, State.PREVIEW]), pk=pk)
    headers = names_in(bytes(run.content))
    form = ColumnsForm(request.POST or None, headers=headers, chosen=Chosen.of(run.mapping))
    if request.method == "POST" and form.is_valid():
        try:
            choose_columns(run, form.chosen, by=request.user, via="page", save_as=form.cleaned_data["save_as"])
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return changed(request, _address(run), event=None)
    return page(request, "importers/columns.html", {"run": run, "form": form}, status=form.status)


@needs("tickets.import")
@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    run = queries.get_import(pk)
    try:
        begin_import(run, by=request.user, via="page")
    except Refused as refusal:
        return page(request, "importers/import.html", _context(pk) | {"refusal": refusal.sentence}, status=422)
    return changed(request, _address(run), event=None)


@needs("tickets.import")
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    run = queries.get_import(pk)
    act = partial(discard_import, run, by=request.user, via="page")
    said = _("The file was thrown away; nothing was changed.")
    return does(request, act, to=reverse("importers:imports"), message=said)


@needs("tickets.import")
@require_safe
def rejected(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Refused rows with their reasons, for a spreadsheet."""
    run = queries.get_import(pk)
    answer = StreamingHttpResponse(
        write([_("Line"), _("Number there"), _("Reason")], run.rejected), content_type=CONTENT_TYPE
    )
    answer["Content-Disposition"] = f'attachment; filename="rejected-{run.pk}.csv"'
    return answer


@needs("tickets.import")
@require_POST
def mapping_delete(request: HttpRequest, pk: int) -> HttpResponse:
    mapping = get_or_404(Mapping.objects.all(), pk=pk)
    act = partial(delete_mapping, mapping, by=request.user, via="page")
    said = _("“%(name)s” was deleted.") % {"name": mapping.name}
    return does(request, act, to=reverse("importers:imports"), message=said)


@signed_in
@require_safe
def of_ticket(request: HttpRequest, number: str) -> HttpResponse:
    """Where a ticket came from, if not from here. Further columns are for those who work on it."""
    ticket = get_ticket(request.user, number)
    imported, user = queries.imported_of(ticket), request.user
    context = {"ticket": ticket, "imported": imported}
    if imported and (user.is_administrator or user.may("tickets.work", ticket)):
        context["extras"] = imported.extras
    return page(request, "importers/of_ticket.html", context, fragment="importers/_of_ticket.html")


def _address(run: TicketImport) -> str:
    name = "importers:columns" if run.state == State.COLUMNS else "importers:import"
    return reverse(name, args=[run.pk])


def _context(pk: int) -> dict:
    job = last_job(job_key(pk))  # before the run: whoever sees it ended must see what it did
    run = queries.get_import(pk)
    waits = run.state == State.PREVIEW
    under_way = waits and job is not None and job.is_under_way
    labels, counts = dict(Channel.choices), run.counts
    return {
        "run": run,
        "job": job,
        "under_way": under_way,
        "refusal": job.error if waits and job is not None and job.state == Job.State.FAILED else "",
        "rejected": [] if under_way else run.rejected[:MOST_SHOWN],
        "is_cut": len(run.rejected) > MOST_SHOWN,
        "encoding": ENCODINGS.get(run.encoding, run.encoding),
        "would_write": counts.get("created", 0) + counts.get("changed", 0),
        "channels": [(labels.get(name, name), count) for name, count in run.news.get("channels", {}).items()],
        "is_table": run.kind == Kind.TABLE,
    }
