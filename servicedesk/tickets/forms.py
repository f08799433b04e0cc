"""Forms of the verbs that all tickets share."""

import re

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cmdb.models import Item
from cmdb.queries import find_items, items_in_use, items_numbered, items_of
from servicedesk.people.models import Team, User
from servicedesk.people.queries import agents, find_people, visible_people
from servicedesk.web.formats import duration
from servicedesk.web.forms import ActionForm, FilesField, TextField, WholeNumberField, dress
from servicedesk.web.text import normalise, one_line

from .actions.talk import MOST_LETTERS
from .alike import alike_tickets
from .models import Ticket, TicketLink, WorkTimer
from .permissions import works_on
from .queries import get_ticket, teams_to_assign, unresolved_children, visible_tickets
from .thanks import MOST_LETTERS as MOST_WORD

LAST_OF_SEVERAL = re.compile(r"((?:.*[,;、，；]\s*)?)(.*)", re.DOTALL)
_COMMAS = re.compile(r"[,;、，；\n]")
_ADDRESS = re.compile(r"<([^<>]+)>\s*$")


def suggesting(datalist: str, address: str) -> dict:
    """Attributes of a field whose <datalist>, which the page has, is filled from `address` while one types."""
    return {
        "list": datalist,
        "autocomplete": "off",
        "hx-get": reverse_lazy(address),
        "hx-trigger": "input changed delay:250ms",
        "hx-target": f"#{datalist}",
        "hx-swap": "outerHTML",
    }


class PersonField(forms.CharField):
    """A person, typed: `佐藤 花子 <sato@example.com>` as the suggestions write it, an address, an employee number, or
    any words that fit one person alone. Only people whom `reader` may see. The cleaned value is a `User` or None.
    """

    def __init__(self, *, reader: User, **kwargs):
        self.reader = reader
        kwargs.setdefault("max_length", 200)
        super().__init__(**kwargs)
        self.widget.attrs.update(suggesting("people-found", "tickets:people"))

    def clean(self, value):
        typed = super().clean(value)
        if not typed:
            return None
        people = visible_people(self.reader).filter(is_active=True)
        address = _ADDRESS.search(typed)
        plain = (address[1] if address else typed).strip()
        exact = people.filter(email__iexact=plain).first() or people.filter(employee_number__iexact=plain).first()
        if exact:
            return exact
        found = list(find_people(self.reader, plain).filter(is_active=True)[:2])
        if len(found) == 1:
            return found[0]
        if found:
            raise forms.ValidationError(_("Several people fit. Choose one of the suggestions."), code="ambiguous")
        raise forms.ValidationError(_("Nobody fits. Try a name, an address or an employee number."), code="nobody")

    def prepare_value(self, value):
        return person_text(value) if isinstance(value, User) else value


class PeopleField(forms.CharField):
    """Several people, typed with commas between them, each as in `PersonField`; the address of nobody whom we know is
    kept as it is, for the action to look at. The cleaned value is a list of `User` and addresses.
    """

    MOST = 20

    def __init__(self, *, reader: User, **kwargs):
        self.one = PersonField(reader=reader, required=False)
        kwargs.setdefault("max_length", 2000)
        super().__init__(**kwargs)

    def prepare_value(self, value):
        """People as they stand in the field, where they are kept as people."""
        if isinstance(value, list | tuple):
            return ", ".join(person_text(one) if isinstance(one, User) else str(one) for one in value)
        return value

    def clean(self, value):
        found: dict[User | str, None] = {}
        for typed in _COMMAS.split(super().clean(value)):
            if typed.strip():
                found[self._person(typed.strip())] = None
        if len(found) > self.MOST:
            raise forms.ValidationError(_("At most %(most)d people."), code="too_many", params={"most": self.MOST})
        return list(found)

    def _person(self, typed: str) -> User | str:
        try:
            found = self.one.clean(typed)
        except forms.ValidationError as error:
            address = (_ADDRESS.search(typed) or [typed, typed])[1].strip()
            if error.code == "nobody" and "@" in address:
                return address
            raise forms.ValidationError(
                _("“%(typed)s”: %(trouble)s"), params={"typed": typed[:80], "trouble": error.messages[0]}
            ) from None
        return found or typed


def person_text(person: User) -> str:
    """How a person stands in a field; what `PersonField` understands."""
    return f"{person.display_name} <{person.email}>"


