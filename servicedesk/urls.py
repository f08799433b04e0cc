"""All addresses. Each app brings its own; every view says who may see it (servicedesk.web.access)."""

from django.urls import include, path

from servicedesk import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("account/", include("allauth.urls")),
    path("api/v1/", include("servicedesk.api")),
    path("", include("servicedesk.web.urls")),
    path("tickets/", include("servicedesk.tickets.urls")),
    path("incidents/", include("incidents.urls")),
    path("requests/", include("requests.urls")),
    path("", include("servicedesk.intake.urls")),
    path("", include("servicedesk.desk.urls")),
]

handler400 = "servicedesk.web.views.bad_request"
handler403 = "servicedesk.web.views.forbidden"
handler404 = "servicedesk.web.views.not_found"
handler500 = "servicedesk.web.views.server_error"
