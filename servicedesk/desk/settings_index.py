"""The way to all settings. Each app has its own pages; here stands what leads to them, for those who may."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from servicedesk.intake.alarms import alarms_for
from servicedesk.web.access import signed_in
from servicedesk.web.pages import page

from .areas import areas_of
from .settings_search import find_settings


@signed_in
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All areas, or with `?q=` the areas and single settings that have these words."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    groups, found = find_settings(request.user, words) if words else (areas_of(request.user), [])
    context = {
        "groups": groups,
        "words": words,
        "found": found,
        "count": sum(len(areas) for _label, areas in groups) + len(found),
        "alarms": alarms_for(request.user),
    }
    return page(request, "desk/settings.html", context, fragment="desk/_settings.html")
