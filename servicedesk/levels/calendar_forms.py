"""Forms of calendars: a week of hours as typed lines, days, and a question to them."""

from functools import cache
from typing import Any

from babel import Locale
from django import forms
from django.utils.dates import WEEKDAYS as NAMES
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from holidays import list_supported_countries

from servicedesk.people.fields import ZoneInput
from servicedesk.people.models import Team
from servicedesk.web.errors import Refused
from servicedesk.web.forms import ActionForm, TextField, WholeNumberField

from .hours import MOST_MINUTES, WEEKDAYS
from .models import Calendar
from .settings_queries import teams_with_calendar
from .typed import days_of, pairs_of, special_of, text_of, text_of_days, text_of_special

_USUAL = ("JP",)


class PlaceInput(forms.TextInput):
    """A box for a country, or a country and a part of it, with the countries that are known as suggestions."""

    def render(self, name, value, attrs=None, renderer=None):
        attrs = dict(attrs or {}) | {"list": f"{(attrs or {}).get('id', name)}_places", "autocomplete": "off"}
        options = format_html_join("", '<option value="{}">{}</option>', _places((get_language() or "en")[:2]))
        return format_html(
            '{}<datalist id="{}">{}</datalist>', super().render(name, value, attrs, renderer), attrs["list"], options
        )


@cache
def _places(language: str) -> list[tuple[str, str]]:
    names = Locale.parse(language if language == "ja" else "en").territories
    places = [(code, names.get(code, code)) for code in list_supported_countries(include_aliases=False)]
    return sorted(places, key=lambda place: (place[0] not in _USUAL, place[1]))


class TeamChoices(forms.ModelMultipleChoiceField):
    """Teams, each with the calendar of its own that it has now."""

    of: Calendar | None = None

    def label_from_instance(self, team: Team) -> str:
        own = getattr(team, "team_calendar", None)
        if own is None or own.calendar == self.of:
            return str(team)
        return _("%(team)s (now: %(calendar)s)") % {"team": team, "calendar": own.calendar}


def _hours_field(label) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=300)


class CalendarForm(ActionForm):
    """Everything about a calendar. `fields_of` is what the actions take."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    timezone = forms.CharField(label=gettext_lazy("Time zone"), max_length=64, initial="Asia/Tokyo", widget=ZoneInput)
    mon, tue, wed, thu, fri, sat, sun = (_hours_field(NAMES[number]) for number in range(7))
    like_monday = forms.BooleanField(label=gettext_lazy("Tuesday to Friday as Monday"), required=False)
    holidays = forms.CharField(
        label=gettext_lazy("Public holidays"), required=False, max_length=10, widget=PlaceInput,
        help_text=gettext_lazy("Of a country such as JP, or of a part of it such as DE-BY. Empty: none."),
    )  # fmt: skip
    closed = TextField(
        label=gettext_lazy("Closing days"), required=False, max_length=40_000,
        widget=forms.Textarea(attrs={"rows": "4"}),
        help_text=gettext_lazy("One a line, or from a day to a day: 2026-12-29..2027-01-03"),
    )  # fmt: skip
    special = TextField(
        label=gettext_lazy("Days with hours of their own"), required=False, max_length=80_000,
        widget=forms.Textarea(attrs={"rows": "3"}),
        help_text=gettext_lazy("One a line: 2026-12-28: 09:00-12:00. They hold on a public holiday too."),
    )  # fmt: skip
    teams = TeamChoices(
        Team.objects.none(), label=gettext_lazy("Teams that work by it"), required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("All others work by the usual calendar. The calendar of a service goes first."),
    )  # fmt: skip
    is_default = forms.BooleanField(label=gettext_lazy("Usual calendar: of everybody who has no other"), required=False)
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args, of: Calendar | None = None, **kwargs):
        super().__init__(*args, initial=initial_of(of) if of else None, **kwargs)
        self.fields["teams"].of = of
        self.fields["teams"].queryset = teams_with_calendar()

    def week(self):
        return [self[day] for day in WEEKDAYS]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name, read in (("closed", days_of), ("special", special_of)):
            try:
                data[name] = read(data.get(name, ""))
            except Refused as refusal:
                self.refuse(refusal)
        return data

    def fields_of(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        typed = {day: pairs_of(data.pop(day)) for day in WEEKDAYS}
        if data.pop("like_monday"):
            typed |= dict.fromkeys(("tue", "wed", "thu", "fri"), typed["mon"])
        return data | {
            "weekly": {day: pairs for day, pairs in typed.items() if pairs},
            "holidays": data["holidays"].strip().upper(),
            "teams": list(data["teams"]),
        }

    def refuse(self, refusal: Refused) -> None:
        """The field stands above its box already, so its name is taken out of the sentence."""
        name = refusal.field or ""
        field = {"weekly": "mon"}.get(name) or name.removeprefix("weekly.").partition(".")[0]
        sentence = str(refusal.sentence)
        for colon in (": ", "："):
            sentence = sentence.removeprefix(f"{name}{colon}")
        super().refuse(Refused(sentence, field=field, code=refusal.code))


def initial_of(calendar: Calendar) -> dict[str, Any]:
    """What the form shows of a calendar."""
    return {
        **{name: getattr(calendar, name) for name in ("name", "timezone", "holidays", "is_default", "is_active")},
        **{day: text_of(calendar.weekly.get(day, [])) for day in WEEKDAYS},
        "closed": text_of_days(calendar.closed),
        "special": text_of_special(calendar.special),
        "teams": [row.team_id for row in calendar.teams.all()],
    }


class DueForm(ActionForm):
    """When would it be due? A moment without zone is one where the calendar is."""

    start = forms.DateTimeField(
        label=pgettext_lazy("day", "From"),
        widget=forms.DateTimeInput,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )
    minutes = WholeNumberField(label=gettext_lazy("Minutes"), min_value=0, max_value=MOST_MINUTES)


class DocumentForm(ActionForm):
    """A file in the JSON form; what was looked at comes back as `document`."""

    file = forms.FileField(label=gettext_lazy("JSON file"), required=False)
    document = forms.CharField(required=False, widget=forms.HiddenInput, max_length=200_000)
    MOST = 200_000

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        file = data.get("file")
        if file is not None:
            if file.size > self.MOST:
                raise forms.ValidationError(_("This file is too large for a calendar or a rank."))
            try:
                data["document"] = file.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                raise forms.ValidationError(_("This file is no JSON.")) from None
        if not data.get("document"):
            raise forms.ValidationError(_("Please choose a file."))
        return data
