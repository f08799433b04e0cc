"""The form of a reply template."""

from django import forms
from django.utils.translation import gettext_lazy

from servicedesk.people.fields import PersonField
from servicedesk.people.forms import AskerForm
from servicedesk.people.models import Team
from servicedesk.web.forms import TextField

from .queries import teams_to_share_with


class SharedForm(AskerForm):
    """What agents share: a name, for whom it is, whose it is and whether it is in use."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    team = forms.ModelChoiceField(
        Team.objects.none(),
        label=gettext_lazy("Who may use it"),
        required=False,
        empty_label=gettext_lazy("All agents"),
    )
    owner = PersonField(
        label=gettext_lazy("Owner"), required=False,
        help_text=gettext_lazy("Looks after it. Name, e-mail address or employee number."),
    )  # fmt: skip
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams_to_share_with(self.asker)
        if not self.asker.is_administrator:
            self.fields["team"].empty_label = gettext_lazy("Choose a team")


def _text(label) -> TextField:
    return TextField(
        label=label, required=False, max_length=5_000,
        widget=forms.Textarea(attrs={"rows": "8", "data-insert-here": ""}),
    )  # fmt: skip


class TemplateForm(SharedForm):
    code = forms.CharField(
        label=gettext_lazy("Short code"), max_length=20, help_text=gettext_lazy("What one types after “/” to find it.")
    )
    body_ja = _text(gettext_lazy("Text in Japanese"))
    body_en = _text(gettext_lazy("Text in English"))
    field_order = ("name", "code", "body_ja", "body_en", "team", "owner", "is_active")
