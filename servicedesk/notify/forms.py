"""The text of a mail, and what lists of mails and addresses are filtered by."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import get_ticket
from servicedesk.web.errors import NotFound
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


class PreviewForm(ActionForm):
    """With which ticket a text is tried out. `ticket` is None for the example; `trouble` a sentence when there is none
    with the number that `reader` may see.
    """

    number = forms.CharField(label=gettext_lazy("Number of a ticket"), max_length=40, required=False)

    def __init__(self, data, *, reader: User):
        super().__init__(data)
        self.reader, self.trouble = reader, ""
        self.ticket: Ticket | None = None
        if not self.is_valid():
            self.trouble = str(self.errors["number"][0])
        elif number := self.cleaned_data["number"]:
            try:
                self.ticket = get_ticket(reader, number)
            except NotFound:
                sentence = _("There is no ticket “%(number)s” that you may see. This is the example.")
                self.trouble = sentence % {"number": number}


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
