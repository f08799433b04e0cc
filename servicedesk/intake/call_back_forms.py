"""Forms of call-backs: when, whom, who calls."""

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.people.models import Team, User
from servicedesk.tickets.models import Ticket
from servicedesk.web.forms import ActionForm, TextField

from .actions.call_backs import MOST_LETTERS, quick_times, team_works_on
from .queries import who_works_on

OTHER = "other"


class WhenFields:
    """The two fields of a time: usual choices, and a free one. For forms that say `when` names of them."""

    def time_choices(self) -> list[tuple[str, str]]:
        usual = [(one.name, one.label) for one in quick_times() if one.at is not None]
        return [*usual, (OTHER, _("Another time"))]

    def read_time(self, chosen: str, free: datetime | None, field: str) -> datetime | None:
        """The moment that was chosen. Refuses a free time that is missing and an afternoon that is over."""
        if chosen == OTHER:
            if free is None:
                raise ValidationError({field: _("Write when to call.")})
            return free
        at = {one.name: one.at for one in quick_times()}.get(chosen)
        if at is None:
            raise ValidationError({field: _("This time is over. Choose a later one.")})
        return at


class WhenForm(WhenFields, ActionForm):
    """When to call; cleaned as `at`, a moment."""

    when = forms.ChoiceField(label=gettext_lazy("When"), widget=forms.RadioSelect, initial="half_hour")
    at = forms.DateTimeField(
        label=gettext_lazy("Another time"), required=False, widget=forms.DateTimeInput,
        help_text=gettext_lazy("In your own time zone."),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["when"].choices = self.time_choices()
        self.fields["at"].widget.attrs["data-when"] = OTHER

    def clean(self):
        data = super().clean()
        if "when" in data and "at" in data:
            data["at"] = self.read_time(data["when"], data["at"], "at")
        return data


class CallBackForm(WhenForm):
    """A promise to call back: whom, on which number, when, and who calls."""

    whom = forms.CharField(label=gettext_lazy("Whom to call"), max_length=120)
    number = forms.CharField(
        label=gettext_lazy("Number"), max_length=40, required=False, widget=forms.TextInput({"inputmode": "tel"})
    )
    who = forms.ChoiceField(label=gettext_lazy("Who calls"), initial="me")
    note = TextField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=MOST_LETTERS,
        help_text=gettext_lazy("What to tell or to ask."),
    )
    field_order = ("whom", "number", "when", "at", "who", "note")

    def __init__(self, *args, ticket: Ticket, by: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["note"].widget.attrs["rows"] = 2
        self._teams: dict[str, Team] = {}
        self._people: dict[str, User] = {}
        if ticket.team is not None and team_works_on(ticket.team, ticket):
            self._teams["team"] = ticket.team
        for person in who_works_on(ticket):
            if person.pk != by.pk:
                self._people[str(person.pk)] = person
        self.fields["who"].choices = [
            ("me", _("Me")),
            *((name, _("The team %(team)s") % {"team": team}) for name, team in self._teams.items()),
            *((pk, person.display_name) for pk, person in self._people.items()),
        ]

    def owner(self) -> dict:
        """Who calls, as `plan_call_back` takes it."""
        who = self.cleaned_data["who"]
        return {"team": self._teams.get(who), "assignee": self._people.get(who)}

    def refuse(self, refusal) -> None:
        refusal.field = {"due_at": "at", "assignee": "who", "team": "who"}.get(refusal.field, refusal.field)
        super().refuse(refusal)


class ReachedForm(ActionForm):
    note = TextField(
        label=gettext_lazy("What was said"),
        required=False,
        max_length=MOST_LETTERS,
        help_text=gettext_lazy("Kept as an internal note."),
    )


class MissedForm(WhenForm):
    note = TextField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=MOST_LETTERS,
        help_text=gettext_lazy("Kept as an internal note."),
    )
    field_order = ("when", "at", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["when"].label = gettext_lazy("Call again")
        self.fields["note"].widget.attrs["rows"] = 2

    def refuse(self, refusal) -> None:
        refusal.field = {"again_at": "at"}.get(refusal.field, refusal.field)
        super().refuse(refusal)


class NotNeededForm(ActionForm):
    note = TextField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=MOST_LETTERS,
        help_text=gettext_lazy("Kept as an internal note."),
    )