class ItemsField(forms.CharField):
    """Configuration items, typed with commas between them: asset numbers, or words that fit one item in use alone. The
    cleaned value is a list of `Item`.
    """

    def __init__(self, *, reader: User, **kwargs):
        self.reader = reader
        kwargs.setdefault("max_length", 2000)
        super().__init__(**kwargs)
        self.widget.attrs.update(suggesting("items-found", "tickets:find-items"))

    def clean(self, value):
        parts = list(dict.fromkeys(part.strip() for part in _COMMAS.split(super().clean(value)) if part.strip()))
        known = items_numbered(self.reader, parts)
        return [known[part] if part in known else self._by_words(part) for part in parts]

    def _by_words(self, words: str) -> Item:
        found = list(find_items(self.reader, words).filter(pk__in=items_in_use(self.reader))[:2])
        if len(found) == 1:
            return found[0]
        text = (
            _("Several items fit “%(words)s”. Choose one of the suggestions.")
            if found
            else _("No item fits “%(words)s”. Try the number on its label.")
        )
        raise forms.ValidationError(text, code="item", params={"words": words[:80]})


class ItemChoices(forms.ModelMultipleChoiceField):
    """Items to tick, by id."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj):
        return f"{obj} · {obj.get_kind_display()}"


class TicketField(forms.CharField):
    """Another ticket by its number; not there and not visible are the same. The cleaned value is a `Ticket`."""

    def __init__(self, *, reader: User, **kwargs):
        self.reader = reader
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)
        self.widget.attrs.update(suggesting("tickets-found", "tickets:find"))

    def clean(self, value):
        typed = super().clean(value)
        if not typed and not self.required:
            return None
        number = normalise(typed).upper().split(" ")[0] if typed else ""
        ticket = visible_tickets(self.reader).filter(number=number).first() if len(number) <= 16 else None
        if ticket is None:
            raise forms.ValidationError(_("There is no such ticket."), code="no_ticket")
        return get_ticket(self.reader, ticket.number)


class ReplyForm(ActionForm):
    body = TextField(label=gettext_lazy("Reply"), required=False, max_length=MOST_LETTERS)
    files = FilesField(label=gettext_lazy("Files"))


class DeskReplyForm(ReplyForm):
    """The reply of somebody who works on the ticket: with copies to others."""

    def __init__(self, *args, reader: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cc"] = PeopleField(
            reader=reader,
            required=False,
            label=gettext_lazy("Cc"),
            help_text=gettext_lazy(
                "They see the ticket from now on, get what follows, and everybody sees their names."
            ),
        )
        self.fields["bcc"] = PeopleField(
            reader=reader,
            required=False,
            label=gettext_lazy("Bcc"),
            help_text=gettext_lazy("They get this one mail. Only the desk sees that."),
        )
        # The one that was put into the box last (static/js/writing.js).
        self.fields["template"] = forms.IntegerField(
            required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput
        )
        for name in ("cc", "bcc"):
            self.fields[name].widget.attrs.update(suggesting("copies-found", "tickets:people"))
            dress(self.fields[name])


def reply_form(user: User, ticket: Ticket, *args, **kwargs) -> ReplyForm:
    if works_on(user, ticket):
        return DeskReplyForm(*args, reader=user, **kwargs)
    return ReplyForm(*args, **kwargs)


class NoteForm(ActionForm):
    body = TextField(label=gettext_lazy("Internal note"), required=False, max_length=MOST_LETTERS)
    files = FilesField(label=gettext_lazy("Files"))


class DraftForm(ActionForm):
    """What a box saves by itself: its words, its key, its count and the mark of the draft that it was made from."""

    body = TextField(required=False, strip=False, max_length=MOST_LETTERS)
    box = forms.RegexField(r"\A[0-9a-f]{1,32}\Z")
    turn = forms.IntegerField(required=False, min_value=0, max_value=2**62)
    base = forms.RegexField(r"\A[0-9a-f]{1,32}\.[0-9]{1,19}\Z", required=False)


def note_form(user: User, ticket: Ticket, *args, **kwargs) -> NoteForm:
    return NoteForm(*args, **kwargs)


class PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj):
        return f"{obj.display_name} · {obj.reading}" if obj.reading else obj.display_name


class AssignForm(ActionForm):
    team = forms.ModelChoiceField(
        Team.objects.none(), required=False, label=gettext_lazy("Team"), empty_label=gettext_lazy("As it is")
    )
    assignee = PersonChoice(
        User.objects.none(), required=False, label=gettext_lazy("Assignee"), empty_label=gettext_lazy("Nobody yet")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams_to_assign()
        self.fields["assignee"].queryset = agents()


class EscalateForm(ActionForm):
    """`ways` are where it can go, by their words; with one alone there is nothing to choose."""

    to = forms.ChoiceField(label=gettext_lazy("To whom"), widget=forms.RadioSelect, required=False)
    reason = TextField(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("They read this; it is kept as an internal note: what was tried, what is missing."),
    )

    def __init__(self, *args, ways: dict[str, str], **kwargs):
        super().__init__(*args, **kwargs)
        if len(ways) > 1:
            self.fields["to"].choices = list(ways.items())
            self.fields["to"].initial = next(iter(ways))
        else:
            del self.fields["to"]


class DeEscalateForm(ActionForm):
    """`teams` are where it can go back to, the usual one first."""

    reason = TextField(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("They read this as an internal note: what was done, what they can do now."),
    )

    def __init__(self, *args, teams: list[Team], **kwargs):
        super().__init__(*args, **kwargs)
        if len(teams) > 1:
            self.fields["team"] = forms.ModelChoiceField(
                Team.objects.filter(pk__in=[team.pk for team in teams]),
                label=gettext_lazy("Back to"),
                initial=teams[0].pk,
                empty_label=None,
                required=False,
            )
            dress(self.fields["team"])
            self.order_fields(["team", "reason"])


class ShareForm(ActionForm):
    def __init__(self, *args, reader: User, with_teams: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["user"] = PersonField(
            reader=reader,
            required=False,
            label=gettext_lazy("Person"),
            help_text=gettext_lazy("They see the ticket and can write in it."),
        )
        if with_teams:
            self.fields["team"] = forms.ModelChoiceField(
                teams_to_assign(), required=False, label=gettext_lazy("Or a team"), empty_label="–"
            )
            dress(self.fields["team"])
        dress(self.fields["user"])


class TagsForm(ActionForm):
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("Separated by commas. Leave it empty to take all away."),
    )

    def clean_tags(self) -> list[str]:
        return tags_in(self.cleaned_data["tags"])


class ItemsForm(ActionForm):
    """What else a ticket is about: devices of its requester to tick, and any other item by its number. `items` is what
    was chosen.
    """

    def __init__(self, *args, reader: User, ticket: Ticket, **kwargs):
        super().__init__(*args, **kwargs)
        named = set(ticket.items.values_list("pk", flat=True))
        # What came back may have been named by the first of two presses.
        theirs = [item.pk for item in items_of(reader, ticket.requester) if self.is_bound or item.pk not in named]
        if theirs:
            self.fields["devices"] = ItemChoices(
                items_in_use(reader).filter(pk__in=theirs), required=False, label=_("Devices of the requester")
            )
        self.fields["more"] = ItemsField(
            reader=reader,
            required=False,
            label=_("Other items") if theirs else _("Items"),
            help_text=_("Asset numbers, separated by commas. Words of a name, a place or a person bring suggestions."),
        )
        for field in self.fields.values():
            dress(field)

    def clean(self):
        data = super().clean()
        chosen = [*data.pop("devices", ()), *data.pop("more", ())]
        if not chosen and not self.errors:
            self.add_error("more", forms.ValidationError(_("Choose an item."), code="required"))
        return data | {"items": chosen}

    def refuse(self, refusal) -> None:
        refusal.field = "more" if refusal.field == "items" else refusal.field
        super().refuse(refusal)


def tags_in(text: str) -> list[str]:
    """Tags that are typed with commas between them, as they are kept."""
    return list(filter(None, (normalise(one_line(tag)) for tag in re.split(r"[,、，]", text))))


class OtherTicketForm(ActionForm):
    """Asks for another ticket: one of those that are like this one (`near`), or any by its number. `other` is what was
    chosen.
    """

    alike_label = gettext_lazy("Tickets like this one")
    other_label = gettext_lazy("Ticket")

    def __init__(self, *args, reader: User, near: Ticket, **kwargs):
        super().__init__(*args, **kwargs)
        self.reader = reader
        alike = [(each.number, _alike_words(each)) for each in alike_tickets(reader, near)]
        if alike:
            self.fields["alike"] = forms.ChoiceField(
                required=False, label=self.alike_label, choices=alike, widget=forms.RadioSelect
            )
        self.fields["other"] = TicketField(
            reader=reader,
            required=False,
            label=gettext_lazy("Another ticket") if alike else self.other_label,
            help_text=gettext_lazy("A number such as INC0000123. Words bring suggestions."),
        )
        for name in ("alike", "other"):
            if name in self.fields:
                dress(self.fields[name])
        self.order_fields(["alike", "other"])

    def clean(self):
        data = super().clean()
        picked = data.pop("alike", "")
        if "other" in data and data["other"] is None:
            if not picked:
                self.add_error("other", forms.ValidationError(_("Choose a ticket."), code="required"))
            else:
                data["other"] = get_ticket(self.reader, picked)
        return data


def _alike_words(ticket: Ticket) -> str:
    words = f"{ticket.number} {ticket.title} · {ticket.status_label}"
    if same := getattr(ticket, "same_items", None):
        words += " · " + _("same item: %(items)s") % {"items": _(", ").join(same)}
    return words


class LinkForm(OtherTicketForm):
    kind = forms.ChoiceField(
        label=gettext_lazy("This ticket is"),
        choices=TicketLink.BY_HAND,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields(["kind"])


class MergeForm(OtherTicketForm):
    """`ask_agreement` adds the question whether people may read what they could not read before."""

    other_label = gettext_lazy("It goes on in")
    tell = forms.BooleanField(
        required=False, initial=True, label=gettext_lazy("Tell the requester by mail where it goes on")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "agreed" in self.data:
            self.ask_agreement()

    def ask_agreement(self) -> None:
        self.fields["agreed"] = forms.BooleanField(required=False, label=_("They may read it"))
        dress(self.fields["agreed"])


class ForwardForm(ActionForm):
    body = TextField(label=gettext_lazy("Your words"), max_length=MOST_LETTERS)

    def __init__(self, *args, reader: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"] = PeopleField(
            reader=reader,
            label=gettext_lazy("To"),
            help_text=gettext_lazy("They do not see the ticket. What they answer comes back as an internal note."),
        )
        self.fields["to"].widget.attrs.update(suggesting("copies-found", "tickets:people"))
        dress(self.fields["to"])
        self.order_fields(["to"])


class MoveMessageForm(OtherTicketForm):
    other_label = gettext_lazy("To the ticket")


class WorkForm(ActionForm):
    minutes = WholeNumberField(label=gettext_lazy("Minutes"))
    worked_on = forms.DateField(label=gettext_lazy("On"), required=False, widget=forms.DateInput)
    note = forms.CharField(label=gettext_lazy("What for"), required=False, max_length=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["worked_on"].initial = timezone.localdate


class StopForm(ActionForm):
    """What to log of a timer: without minutes what it measured, rounded."""

    minutes = WholeNumberField(label=gettext_lazy("Minutes"), required=False)
    note = forms.CharField(label=gettext_lazy("What for"), required=False, max_length=200)

    def __init__(self, *args, timer: WorkTimer | None, **kwargs):
        super().__init__(*args, **kwargs)
        if timer is not None and timer.is_forgotten:
            self.fields["minutes"].required = True
            self.fields["minutes"].help_text = _("How long you really worked.")
        elif timer is not None:
            self.fields["minutes"].help_text = _("Leave it empty to log %(time)s.") % {"time": duration(timer.rounded)}


class ConfidentialForm(ActionForm):
    is_confidential = forms.BooleanField(
        label=gettext_lazy("Confidential"),
        required=False,
        help_text=gettext_lazy("Only the requester, the team, the assignee and the people named on it see the ticket."),
    )


# What the steps of the life cycle ask, shared by the processes -------------------------------------------------------


class PlainForm(ActionForm):
    """A step that asks nothing."""


class AskForm(ActionForm):
    message = TextField(
        label=gettext_lazy("Your question"), help_text=gettext_lazy("The answer resumes the work by itself.")
    )
    files = FilesField(label=gettext_lazy("Files"))


class VendorForm(ActionForm):
    note_text = TextField(
        label=gettext_lazy("What we wait for"), required=False, help_text=gettext_lazy("Kept as an internal note.")
    )


class UntilForm(ActionForm):
    agreed_on = forms.DateField(
        label=gettext_lazy("Agreed date"),
        widget=forms.DateInput,
        help_text=gettext_lazy("The targets rest until this day; on its morning the desk goes on by itself."),
    )
    note_text = TextField(
        label=gettext_lazy("What was agreed"), required=False, help_text=gettext_lazy("Kept as an internal note.")
    )


class ThankForm(ActionForm):
    word = TextField(
        label=gettext_lazy("A word with it, if you like"),
        required=False,
        max_length=MOST_WORD,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReopenForm(ActionForm):
    reason = TextField(label=gettext_lazy("What is not right yet"))


class SendBackForm(ActionForm):
    reason = TextField(label=gettext_lazy("What is missing yet"), help_text=gettext_lazy("Kept as an internal note."))


class CancelForm(ActionForm):
    reason = TextField(
        label=gettext_lazy("Why"), required=False, help_text=gettext_lazy("The requester reads this as a reply.")
    )


class ResolveForm(ActionForm):
    resolution = TextField(
        label=gettext_lazy("What solved it"), help_text=gettext_lazy("The requester reads this and can reopen.")
    )
    of_ticket = True

    def __init__(self, *args, reader: User, ticket: Ticket, **kwargs):
        super().__init__(*args, **kwargs)
        count = unresolved_children(reader, ticket).count()
        if count:
            label = ngettext(
                "Resolve its %(count)d child with the same text", "Resolve its %(count)d children with the same text",
                count,
            )  # fmt: skip
            self.fields["children"] = forms.BooleanField(required=False, initial=True, label=label % {"count": count})
            dress(self.fields["children"])
