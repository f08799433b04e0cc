"""What is to change of many tickets."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cmdb.models import Service
from servicedesk.people.models import Team, User
from servicedesk.people.queries import agents
from servicedesk.tickets.forms import TicketField, tags_in
from servicedesk.tickets.models import Category, Impact, TicketLink, Urgency
from servicedesk.tickets.queries import categories, teams_to_assign
from servicedesk.web.forms import ActionForm, TextField, WholeNumberField, dress

from .changing import CLOSE, KEEP, NOBODY, RESOLVE, Change

_AS_IT_IS = gettext_lazy("As it is")


class FieldsForm(ActionForm):
    """Fields of a ticket that may stay as they are."""

    assignee = forms.ChoiceField(required=False, label=gettext_lazy("Assignee"))
    service = forms.ModelChoiceField(
        Service.objects.filter(is_active=True), required=False, label=gettext_lazy("Service"), empty_label=_AS_IT_IS
    )
    category = forms.ModelChoiceField(
        Category.objects.none(), required=False, label=gettext_lazy("Category"), empty_label=_AS_IT_IS
    )
    impact = forms.TypedChoiceField(
        required=False, label=gettext_lazy("Impact"), choices=[("", _AS_IT_IS), *Impact.choices], coerce=int,
        empty_value=None,
    )  # fmt: skip
    urgency = forms.TypedChoiceField(
        required=False, label=gettext_lazy("Urgency"), choices=[("", _AS_IT_IS), *Urgency.choices], coerce=int,
        empty_value=None,
    )  # fmt: skip
    add_tags = forms.CharField(
        required=False, label=gettext_lazy("Add tags"), max_length=400, help_text=gettext_lazy("Separated by commas.")
    )
    remove_tags = forms.CharField(required=False, label=gettext_lazy("Take tags away"), max_length=400)
    snooze_days = WholeNumberField(
        required=False,
        label=gettext_lazy("Snooze for so many business days"),
        help_text=gettext_lazy("It comes back on the morning of that day, or when the requester writes."),
    )
    snooze_until = forms.DateField(required=False, label=gettext_lazy("Snooze until the day"), widget=forms.DateInput)

    def offer(self, me: tuple[str, str]) -> None:
        """Fill the lists; `me` is the choice (value, label) that stands before all agents."""
        self.fields["category"].queryset = categories()
        self.fields["assignee"].choices = [
            ("", _AS_IT_IS), (NOBODY, _("Nobody yet")), me,
            *((str(person.pk), person.display_name) for person in agents() if str(person.pk) != me[0]),
        ]  # fmt: skip


class BulkForm(FieldsForm):
    team = forms.ModelChoiceField(
        Team.objects.none(), required=False, label=gettext_lazy("Team"), empty_label=_AS_IT_IS
    )
    kind = forms.ChoiceField(
        required=False,
        label=gettext_lazy("They are"),
        choices=TicketLink.BY_HAND,
    )
    end = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Resolve or close"),
        choices=[
            ("", _AS_IT_IS),
            (RESOLVE, gettext_lazy("Resolve, with the text below")),
            (CLOSE, gettext_lazy("Close what is resolved")),
        ],
    )
    resolution = TextField(
        required=False, label=gettext_lazy("Resolution"), help_text=gettext_lazy("Each requester gets it by mail.")
    )

    def __init__(self, *args, reader: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams_to_assign()
        self.offer((str(reader.pk), _("Me")))
        self.fields["other"] = TicketField(
            reader=reader, required=False, label=gettext_lazy("Ticket"),
            help_text=gettext_lazy("A number such as INC0000123. Words bring suggestions."),
        )  # fmt: skip
        dress(self.fields["other"])
        self.order_fields(["team", *FieldsForm.base_fields, "kind", "other", "end", "resolution"])

    def change(self) -> Change:
        """Of a good form."""
        data = self.cleaned_data
        return Change(
            team=data["team"].pk if data["team"] else None,
            assignee=data["assignee"] or KEEP,
            service=data["service"].pk if data["service"] else None,
            category=data["category"].pk if data["category"] else None,
            impact=data["impact"],
            urgency=data["urgency"],
            add_tags=tags_in(data["add_tags"]),
            remove_tags=tags_in(data["remove_tags"]),
            other=data["other"].pk if data["other"] else None,
            kind=data["kind"] or TicketLink.Kind.RELATED,
            end=data["end"],
            resolution=data["resolution"],
            snooze_days=data["snooze_days"],
            snooze_until=data["snooze_until"].isoformat() if data["snooze_until"] else None,
        )
