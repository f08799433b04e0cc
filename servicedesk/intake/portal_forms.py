"""The form with which staff ask: few questions, plain words, nothing that only the desk understands."""

import hashlib
import secrets

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cmdb.models import Service
from servicedesk.people.models import User
from servicedesk.people.queries import find_people, person_by_address, visible_people
from servicedesk.tickets.models import Impact, Urgency
from servicedesk.web.errors import Refused
from servicedesk.web.forms import ActionForm, FilesField, TextField

from .titles import title_of

MOST_LETTERS = 50_000
MOST_PEOPLE = 8
KINDS = (
    ("incident", gettext_lazy("Something is broken"), gettext_lazy("It does not work, or not as usual")),
    ("request", gettext_lazy("I need something"), gettext_lazy("A device, an account, a setting, a change")),
    ("enquiry", gettext_lazy("I have a question"), gettext_lazy("How do I …, may I …, who knows …")),
)
TROUBLES = (
    ("i_stopped", gettext_lazy("I cannot work"), ""),
    ("we_stopped", gettext_lazy("We cannot work"), ""),
    ("hinders", gettext_lazy("It hinders my work"), gettext_lazy("It goes on, but slowly or with detours")),
    ("nuisance", gettext_lazy("A nuisance, or a wish"), gettext_lazy("No hurry")),
)
HITS = (
    (str(Impact.PERSON.value), gettext_lazy("Only me"), ""),
    (str(Impact.GROUP.value), pgettext_lazy("who is hit", "My team"), ""),
    (str(Impact.DEPARTMENT.value), gettext_lazy("My department or site"), ""),
    (str(Impact.COMPANY.value), gettext_lazy("The whole company"), ""),
)
_URGENCY = {
    "i_stopped": Urgency.NOW,
    "we_stopped": Urgency.NOW,
    "hinders": Urgency.TODAY,
    "nuisance": Urgency.SOMETIME,
}


def impact_and_urgency(trouble: str, hit: str) -> tuple[int | None, int | None]:
    """What the desk calls it. None where nothing was said: then the usual values of the service hold.

    "We cannot work" is never about one person, whoever is said to be hit.
    """
    impact = int(hit) if hit else None
    if trouble == "i_stopped" and impact is None:
        impact = Impact.PERSON
    elif trouble == "we_stopped":
        impact = min(impact or Impact.GROUP, Impact.GROUP)
    return impact, _URGENCY.get(trouble)


def new_key() -> str:
    return secrets.token_urlsafe(18)


