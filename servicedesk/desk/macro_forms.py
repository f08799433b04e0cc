"""The form of a macro."""

from django import forms
from django.utils.translation import gettext_lazy

from servicedesk.people.models import Team, User
from servicedesk.tickets.forms import tags_in
from servicedesk.tickets.queries import teams_to_assign
from servicedesk.web.forms import TextField, WholeNumberField

from .bulk_forms import FieldsForm
from .changing import NOBODY
from .models import Macro, ReplyTemplate
from .queries import usable_templates
from .template_forms import SharedForm
from .templates import VARIABLES

_AS_IT_IS = gettext_lazy("As it is")
_TAGS = ("add_tags", "remove_tags")


class MacroForm(FieldsForm, SharedForm):
    note = TextField(
        label=gettext_lazy("Internal note"), required=False, max_length=5_000,
        widget=forms.Textarea(attrs={"rows": "4"}),
    )  # fmt: skip
    reply = forms.ModelChoiceField(
        ReplyTemplate.objects.none(), label=gettext_lazy("Text for the requester"), required=False, empty_label="–",
        help_text=gettext_lazy(
            "A reply template, in the language of the ticket. When the macro resolves or asks, it is the resolution or "
            "the question."
        ),
    )  # fmt: skip
    step = forms.ChoiceField(
        label=gettext_lazy("Status"), required=False, choices=[("", _AS_IT_IS), *Macro.Step.choices]
    )
    minutes = WholeNumberField(label=gettext_lazy("Work time in minutes"), required=False)
    to_team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("Give it to the team"), required=False, empty_label=_AS_IT_IS
    )
    field_order = (
        "name", "note", "reply", "step", "minutes", "snooze_days", "snooze_until", "assignee", "to_team", "service",
        "category", "impact", "urgency", *_TAGS, "team", "owner", "is_active",
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.offer((Macro.Assign.ME, str(Macro.Assign.ME.label)))
        self.fields["to_team"].queryset = teams_to_assign()
        present = ReplyTemplate.objects.filter(pk=self.of.reply_id if self.of else None)
        self.fields["reply"].queryset = usable_templates(self.asker).select_related(None) | present
        names = " ".join(f"{{{name}}}" for name in VARIABLES)
        self.fields["note"].help_text = gettext_lazy("May hold variables:") + f" {names}"

    @staticmethod
    def initial_of(macro: Macro) -> dict:
        """What the form shows of a macro."""
        initial = {name: getattr(macro, name) for name in MacroForm.base_fields if name not in _TAGS}
        initial |= {name: ", ".join(getattr(macro, name)) for name in _TAGS}
        keeps, person = macro.assign == Macro.Assign.KEEP, macro.assign == Macro.Assign.PERSON
        return initial | {"assignee": "" if keeps else str(macro.assignee_id) if person else macro.assign}

    def clean(self) -> dict:
        """What the actions take: who gets it as `assign` and `assignee`, tags as lists."""
        data = super().clean() or self.cleaned_data
        chosen = data.pop("assignee", "")
        data["assignee"] = None
        if chosen in ("", NOBODY, Macro.Assign.ME):
            data["assign"] = chosen or Macro.Assign.KEEP
        else:
            data["assign"], data["assignee"] = Macro.Assign.PERSON, User.objects.filter(pk=int(chosen)).first()
        for name in _TAGS:
            data[name] = tags_in(data.get(name, ""))
        return data
