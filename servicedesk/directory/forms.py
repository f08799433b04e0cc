"""The forms of the directory: entries by kind, contracts, files, and what one says when a ticket is taken outside."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cmdb.models import Service
from servicedesk.levels.models import Agreement, Calendar
from servicedesk.people.fields import PersonField
from servicedesk.people.forms import AskerForm
from servicedesk.people.models import Language, Team, User
from servicedesk.people.queries import active_teams, tree
from servicedesk.tickets.actions.talk import MOST_LETTERS
from servicedesk.tickets.forms import ItemsField, PeopleField, person_text, suggesting
from servicedesk.tickets.models import Category
from servicedesk.web.forms import ActionForm, FilesField, TextField, dress
from servicedesk.web.text import digits

from .actions.entries import OF_KIND
from .models import REVIEW_AFTER, Contract, Entry

_AROUND = "around"
_SHORT = forms.Textarea(attrs={"rows": "3"})


class AmountField(forms.DecimalField):
    """A number with at most two decimals, typed in half or full width, with or without commas."""

    widget = forms.TextInput

    def __init__(self, **kwargs):
        super().__init__(min_value=0, decimal_places=2, **kwargs)

    def to_python(self, value):
        return super().to_python(digits(value) if isinstance(value, str) else value)

    def prepare_value(self, value):
        return f"{value.normalize():f}" if hasattr(value, "normalize") else value

    def widget_attrs(self, widget):
        return {"inputmode": "decimal", "autocomplete": "off"}


class _Several(forms.ModelMultipleChoiceField):
    """Rows to tick; those of a tree are shown with their depth."""

    widget = forms.CheckboxSelectMultiple

    def show_tree(self, rows) -> None:
        nodes = tree(rows)
        self.queryset = self.queryset.model._default_manager.filter(pk__in=[row.pk for _depth, row in nodes])
        self.choices = [(row.pk, f"{'– ' * depth}{row}") for depth, row in nodes]


class EntryForm(AskerForm):
    """An entry of one kind, with the fields that this kind has."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"))
    person = PersonField(label=gettext_lazy("Person"), required=False)
    contact = forms.CharField(label=gettext_lazy("Contact person"), max_length=120, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False)
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=254, required=False,
        help_text=gettext_lazy("Where tickets are mailed to. What comes back from this address goes into the ticket."),
    )  # fmt: skip
    web = forms.URLField(label=gettext_lazy("Web"), max_length=300, required=False, assume_scheme="https")
    how_to_call = TextField(
        label=gettext_lazy("How to call"), max_length=2_000, required=False, widget=_SHORT,
        help_text=gettext_lazy("What to say or to press, which form to fill in, when somebody is there."),
    )  # fmt: skip
    notes = TextField(label=gettext_lazy("Notes"), max_length=4_000, required=False, widget=_SHORT)
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"), choices=Language.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    services = _Several(Service.objects.none(), label=gettext_lazy("Services"), required=False)
    categories = _Several(
        Category.objects.none(), label=gettext_lazy("Categories"), required=False,
        help_text=gettext_lazy("A category stands for those below it, too."),
    )  # fmt: skip
    owner = PersonField(
        label=gettext_lazy("Owner"),
        help_text=gettext_lazy("Keeps it right, and is reminded. An agent or an administrator."),
    )
    review_on = forms.DateField(label=gettext_lazy("Review on"), widget=forms.DateInput)

    ORDER = (
        "name", "team", "person", "contact", "phone", "email", "web", "how_to_call", "notes", "languages", "owner",
        "review_on", "items", "services", "categories",
    )  # fmt: skip

    def __init__(self, *args, kind: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.kind = Entry.Kind(kind)
        for name in {name for names in OF_KIND.values() for name in names} - set(OF_KIND[self.kind]):
            del self.fields[name]
        if "team" in self.fields:
            present = Team.objects.filter(pk=self.of.team_id if self.of else None)
            self.fields["team"].queryset = active_teams() | present
        if self.kind in Entry.INSIDE:
            self.fields["person"].required = True
        self.fields["services"].queryset = Service.objects.filter(is_active=True) | self._tied("services", Service)
        self.fields["categories"].show_tree(
            (Category.objects.filter(is_active=True) | self._tied("categories", Category)).distinct()
        )
        self.fields["services"].queryset = self.fields["services"].queryset.distinct()
        self.fields["items"] = ItemsField(
            reader=self.asker, required=False, label=gettext_lazy("Items"),
            help_text=gettext_lazy("Asset numbers, separated by commas."),
        )  # fmt: skip
        dress(self.fields["items"])
        if self.of is None:
            self.fields["review_on"].initial = timezone.localdate() + REVIEW_AFTER
        self.order_fields(self.ORDER)

    def _tied(self, name: str, model):
        tied = getattr(self.of, name).values("pk") if self.of else []
        return model.objects.filter(pk__in=tied)

    @classmethod
    def initial_of(cls, entry: Entry) -> dict:
        names = [name for name in cls.base_fields if name not in ("services", "categories")]
        return {name: getattr(entry, name) for name in names} | {
            "services": [row.pk for row in entry.services.all()],
            "categories": [row.pk for row in entry.categories.all()],
            "items": ", ".join(item.number for item in entry.items.order_by("number")),
        }


class ContractForm(AskerForm):
    number = forms.CharField(label=gettext_lazy("Contract number"), max_length=60)
    scope = TextField(label=gettext_lazy("What it covers"), max_length=2_000, required=False, widget=_SHORT)
    hours = forms.ChoiceField(label=gettext_lazy("Hours of support"), required=False)
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Channels"), choices=Contract.Channel.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    valid_from = forms.DateField(label=gettext_lazy("Valid from"), widget=forms.DateInput)
    valid_to = forms.DateField(
        label=gettext_lazy("Valid to"), required=False, widget=forms.DateInput,
        help_text=gettext_lazy("Empty when it goes on until somebody ends it."),
    )  # fmt: skip
    unit = forms.ChoiceField(label=gettext_lazy("What is counted"), choices=Contract.Unit.choices, required=False)
    bought = AmountField(label=gettext_lazy("Bought"), max_digits=8, required=False)
    used = AmountField(
        label=gettext_lazy("Used"), max_digits=8, required=False,
        help_text=gettext_lazy("Counted by itself when tickets are taken outside."),
    )  # fmt: skip
    # What the form was made with: what was counted meanwhile is not set back by saving something else.
    used_before = AmountField(widget=forms.HiddenInput, required=False)
    have_ready = TextField(
        label=gettext_lazy("What to have ready"), max_length=2_000, required=False, widget=_SHORT,
        help_text=gettext_lazy("Serial number, licence, logs: whatever they ask for first."),
    )  # fmt: skip
    cost = AmountField(label=gettext_lazy("Cost"), max_digits=12, required=False)
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, initial="JPY")
    agreement = forms.ModelChoiceField(
        Agreement.objects.none(), label=gettext_lazy("Agreement"), required=False,
        help_text=gettext_lazy("Its clock runs from when a ticket is taken to the vendor until an answer."),
    )  # fmt: skip
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        calendars = Calendar.objects.filter(is_active=True)
        agreements = Agreement.objects.filter(kind=Agreement.Kind.VENDOR, is_active=True)
        if self.of is not None:
            calendars |= Calendar.objects.filter(pk=self.of.calendar_id)
            agreements |= Agreement.objects.filter(pk=self.of.agreement_id)
        self._calendars = {str(row.pk): row for row in calendars}
        named = [(pk, str(row)) for pk, row in self._calendars.items()]
        self.fields["hours"].choices = [("", "–"), (_AROUND, _("Around the clock")), *named]
        self.fields["agreement"].queryset = agreements
        self.fields["callers"] = PeopleField(
            reader=self.asker, required=False, label=gettext_lazy("Who may call"),
            help_text=gettext_lazy("Agents, separated by commas. Empty: every agent. Leads may always."),
        )  # fmt: skip
        self.fields["callers"].widget.attrs.update(suggesting("copies-found", "tickets:people"))
        dress(self.fields["callers"])
        self.order_fields([*self.base_fields][:11] + ["callers"])

    def clean_callers(self):
        people = self.cleaned_data["callers"]
        for one in people:
            if not isinstance(one, User) or not one.is_agent:
                raise ValidationError(
                    _("%(name)s is no agent."), params={"name": one if isinstance(one, str) else one.display_name}
                )
        return people

    def clean(self):
        data = super().clean()
        hours = data.pop("hours", "")
        data |= {"around_the_clock": hours == _AROUND, "calendar": self._calendars.get(hours)}
        before = data.pop("used_before", None)
        if data.get("used") in (None, before):
            data.pop("used", None)
        return data

    @classmethod
    def initial_of(cls, contract: Contract) -> dict:
        initial = {name: getattr(contract, name) for name in cls.base_fields if name not in ("hours", "used_before")}
        hours = _AROUND if contract.around_the_clock else str(contract.calendar_id or "")
        initial |= {"hours": hours, "used_before": contract.used}
        return initial | {"callers": ", ".join(person_text(one) for one in contract.callers.all())}


