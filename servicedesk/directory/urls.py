"""`/settings/directory/`, and what stands on the page of a ticket."""

from django.urls import path

from .views import entries, files, outside

app_name = "directory"

urlpatterns = [
    path("settings/directory/", entries.entries, name="entries"),
    path("settings/directory/new/", entries.entry_new, name="entry-new"),
    path("settings/directory/print/", entries.entries_print, name="entries-print"),
    path("settings/directory/import/", files.entries_import, name="entries-import"),
    path("settings/directory/export.csv", files.entries_csv, name="entries-csv"),
    path("settings/directory/export.json", files.entries_json, name="entries-json"),
    path("settings/directory/export.xlsx", files.entries_xlsx, name="entries-xlsx"),
    path("settings/directory/<int:pk>/", entries.entry, name="entry"),
    path("settings/directory/<int:pk>/change/", entries.entry_change, name="entry-change"),
    path("settings/directory/<int:pk>/retire/", entries.entry_retire, name="entry-retire"),
    path("settings/directory/<int:pk>/restore/", entries.entry_restore, name="entry-restore"),
    path("settings/directory/<int:pk>/contracts/new/", entries.contract_new, name="contract-new"),
    path("settings/directory/contracts/<int:pk>/", entries.contract, name="contract"),
    path("settings/directory/contracts/<int:pk>/change/", entries.contract_change, name="contract-change"),
    path("tickets/<str:number>/outside/", outside.for_ticket, name="for-ticket"),
    path("tickets/<str:number>/outside/all/", outside.choose, name="choose"),
    path("tickets/<str:number>/outside/to/<int:pk>/", outside.escalate, name="escalate"),
    path("tickets/<str:number>/outside/<int:pk>/change/", outside.amend, name="amend"),
    path("tickets/<str:number>/outside/<int:pk>/undo/", outside.undo, name="undo"),
]
