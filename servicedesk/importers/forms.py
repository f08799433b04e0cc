"""What is asked for to import tickets: the file and where it comes from, and how a table is read."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.people.fields import ZoneField
from servicedesk.web.forms import ActionForm, FilesField, TextField, dress
from servicedesk.web.text import normalise

from .drafts import DATE_FORMATS
from .models import Kind, Mapping
from .tables import FIELDS, MAY_HAVE_DEFAULTS, NEEDED, Chosen


class UploadForm(ActionForm):
    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=Kind.choices, widget=forms.RadioSelect)
    file = FilesField(
        most=1,
        required=True,
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV, tab-separated or Excel. Nothing is written before you have looked."),
    )
    time_zone = ZoneField(help_text=gettext_lazy("Whose clocks the times in the file are."))
    system = forms.CharField(
        label=gettext_lazy("System"),
        required=False,
        max_length=40,
        help_text=gettext_lazy(
            "Of a table: from which system it comes. Tickets are known by it and their number there."
        ),
    )
    mapping = forms.ModelChoiceField(
        Mapping.objects.all(),
        label=gettext_lazy("Columns as saved"),
        required=False,
        help_text=gettext_lazy("Of a table. Without one you choose the columns next."),
    )

    def clean_file(self):
        return self.cleaned_data["file"][0]


class ColumnsForm(ActionForm):
    """Which column is which. `headers` are those of the file."""

    date_format = forms.ChoiceField(
        label=gettext_lazy("How dates are written"), choices=list(DATE_FORMATS.items()), widget=forms.RadioSelect
    )
    words = TextField(
        label=gettext_lazy("Words"),
        required=False,
        help_text=gettext_lazy("What words in the file mean here, one a line: “High = P2”, “Done = Closed”."),
    )
    save_as = forms.CharField(
        label=gettext_lazy("Save as"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Under this name the choice is offered for the next file. The command takes it too."),
    )

    def __init__(self, *args, headers: Sequence[str], chosen: Chosen | None = None, **kwargs):
        kwargs["initial"] = _typed(headers, chosen) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        choices = [("", "–"), *((header, header) for header in dict.fromkeys(headers) if header)]
        own = {}
        for name, label in FIELDS.items():
            own[f"column_{name}"] = forms.ChoiceField(label=label, choices=choices, required=name in NEEDED)
            if name in MAY_HAVE_DEFAULTS:
                hint = _("Where “%(field)s” is empty") % {"field": label}
                own[f"default_{name}"] = forms.CharField(label=hint, required=False, max_length=120)
        self.fields = own | self.fields
        for name in own:
            dress(self.fields[name])

    @property
    def rows(self):
        """[(column, default or None)] as bound fields."""
        return [
            (self[f"column_{name}"], self[f"default_{name}"] if name in MAY_HAVE_DEFAULTS else None) for name in FIELDS
        ]

    def clean_words(self):
        found = {}
        for line in self.cleaned_data["words"].splitlines():
            if line.strip():
                theirs, sign, ours = line.partition("=")
                if not (sign and theirs.strip() and ours.strip()):
                    raise forms.ValidationError(
                        _("“%(line)s”: write the word of the file, “=”, and the word here.") % {"line": line[:60]}
                    )
                found[theirs.strip()] = ours.strip()
        return found

    @property
    def chosen(self) -> Chosen:
        data = self.cleaned_data
        return Chosen(
            columns={name: data[f"column_{name}"] for name in FIELDS if data.get(f"column_{name}")},
            date_format=data["date_format"],
            defaults={name: data[f"default_{name}"] for name in MAY_HAVE_DEFAULTS if data.get(f"default_{name}")},
            words=data["words"],
        )


def _typed(headers: Sequence[str], chosen: Chosen | None) -> dict:
    """What stands in the form at first: what was chosen before, else columns that are called as the fields."""
    if chosen is not None and chosen.columns:
        typed = {f"column_{name}": column for name, column in chosen.columns.items()}
        typed |= {f"default_{name}": word for name, word in chosen.defaults.items()}
        words = "\n".join(f"{theirs} = {ours}" for theirs, ours in chosen.words.items())
        return typed | {"date_format": chosen.date_format, "words": words}
    known = {normalise(header): header for header in headers}
    guessed = {name: known.get(normalise(name)) or known.get(normalise(str(label))) for name, label in FIELDS.items()}
    return {f"column_{name}": header for name, header in guessed.items() if header} | {"date_format": "ymd"}
