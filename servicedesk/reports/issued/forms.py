"""Forms of issued reports."""

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models import Language
from servicedesk.web.forms import ActionForm, WholeNumberField

from .queries import may_subscribe


class IssueForm(ActionForm):
    month = forms.CharField(max_length=20, label=_("Month"), help_text=_("A month that is over, such as 2026-04."))


class SubscriberForm(ActionForm):
    user = forms.ModelChoiceField(may_subscribe(), label=_("Person"), empty_label=_("Choose a person"))


class WallForm(ActionForm):
    name = forms.CharField(max_length=80, label=_("Name"), help_text=_("Where it hangs, such as “Screen in the hall”."))
    language = forms.ChoiceField(choices=Language.choices, label=_("Language"))
    days = WholeNumberField(label=_("Days that it lives"), initial=90)
