"""Addresses of reports."""

from django.urls import path

from . import views

app_name = "reports"
urlpatterns = [
    path("", views.latest, name="latest"),
    path("<str:month>/", views.month, name="month"),
    path("<str:month>/<str:key>/", views.behind, name="behind"),
]
