"""`/settings/calendars/`, `/settings/ranks/`, `/settings/service-levels/` and `/settings/agreements/`."""

from django.urls import path

from . import calendar_views

app_name = "levels"

urlpatterns = [
    path("settings/calendars/", calendar_views.calendars, name="calendars"),
    path("settings/calendars/new/", calendar_views.calendar_new, name="calendar-new"),
    path("settings/calendars/import/", calendar_views.calendar_import, name="calendar-import"),
    path("settings/calendars/<int:pk>/", calendar_views.calendar, name="calendar"),
    path("settings/calendars/<int:pk>/due/", calendar_views.calendar_due, name="calendar-due"),
    path("settings/calendars/<int:pk>/export.json", calendar_views.calendar_export, name="calendar-export"),
]