class EntryFilter(forms.Form):
    """The filters of the list, from the address; what does not fit is left out."""

    WHAT = (
        ("", gettext_lazy("In use")),
        ("due", gettext_lazy("Review is due")),
        ("ending", gettext_lazy("Contract ends soon")),
        ("expired", gettext_lazy("Contract has ended")),
        ("used_up", gettext_lazy("Contract is used up")),
        ("retired", gettext_lazy("Out of use")),
    )
    q = forms.CharField(required=False, max_length=200)
    kind = forms.ChoiceField(required=False, choices=[("", gettext_lazy("Any kind")), *Entry.Kind.choices])
    service = forms.ModelChoiceField(
        Service.objects.filter(is_active=True), required=False, empty_label=gettext_lazy("Any service")
    )
    what = forms.ChoiceField(required=False, choices=WHAT)

    def __init__(self, data):
        super().__init__(data, auto_id="filter_%s", label_suffix="")
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-control" if name == "q" else "form-select"

    @property
    def asked(self) -> dict:
        """As `queries.find_entries` takes it."""
        self.is_valid()
        data = self.cleaned_data
        service = data.get("service")
        return {
            "words": data.get("q", ""), "kind": data.get("kind", ""), "what": data.get("what", ""),
            "service": service.pk if service else None,
        }  # fmt: skip


