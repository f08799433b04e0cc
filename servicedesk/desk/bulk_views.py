"""Pages of a change of many tickets: what is to change, and what became of it."""

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people.jobs import last_job
from servicedesk.tickets.queries import desk_tickets, visible_tickets
from servicedesk.web.access import needs
from servicedesk.web.editing import does
from servicedesk.web.errors import Refused
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import changed, page

from .bulk import MOST, job_key, may_be_undone, start_bulk, undo_bulk, undo_key
from .bulk_forms import BulkForm
from .models import BulkRow
from .queries import get_own_bulk, visible_views
from .queue import rail, read, without_place

Outcome = BulkRow.Outcome


def _picked(request: HttpRequest) -> list[int]:
    """The tickets that the queue's form names: ids, alone or with dots between them; or all that the list shows."""
    if request.POST.get("all"):
        shown = read(request.user, request.GET, list(visible_views(request.user)))
        return list(shown.asked.tickets.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    parts = ".".join(request.POST.getlist("pick")).split(".")
    return [int(part) for part in parts[: MOST + 1] if part.isascii() and part.isdecimal() and len(part) < 16]


@needs("desk.use")
@require_POST
def bulk_new(request: HttpRequest) -> HttpResponse:
    """Ask what is to change of the picked tickets; with `go` have it done."""
    picked = _picked(request)
    go = "go" in request.POST
    form = BulkForm(request.POST if go else None, reader=request.user)
    if go and form.is_valid():
        try:
            bulk = start_bulk(picked, form.change(), by=request.user, via="page")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return changed(request, reverse("desk:bulk", args=[bulk.pk]), event=None)
    shown = read(request.user, request.GET, list(visible_views(request.user)))
    context = {
        "form": form,
        "count": desk_tickets(request.user).filter(pk__in=picked[:MOST]).count() if picked else 0,
        "too_many": len(picked) > MOST,
        "most": MOST,
        "picked": ".".join(map(str, picked)),
        "back": f"{reverse('desk:queue')}?{without_place(shown.query)}",
        "narrowed": without_place(shown.query),
        "views": rail(request, shown.current),
    }
    return page(request, "desk/bulk_new.html", context, status=form.status)


@needs("desk.use")
@require_safe
def bulk(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, and what became of each ticket; asks for itself again meanwhile."""
    found = get_own_bulk(request.user, pk)
    undo = last_job(undo_key(found)) if found.undone_at else None
    work = last_job(job_key(found))
    job = undo or work
    counts = dict.fromkeys(Outcome.values, 0)
    counts.update(found.rows.order_by().values_list("outcome").annotate(count=Count("pk")))
    rows = found.rows.select_related("ticket").order_by("ticket_id")
    keyset = KeysetPage.of(request, rows, ["ticket_id"])
    here = [row.ticket_id for row in keyset]
    seen = set(visible_tickets(request.user).filter(pk__in=here).values_list("pk", flat=True))
    context = {
        "bulk": found,
        "job": job,
        "under_way": job is not None and job.is_under_way,
        "counts": [(Outcome(name).label, count) for name, count in counts.items() if count],
        "keyset": keyset,
        "rows": [(row, row.ticket_id in seen) for row in keyset],
        "may_undo": may_be_undone(found, work) and counts[Outcome.DONE] > 0,
        "minutes": int(found.UNDO_FOR.total_seconds() // 60),
        "views": rail(request, ""),
    }
    return page(request, "desk/bulk.html", context, fragment="desk/_bulk.html")


@needs("desk.use")
@require_POST
def bulk_undo(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_own_bulk(request.user, pk)
    return does(
        request, lambda: undo_bulk(found, by=request.user, via="page"), to=reverse("desk:bulk", args=[pk]),
        message=_("It is being undone."),
    )  # fmt: skip
