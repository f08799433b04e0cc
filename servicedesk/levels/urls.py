"""Settings of service levels, and the receipt of a ticket's clocks."""

from django.urls import path

from . import calendar_views, previewing, rank_views, receipt_views

app_name = "levels"

urlpatterns = [
    path("tickets/<str:number>/receipt/", receipt_views.receipt, name="receipt"),
    path("settings/calendars/", calendar_views.calendars, name="calendars"),
    path("settings/calendars/new/", calendar_views.calendar_new, name="calendar-new"),
    path("settings/calendars/import/", calendar_views.calendar_import, name="calendar-import"),
    path("settings/calendars/<int:pk>/", calendar_views.calendar, name="calendar"),
    path("settings/calendars/<int:pk>/due/", calendar_views.calendar_due, name="calendar-due"),
    path("settings/calendars/<int:pk>/export.json", calendar_views.calendar_export, name="calendar-export"),
    path("settings/ranks/", rank_views.ranks, name="ranks"),
    path("settings/ranks/new/", rank_views.rank_new, name="rank-new"),
    path("settings/ranks/import/", rank_views.rank_import, name="rank-import"),
    path("settings/ranks/<int:pk>/", rank_views.rank, name="rank"),
    path("settings/ranks/<int:pk>/move/", rank_views.rank_move, name="rank-move"),
    path("settings/ranks/<int:pk>/export.json", rank_views.rank_export, name="rank-export"),
    path("settings/service-levels/", rank_views.service_levels, name="service-levels"),
    path("settings/service-levels/moves/<int:pk>/", previewing.moves, name="moves"),
    path("settings/service-levels/renewing/", previewing.renewing, name="renewing"),
    path("settings/agreements/", rank_views.agreements, name="agreements"),
    path("settings/agreements/new/", rank_views.agreement_new, name="agreement-new"),
    path("settings/agreements/<int:pk>/", rank_views.agreement, name="agreement"),
]
