"""Addresses of reports."""

from django.urls import path

from . import change_views, views

app_name = "reports"
urlpatterns = [
    path("", views.latest, name="latest"),
    path("targets/", change_views.targets, name="targets"),
    path("<str:month>/", views.month, name="month"),
    path("<str:month>/<str:key>/", views.behind, name="behind"),
    path("<str:month>/<str:key>/csv/", views.behind_export, name="behind-export"),
    path("<str:month>/<str:key>/remarks/", change_views.remark, name="remark"),
]
