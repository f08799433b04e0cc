"""Files of people, departments and teams: in with a preview, out for a spreadsheet."""

from functools import partial

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.web.access import needs
from servicedesk.web.editing import does
from servicedesk.web.errors import NotFound, Refused
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import changed, page

from ..actions import begin_import, discard_import, upload_import
from ..actions.imports import job_key
from ..csvfiles import CONTENT_TYPE, ENCODINGS, write
from ..forms import ImportForm
from ..importing import export_rows, header_names
from ..importing.columns import title
from ..jobs import last_job
from ..models import ImportRun, Job
from ..queries import get_or_404, import_runs

MOST_SHOWN = 300


@needs("people.change")
def imports(request: HttpRequest) -> HttpResponse:
    """Upload a file; the runs so far."""
    form = ImportForm(request.POST or None, request.FILES or None, initial={"kind": ImportRun.Kind.PEOPLE})
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run = upload_import(
                form.cleaned_data["kind"], name=file.name, content=file.read(), by=request.user, via="page"
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return changed(request, reverse("people:import", args=[run.pk]), event=None)
    columns = [(label, header_names(kind)) for kind, label in ImportRun.Kind.choices]
    keyset = KeysetPage.of(request, import_runs(), ["-id"], size=20)
    context = {"form": form, "keyset": keyset, "columns": columns, "kinds": ImportRun.Kind.choices}
    return page(request, "people/imports.html", context, status=form.status)


@needs("people.change")
@require_safe
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """What the file would do, is doing, or has done; asks for itself again while it is being applied."""
    return page(request, "people/import.html", _context(pk), fragment="people/_import.html")


@needs("people.change")
@require_POST
def import_apply(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_or_404(ImportRun.objects.all(), pk=pk)
    try:
        begin_import(run, by=request.user, via="page")
    except Refused as refusal:
        return page(request, "people/import.html", _context(pk) | {"refusal": refusal.sentence}, status=422)
    return changed(request, reverse("people:import", args=[run.pk]), event=None)


@needs("people.change")
@require_POST
def import_discard(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_or_404(ImportRun.objects.all(), pk=pk)
    return does(
        request,
        partial(discard_import, run, by=request.user, via="page"),
        to=reverse("people:imports"),
        message=_("The file was thrown away; nothing was changed."),
    )


@needs("people.change")
@require_safe
def export(request: HttpRequest, kind: str) -> StreamingHttpResponse:
    """A file that the import takes back unchanged."""
    if kind not in ImportRun.Kind.values:
        raise NotFound
    answer = StreamingHttpResponse(write(header_names(kind), export_rows(kind)), content_type=CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{kind}-{timezone.localdate():%Y%m%d}.csv"'
    return answer


def _context(pk: int) -> dict:
    job = last_job(job_key(pk))  # before the run: whoever sees it ended must see what it did
    run = get_or_404(ImportRun.objects.select_related("by"), pk=pk)
    waits = run.state == ImportRun.State.PREVIEW
    under_way = waits and job is not None and job.is_under_way
    groups: dict[str, list] = {"rejected": [], "created": [], "changed": []}
    for line, outcome, label, changes, reason in () if under_way else run.plan.get("rows", ()):
        if outcome in groups and len(groups[outcome]) < MOST_SHOWN:
            named = [(_title(run.kind, name), *pair) for name, pair in changes.items()]
            groups[outcome].append({"line": line, "label": label, "changes": named, "reason": reason})
    return {
        "run": run,
        "under_way": under_way,
        "refusal": job.error if waits and job is not None and job.state == Job.State.FAILED else "",
        "groups": groups,
        "is_cut": any(run.counts.get(outcome, 0) > len(rows) > 0 for outcome, rows in groups.items()),
        "unknown": run.plan.get("unknown", ()),
        "encoding": ENCODINGS.get(run.encoding, run.encoding),
        "would_write": run.counts.get("created", 0) + run.counts.get("changed", 0),
        "most_shown": MOST_SHOWN,
    }


def _title(kind: str, name: str) -> str:
    return _("Guest") if name == "is_guest" else title(kind, name)
