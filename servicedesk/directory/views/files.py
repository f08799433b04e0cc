"""The directory as a file: CSV and Excel, in and out."""

import tempfile

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from servicedesk.levels.documents import as_file
from servicedesk.people import csvfiles, xlsxfiles
from servicedesk.web.access import needs
from servicedesk.web.editing import take_file

from .. import documents
from ..actions import import_entries
from ..forms import EntryFilter, EntryImportForm
from ..queries import find_entries, with_contracts, with_ties
from ..tables import header, rows_of


@needs("directory.change")
def entries_import(request: HttpRequest) -> HttpResponse:
    """Take a file, or say what it would do."""
    form = EntryImportForm(request.POST or None, request.FILES or None)
    to = reverse("directory:entries")
    return take_file(request, form, import_entries, to=to, template="directory/entries_import.html", columns=header())


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
def entries_json(request: HttpRequest) -> HttpResponse:
    """The same in codes, for another desk."""
    found = find_entries(request.user, **EntryFilter(request.GET).asked)
    return as_file(documents.entries_json(with_ties(with_contracts(found))), _name())


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
