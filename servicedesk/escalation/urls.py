"""Addresses of business rules and of the automation ledger."""

from django.urls import path

from . import edit_views, saving_views, views

app_name = "escalation"
urlpatterns = [
    path("settings/rules/", views.rule_list, name="rules"),
    path("settings/rules/new/", edit_views.rule_new, name="rule-new"),
    path("settings/rules/import/", edit_views.rule_import, name="rules-import"),
    path("settings/rules/export/", views.export, name="rules-export"),
    path("settings/rules/findings/", views.rule_findings, name="rules-findings"),
    path("settings/rules/trial/", edit_views.trial, name="trial"),
    path("settings/rules/<int:pk>/", views.rule, name="rule"),
    path("settings/rules/<int:pk>/change/", edit_views.rule_change, name="rule-change"),
    path("settings/rules/<int:pk>/export/", views.export, name="rule-export"),
    path("settings/rules/<int:pk>/move/", views.rule_move, name="rule-move"),
    path("settings/rules/<int:pk>/switch/", views.rule_switch, name="rule-switch"),
    path("settings/savings/", saving_views.savings, name="savings"),
    path("settings/savings/export/", saving_views.savings_export, name="savings-export"),
    path("settings/savings/rates/<slug:source>/", saving_views.saving_rate, name="saving-rate"),
    path("settings/savings/<slug:source>/", saving_views.saving_source, name="saving-source"),
    path("desk/why/<str:number>/<int:event>/", views.why, name="why"),
]
