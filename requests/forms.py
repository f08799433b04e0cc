"""Forms of what only service requests ask."""

from django import forms
from django.utils.translation import gettext_lazy

from servicedesk.priorities.change_forms import ChangeForm

from .models import ServiceRequest


class ChangeServiceRequestForm(ChangeForm):
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ServiceRequest.Kind.choices)
    delivery_on = forms.DateField(
        label=gettext_lazy("Delivery date"),
        required=False,
        widget=forms.DateInput,
        help_text=gettext_lazy("As agreed with the requester."),
    )