class NewRequestForm(ActionForm):
    """Everything about one request. Only the text and what kind it is must be given.

    `key` is made anew each time the page is shown: together with what was written it tells a second press of the button
    from a second request.
    """

    kind = forms.ChoiceField(
        label=gettext_lazy("What is it?"), choices=[(k, label) for k, label, _h in KINDS], widget=forms.RadioSelect
    )
    text = TextField(label=gettext_lazy("What happened, or what do you need?"), max_length=MOST_LETTERS)
    files = FilesField(
        label=gettext_lazy("Pictures and files"),
        required=False,
        help_text=gettext_lazy("A screenshot says a lot. You can also paste it into the text above."),
    )
    trouble = forms.ChoiceField(
        label=gettext_lazy("How bad is it?"),
        choices=[(k, label) for k, label, _h in TROUBLES],
        widget=forms.RadioSelect,
        required=False,
    )
    hit = forms.ChoiceField(
        label=gettext_lazy("Who is hit?"),
        choices=[(k, label) for k, label, _h in HITS],
        widget=forms.RadioSelect,
        required=False,
    )
    service = forms.ModelChoiceField(
        label=gettext_lazy("What is it about?"),
        queryset=Service.objects.none(),
        widget=forms.RadioSelect,
        required=False,
        empty_label=gettext_lazy("I do not know"),
        blank=True,
    )
    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("If you leave it empty, we take your first sentence."),
    )
    reach = forms.CharField(
        label=gettext_lazy("Where we reach you"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("A phone number, a room, a time of day. Without it we write to you."),
    )
    for_whom = forms.CharField(
        label=gettext_lazy("Name, e-mail or employee number"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    person = forms.ModelChoiceField(queryset=User.objects.none(), required=False, widget=forms.HiddenInput)
    key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, user: User, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.people: list[User] = []
        self.fields["service"].queryset = Service.objects.filter(is_active=True)
        self.fields["person"].queryset = visible_people(user).filter(is_active=True)
        self.fields["text"].widget.attrs |= {"rows": 6, "autocapitalize": "sentences"}
        if not user.may("tickets.open_for_others"):
            del self.fields["for_whom"], self.fields["person"]

    def clean(self) -> dict:
        """Find the colleague that the words mean, and settle title, impact and urgency. No words, no colleague."""
        data = super().clean()
        words, picked = (data.get("for_whom") or "").strip(), data.get("person")
        data["person"] = None
        if words:
            self.people = people_to_choose(self.user, words)
            if picked in self.people or len(self.people) == 1:
                data["person"] = picked if picked in self.people else self.people[0]
            elif self.people:
                self.add_error("for_whom", _("Several people fit. Choose one of them below."))
            else:
                self.add_error("for_whom", _("We find nobody by that. Try the e-mail address."))
        data["title"] = data.get("title") or title_of(data.get("text") or "")
        data["impact"], data["urgency"] = impact_and_urgency(data.get("trouble") or "", data.get("hit") or "")
        return data

    def refuse(self, refusal: Refused) -> None:
        """Show a refusal at the question it is about; two of them have another name here than in the action."""
        field = {"description": "text", "requester": "for_whom"}.get(refusal.field or "", refusal.field)
        super().refuse(Refused(refusal.sentence, field=field, code=refusal.code))

    @property
    def lost_files(self) -> list[str]:
        """Names of files that came with a refused form: a browser does not keep them for a second try."""
        if not self.errors:
            return []
        return [file.name for file in self.files.getlist(self.add_prefix("files"))]

    @property
    def is_for_somebody(self) -> bool:
        return self.is_bound and bool(self.data.get("for_whom"))

    def description(self) -> str:
        """What was written, with where to reach the person at the end."""
        text, reach = self.cleaned_data["text"].strip(), self.cleaned_data.get("reach")
        return "\n\n".join([text, _("Where to reach me: %(where)s") % {"where": reach}]) if reach else text

    def submission(self) -> str:
        """One fingerprint for one sending: the same page with the same words, however often the button is pressed."""
        if not self.cleaned_data.get("key"):
            return ""
        said = [str(self.data.get(name, "")) for name in self.fields if name != "files"]
        said += [f"{file.name}:{file.size}" for file in self.files.getlist("files")]
        return hashlib.sha256("\x1f".join([str(self.user.pk), *said]).encode()).hexdigest()

    # What the templates draw: radio buttons as whole lines to press, each with a word of explanation.
    def kind_cards(self):
        return self._cards("kind", {key: hint for key, _label, hint in KINDS})

    def trouble_cards(self):
        return self._cards("trouble", {key: hint for key, _label, hint in TROUBLES})

    def hit_cards(self):
        return self._cards("hit", {})

    def service_cards(self):
        return self._cards("service", {})

    def _cards(self, name: str, hints: dict) -> list[dict]:
        cards = []
        for option in self[name]:
            value = option.data["value"]
            service = getattr(value, "instance", None)
            cards.append(
                {
                    "tag": option.tag,
                    "id": option.id_for_label,
                    "value": str(value),
                    "label": option.choice_label,
                    "hint": service.about if service else hints.get(str(value), ""),
                    "is_confidential": bool(service and service.is_confidential),
                }
            )
        return cards


def people_to_choose(user: User, words: str) -> list[User]:
    """The people that somebody may mean: the owner of an e-mail address or employee number, else by name; at most 8."""
    words = words.replace("\x00", "").strip()
    if not words:
        return []
    seen = visible_people(user).filter(is_active=True, is_guest=False).select_related("department")
    exact = list(seen.filter(employee_number__iexact=words)[:1])
    if not exact and "@" in words:
        owner = person_by_address(words)
        exact = list(seen.filter(pk=owner.pk)) if owner else []
    if exact:
        return exact
    return list(
        find_people(user, words).filter(is_active=True, is_guest=False).select_related("department")[:MOST_PEOPLE]
    )
