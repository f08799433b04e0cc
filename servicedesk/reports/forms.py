"""Forms of reports."""

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cmdb.models import Service
from servicedesk.people.models import Company, Department, Team, User
from servicedesk.people.queries import departments_below
from servicedesk.web.errors import Refused
from servicedesk.web.forms import ActionForm, TextField, WholeNumberField

from .kpis import KPIS, WHOLE, Group, Kpi, Scope, in_groups
from .models import Target
from .months import Year
from .remarks import LONGEST
from .targets import Goal, read_value, typed_value

_NONE_SUCH = {"invalid_choice": _("There is none such. Choose one of the list.")}
_choice = partial(forms.ModelChoiceField, required=False, empty_label=_("All"), error_messages=_NONE_SUCH)


class ScopeForm(ActionForm):
    """Which part of the company a report is about."""

    company = _choice(Company.objects.all(), label=_("Company"))
    department = _choice(Department.objects.all(), label=_("Department"))
    service = _choice(Service.objects.all(), label=_("Service"))
    team = _choice(Team.objects.all(), label=_("Team"))

    @property
    def scope(self) -> Scope:
        """Of a form that is valid."""
        found = self.cleaned_data
        department = found.get("department")
        return Scope(
            company=found["company"].pk if found.get("company") else None,
            departments=tuple(sorted(departments_below(department.pk))) if department else None,
            service=found["service"].pk if found.get("service") else None,
            team=found["team"].pk if found.get("team") else None,
        )


class MonthForm(ScopeForm):
    """What the month page is asked for: a part of the company, and a month to compare with."""

    def __init__(self, data: Mapping[str, str], *, year: Year):
        super().__init__(data, auto_id="id_month_%s")
        self.year = year

    def clean_with(self):
        typed = unicodedata.normalize("NFKC", self.cleaned_data["with"]).strip()
        if not typed:
            return None
        try:
            return self.year.read(typed)
        except Refused as refusal:
            raise ValidationError(refusal.sentence) from None


# `with` is no name that a class body can have.
MonthForm.base_fields["with"] = forms.CharField(
    label=_("Compare with"), required=False, max_length=20,
    widget=forms.TextInput(attrs={"placeholder": "2025-04", "autocomplete": "off", "inputmode": "numeric"}),
)  # fmt: skip


def scope_of(given: Mapping[str, str]) -> Scope | None:
    """The part of the company that an address names; None of one that is not there."""
    if not any(given.get(name) for name in ScopeForm.base_fields):
        return WHOLE
    form = ScopeForm(given)
    return form.scope if form.is_valid() else None


class RemarkForm(ActionForm):
    """Reason and counter-measure for those who may write them, a comment for everybody. What somebody hands in all the
    same is left to `save_remarks`, which refuses it.
    """

    reason = TextField(label=_("Reason"), required=False, max_length=LONGEST)
    measure = TextField(label=_("Counter-measure"), required=False, max_length=LONGEST)
    comment = TextField(label=_("Comment"), required=False, max_length=LONGEST)

    def __init__(self, *args, explains: bool, place: int | str = 0, **kwargs):
        super().__init__(*args, auto_id=f"id_remark_{place}_%s", **kwargs)
        for name in ("reason", "measure"):
            if not explains and not self.data.get(name):
                del self.fields[name]
        for each in self.fields.values():
            each.widget.attrs["rows"] = "3"
        next(iter(self.fields.values())).widget.attrs["data-focus"] = ""

    def clean(self):
        found = super().clean()
        if not self.errors and set(self.fields) == {"comment"} and not found["comment"].strip():
            raise ValidationError(_now("Write something first."))
        return found


class TargetsForm(forms.Form):
    """The grid of a fiscal year: `value_<key>` and `owner_<key>` for each KPI. Everything that was typed is kept, and
    each refusal names its KPI.
    """

    def __init__(self, data: Mapping[str, str] | None, *, kept: Mapping[str, Target], owners: list[User]):
        super().__init__(data)
        self.kept, self.owners = kept, {str(person.pk): person for person in owners}
        for row in kept.values():  # who has it keeps it, whatever became of them
            if row.owner is not None:
                self.owners.setdefault(str(row.owner.pk), row.owner)
        self.goals: dict[str, Goal] = {}
        self.wrong: dict[str, str] = {}

    @property
    def status(self) -> int:
        return 422 if self.is_bound and (self.wrong or self.errors) else 200

    def clean(self):
        for key, kpi in KPIS.items():
            if f"value_{key}" not in self.data:
                continue
            try:
                value: Decimal | None = read_value(kpi, self.data.get(f"value_{key}", ""))
                self.goals[key] = Goal(value, self._owner(kpi))
            except Refused as refusal:
                self.wrong[key] = refusal.sentence
        if self.wrong:
            raise ValidationError(list(self.wrong.values()))
        return self.goals

    def _owner(self, kpi: type[Kpi]) -> User | None:
        typed = self.data.get(f"owner_{kpi.key}", "")
        if typed and typed not in self.owners:
            raise Refused(_now("The owner of “%(name)s” is none of the list.") % {"name": kpi.name})
        return self.owners.get(typed)

    def refuse(self, refusal: Refused) -> None:
        self.add_error(None, refusal.sentence)
        if refusal.field:
            self.wrong[refusal.field.removeprefix("owner_")] = refusal.sentence

    def grid(self) -> list[tuple[Group, list[dict]]]:
        """What stands in the cells, typed or kept."""
        return [(group, [self._row(kpi) for kpi in kpis]) for group, kpis in in_groups().items()]

    def _row(self, kpi: type[Kpi]) -> dict:
        row = self.kept.get(kpi.key)
        value = typed_value(kpi, row.value) if row else ""
        owner = str(row.owner_id or "") if row else ""
        if self.is_bound:
            value, owner = self.data.get(f"value_{kpi.key}", ""), self.data.get(f"owner_{kpi.key}", "")
        return {"kpi": kpi, "value": value, "owner": owner, "wrong": self.wrong.get(kpi.key, "")}


class ReportSettingsForm(ActionForm):
    first_month = forms.TypedChoiceField(
        label=_("Fiscal year begins in"), coerce=int, choices=[(number, name) for number, name in MONTHS.items()]
    )
    closing_day = WholeNumberField(
        label=pgettext_lazy("of a month", "Closing day"), min_value=0, max_value=28,
        help_text=_("0 is the end of the month. 20 makes November the days from 21 October to 20 November."),
    )  # fmt: skip
    hourly_rate = WholeNumberField(
        label=_("Cost of an hour of work, in yen"), required=False, min_value=1, max_value=1_000_000,
        help_text=_("Without it the report shows hours and no money."),
    )  # fmt: skip
