"""The text of a mail, and what lists of mails and addresses are filtered by."""

from django import forms
from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import get_ticket
from servicedesk.web.errors import NotFound
from servicedesk.web.forms import ActionForm, TextField, dress

from .models import NoticeSettings, Notification, OutgoingMail
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


class NoticeSettingsForm(ActionForm):
    """A field for each kind that the person has, `way_assigned` and so on, and where the desk sends pushes another,
    `push_assigned`; cleaned they are `ways` and `pushed`, as the action takes them.
    """

    digest_hour = forms.TypedChoiceField(
        label=gettext_lazy("Daily summary at"), choices=[(hour, f"{hour}:00") for hour in range(24)], coerce=int,
        required=False, empty_value=8,
    )  # fmt: skip
    quiet_from = forms.TimeField(label=gettext_lazy("Quiet from"), required=False, widget=forms.TimeInput)
    quiet_until = forms.TimeField(label=gettext_lazy("Quiet until"), required=False, widget=forms.TimeInput)
    quiet_days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Begins on"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    urgent_at_once = forms.BooleanField(
        label=gettext_lazy("What concerns priority 1 and major incidents comes at once all the same"), required=False
    )

    def __init__(self, data, *, of: NoticeSettings):
        initial = {name: getattr(of, name) for name in self.base_fields}
        self._kinds = NoticeSettings.kinds_for(of.person)
        self._pushed_kinds = self._kinds if settings.PUSH_KEY else ()
        initial |= {f"way_{kind}": of.way(kind) for kind in self._kinds}
        super().__init__(data, initial=initial | {f"push_{kind}": of.pushes(kind) for kind in self._kinds})
        for kind in self._kinds:
            ways = [(way.value, way.label) for way in NoticeSettings.ways_for(kind)]
            field = forms.ChoiceField(label=Notification.Kind(kind).label, choices=ways, required=False)
            dress(field)
            self.fields[f"way_{kind}"] = field
        for kind in self._pushed_kinds:
            # With the kind in its name for those who hear the box alone.
            label = _("Push: %(kind)s") % {"kind": Notification.Kind(kind).label}
            box = forms.BooleanField(label=_("Push"), required=False)
            dress(box)
            box.widget.attrs["aria-label"] = label
            self.fields[f"push_{kind}"] = box

    def ways(self):
        """(way, push or None) of each kind."""
        return [
            (self[f"way_{kind}"], self[f"push_{kind}"] if kind in self._pushed_kinds else None) for kind in self._kinds
        ]

    def clean(self):
        data = super().clean()
        ways = {kind: data.pop(f"way_{kind}", "") for kind in self._kinds}
        pushed = {kind: data.pop(f"push_{kind}", False) for kind in self._pushed_kinds}
        return data | {"ways": {kind: way for kind, way in ways.items() if way}, "pushed": pushed or None}
