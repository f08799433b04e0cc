"""`/settings/priorities/`."""

from django.urls import path

from . import closing_views, views

app_name = "priorities"

urlpatterns = [
    path("settings/priorities/", views.matrix, name="matrix"),
    path("settings/closing/", closing_views.closing_rules, name="closing"),
    path("settings/priorities/applying/", views.applying, name="applying"),
    path("settings/priorities/service/", views.choose_service, name="choose-service"),
    path("settings/priorities/service/<int:pk>/", views.service_matrix, name="service-matrix"),
]
