"""The matrix in the settings."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from cmdb.models import Service
from servicedesk.people.queries import get_or_404
from servicedesk.web.access import needs
from servicedesk.web.errors import Refused
from servicedesk.web.pages import changed, page, wants_fragment

from .actions import AT_ONCE, save_grid
from .forms import GridForm, NewGridForm
from .queries import effective_grid, grid, last_applying, services_with_grid, would_change


@needs("settings.change")
def matrix(request: HttpRequest) -> HttpResponse:
    """The grid of the desk: change it, see which open tickets would change, save."""
    return _grid_page(request, None)


@needs("settings.change")
def service_matrix(request: HttpRequest, pk: int) -> HttpResponse:
    """The cells that a service has its own way; empty ones follow the desk."""
    return _grid_page(request, get_or_404(Service.objects.all(), pk=pk))


@needs("settings.change")
@require_safe
def choose_service(request: HttpRequest) -> HttpResponse:
    """From the box below the matrix to the grid of a service."""
    form = NewGridForm(request.GET)
    if form.is_valid():
        address = reverse("priorities:service-matrix", args=[form.cleaned_data["service"].pk])
        return changed(request, address, event=None)
    return changed(request, reverse("priorities:matrix"), event=None)


def _grid_page(request: HttpRequest, service: Service | None) -> HttpResponse:
    own, whole = grid(service), effective_grid(None)
    form = GridForm(request.POST or None, service=service, own=own, whole=whole)
    preview = None
    if request.method == "POST" and form.is_valid():
        if "save" in request.POST:
            try:
                count = save_grid(service, form.grid(), by=request.user, via="page")
            except Refused as refusal:
                form.refuse(refusal)
            else:
                return _saved(request, count)
        else:
            preview = would_change(request.user, service, form.grid())
    context = {
        "form": form,
        "applying": last_applying(),
        "service": service,
        "preview": preview,
        "services": [] if service else services_with_grid(),
        "new_form": None if service else NewGridForm(),
    }
    return page(request, "priorities/matrix.html", context, fragment="priorities/_matrix.html", status=form.status)


@needs("settings.change")
@require_safe
def applying(request: HttpRequest) -> HttpResponse:
    """How far the last saved matrix has got with the open tickets; asks for itself again meanwhile."""
    if not wants_fragment(request):
        return changed(request, reverse("priorities:matrix"), event=None)
    return page(request, "priorities/_applying.html", {"applying": last_applying()})


def _saved(request: HttpRequest, count: int) -> HttpResponse:
    message = _("The matrix was saved. No open ticket changed.")
    if count > AT_ONCE:
        message = _("The matrix was saved. The open tickets are getting their new priority.")
    elif count:
        message = ngettext(
            "The matrix was saved; %(count)d open ticket has a new priority.",
            "The matrix was saved; %(count)d open tickets have a new priority.",
            count,
        ) % {"count": count}
    messages.success(request, message)
    return changed(request, reverse("priorities:matrix"), event=None)
