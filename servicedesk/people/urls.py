"""`/settings/…` of people, and everybody's own `/me/`."""

from django.urls import path

from .views import files, organisation, own, persons

app_name = "people"

urlpatterns = [
    path("me/", own.profile, name="profile"),
    path("me/absences/new/", own.absence_new, name="my-absence-new"),
    path("me/absences/<int:absence>/delete/", own.absence_delete, name="my-absence-delete"),
    path("me/tokens/", own.tokens, name="tokens"),
    path("me/tokens/<int:pk>/revoke/", own.token_revoke, name="token-revoke"),
    path("people/suggest/", persons.suggest, name="suggest"),
    path("settings/people/", persons.people, name="people"),
    path("settings/people/new/", persons.new, name="person-new"),
    path("settings/people/<int:pk>/", persons.person, name="person"),
    path("settings/people/<int:pk>/change/", persons.change, name="person-change"),
    path("settings/people/<int:pk>/deactivate/", persons.deactivate, name="person-deactivate"),
    path("settings/people/<int:pk>/reactivate/", persons.reactivate, name="person-reactivate"),
    path("settings/people/<int:pk>/reset-link/", persons.reset_link, name="person-reset-link"),
    path("settings/people/<int:pk>/second-factors/", persons.second_factors, name="person-second-factors"),
    path("settings/people/<int:pk>/absences/new/", persons.absence_new, name="absence-new"),
    path("settings/people/<int:pk>/absences/<int:absence>/delete/", persons.absence_delete, name="absence-delete"),
    path("settings/absences/", persons.absences, name="absences"),
    path("settings/companies/", organisation.companies, name="companies"),
    path("settings/companies/new/", organisation.company_new, name="company-new"),
    path("settings/companies/<int:pk>/", organisation.company, name="company"),
    path("settings/departments/", organisation.departments, name="departments"),
    path("settings/departments/new/", organisation.department_new, name="department-new"),
    path("settings/departments/<int:pk>/", organisation.department, name="department"),
    path("settings/teams/", organisation.teams, name="teams"),
    path("settings/teams/new/", organisation.team_new, name="team-new"),
    path("settings/teams/<int:pk>/", organisation.team, name="team"),
    path("settings/imports/", files.imports, name="imports"),
    path("settings/imports/<int:pk>/", files.import_run, name="import"),
    path("settings/imports/<int:pk>/apply/", files.import_apply, name="import-apply"),
    path("settings/imports/<int:pk>/discard/", files.import_discard, name="import-discard"),
    path("settings/export/<slug:kind>/", files.export, name="export"),
]
