"""The page of the settings that is about reports."""

from django.urls import path

from . import change_views

app_name = "counting"
urlpatterns = [path("", change_views.report_settings, name="settings")]
