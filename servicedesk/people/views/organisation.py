"""Companies, departments and teams in the settings."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from servicedesk.web.access import needs
from servicedesk.web.editing import edit
from servicedesk.web.pages import page

from .. import queries
from ..actions import (
    change_company,
    change_department,
    change_team,
    create_company,
    create_department,
    create_team,
)
from ..forms import CompanyForm, DepartmentForm, TeamForm


@needs("people.change")
@require_safe
def companies(request: HttpRequest) -> HttpResponse:
    return page(request, "people/companies.html", {"companies": queries.companies_for_list()})


@needs("people.change")
def company_new(request: HttpRequest) -> HttpResponse:
    back = reverse("people:companies")
    form = CompanyForm(request.POST or None)
    return edit(request, form, create_company, to=back, heading=_("New company"), back=back)


@needs("people.change")
def company(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_or_404(queries.companies(), pk=pk)
    back = reverse("people:companies")
    form = CompanyForm(request.POST or None, initial=_fields(found, CompanyForm))
    return edit(request, form, partial(change_company, found), to=back, heading=str(found), back=back)


@needs("people.change")
@require_safe
def departments(request: HttpRequest) -> HttpResponse:
    """The tree of every company."""
    trees = [(company, queries.department_tree(company)) for company in queries.companies()]
    return page(request, "people/departments.html", {"trees": trees})


@needs("people.change")
def department_new(request: HttpRequest) -> HttpResponse:
    back = reverse("people:departments")
    initial = {name: request.GET.get(name) for name in ("company", "parent") if request.GET.get(name, "").isdigit()}
    form = DepartmentForm(request.POST or None, asker=request.user, initial=initial)
    return edit(request, form, create_department, to=back, heading=_("New department"), back=back)


@needs("people.change")
def department(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_or_404(queries.departments(), pk=pk)
    back = reverse("people:departments")
    form = DepartmentForm(request.POST or None, asker=request.user, of=found, initial=_fields(found, DepartmentForm))
    return edit(request, form, partial(change_department, found), to=back, heading=str(found), back=back)


@needs("people.change")
@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    return page(request, "people/teams.html", {"teams": queries.teams()})


@needs("people.change")
def team_new(request: HttpRequest) -> HttpResponse:
    back = reverse("people:teams")
    form = TeamForm(request.POST or None, asker=request.user)
    return edit(request, form, create_team, to=back, heading=_("New team"), back=back)


@needs("people.change")
def team(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_or_404(queries.teams(), pk=pk)
    back = reverse("people:teams")
    initial = _fields(found, TeamForm) | {"members": [one.pk for one in found.members.all()]}
    form = TeamForm(request.POST or None, asker=request.user, of=found, initial=initial)
    return edit(request, form, partial(change_team, found), to=back, heading=str(found), back=back)


def _fields(row, form) -> dict:
    return {name: getattr(row, name) for name in form.base_fields if name != "members"}
