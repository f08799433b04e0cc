"""Forms of the desk's own pages."""

from django import forms
from django.utils.translation import gettext_lazy

from cmdb.models import Item, Service
from cmdb.queries import items_in_use
from servicedesk.people.models import Team, User
from servicedesk.tickets.actions.talk import MOST_LETTERS
from servicedesk.tickets.forms import PersonField
from servicedesk.tickets.models import Category, Channel, Impact, Urgency, WorkRounding
from servicedesk.tickets.queries import categories, teams_to_assign
from servicedesk.web.forms import ActionForm, FilesField, TextField, dress


def _number(value: str) -> int | None:
    return int(value) if value else None


class EntryForm(ActionForm):
    """What an agent may say of a ticket besides who, what kind and what about."""

    service = forms.ModelChoiceField(
        Service.objects.none(), required=False, label=gettext_lazy("Service"), empty_label=gettext_lazy("Not known yet")
    )
    category = forms.ModelChoiceField(
        Category.objects.none(), required=False, label=gettext_lazy("Category"), empty_label=gettext_lazy("None")
    )
    impact = forms.TypedChoiceField(
        label=gettext_lazy("Impact"),
        required=False,
        coerce=_number,
        empty_value=None,
        choices=[("", gettext_lazy("As usual for the service")), *Impact.choices],
    )
    urgency = forms.TypedChoiceField(
        label=gettext_lazy("Urgency"),
        required=False,
        coerce=_number,
        empty_value=None,
        choices=[("", gettext_lazy("Not said")), *Urgency.choices],
    )
    is_confidential = forms.BooleanField(label=gettext_lazy("Confidential"), required=False)
    # Ticked in the panel about the caller (cmdb/_items_of.html).
    items = forms.ModelMultipleChoiceField(Item.objects.none(), required=False)

    def __init__(self, *args, reader: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["items"].queryset = items_in_use(reader)
        self.fields["service"].queryset = Service.objects.filter(is_active=True)
        self.fields["category"].queryset = categories()


class NewTicketForm(EntryForm):
    """What an agent writes down for a visitor or from a letter. Needs who, what kind and a title."""

    KINDS = (
        ("incident", gettext_lazy("Incident – something is broken")),
        ("request", gettext_lazy("Service request – something is wanted")),
        ("enquiry", gettext_lazy("Enquiry – a question")),
    )

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=KINDS, widget=forms.RadioSelect, initial="incident")
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    description = TextField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=MOST_LETTERS,
        help_text=gettext_lazy("In the caller's words: what, since when, who is hit, what was tried."),
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("It came by"),
        choices=[(Channel.DESK.value, Channel.DESK.label), (Channel.PHONE.value, Channel.PHONE.label)],
    )
    team = forms.ModelChoiceField(
        Team.objects.none(),
        required=False,
        label=gettext_lazy("Team"),
        empty_label=gettext_lazy("The team of the service"),
    )
    files = FilesField(label=gettext_lazy("Files"))
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args, reader: User, **kwargs):
        super().__init__(*args, reader=reader, **kwargs)
        self.fields["requester"] = PersonField(
            reader=reader,
            label=gettext_lazy("Caller"),
            help_text=gettext_lazy("Name, reading, employee number, extension or e-mail."),
        )
        dress(self.fields["requester"])
        self.fields["team"].queryset = teams_to_assign()


class RoundingForm(ActionForm):
    """How timers are rounded."""

    unit = forms.TypedChoiceField(label=gettext_lazy("Round to"), choices=WorkRounding.Unit.choices, coerce=int)
    way = forms.ChoiceField(label=gettext_lazy("Which way"), choices=WorkRounding.Way.choices, widget=forms.RadioSelect)
