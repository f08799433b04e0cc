"""Forms of reports."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from cmdb.models import Service
from servicedesk.people.models import Company, Department, Team
from servicedesk.people.queries import departments_below

from .kpis import WHOLE, Scope


class ScopeForm(forms.Form):
    """Which part of the company a report is about. What an address gets wrong counts as not asked."""

    company = forms.ModelChoiceField(Company.objects.all(), required=False, label=_("Company"), empty_label=_("All"))
    department = forms.ModelChoiceField(
        Department.objects.all(), required=False, label=_("Department"), empty_label=_("All")
    )
    service = forms.ModelChoiceField(Service.objects.all(), required=False, label=_("Service"), empty_label=_("All"))
    team = forms.ModelChoiceField(Team.objects.all(), required=False, label=_("Team"), empty_label=_("All"))


def scope_of(given: Mapping[str, str]) -> Scope:
    """The part of the company that an address names."""
    if not any(given.get(name) for name in ScopeForm.base_fields):
        return WHOLE
    form = ScopeForm(given)
    form.is_valid()
    found = form.cleaned_data
    department = found.get("department")
    return Scope(
        company=found["company"].pk if found.get("company") else None,
        departments=tuple(sorted(departments_below(department.pk))) if department else None,
        service=found["service"].pk if found.get("service") else None,
        team=found["team"].pk if found.get("team") else None,
    )
