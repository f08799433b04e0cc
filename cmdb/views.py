"""The catalogue of services in the settings."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from servicedesk.people.queries import get_or_404
from servicedesk.web.access import needs
from servicedesk.web.editing import edit
from servicedesk.web.pages import page

from . import queries
from .actions import change_service, create_service
from .forms import IMPACTS, ServiceForm


@needs("services.change")
@require_safe
def services(request: HttpRequest) -> HttpResponse:
    words = dict(IMPACTS)
    rows = [(service, words[service.default_impact]) for service in queries.services()]
    return page(request, "cmdb/services.html", {"services": rows})


@needs("services.change")
def service_new(request: HttpRequest) -> HttpResponse:
    back = reverse("cmdb:services")
    form = ServiceForm(request.POST or None, asker=request.user)
    return edit(request, form, create_service, to=back, heading=_("New service"), back=back)


@needs("services.change")
def service(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(queries.services(), pk=pk)
    back = reverse("cmdb:services")
    initial = {name: getattr(found, name) for name in ServiceForm.base_fields}
    form = ServiceForm(request.POST or None, asker=request.user, of=found, initial=initial)
    return edit(request, form, partial(change_service, found), to=back, heading=str(found), back=back)
