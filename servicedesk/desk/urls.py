"""Addresses of the pages that need every app: home, my tickets, help; the desk itself."""

from django.urls import path

from . import audit, call, call_backs, entry, first_run, help_pages, lists, portal, queue, search, settings_index

app_name = "desk"
urlpatterns = [
    path("", first_run.first_run_first(portal.home), name="home"),
    path("first-run/", first_run.first_run, name="first-run"),
    path("first-run/next/", first_run.first_steps, name="first-steps"),
    path("my/", portal.my_tickets, name="my-tickets"),
    path("desk/", queue.queue, name="queue"),
    path("desk/changes/", queue.changes, name="changes"),
    path("desk/filters/", queue.filter_form, name="filters"),
    path("desk/export.csv", queue.export, name="export"),
    path("desk/new/", entry.new_ticket, name="new-ticket"),
    path("desk/new/caller/", entry.caller, name="caller"),
    path("desk/call/", call.call, name="call"),
    path("desk/call/save/", call.save, name="call-save"),
    path("desk/call/about/", call.about, name="call-about"),
    path("desk/call/people/", call.callers, name="callers"),
    path("desk/call/<int:pk>/drop/", call.drop, name="call-drop"),
    path("desk/call/<int:pk>/restore/", call.restore, name="call-restore"),
    path("desk/call/<int:pk>/take-over/", call.take_over, name="call-take-over"),
    path("desk/call-backs/", call_backs.call_backs, name="call-backs"),
    path("desk/call-backs/due/", call_backs.due, name="call-backs-due"),
    path("search/", search.search, name="search"),
    path("settings/", settings_index.index, name="settings"),
    path("settings/categories/", lists.categories, name="categories"),
    path("settings/categories/new/", lists.category_new, name="category-new"),
    path("settings/categories/<int:pk>/", lists.category, name="category"),
    path("settings/audit/", audit.log, name="audit"),
    path("settings/audit/export/", audit.export, name="audit-export"),
    path("settings/audit/check/", audit.check_start, name="audit-check"),
    path("settings/audit/check/state/", audit.check_state, name="audit-check-state"),
    path("settings/cause-codes/", lists.cause_codes, name="cause-codes"),
    path("settings/cause-codes/new/", lists.cause_code_new, name="cause-code-new"),
    path("settings/cause-codes/<int:pk>/", lists.cause_code, name="cause-code"),
    path("help/", help_pages.index, name="help"),
    path("help/<slug:slug>/", help_pages.show, name="help-page"),
]
