"""Pages of exports: the list as a file at once, and the files that are made in the background."""

import io

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people import csvfiles, xlsxfiles
from servicedesk.web.access import needs
from servicedesk.web.downloads import stored_file
from servicedesk.web.errors import NotFound, Refused
from servicedesk.web.pages import changed, page

from . import exporting
from .actions import NAMES
from .exporting import delete_export, exports_of, file_name, get_export, start_export, tickets_of, write_file
from .models import Export
from .queries import visible_views
from .queue import rail, read, without_place

_TYPES = {
    Export.Format.CSV: csvfiles.CONTENT_TYPE,
    Export.Format.XLSX: xlsxfiles.CONTENT_TYPE,
}


@needs("desk.use")
@require_safe
def export(request: HttpRequest, kind: str = Export.Format.CSV) -> HttpResponse:
    """The list as a file, in its order; a long one leads to where it is made in the background."""
    shown = read(request.user, request.GET, list(visible_views(request.user)))
    tickets = list(tickets_of(request.user, shown.query)[: exporting.MOST_AT_ONCE + 1])
    if len(tickets) > exporting.MOST_AT_ONCE:
        return HttpResponseRedirect(f"{reverse('desk:exports')}?{without_place(shown.query, format=kind)}")
    content = io.BytesIO()
    write_file(content, kind, shown.query, tickets)
    response = HttpResponse(content.getvalue(), content_type=_TYPES[Export.Format(kind)])
    response["Content-Disposition"] = f'attachment; filename="{file_name(kind, timezone.now())}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@needs("desk.use")
def exports(request: HttpRequest) -> HttpResponse:
    """The person's files, and the start of one when the address says a list. Asks for itself again meanwhile."""
    views = list(visible_views(request.user))
    shown = read(request.user, request.GET, views)
    refusal = ""
    if request.method == "POST":
        try:
            kind = request.POST.get("format", "")
            start_export(shown.query, kind=kind, label=shown.label, by=request.user, via="page")
        except Refused as refused:
            refusal = refused.sentence
        else:
            return changed(request, reverse("desk:exports"), event=None, message=_("The file is being made."))
    mine = exports_of(request.user)
    context = {
        "exports": mine,
        "under_way": any(one.is_under_way for one in mine),
        "label": shown.label,
        "narrowed": without_place(shown.query),
        "has_list": bool(NAMES & shown.query.keys()),
        "chips": shown.asked.chips,
        "format": request.GET.get("format", Export.Format.CSV),
        "formats": Export.Format.choices,
        "refusal": refusal,
        "days": Export.KEPT.days,
        "most_at_once": exporting.MOST_AT_ONCE,
        "most": exporting.MOST_ROWS,
        "views": rail(request, "exports", views),
    }
    return page(request, "desk/exports.html", context, fragment="desk/_exports.html", status=422 if refusal else 200)


@needs("desk.use")
@require_safe
def export_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The file, for whoever had it made."""
    found = get_export(request.user, pk)
    if not found.file:
        raise NotFound
    return stored_file(found.file, as_attachment=True, filename=file_name(found.format, found.created_at))


@needs("desk.use")
@require_POST
def export_delete(request: HttpRequest, pk: int) -> HttpResponse:
    delete_export(get_export(request.user, pk))
    return changed(request, reverse("desk:exports"), event=None, message=_("The file is deleted."))
