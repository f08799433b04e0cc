"""Forms about people, companies, departments, teams, absences, tokens and files of them."""

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from servicedesk.web.forms import ActionForm, FilesField, TextField, WholeNumberField

from .fields import PersonField, TreeChoiceField, ZoneField, department_choices
from .importing.plan import split
from .models import ApiToken, Company, Department, ImportRun, Language, Role, Team, User
from .queries import active_teams, addresses_of, agents

CODE_HINT = gettext_lazy("What files and the API call it. Letters, digits and hyphens.")


class AskerForm(ActionForm):
    """A form with boxes for people, who are looked up as `asker`. `of` is the row that is changed, if any."""

    def __init__(self, *args, asker: User, of=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.asker, self.of = asker, of
        for field in self.fields.values():
            if isinstance(field, PersonField):
                field.asker = asker


class PersonForm(AskerForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    reading = forms.CharField(
        label=gettext_lazy("Reading (furigana)"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("In katakana; lists sort by it."),
    )
    email = forms.EmailField(label=gettext_lazy("Main e-mail address"), max_length=254)
    addresses = TextField(
        label=gettext_lazy("Further e-mail addresses"),
        required=False,
        help_text=gettext_lazy("One a line. Mail from any of them is known as theirs; all of them sign in."),
        widget=forms.Textarea(attrs={"rows": "2"}),
    )
    employee_number = forms.CharField(label=gettext_lazy("Employee number"), max_length=32, required=False)
    company = forms.ModelChoiceField(Company.objects.none(), label=gettext_lazy("Company"), required=False)
    department = TreeChoiceField(Department.objects.none(), label=gettext_lazy("Department"), required=False)
    manager = PersonField(label=gettext_lazy("Manager"), required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False)
    extension = forms.CharField(label=gettext_lazy("Extension"), max_length=20, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=Language.choices)
    time_zone = ZoneField()
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"),
        choices=Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Everybody may ask. Roles give more; agents also need a team."),
    )
    is_vip = forms.BooleanField(label=gettext_lazy("VIP: agents see a mark on the ticket"), required=False)
    is_guest = forms.BooleanField(label=gettext_lazy("Guest: known by mail only, cannot sign in"), required=False)

    def __init__(self, *args, of: User | None = None, **kwargs):
        super().__init__(*args, of=of, **kwargs)
        present = of.company_id if of else None
        self.fields["company"].queryset = Company.objects.filter(is_active=True) | Company.objects.filter(pk=present)
        self.fields["department"].show(department_choices(of.department if of else None))

    def clean_addresses(self) -> list[str]:
        return split(self.cleaned_data["addresses"])

    @classmethod
    def initial_of(cls, person: User) -> dict:
        names = [name for name in cls.base_fields if name not in ("addresses", "roles", "manager")]
        further = [address for address in addresses_of(person) if address != person.email]
        return {name: getattr(person, name) for name in names} | {
            "addresses": "\n".join(further),
            "roles": sorted(person.roles),
            "manager": person.manager,
        }


class CompanyForm(ActionForm):
    code = forms.CharField(label=gettext_lazy("Code"), max_length=32, help_text=CODE_HINT)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120, required=False)
    time_zone = ZoneField()
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)


class DepartmentForm(AskerForm):
    company = forms.ModelChoiceField(Company.objects.all(), label=gettext_lazy("Company"))
    code = forms.CharField(label=gettext_lazy("Code"), max_length=32, help_text=CODE_HINT)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120, required=False)
    parent = TreeChoiceField(Department.objects.none(), label=gettext_lazy("Belongs to"), required=False)
    head = PersonField(
        label=gettext_lazy("Head"),
        required=False,
        help_text=gettext_lazy("Sees the tickets of the department and of those below it."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].show(department_choices(self.of.parent if self.of else None))


class TeamForm(AskerForm):
    code = forms.CharField(label=gettext_lazy("Code"), max_length=32, help_text=CODE_HINT)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120, required=False)
    tier = forms.TypedChoiceField(label=gettext_lazy("Tier"), choices=Team.Tier.choices, coerce=int)
    next_team = forms.ModelChoiceField(
        Team.objects.none(),
        label=gettext_lazy("Next tier"),
        required=False,
        help_text=gettext_lazy("Where its tickets go when they are escalated."),
    )
    lead = PersonField(label=gettext_lazy("Lead"), required=False)
    members = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=gettext_lazy("Members"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("People with the role agent or lead. They see the tickets of the team."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        others = active_teams()
        if self.of is not None:
            others = others.exclude(pk=self.of.pk)
        self.fields["next_team"].queryset = others
        present = list(self.of.members.values_list("pk", flat=True)) if self.of else []
        candidates = {*agents().values_list("pk", flat=True), *present}
        self.fields["members"].queryset = User.objects.filter(pk__in=candidates)


class AbsenceForm(AskerForm):
    from_on = forms.DateField(label=gettext_lazy("First day"), widget=forms.DateInput)
    until_on = forms.DateField(label=gettext_lazy("Last day"), widget=forms.DateInput)
    deputy = PersonField(
        label=gettext_lazy("Deputy"),
        required=False,
        help_text=gettext_lazy("Who stands in. Name, e-mail address or employee number."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)


class ProfileForm(ActionForm):
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=Language.choices,
        help_text=gettext_lazy("Pages and mails are in this language."),
    )
    time_zone = ZoneField()
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False)
    extension = forms.CharField(label=gettext_lazy("Extension"), max_length=20, required=False)


class TokenForm(ActionForm):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("What it is for, so that you know it later.")
    )
    scopes = forms.MultipleChoiceField(
        label=pgettext_lazy("token", "May"), choices=ApiToken.Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    days = WholeNumberField(
        label=gettext_lazy("Days until it expires"),
        initial=90,
        help_text=gettext_lazy("1 to 365. Then it ends by itself."),
    )

    def __init__(self, *args, asker: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [
            (value, capfirst(label))
            for value, label in ApiToken.Scope.choices
            if value != ApiToken.Scope.SETTINGS or asker.may("settings.change")
        ]


class ImportForm(ActionForm):
    kind = forms.ChoiceField(
        label=gettext_lazy("What"),
        choices=[(value, capfirst(label)) for value, label in ImportRun.Kind.choices],
        widget=forms.RadioSelect,
    )
    file = FilesField(
        most=1,
        required=True,
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV or tab-separated, in UTF-8 or Shift_JIS. Nothing is changed before you have looked."
        ),
    )

    def clean_file(self):
        files = self.cleaned_data["file"]
        if not files:
            raise forms.ValidationError(_("Please choose a file."))
        return files[0]


class PeopleFilter(forms.Form):
    """The filters of the list, from the address; what does not fit is left out."""

    q = forms.CharField(required=False, max_length=200)
    state = forms.ChoiceField(
        required=False,
        choices=[
            ("active", gettext_lazy("Active")),
            ("inactive", gettext_lazy("Not active")),
            ("guest", gettext_lazy("Guests")),
            ("all", gettext_lazy("All")),
        ],
    )
    role = forms.ChoiceField(required=False, choices=[("", gettext_lazy("Any role")), *Role.choices])
    company = forms.ModelChoiceField(Company.objects.all(), required=False, empty_label=gettext_lazy("Any company"))
    department = TreeChoiceField(Department.objects.none(), required=False)
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label=gettext_lazy("Any team"))

    def __init__(self, data):
        super().__init__(data, auto_id="filter_%s", label_suffix="")
        self.fields["department"].show(department_choices())
        self.fields["department"].choices = [("", _("Any department")), *list(self.fields["department"].choices)[1:]]
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-control" if name == "q" else "form-select"
