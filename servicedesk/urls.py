"""All addresses. Each app brings its own; every view says who may see it (servicedesk.web.access)."""

from django.urls import include, path
from django.views.generic import RedirectView

from servicedesk import health
from servicedesk.web.access import public

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    # Addresses are the administrator's: an address that somebody adds by themselves proves nothing.
    path("account/email/", public("leads to the own page")(RedirectView.as_view(pattern_name="people:profile"))),
    path("account/", include("allauth.urls")),
    path("api/v1/", include("servicedesk.api")),
    path("", include("servicedesk.web.urls")),
    path("tickets/", include("servicedesk.tickets.urls")),
    path("incidents/", include("incidents.urls")),
    path("requests/", include("requests.urls")),
    path("", include("servicedesk.people.urls")),
    path("", include("cmdb.urls")),
    path("", include("servicedesk.levels.urls")),
    path("", include("servicedesk.priorities.urls")),
    path("", include("servicedesk.intake.urls")),
    path("", include("servicedesk.notify.urls")),
    path("", include("servicedesk.desk.urls")),
    path("", include("servicedesk.directory.urls")),
    path("", include("servicedesk.escalation.urls")),
    path("", include("servicedesk.importers.urls")),
    path("", include("servicedesk.surveys.urls")),
    path("reports/", include("servicedesk.reports.urls")),
    path("settings/reports/", include("servicedesk.reports.settings_urls")),
]

handler400 = "servicedesk.web.views.bad_request"
handler403 = "servicedesk.web.views.forbidden"
handler404 = "servicedesk.web.views.not_found"
handler500 = "servicedesk.web.views.server_error"
