"""The parts of a rule's form that are no rows: name, owner, when it runs, why it changes; and the other forms."""

from django import forms
from django.utils.translation import gettext_lazy

from servicedesk.people.models import Role, User
from servicedesk.people.queries import active_people
from servicedesk.web.forms import ActionForm, TextField, WholeNumberField

from .documents import MOST_LETTERS, USUAL_MINUTES
from .models import Rule


class RuleForm(ActionForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    owner = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Owner"), empty_label=None)
    minutes_saved = WholeNumberField(
        label=gettext_lazy("Minutes saved each time"), min_value=0, initial=USUAL_MINUTES,
        help_text=gettext_lazy("What a person would have needed for it; reports add it up."),
    )  # fmt: skip
    active_from = forms.DateTimeField(label=gettext_lazy("Active from"), required=False, widget=forms.DateTimeInput)
    active_until = forms.DateTimeField(label=gettext_lazy("Active until"), required=False, widget=forms.DateTimeInput)
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)
    stop = forms.BooleanField(
        label=gettext_lazy("Stop after this rule"), required=False,
        help_text=gettext_lazy("Where its conditions hold, the rules after it are not asked."),
    )  # fmt: skip
    why = forms.CharField(
        label=gettext_lazy("Why this change"), max_length=300, required=False,
        help_text=gettext_lazy("Stands in the history of the rule."),
    )  # fmt: skip
    days = WholeNumberField(label=gettext_lazy("Tickets of the last days"), min_value=1, max_value=3660, initial=30)

    def __init__(self, *args, rule: Rule | None = None, asker: User, **kwargs):
        super().__init__(*args, **kwargs)
        may_own = active_people().filter(role_rows__role__in=[Role.AGENT, Role.LEAD, Role.ADMINISTRATOR])
        owners = may_own.distinct() | User.objects.filter(pk=rule.owner_id if rule else None).distinct()
        self.fields["owner"].queryset = owners.distinct()
        self.fields["owner"].initial = (rule.owner if rule else None) or asker


class JsonForm(ActionForm):
    document = TextField(
        label=gettext_lazy("The rule as JSON"), max_length=MOST_LETTERS,
        widget=forms.Textarea(attrs={"rows": "24", "class": "code-input", "spellcheck": "false"}),
    )  # fmt: skip
    why = RuleForm.base_fields["why"]
    days = RuleForm.base_fields["days"]


class ImportRulesForm(ActionForm):
    file = forms.FileField(label=gettext_lazy("File with rules (JSON)"), required=False)
    document = TextField(
        label=gettext_lazy("Or its text"), required=False,
        widget=forms.Textarea(attrs={"rows": "12", "class": "code-input", "spellcheck": "false"}),
    )  # fmt: skip
    why = RuleForm.base_fields["why"]
