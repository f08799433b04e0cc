"""Settings pages of what tickets are sorted by: categories, and the cause codes of incidents."""

from functools import partial

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from incidents.causes import change_cause_code, create_cause_code
from incidents.models import CauseCode
from servicedesk.people.fields import TreeChoiceField
from servicedesk.people.forms import CODE_HINT
from servicedesk.people.queries import get_or_404, tree
from servicedesk.tickets.actions.settings import change_category, create_category
from servicedesk.tickets.models import Category
from servicedesk.web.access import needs
from servicedesk.web.editing import edit
from servicedesk.web.forms import ActionForm, WholeNumberField
from servicedesk.web.pages import page


class CategoryForm(ActionForm):
    code = forms.CharField(label=gettext_lazy("Code"), max_length=32, help_text=CODE_HINT)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120, required=False)
    parent = TreeChoiceField(Category.objects.none(), label=gettext_lazy("Belongs to"), required=False)
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].show(tree(Category.objects.all()))


class CauseCodeForm(ActionForm):
    code = forms.CharField(label=gettext_lazy("Code"), max_length=32, help_text=CODE_HINT)
    group = forms.ChoiceField(label=gettext_lazy("Group"), choices=CauseCode.Group.choices)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120)
    order = WholeNumberField(label=gettext_lazy("Place in the list"), required=False, min_value=0, max_value=9999)
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)


@needs("settings.change")
@require_safe
def categories(request: HttpRequest) -> HttpResponse:
    return page(request, "settings/categories.html", {"nodes": tree(Category.objects.all())})


@needs("settings.change")
def category_new(request: HttpRequest) -> HttpResponse:
    back = reverse("desk:categories")
    parent = request.GET.get("parent", "")
    form = CategoryForm(request.POST or None, initial={"parent": parent} if parent.isdigit() else {})
    return edit(request, form, create_category, to=back, heading=_("New category"), back=back)


@needs("settings.change")
def category(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(Category.objects.select_related("parent"), pk=pk)
    back = reverse("desk:categories")
    form = CategoryForm(request.POST or None, initial={name: getattr(found, name) for name in CategoryForm.base_fields})
    return edit(request, form, partial(change_category, found), to=back, heading=str(found), back=back)


@needs("settings.change")
@require_safe
def cause_codes(request: HttpRequest) -> HttpResponse:
    return page(request, "settings/cause_codes.html", {"causes": CauseCode.objects.all()})


@needs("settings.change")
def cause_code_new(request: HttpRequest) -> HttpResponse:
    back = reverse("desk:cause-codes")
    return edit(
        request, CauseCodeForm(request.POST or None), create_cause_code, to=back, heading=_("New cause code"), back=back
    )


@needs("settings.change")
def cause_code(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(CauseCode.objects.all(), pk=pk)
    back = reverse("desk:cause-codes")
    initial = {name: getattr(found, name) for name in CauseCodeForm.base_fields}
    form = CauseCodeForm(request.POST or None, initial=initial)
    form.fields["order"].required = True
    return edit(request, form, partial(change_cause_code, found), to=back, heading=str(found), back=back)
