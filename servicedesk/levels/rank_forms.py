"""Forms of ranks, of the levels of services, and of agreements."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cmdb.models import Service
from servicedesk.people.models import Team
from servicedesk.people.queries import active_teams
from servicedesk.tickets.models import Priority
from servicedesk.web.errors import Refused
from servicedesk.web.forms import ActionForm, dress

from .models import Agreement, Calendar, Rank
from .rank_json import Target, targets_of
from .typed import minutes_of, percentages_of, text_of_minutes

UNITS = gettext_lazy("30m, 4h, 2d: d is a business day of 8 hours. A number alone is minutes.")


class TypedForm(ActionForm):
    """A form that reads some fields as people type them; what cannot be read is refused at its field."""

    warn_at = forms.CharField(
        label=gettext_lazy("Tell people at"), required=False, max_length=60, initial="75, 90",
        help_text=gettext_lazy("Percentages of a target, up to five, such as 75, 90."),
    )  # fmt: skip

    def read(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Refused as refusal:
            self.refuse(refusal)
        return None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        data["warn_at"] = self.read(lambda: percentages_of(data.get("warn_at", "")))
        return data

    def refuse(self, refusal: Refused) -> None:
        """`targets.P1.response_minutes` is the field `p1_response`, `minutes.P1` is `p1`."""
        name = (refusal.field or "").removeprefix("targets.").removeprefix("minutes.").removesuffix("_minutes")
        super().refuse(Refused(refusal.sentence, field=name.lower().replace(".", "_"), code=refusal.code))


def _minutes_field(label, *, required: bool) -> forms.CharField:
    return forms.CharField(label=label, required=required, max_length=20, widget=forms.TextInput(attrs={"size": "8"}))


class RankForm(TypedForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=40)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=40, required=False)
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=300, required=False,
        help_text=gettext_lazy("For which services it is meant."),
    )  # fmt: skip
    is_default = forms.BooleanField(label=gettext_lazy("Usual rank: of services that have none"), required=False)
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)
    field_order = ("name", "name_en", "note", "warn_at", "is_default", "is_active")

    def __init__(self, *args, of: Rank | None = None, **kwargs):
        super().__init__(*args, initial=self.initial_of(of) if of else None, **kwargs)
        for priority in Priority.values:
            self.fields[f"p{priority}_response"] = _minutes_field(gettext_lazy("First response"), required=True)
            self.fields[f"p{priority}_resolution"] = _minutes_field(
                pgettext_lazy("target", "Resolution"), required=True
            )
            self.fields[f"p{priority}_around"] = forms.BooleanField(
                label=gettext_lazy("Around the clock"), required=False
            )
            for name in ("response", "resolution", "around"):
                dress(self.fields[f"p{priority}_{name}"])

    @staticmethod
    def initial_of(rank: Rank) -> dict[str, Any]:
        """What the form shows of a rank."""
        shown = {name: getattr(rank, name) for name in ("name", "name_en", "note", "is_default", "is_active")}
        shown["warn_at"] = ", ".join(map(str, rank.warn_at))
        for priority, target in targets_of(rank).items():
            around = target.around_the_clock
            shown |= {
                f"p{priority}_response": text_of_minutes(target.response_minutes, around_the_clock=around),
                f"p{priority}_resolution": text_of_minutes(target.resolution_minutes, around_the_clock=around),
                f"p{priority}_around": around,
            }
        return shown

    def targets(self):
        """[(priority, first response, resolution, around the clock)] for the table."""
        return [
            (priority, *(self[f"p{priority}_{name}"] for name in ("response", "resolution", "around")))
            for priority in Priority.values
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        data["targets"] = {}
        for priority in Priority.values:
            around = data.pop(f"p{priority}_around", False)
            minutes = [
                self.read(lambda: minutes_of(typed, field=field, around_the_clock=around))  # noqa: B023 - called at once
                for field in (f"p{priority}_response", f"p{priority}_resolution")
                if (typed := data.pop(field, ""))
            ]
            if len(minutes) == 2 and None not in minutes:
                data["targets"][priority] = Target(minutes[0], minutes[1], around)
        return data


class ServiceLevelsForm(ActionForm):
    """A rank and a calendar for each service: `rank_<id>` and `calendar_<id>`."""

    def __init__(self, *args, services: list[Service], **kwargs):
        super().__init__(*args, **kwargs)
        self.services = services
        ranks, calendars = list(Rank.objects.all()), list(Calendar.objects.all())
        self.ranks = {rank.pk: rank for rank in ranks}
        self.calendars = {calendar.pk: calendar for calendar in calendars}
        usual = next((rank for rank in ranks if rank.is_default), None)
        for service in services:
            level = getattr(service, "level", None)
            own = {"rank": level and level.rank_id, "calendar": level and level.calendar_id}
            first = {
                "rank": _("Usual rank (%(rank)s)") % {"rank": usual or "–"},
                "calendar": _("That of the team, or the usual one"),
            }
            for name, label, rows in (
                ("rank", pgettext_lazy("service level", "Rank"), ranks),
                ("calendar", gettext_lazy("Calendar"), calendars),
            ):
                offered = [(row.pk, str(row)) for row in rows if row.is_active or row.pk == own[name]]
                self.fields[f"{name}_{service.pk}"] = forms.TypedChoiceField(
                    label=f"{service} {label}", choices=[("", first[name]), *offered], coerce=int, empty_value=None,
                    required=False, initial=own[name] or "", widget=forms.Select(attrs={"class": "form-select"}),
                )  # fmt: skip

    def rows(self):
        return [(service, self[f"rank_{service.pk}"], self[f"calendar_{service.pk}"]) for service in self.services]

    def levels(self) -> dict[Service, tuple[Rank | None, Calendar | None]]:
        data = self.cleaned_data
        return {
            service: (
                self.ranks.get(data[f"rank_{service.pk}"] or 0),
                self.calendars.get(data[f"calendar_{service.pk}"] or 0),
            )
            for service in self.services
        }


class AgreementForm(TypedForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("With whom"), choices=Agreement.Kind.choices)
    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("Team"), required=False, empty_label="–",
        help_text=gettext_lazy("Its clock runs while a ticket is with the team. For a vendor it stays empty."),
    )  # fmt: skip
    calendar = forms.ModelChoiceField(
        Calendar.objects.none(), label=gettext_lazy("Calendar"), required=False,
        empty_label=gettext_lazy("That of the team, or the usual one"),
    )  # fmt: skip
    around_the_clock = forms.BooleanField(label=gettext_lazy("Around the clock"), required=False)
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args, of: Agreement | None = None, **kwargs):
        super().__init__(*args, initial=self.initial_of(of) if of else None, **kwargs)
        for priority in Priority:
            field = _minutes_field(f"P{priority.value}", required=False)
            self.fields[f"p{priority.value}"] = field
            dress(field)
        team = Team.objects.filter(pk=of.team_id if of else None)
        self.fields["team"].queryset = active_teams() | team
        own = Calendar.objects.filter(pk=of.calendar_id if of else None)
        self.fields["calendar"].queryset = (Calendar.objects.filter(is_active=True) | own).order_by("name")
        if of:
            self.fields["kind"].disabled = self.fields["team"].disabled = True

    @staticmethod
    def initial_of(agreement: Agreement) -> dict[str, Any]:
        names = ("name", "kind", "team", "calendar", "around_the_clock", "is_active")
        shown = {name: getattr(agreement, name) for name in names}
        shown["warn_at"] = ", ".join(map(str, agreement.warn_at))
        around = agreement.around_the_clock
        return shown | {
            f"p{row.priority}": text_of_minutes(row.minutes, around_the_clock=around) for row in agreement.targets.all()
        }

    def promises(self):
        return [self[f"p{priority}"] for priority in Priority.values]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        around, found = data.get("around_the_clock", False), {}
        for priority in Priority.values:
            typed = data.pop(f"p{priority}", "")
            if typed:
                found[priority] = self.read(
                    lambda: minutes_of(typed, field=f"p{priority}", around_the_clock=around)  # noqa: B023
                )
        data["minutes"] = {priority: minutes for priority, minutes in found.items() if minutes is not None}
        return data
