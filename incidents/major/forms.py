"""Forms of what is done with major incidents."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cmdb.models import Service
from servicedesk.people.models import User
from servicedesk.tickets.forms import PeopleField, PersonField
from servicedesk.web.forms import ActionForm, TextField, WholeNumberField, dress

from ..forms import CauseField
from ..queries import cause_codes
from .actions.learning import MOST_LETTERS as MOST_LESSONS
from .actions.telling import MOST_LETTERS
from .models import ForceMember, MajorIncident, MajorService, MajorUpdate, PostMortem

_JAPANESE = gettext_lazy("In Japanese")
_ENGLISH = gettext_lazy("In English")
_EITHER = gettext_lazy("One language is enough; who reads the other gets this one.")
_NOW = gettext_lazy("Empty: now.")
_NO_NAMES = gettext_lazy("Everybody reads this: no names, nothing from the ticket.")


def _text(label, **kwargs) -> TextField:
    kwargs.setdefault("max_length", MOST_LETTERS)
    return TextField(label=label, required=False, widget=forms.Textarea(attrs={"rows": "3"}), **kwargs)


def _moment(label, **kwargs) -> forms.DateTimeField:
    return forms.DateTimeField(label=label, required=False, widget=forms.DateTimeInput, **kwargs)


def _services() -> forms.ModelMultipleChoiceField:
    return forms.ModelMultipleChoiceField(
        Service.objects.none(),
        required=False,
        label=gettext_lazy("Services that are disturbed"),
        widget=forms.CheckboxSelectMultiple,
    )


class DeclareForm(ActionForm):
    reason = TextField(
        label=gettext_lazy("Why this is a major incident"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": "2"}),
        help_text=gettext_lazy("For those who handle it; readers do not see it."),
    )
    outage_from = _moment(gettext_lazy("Interrupted since"), help_text=_NOW)
    public_title = forms.CharField(
        label=gettext_lazy("What everybody reads, in Japanese"), required=False, max_length=200, help_text=_NO_NAMES
    )
    public_title_en = forms.CharField(
        label=gettext_lazy("What everybody reads, in English"), required=False, max_length=200, help_text=_EITHER
    )
    services = _services()
    people_hit = WholeNumberField(
        label=gettext_lazy("People hit, as estimated"), required=False, min_value=0, max_value=10_000_000
    )
    text_ja = _text(
        gettext_lazy("First update, in Japanese"),
        help_text=gettext_lazy("Goes to all readers at once; may stay empty."),
    )
    text_en = _text(gettext_lazy("First update, in English"))

    def __init__(self, *args, service: Service | None, **kwargs):
        super().__init__(*args, **kwargs)
        # The ticket's own is one of them anyhow.
        others = Service.objects.filter(is_active=True).exclude(pk=service.pk if service else None)
        self.fields["services"].queryset = others
        if service is not None:
            self.fields["services"].label = _("Services that are disturbed besides %(service)s") % {"service": service}


class ChangeMajorForm(ActionForm):
    public_title = forms.CharField(
        label=gettext_lazy("What everybody reads, in Japanese"), required=False, max_length=200, help_text=_NO_NAMES
    )
    public_title_en = forms.CharField(
        label=gettext_lazy("What everybody reads, in English"), required=False, max_length=200, help_text=_EITHER
    )
    outage_from = forms.DateTimeField(label=gettext_lazy("Interrupted since"), widget=forms.DateTimeInput)
    outage_until = _moment(
        gettext_lazy("Interrupted until"), help_text=gettext_lazy("Empty: it still is, or until the end was declared.")
    )
    update_minutes = WholeNumberField(label=gettext_lazy("Minutes between updates"), min_value=5, max_value=1440)
    people_hit = WholeNumberField(
        label=gettext_lazy("People hit, as estimated"),
        required=False,
        min_value=0,
        max_value=10_000_000,
        help_text=gettext_lazy("Altogether. Empty: the sum of the services below."),
    )
    services = _services()

    def __init__(self, *args, major: MajorIncident, rows: list[MajorService], **kwargs):
        initial = {
            name: getattr(major, name)
            for name in (
                "public_title",
                "public_title_en",
                "outage_from",
                "outage_until",
                "update_minutes",
                "people_hit",
            )
        }
        initial["services"] = [row.service_id for row in rows]
        super().__init__(*args, initial=initial, **kwargs)
        self.counted = {f"hit_{row.service_id}": row.service_id for row in rows}
        for row in rows:
            name = f"hit_{row.service_id}"
            self.fields[name] = WholeNumberField(
                label=_("People hit: %(service)s") % {"service": row.service}, required=False, min_value=0,
                max_value=10_000_000, initial=row.people_hit,
            )  # fmt: skip
            dress(self.fields[name])
        known = [row.service_id for row in rows]
        self.fields["services"].queryset = (
            Service.objects.filter(is_active=True) | Service.objects.filter(pk__in=known)
        ).order_by("name")

    def changes(self) -> dict:
        """What `change_major` takes."""
        data = dict(self.cleaned_data)
        counts = {pk: data.pop(name) for name, pk in self.counted.items()}
        data["services"] = {service: counts.get(service.pk) for service in data["services"]}
        return data


class EndMajorForm(ActionForm):
    outage_until = _moment(gettext_lazy("Interrupted until"), help_text=_NOW)
    text_ja = _text(gettext_lazy("Last update, in Japanese"), help_text=gettext_lazy("Goes to all readers."))
    text_en = _text(gettext_lazy("Last update, in English"), help_text=_EITHER)


class RetractForm(ActionForm):
    reason = TextField(label=gettext_lazy("Why it is no major incident"), max_length=2000)


class UpdateForm(ActionForm):
    kind = forms.ChoiceField(
        label=gettext_lazy("How it stands"), choices=MajorUpdate.Kind.choices, widget=forms.RadioSelect,
        initial=MajorUpdate.Kind.INVESTIGATING,
    )  # fmt: skip
    text_ja = _text(_JAPANESE, help_text=_NO_NAMES)
    text_en = _text(_ENGLISH, help_text=_EITHER)
    next_minutes = WholeNumberField(
        label=gettext_lazy("Minutes until the next update"), required=False, min_value=5, max_value=1440
    )


class MemberForm(ActionForm):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ForceMember.Role.choices, widget=forms.RadioSelect)

    def __init__(self, *args, reader: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["person"] = PersonField(reader=reader, label=gettext_lazy("Who"))
        dress(self.fields["person"])
        self.order_fields(["person", "role"])


class PostMortemForm(ActionForm):
    what_happened = _text(gettext_lazy("What happened"), max_length=MOST_LESSONS)
    cause_code = CauseField(label=gettext_lazy("Cause code"), required=False, empty_label=gettext_lazy("Not known yet"))
    helped = _text(gettext_lazy("What helped"), max_length=MOST_LESSONS)
    hindered = _text(gettext_lazy("What hindered"), max_length=MOST_LESSONS)
    lessons = _text(
        gettext_lazy("What we learn from it"), max_length=MOST_LESSONS,
        help_text=gettext_lazy("It is about what happened and not about whose fault it was."),
    )  # fmt: skip
    held_on = forms.DateField(label=gettext_lazy("Held on"), required=False, widget=forms.DateInput)

    def __init__(self, *args, reader: User, major: MajorIncident, row: PostMortem | None, **kwargs):
        initial = {"cause_code": major.incident.cause_code}
        present = list(row.present.all()) if row else []
        if row is not None:
            initial |= {name: getattr(row, name) for name in (*PostMortem.TEXTS, "held_on")} | {"present": present}
        super().__init__(*args, initial=initial, **kwargs)
        causes = self.fields["cause_code"]
        causes.queryset = cause_codes()
        causes.widget.choices = causes.grouped()
        self.fields["present"] = PeopleField(
            reader=reader, label=gettext_lazy("Present"), required=False,
            help_text=gettext_lazy("Names or addresses with commas between them."),
        )  # fmt: skip
        dress(self.fields["present"])

    def clean_present(self) -> list[User]:
        present = self.cleaned_data["present"]
        strangers = [each for each in present if not isinstance(each, User)]
        if strangers:
            raise forms.ValidationError(
                _("Nobody here has this address: %(address)s"), params={"address": strangers[0]}
            )
        return present


class ActionOfPostMortemForm(ActionForm):
    what = forms.CharField(label=gettext_lazy("What is to be done"), max_length=300)
    due_on = forms.DateField(label=gettext_lazy("Until"), widget=forms.DateInput)

    def __init__(self, *args, reader: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"] = PersonField(reader=reader, label=gettext_lazy("Who"))
        dress(self.fields["owner"])
        self.order_fields(["what", "owner", "due_on"])
