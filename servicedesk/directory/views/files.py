"""The directory as a file: CSV and Excel, in and out."""

import tempfile

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from servicedesk.people import csvfiles, xlsxfiles
from servicedesk.web.access import needs
from servicedesk.web.errors import Refused
from servicedesk.web.pages import changed, page

from ..actions import import_entries
from ..forms import EntryFilter, EntryImportForm
from ..queries import find_entries, with_contracts, with_ties
from ..tables import header, rows_of

MOST_REJECTED = 200


@needs("directory.change")
def entries_import(request: HttpRequest) -> HttpResponse:
    """Take a file, or say what it would do."""
    form = EntryImportForm(request.POST or None, request.FILES or None)
    result, trial = None, "trial" in request.POST
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"].read()
        try:
            result = import_entries(content, by=request.user, via="page", trial=trial)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            if not trial and not result.rejected:
                said = _("%(new)s new, %(changed)s changed, %(same)s as before.") % {
                    "new": result.created, "changed": result.changed, "same": result.unchanged,
                }  # fmt: skip
                return changed(request, reverse("directory:entries"), event=None, message=said)
    rejected = result.rejected[:MOST_REJECTED] if result else []
    context = {"form": form, "result": result, "rejected": rejected, "columns": header()}
    status = 422 if form.errors or rejected else 200
    return page(request, "directory/entries_import.html", context, status=status)


def _rows(request: HttpRequest):
    found = find_entries(request.user, **EntryFilter(request.GET).asked)
    return rows_of(with_ties(with_contracts(found)).prefetch_related("contracts__callers"))


@needs("directory.see")
@require_safe
def entries_csv(request: HttpRequest) -> StreamingHttpResponse:
    """What the list shows, as a file that the import takes back unchanged."""
    answer = StreamingHttpResponse(csvfiles.write(header(), _rows(request)), content_type=csvfiles.CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{_name()}.csv"'
    return answer


@needs("directory.see")
@require_safe
def entries_xlsx(request: HttpRequest) -> FileResponse:
    """The same for Excel."""
    out = tempfile.TemporaryFile()  # noqa: SIM115 – the answer closes it
    xlsxfiles.write(out, _("Escalation directory"), header(), _rows(request))
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=f"{_name()}.xlsx", content_type=xlsxfiles.CONTENT_TYPE)


def _name() -> str:
    return f"directory-{timezone.localdate():%Y%m%d}"
