"""The matrix as a grid of choices."""

from django import forms
from django.utils.translation import gettext_lazy

from cmdb.models import Service
from servicedesk.tickets.models import Impact, Priority, Urgency
from servicedesk.web.forms import ActionForm


class GridForm(ActionForm):
    """Sixteen choices `cell_<impact>_<urgency>`. With `service` each may be empty: then the desk's own cell holds."""

    def __init__(self, *args, service: Service | None, own: dict, whole: dict, **kwargs):
        self.service, self.own, self.whole = service, own, whole
        super().__init__(*args, **kwargs)
        for impact in Impact:
            for urgency in Urgency:
                cell = (impact.value, urgency.value)
                choices = [*Priority.choices]
                if service is not None:
                    choices.insert(0, ("", f"– (P{whole[cell]})"))
                field = forms.TypedChoiceField(
                    label=f"{impact.label} × {urgency.label}",
                    choices=choices,
                    coerce=int,
                    empty_value=None,
                    required=service is None,
                    initial=own.get(cell, ""),
                    widget=forms.Select(attrs={"class": "form-select"}),
                )
                self.fields[f"cell_{impact.value}_{urgency.value}"] = field

    def rows(self):
        """[(impact's label, [(bound field, whether the service has its own)])] for the table."""
        return [
            (
                impact.label,
                [(self[f"cell_{impact}_{urgency}"], (impact.value, urgency.value) in self.own) for urgency in Urgency],
            )
            for impact in Impact
        ]

    @property
    def heads(self):
        return [urgency.label for urgency in Urgency]

    def grid(self) -> dict[tuple[int, int], int]:
        """(impact, urgency) → priority of the cells that are filled in."""
        found = {}
        for name, value in self.cleaned_data.items():
            if name.startswith("cell_") and value:
                _cell, impact, urgency = name.split("_")
                found[int(impact), int(urgency)] = value
        return found


class NewGridForm(ActionForm):
    service = forms.ModelChoiceField(Service.objects.none(), label=gettext_lazy("Service"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.filter(is_active=True, matrix_cells__isnull=True)
