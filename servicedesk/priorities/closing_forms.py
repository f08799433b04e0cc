"""The closing rules as a grid: a row for each priority, a table for each kind."""

from django import forms
from django.utils.translation import gettext_lazy

from servicedesk.tickets.models import ClosingRule, Priority
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.forms import ActionForm, WholeNumberField

from .closing_rules import FIELDS, MOST_DAYS, MOST_REOPEN_DAYS, Slot

LABELS = {
    "closer": gettext_lazy("Who closes"),
    "needs_resolution": gettext_lazy("Resolution needed"),
    "needs_cause_code": gettext_lazy("Cause code needed"),
    "needs_post_mortem": gettext_lazy("Post-mortem needed (major incidents)"),
    "close_after_days": gettext_lazy("Closes by itself after (business days)"),
    "mail_days_before": gettext_lazy("Mail before that (business days)"),
    "stale_after_days": gettext_lazy("Stale after (business days)"),
}
REOPEN = gettext_lazy("Reopens by a reply for (days after closing)")
_OF_INCIDENTS = ("needs_cause_code", "needs_post_mortem")


def fields_of(kind: str) -> list[str]:
    """What a kind of ticket has rules about."""
    return [name for name in FIELDS if kind == TicketType.INCIDENT or name not in _OF_INCIDENTS]


class ClosingRulesForm(ActionForm):
    """Fields `incident_1_closer` and so on, and `incident_reopen`."""

    def __init__(self, *args, rules: dict[Slot, ClosingRule], reopening: dict[str, int], **kwargs):
        super().__init__(*args, **kwargs)
        for (kind, priority), rule in rules.items():
            for name in fields_of(kind):
                self.fields[f"{kind}_{priority}_{name}"] = _field(name, getattr(rule, name))
        for kind, days in reopening.items():
            self.fields[f"{kind}_reopen"] = WholeNumberField(
                label=REOPEN, min_value=0, max_value=MOST_REOPEN_DAYS, initial=days, widget=_number()
            )

    def tables(self):
        """[(kind's label, heads, [(priority, bound fields)], bound field of the days of reopening)]"""
        return [
            (
                kind.label,
                [LABELS[name] for name in fields_of(kind)],
                [(each, [self[f"{kind}_{each}_{name}"] for name in fields_of(kind)]) for each in Priority],
                self[f"{kind}_reopen"],
            )
            for kind in TicketType
        ]

    def rules(self) -> dict[Slot, dict]:
        return {
            (kind, priority): {name: self.cleaned_data[f"{kind}_{priority}_{name}"] for name in fields_of(kind)}
            for kind in TicketType.values
            for priority in Priority.values
        }

    def reopening(self) -> dict[str, int]:
        return {kind: self.cleaned_data[f"{kind}_reopen"] for kind in TicketType.values}


def _field(name: str, value) -> forms.Field:
    if name == "closer":
        return forms.ChoiceField(
            label=LABELS[name], choices=ClosingRule.Closer.choices, initial=value,
            widget=forms.Select(attrs={"class": "form-select"}),
        )  # fmt: skip
    if name.startswith("needs_"):
        check = forms.CheckboxInput(attrs={"class": "form-check-input"})
        return forms.BooleanField(label=LABELS[name], required=False, initial=value, widget=check)
    return WholeNumberField(
        label=LABELS[name], required=False, min_value=1, max_value=MOST_DAYS, initial=value, widget=_number()
    )


def _number() -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", "inputmode": "numeric", "size": 4})
