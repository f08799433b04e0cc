"""Forms of what only incidents ask."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.priorities.change_forms import ChangeForm
from servicedesk.tickets.closing import rule_of
from servicedesk.tickets.forms import ResolveForm
from servicedesk.tickets.models import Ticket

from .models import CauseCode, Incident
from .queries import cause_codes


class CauseField(forms.ModelChoiceField):
    """The short list of causes in its groups."""

    def __init__(self, **kwargs):
        super().__init__(CauseCode.objects.none(), **kwargs)

    def grouped(self) -> list:
        groups: dict[str, list] = {}
        for code in self.queryset:
            groups.setdefault(str(code.get_group_display()), []).append((code.pk, str(code)))
        return [("", self.empty_label), *groups.items()]


class ResolveIncidentForm(ResolveForm):
    code = CauseField(label=gettext_lazy("Cause code"), required=False, empty_label=gettext_lazy("Not known yet"))
    human_error = forms.ChoiceField(
        label=gettext_lazy("Human error"), required=False, choices=Incident.HumanError.choices
    )

    def __init__(self, *args, ticket: Ticket, **kwargs):
        super().__init__(*args, ticket=ticket, **kwargs)
        _fill(self.fields["code"])
        if rule_of(ticket).needs_cause_code:
            self.fields["code"].help_text = _("Needed before this can be closed.")


class ChangeIncidentForm(ChangeForm):
    cause_code = CauseField(label=gettext_lazy("Cause code"), required=False, empty_label=gettext_lazy("Not known yet"))
    human_error = forms.ChoiceField(
        label=gettext_lazy("Human error"), required=False, choices=Incident.HumanError.choices
    )
    caused_by_change = forms.BooleanField(label=gettext_lazy("Caused by a change"), required=False)
    is_security = forms.BooleanField(label=gettext_lazy("Security incident"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _fill(self.fields["cause_code"])


def _fill(field: CauseField) -> None:
    field.queryset = cause_codes()
    field.widget.choices = field.grouped()
