"""The forms of services and configuration items."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.people.fields import PersonField
from servicedesk.people.forms import CODE_HINT, AskerForm
from servicedesk.people.models import Team
from servicedesk.people.queries import active_teams
from servicedesk.web.forms import ActionForm, FilesField

from .models import ItemKind, ItemState

# The words of tickets.models.Impact, which stands further right.
IMPACTS = (
    (1, gettext_lazy("1 – Whole company")),
    (2, gettext_lazy("2 – Department or site")),
    (3, gettext_lazy("3 – A few people")),
    (4, gettext_lazy("4 – One person")),
)


class ServiceForm(AskerForm):
    code = forms.CharField(label=gettext_lazy("Code"), max_length=32, help_text=CODE_HINT)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120, required=False)
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("One line that staff read when they choose it."),
    )
    description_en = forms.CharField(label=gettext_lazy("Description in English"), max_length=300, required=False)
    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("Team"), help_text=gettext_lazy("Takes its tickets first.")
    )
    business_contact = PersonField(
        label=gettext_lazy("Business contact"),
        required=False,
        help_text=gettext_lazy("Knows what a failure means for the work. Name, e-mail address or employee number."),
    )
    system_contact = PersonField(
        label=gettext_lazy("System contact"),
        required=False,
        help_text=gettext_lazy("Knows how it is built. Name, e-mail address or employee number."),
    )
    default_impact = forms.TypedChoiceField(
        label=gettext_lazy("Usual impact"),
        choices=IMPACTS,
        coerce=int,
        initial=3,
        help_text=gettext_lazy("Taken when nobody says who is hit."),
    )
    is_confidential = forms.BooleanField(
        label=gettext_lazy("Confidential: its tickets are seen by its team and named people only"), required=False
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        present = Team.objects.filter(pk=self.of.team_id if self.of else None)
        self.fields["team"].queryset = active_teams() | present


class ItemForm(AskerForm):
    number = forms.CharField(
        label=gettext_lazy("Asset number"), max_length=40, help_text=gettext_lazy("As it stands on the label.")
    )
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("What it is: maker and model, or product.")
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=[("", gettext_lazy("Choose one")), *ItemKind.choices])
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=ItemState.choices, initial=ItemState.IN_USE)
    user = PersonField(
        label=gettext_lazy("Used by"),
        required=False,
        help_text=gettext_lazy("Who calls about it. Name, e-mail address or employee number."),
    )
    serial_number = forms.CharField(label=gettext_lazy("Serial number"), max_length=80, required=False)
    place = forms.CharField(label=gettext_lazy("Location"), max_length=120, required=False)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)


class ItemFilter(forms.Form):
    """The filters of the list, from the address; what does not fit is left out."""

    q = forms.CharField(required=False, max_length=200)
    kind = forms.ChoiceField(required=False, choices=[("", gettext_lazy("Any kind")), *ItemKind.choices])
    state = forms.ChoiceField(required=False, choices=[("", gettext_lazy("Any state")), *ItemState.choices])

    def __init__(self, data):
        super().__init__(data, auto_id="filter_%s", label_suffix="")
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-control" if name == "q" else "form-select"


class ItemImportForm(ActionForm):
    file = FilesField(
        most=1,
        required=True,
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV or tab-separated, in UTF-8 or Shift_JIS. With one bad row nothing is written."),
    )

    def clean_file(self):
        files = self.cleaned_data["file"]
        if not files:
            raise forms.ValidationError(_("Please choose a file."))
        return files[0]
