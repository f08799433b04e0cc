"""Forms of person-dependence: what the pages show, who is away, and proposals."""

from collections.abc import Mapping
from datetime import timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from servicedesk.people.fields import PersonField
from servicedesk.people.forms import AskerForm
from servicedesk.people.models import Team, User
from servicedesk.people.queries import active_teams
from servicedesk.web.errors import Refused
from servicedesk.web.forms import ActionForm, TextField

from ..models import DependenceProposal
from .away import check_days
from .queries import MONTHS, USUAL_MONTHS, Desk, people_to_choose
from .topics import Key

SPANS = [
    (3, gettext_lazy("Last 3 months")),
    (6, gettext_lazy("Last 6 months")),
    (12, gettext_lazy("Last 12 months")),
]


def months_of(given: str | None) -> int:
    """The span that an address asks for, or the usual one."""
    return int(given) if given in map(str, MONTHS) else USUAL_MONTHS


class TopicFilter(ActionForm):
    """What the page of topics shows. What an address gets wrong counts as not asked."""

    months = forms.TypedChoiceField(
        label=gettext_lazy("Time"), choices=SPANS, required=False, coerce=int, empty_value=USUAL_MONTHS
    )
    by = forms.ChoiceField(
        label=gettext_lazy("Topics"), required=False,
        choices=[("category", gettext_lazy("By service and category")), ("service", gettext_lazy("By service"))],
    )  # fmt: skip
    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("Team"), required=False, empty_label=gettext_lazy("All teams")
    )

    def __init__(self, data: Mapping[str, str]):
        super().__init__({"months": USUAL_MONTHS} | {name: data[name] for name in data}, auto_id="filter_%s")
        self.fields["team"].queryset = active_teams()

    @property
    def asked(self) -> dict:
        """`months`, `whole` and `team` (its id or None)."""
        self.is_valid()
        found = self.cleaned_data
        team = found.get("team")
        return {
            "months": found.get("months") or USUAL_MONTHS,
            "whole": found.get("by") == "service",
            "team": team.pk if team else None,
        }


class AwayForm(ActionForm):
    """Who is away, and when."""

    person = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Who"))
    first = forms.DateField(label=pgettext_lazy("day", "From"), widget=forms.DateInput)
    until = forms.DateField(label=pgettext_lazy("day", "Until"), widget=forms.DateInput)

    def __init__(self, *args, asker: User, **kwargs):
        today = timezone.localdate()
        kwargs.setdefault("initial", {"person": asker, "first": today, "until": today + timedelta(days=6)})
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people_to_choose(asker)
        self.fields["person"].error_messages["invalid_choice"] = _("You cannot ask this of that person.")

    def clean(self):
        found = super().clean()
        first, until = found.get("first"), found.get("until")
        if first and until:
            try:
                check_days(first, until)
            except Refused as refusal:
                self.refuse(refusal)
        return found


class ProposalForm(AskerForm):
    """Agree on something for a topic."""

    months = forms.TypedChoiceField(choices=SPANS, coerce=int, widget=forms.HiddenInput)
    topic = forms.ChoiceField(label=gettext_lazy("Topic"))
    kind = forms.ChoiceField(label=gettext_lazy("What is done"), choices=DependenceProposal.Kind.choices)
    reason = TextField(
        label=gettext_lazy("Why"), max_length=1_000, widget=forms.Textarea(attrs={"rows": "3"}),
        help_text=gettext_lazy("About the topic, not about a person: everybody who reads reports reads it."),
    )  # fmt: skip
    owner = PersonField(label=gettext_lazy("Owner"), help_text=gettext_lazy("Sees to it, and is reminded on the day."))
    due_on = forms.DateField(label=gettext_lazy("Due on"), widget=forms.DateInput)

    def __init__(self, *args, desk: Desk, **kwargs):
        super().__init__(*args, **kwargs)
        topics = sorted((topic.name, topic.key.code) for topic in desk.topics)
        services = sorted((topic.name, topic.key.code) for topic in desk.services)
        self.fields["topic"].choices = [
            ("", "–"),
            (_("By service and category"), [(code, name) for name, code in topics]),
            (_("Whole services"), [(code, name) for name, code in services]),
        ]

    def clean_topic(self) -> Key | None:
        return Key.read(self.cleaned_data["topic"])


class ChangeForm(AskerForm):
    reason = TextField(label=gettext_lazy("Why"), max_length=1_000, widget=forms.Textarea(attrs={"rows": "3"}))
    owner = PersonField(label=gettext_lazy("Owner"))
    due_on = forms.DateField(label=gettext_lazy("Due on"), widget=forms.DateInput)


class DropForm(ActionForm):
    why_dropped = TextField(
        label=gettext_lazy("Why is it dropped?"), max_length=1_000, widget=forms.Textarea(attrs={"rows": "3"})
    )


class ProposalFilter(ActionForm):
    """What the list shows; what an address gets wrong counts as not asked."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False,
        choices=[*DependenceProposal.State.choices, ("all", pgettext_lazy("states", "All"))],
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=gettext_lazy("What is done"), required=False,
        choices=[("", gettext_lazy("Anything")), *DependenceProposal.Kind.choices],
    )  # fmt: skip
    mine = forms.BooleanField(label=gettext_lazy("Mine alone"), required=False)

    @property
    def asked(self) -> dict:
        self.is_valid()
        found = self.cleaned_data
        state = found.get("state") or "open"
        return {
            "state": "" if state == "all" else state,
            "kind": found.get("kind") or "",
            "mine": bool(found.get("mine")),
        }