class EntryImportForm(ActionForm):
    file = FilesField(
        most=1, required=True, label=gettext_lazy("File"),
        help_text=gettext_lazy("Excel, CSV, tab-separated or JSON. With one bad row nothing is written."),
    )  # fmt: skip

    def clean_file(self):
        return self.cleaned_data["file"][0]


class OutsideForm(ActionForm):
    """Taking a ticket to an entry under a contract or without one. `ask_agreement` adds the question whether more may
    be used than is left.
    """

    contact = forms.CharField(label=gettext_lazy("Spoken with"), max_length=120, required=False)
    reference = forms.CharField(
        label=gettext_lazy("Their number for it"), max_length=80, required=False,
        help_text=gettext_lazy("It can be added later."),
    )  # fmt: skip
    used = AmountField(max_digits=5, required=False)
    send = forms.BooleanField(required=False)
    body = TextField(
        label=gettext_lazy("What the mail says"), max_length=MOST_LETTERS, required=False,
        widget=forms.Textarea(attrs={"rows": "10"}),
        help_text=gettext_lazy("The description of the ticket stands below it, with its files."),
    )  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, *args, entry: Entry, contract: Contract | None, **kwargs):
        super().__init__(*args, **kwargs)
        if entry.address:
            self.fields["send"].label = _("Send this mail to %(address)s") % {"address": entry.address}
        else:
            del self.fields["send"], self.fields["body"]
        if contract is None or not contract.unit:
            del self.fields["used"]
        else:
            self.fields["used"].label = amount_label(contract)
        if "agreed" in self.data:
            self.ask_agreement()

    def ask_agreement(self) -> None:
        self.fields["agreed"] = forms.BooleanField(required=False, label=_("Use more than is left"))
        dress(self.fields["agreed"])

    def clean(self):
        data = super().clean()
        if not data.pop("send", False):
            data["body"] = ""
        elif not data.get("body", "").strip() and not self.errors:
            self.add_error("body", ValidationError(_("Write what you need, or do not send a mail.")))
        return data


class AmendForm(ActionForm):
    """What was learnt later."""

    contact = forms.CharField(label=gettext_lazy("Spoken with"), max_length=120, required=False)
    reference = forms.CharField(label=gettext_lazy("Their number for it"), max_length=80, required=False)
    used = AmountField(max_digits=5)

    def __init__(self, *args, contract: Contract | None, **kwargs):
        super().__init__(*args, **kwargs)
        if contract is None or not contract.unit:
            del self.fields["used"]
        else:
            self.fields["used"].label = amount_label(contract)
        if "agreed" in self.data:
            self.ask_agreement()

    ask_agreement = OutsideForm.ask_agreement


def amount_label(contract: Contract) -> str:
    return _("Incidents used") if contract.unit == Contract.Unit.INCIDENTS else _("Hours used")
