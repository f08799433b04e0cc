"""`/settings/services/`."""

from django.urls import path

from . import views

app_name = "cmdb"

urlpatterns = [
    path("settings/services/", views.services, name="services"),
    path("settings/services/new/", views.service_new, name="service-new"),
    path("settings/services/<int:pk>/", views.service, name="service"),
]
