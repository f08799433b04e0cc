"""The form of the phone log."""

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.intake.actions.call_backs import MOST_LETTERS as MOST_OF_A_NOTE
from servicedesk.intake.call_back_forms import WhenFields
from servicedesk.intake.titles import title_of
from servicedesk.people.models import User
from servicedesk.tickets.actions.talk import MOST_LETTERS
from servicedesk.tickets.forms import PersonField
from servicedesk.tickets.queries import get_ticket
from servicedesk.web.errors import NotFound
from servicedesk.web.forms import TextField, dress

from .forms import EntryForm, NewTicketForm

NOTE, REPLY = "note", "reply"


class CallerField(PersonField):
    """A person, typed; static/js/call.js shows whom the words fit below the box."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.widget.attrs = {
            "autocomplete": "off",
            "role": "combobox",
            "aria-expanded": "false",
            "aria-autocomplete": "list",
            "aria-controls": "callers",
            "data-suggest": reverse_lazy("desk:callers"),
        }


class CallForm(WhenFields, EntryForm):
    """What an agent writes down while somebody talks. All that must be there is who calls and a word of what it is
    about; with `about`, another ticket's number, only the words.
    """

    number = forms.CharField(
        label=gettext_lazy("Calls from"), required=False, max_length=40, widget=forms.TextInput({"inputmode": "tel"})
    )
    caller_name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=120)
    caller_email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        max_length=254,
        help_text=gettext_lazy("With an address they get answers by mail. Without one the ticket is in your name."),
    )
    about = forms.CharField(required=False, max_length=20)
    say = forms.ChoiceField(
        label=gettext_lazy("Write it as"),
        required=False,
        widget=forms.RadioSelect,
        initial=NOTE,
        choices=[
            (NOTE, gettext_lazy("an internal note")),
            (REPLY, gettext_lazy("a reply, which the requester gets by mail")),
        ],
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=NewTicketForm.KINDS, widget=forms.RadioSelect, initial="incident",
        required=False,
    )  # fmt: skip
    text = TextField(
        label=gettext_lazy("What they say"),
        required=False,
        max_length=MOST_LETTERS,
        help_text=gettext_lazy("In the caller's words: what, since when, who is hit, what was tried."),
    )
    title = forms.CharField(
        label=gettext_lazy("Title"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("If you leave it empty, the first words become the title."),
    )
    call_back = forms.ChoiceField(label=gettext_lazy("Call back"), required=False)
    call_back_at = forms.DateTimeField(
        label=gettext_lazy("Another time"), required=False, widget=forms.DateTimeInput,
        help_text=gettext_lazy("In your own time zone."),
    )  # fmt: skip
    call_back_number = forms.CharField(
        label=gettext_lazy("On this number"),
        required=False,
        max_length=40,
        widget=forms.TextInput({"inputmode": "tel"}),
        help_text=gettext_lazy("If you leave it empty: the one they call from."),
    )
    call_back_by = forms.ChoiceField(
        label=gettext_lazy("Who calls"),
        required=False,
        initial="me",
        choices=[("me", gettext_lazy("Me")), ("team", gettext_lazy("The team that gets the ticket"))],
    )
    call_back_note = forms.CharField(
        label=gettext_lazy("What to tell or to ask"), required=False, max_length=MOST_OF_A_NOTE
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    window = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)
    started_at = forms.DateTimeField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, reader: User, **kwargs):
        super().__init__(*args, reader=reader, **kwargs)
        self.reader = reader
        self.fields["requester"] = CallerField(
            reader=reader,
            required=False,
            label=gettext_lazy("Caller"),
            help_text=gettext_lazy("Any part of a name, its reading, a number, an extension or an address."),
        )
        dress(self.fields["requester"])
        self.fields["call_back"].choices = [("", _("No")), *self.time_choices()]

    def clean_about(self):
        number = self.cleaned_data["about"]
        if not number:
            return None
        try:
            return get_ticket(self.reader, number)
        except NotFound:
            raise ValidationError(_("There is no such ticket."), code="no_ticket") from None

    def clean(self):
        data = super().clean()
        if data.get("about") is None and "about" in data:
            data["title"] = data.get("title") or title_of(data.get("text", ""))
            if not data["title"] and "text" in data:
                raise ValidationError({"text": _("Write a word of what it is about.")})
            if not data.get("requester") and not data.get("caller_name") and "requester" in data:
                raise ValidationError({"requester": _("Say who calls. If nobody fits, write the name below.")})
        elif not data.get("text") and "text" in data:
            raise ValidationError({"text": _("Write what they said.")})
        chosen = data.get("call_back")
        data["due_at"] = self.read_time(chosen, data.get("call_back_at"), "call_back_at") if chosen else None
        return data

    def refuse(self, refusal) -> None:
        names = {"due_at": "call_back_at", "note": "call_back_note", "whom": "requester", "description": "text"}
        refusal.field = names.get(refusal.field, refusal.field)
        super().refuse(refusal)

    def promise(self) -> dict | None:
        """The call-back, as `finish_call` takes it."""
        data = self.cleaned_data
        if data["due_at"] is None:
            return None
        return {
            "due_at": data["due_at"],
            "number": data["call_back_number"],
            "note": data["call_back_note"],
            "by_team": data["call_back_by"] == "team",
        }
