"""Forms that change a ticket's fields; its priority follows. Each process adds the fields of its own."""

import json

from django import forms
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cmdb.models import Service
from servicedesk.people.models import Language, User
from servicedesk.tickets.forms import PersonField, person_text
from servicedesk.tickets.models import Category, Impact, Priority, PriorityReason, Ticket, Urgency
from servicedesk.tickets.queries import categories
from servicedesk.web.forms import ActionForm, dress


class ChangeForm(ActionForm):
    """Only what the person changed is saved. The hidden field `was` holds what the form showed when it was opened, so
    that a field that somebody else changed meanwhile is neither set back nor overwritten unseen.
    """

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    service = forms.ModelChoiceField(
        Service.objects.none(), required=False, label=gettext_lazy("Service"), empty_label=gettext_lazy("None")
    )
    category = forms.ModelChoiceField(
        Category.objects.none(), required=False, label=gettext_lazy("Category"), empty_label=gettext_lazy("None")
    )
    impact = forms.TypedChoiceField(label=gettext_lazy("Impact"), choices=Impact.choices, coerce=int)
    urgency = forms.TypedChoiceField(label=gettext_lazy("Urgency"), choices=Urgency.choices, coerce=int)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=Language.choices,
        help_text=gettext_lazy("In which receipts and notices are written to the requester."),
    )
    was = forms.CharField(widget=forms.HiddenInput, required=False)

    CORE = ("title", "requester", "service", "category", "impact", "urgency", "language")

    def __init__(self, data=None, *, reader: User, ticket: Ticket, own: dict | None = None):
        """`own` are the present values of the fields that the process adds."""
        self.now = {name: getattr(ticket, name) for name in self.CORE} | (own or {})
        shown = {name: plain(value) for name, value in self.now.items()}
        if data is not None:
            data = data.copy()
        super().__init__(data, initial=self.now | {"was": json.dumps(shown)})
        self.fields["service"].queryset = (
            Service.objects.filter(is_active=True) | Service.objects.filter(pk=ticket.service_id)
        ).order_by("name")
        self.fields["category"].queryset = (categories() | Category.objects.filter(pk=ticket.category_id)).order_by(
            "name"
        )
        self.fields["requester"] = PersonField(reader=reader, label=gettext_lazy("Requester"))
        dress(self.fields["requester"])
        self.order_fields(["title", "requester", "service", "category", "impact", "urgency"])
        self._shown = shown

    def changes(self) -> dict:
        """The cleaned values of the fields that the person changed."""
        was = self._was()
        return {
            name: self.cleaned_data[name]
            for name in self.now
            if name in self.cleaned_data and plain(self.cleaned_data[name]) != was.get(name)
        }

    def clean(self):
        cleaned = super().clean()
        was = self._was()
        overtaken = False
        for name in self.now:
            if name not in cleaned:
                continue
            mine = plain(cleaned[name])
            if mine != was.get(name) and self._shown[name] != was.get(name) and self._shown[name] != mine:
                overtaken = True
                self.add_error(
                    name,
                    forms.ValidationError(
                        _("Somebody changed this meanwhile to “%(now)s”. Save again to keep yours."),
                        params={"now": self._words(name)},
                        code="overtaken",
                    ),
                )
        if overtaken:
            self.data["was"] = json.dumps(self._shown)
        return cleaned

    def _was(self) -> dict:
        try:
            was = json.loads(self.cleaned_data.get("was") or "{}")
        except ValueError:
            was = {}
        return was if isinstance(was, dict) and was else self._shown

    def _words(self, name: str) -> str:
        value = self.now[name]
        choices = getattr(self.fields[name], "choices", None)
        if isinstance(value, Model) or choices is None or isinstance(self.fields[name], forms.ModelChoiceField):
            return str(value) if value else _("none")
        return str(dict(choices).get(value, value))


def plain(value) -> str:
    """A value as it stands in a form, to compare what was shown with what came back."""
    if value is None or value == "":
        return ""
    if isinstance(value, User):
        return person_text(value)
    if isinstance(value, Model):
        return str(value.pk)
    return str(value)


class PriorityForm(ActionForm):
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"),
        coerce=lambda value: int(value) if value else None,
        empty_value=None,
        required=False,
        choices=[("", gettext_lazy("As the matrix says")), *Priority.choices],
    )
    note = forms.CharField(
        label=gettext_lazy("Why the matrix does not fit"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Shown beside the priority."),
    )

    @staticmethod
    def initial_of(ticket: Ticket) -> dict:
        by_hand = ticket.priority_reason == PriorityReason.MANUAL
        return {"priority": ticket.priority if by_hand else "", "note": ticket.priority_note}
