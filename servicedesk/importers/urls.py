"""`/settings/ticket-imports/`, and what stands on the page of an imported ticket."""

from django.urls import path

from . import views

app_name = "importers"

urlpatterns = [
    path("settings/ticket-imports/", views.imports, name="imports"),
    path("settings/ticket-imports/<int:pk>/", views.run_page, name="import"),
    path("settings/ticket-imports/<int:pk>/columns/", views.columns, name="columns"),
    path("settings/ticket-imports/<int:pk>/start/", views.start, name="start"),
    path("settings/ticket-imports/<int:pk>/discard/", views.discard, name="discard"),
    path("settings/ticket-imports/<int:pk>/rejected.csv", views.rejected, name="rejected"),
    path("settings/ticket-imports/mappings/<int:pk>/delete/", views.mapping_delete, name="mapping-delete"),
    path("tickets/<str:number>/imported/", views.of_ticket, name="of-ticket"),
]
