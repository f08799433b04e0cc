"""The way to all settings. Each app has its own pages; here stands what leads to them, for those who may."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from servicedesk.intake.alarms import alarms_for
from servicedesk.web.access import signed_in
from servicedesk.web.pages import page

from .areas import areas_of


@signed_in
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return page(request, "desk/settings.html", {"groups": areas_of(request.user), "alarms": alarms_for(request.user)})
