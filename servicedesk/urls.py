"""All addresses. Each app brings its own; every view says who may see it (servicedesk.web.access)."""

from django.urls import include, path

urlpatterns = [
    path("account/", include("allauth.urls")),
    path("api/v1/", include("servicedesk.api")),
    path("", include("servicedesk.web.urls")),
    path("", include("servicedesk.intake.urls")),
    path("", include("servicedesk.desk.urls")),
]
