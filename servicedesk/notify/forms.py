"""The text of a mail, and what lists of mails and addresses are filtered by."""

from django import forms
from django.utils.translation import gettext_lazy

from servicedesk.web.forms import ActionForm, TextField

from .models import OutgoingMail
from .queries import dead_with


class MailTextForm(ActionForm):
    body = TextField(
        label=gettext_lazy("Text"),
        required=False,
        widget=forms.Textarea(attrs={"rows": "14", "data-insert-here": ""}),
        help_text=gettext_lazy("A line is left out when all variables in it are empty."),
    )


class OutgoingFilter(ActionForm):
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    address = forms.CharField(label=gettext_lazy("Recipient's address"), max_length=254, required=False)

    def __init__(self, data):
        super().__init__(data)
        self.fields["state"].choices = [("", gettext_lazy("All")), *OutgoingMail.State.choices]
        self.is_valid()

    def of(self, mails):
        data = self.cleaned_data
        if data.get("state"):
            mails = mails.filter(state=data["state"])
        if data.get("address"):
            mails = mails.filter(to_address__iexact=data["address"].strip())
        return mails


class DeadAddressFilter(ActionForm):
    words = forms.CharField(label=gettext_lazy("Address or person"), max_length=320, required=False)

    def __init__(self, data):
        super().__init__(data)
        self.is_valid()

    def of(self, reader):
        """The addresses that fit, as `reader` finds people."""
        return dead_with(reader, self.cleaned_data.get("words", ""))
