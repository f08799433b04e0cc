"""Forms of the automation ledger."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from servicedesk.web.forms import ActionForm
from servicedesk.web.text import digits

from .ledger import company_day
from .models import Source
from .saving_actions import MOST_MINUTES


class MinutesField(forms.DecimalField):
    """Minutes with at most one decimal place, typed in half or full width."""

    widget = forms.TextInput

    def to_python(self, value):
        return super().to_python(digits(value) if isinstance(value, str) else value)

    def widget_attrs(self, widget):
        return {"inputmode": "decimal", "autocomplete": "off"}


class RateForm(ActionForm):
    minutes = MinutesField(
        label=gettext_lazy("Minutes saved each time"), min_value=0, max_value=MOST_MINUTES, decimal_places=1
    )
    valid_from = forms.DateField(
        label=gettext_lazy("Holds from"), widget=forms.DateInput,
        help_text=gettext_lazy("Today or later: what was counted before keeps its minutes."),
    )  # fmt: skip
    instead_ja = forms.CharField(label=gettext_lazy("What a person did instead, in Japanese"), max_length=300)
    instead_en = forms.CharField(label=gettext_lazy("What a person did instead, in English"), max_length=300)

    def __init__(self, *args, source: Source, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["valid_from"].initial = company_day(timezone.now())
        if source == Source.RULE:
            del self.fields["minutes"]
