"""Forms of ratings and surveys."""

import re
from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.people.forms import AskerForm
from servicedesk.people.models import Department, User
from servicedesk.people.queries import tree
from servicedesk.tickets.forms import PeopleField, suggesting
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.forms import ActionForm, TextField, WholeNumberField, dress
from servicedesk.web.text import digits

from .models import MARKS, GapFinding, Rating, Survey, SurveyGroup, SurveyQuestion

_SHORT = forms.Textarea(attrs={"rows": "3"})


class RatingForm(ActionForm):
    """A mark and, if one likes, words."""

    mark = forms.TypedChoiceField(
        label=gettext_lazy("How satisfied are you with how this was handled?"), coerce=int, widget=forms.RadioSelect,
        choices=[(mark, label) for mark, label in MARKS],
    )  # fmt: skip
    words = TextField(
        label=gettext_lazy("A few words, if you like"), max_length=Rating.MOST_WORDS, required=False, widget=_SHORT
    )


class RatingSettingsForm(ActionForm):
    is_on = forms.BooleanField(label=gettext_lazy("Ask after closing"), required=False)
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of ticket"), choices=TicketType.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    low_mark = WholeNumberField(
        label=gettext_lazy("A mark is low up to"), min_value=1, max_value=4,
        help_text=gettext_lazy("The lead of the team hears of it at once."),
    )  # fmt: skip
    answer_days = WholeNumberField(label=gettext_lazy("Days to answer"), min_value=1, max_value=365)
    change_days = WholeNumberField(
        label=gettext_lazy("Days in which an answer may be changed"), min_value=0, max_value=365
    )
    pause_days = WholeNumberField(
        label=gettext_lazy("Days without a second question to the same person"), min_value=0, max_value=365,
        help_text=gettext_lazy("0 asks after each closing."),
    )  # fmt: skip


class SurveyForm(AskerForm):
    """The settings of a draft."""

    title_ja = forms.CharField(label=gettext_lazy("Title in Japanese"), max_length=120)
    title_en = forms.CharField(label=gettext_lazy("Title in English"), max_length=120)
    intro_ja = TextField(
        label=gettext_lazy("Introduction in Japanese"), max_length=2_000, required=False, widget=_SHORT
    )  # fmt: skip
    intro_en = TextField(label=gettext_lazy("Introduction in English"), max_length=2_000, required=False, widget=_SHORT)
    is_anonymous = forms.BooleanField(
        label=gettext_lazy("Anonymous"), required=False,
        help_text=gettext_lazy(
            "Answers are kept without person and hour, and nobody can find out who said what. Results show when the"
            " survey is closed and five people have answered."
        ),
    )  # fmt: skip
    audience = forms.ChoiceField(label=gettext_lazy("Who is asked"), choices=Survey.Audience.choices)
    amount = WholeNumberField(
        label=gettext_lazy("How many people or percent"), min_value=1, max_value=1_000_000, required=False,
        help_text=gettext_lazy("Of a random sample."),
    )  # fmt: skip
    departments = forms.ModelMultipleChoiceField(
        Department.objects.none(), label=gettext_lazy("Departments"), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    desk = forms.ChoiceField(
        label=gettext_lazy("Who answers for the desk"), choices=Survey.Desk.choices,
        help_text=gettext_lazy("They answer the same questions about the desk, beside the users."),
    )  # fmt: skip
    closes_on = forms.DateField(label=gettext_lazy("Last day"), required=False, widget=forms.DateInput)
    remind_before = forms.CharField(
        label=gettext_lazy("Reminders, days before the end"), max_length=40, required=False,
        help_text=gettext_lazy("With commas: 7, 2. Only those are reminded who have not answered."),
    )  # fmt: skip

    ORDER = (
        "title_ja", "title_en", "intro_ja", "intro_en", "is_anonymous", "audience", "amount", "departments", "desk",
        "desk_people", "closes_on", "remind_before",
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        nodes = tree(Department.objects.filter(is_active=True).select_related(None))
        departments = self.fields["departments"]
        departments.queryset = Department.objects.filter(pk__in=[row.pk for _depth, row in nodes])
        departments.choices = [(row.pk, f"{'– ' * depth}{row}") for depth, row in nodes]
        self.fields["desk_people"] = PeopleField(
            reader=self.asker, required=False, label=gettext_lazy("People of the desk"),
            help_text=gettext_lazy("Agents or leads, separated by commas, when they are named."),
        )  # fmt: skip
        self.fields["desk_people"].widget.attrs.update(suggesting("copies-found", "tickets:people"))
        dress(self.fields["desk_people"])
        self.order_fields(self.ORDER)

    def clean_desk_people(self) -> list[User]:
        people = self.cleaned_data["desk_people"]
        for one in people:
            if not isinstance(one, User) or not (one.is_agent or one.is_lead):
                raise ValidationError(
                    _("%(name)s is no agent."), params={"name": one if isinstance(one, str) else one.display_name}
                )
        return people

    def clean_departments(self) -> list[Department]:
        return list(self.cleaned_data["departments"])

    def clean_remind_before(self) -> list[int]:
        return whole_numbers(self.cleaned_data["remind_before"], most=90)

    @classmethod
    def initial_of(cls, survey: Survey) -> dict:
        initial = {name: getattr(survey, name) for name in cls.base_fields if name != "departments"}
        return initial | {
            "departments": [row.pk for row in survey.departments.all()],
            "desk_people": list(survey.desk_people.all()),
            "remind_before": ", ".join(map(str, survey.remind_before)),
        }


def whole_numbers(typed: str, *, most: int) -> list[int]:
    """Numbers with commas between them, in half or full width."""
    found = []
    for part in re.split(r"[,、，\s]+", typed.strip()):
        if not part:
            continue
        plain = digits(part)
        if not (plain.isascii() and plain.isdigit() and len(plain) < 4 and int(plain) <= most):
            raise ValidationError(
                _("“%(part)s” is no whole number up to %(most)d."), params={"part": part[:20], "most": most}
            )
        found.append(int(plain))
    return found


class GroupForm(ActionForm):
    title_ja = forms.CharField(label=gettext_lazy("Title in Japanese"), max_length=120)
    title_en = forms.CharField(label=gettext_lazy("Title in English"), max_length=120)

    @classmethod
    def initial_of(cls, group: SurveyGroup) -> dict:
        return {"title_ja": group.title_ja, "title_en": group.title_en}


class ChoicesField(TextField):
    """One choice a line."""

    widget = forms.Textarea

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value) -> list[str]:
        return [line.strip() for line in super().clean(value).split("\n") if line.strip()]


class QuestionForm(ActionForm):
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=SurveyQuestion.Kind.choices)
    text_ja = forms.CharField(label=gettext_lazy("Question in Japanese"), max_length=300)
    text_en = forms.CharField(label=gettext_lazy("Question in English"), max_length=300)
    choices_ja = ChoicesField(
        label=gettext_lazy("Choices in Japanese"), max_length=2_600, required=False, widget=_SHORT,
        help_text=gettext_lazy("One on a line; only for a question with choices."),
    )  # fmt: skip
    choices_en = ChoicesField(
        label=gettext_lazy("Choices in English"), max_length=2_600, required=False, widget=_SHORT,
        help_text=gettext_lazy("As many, in the same order."),
    )  # fmt: skip
    is_required = forms.BooleanField(label=gettext_lazy("Must be answered"), required=False, initial=True)

    @classmethod
    def initial_of(cls, question: SurveyQuestion) -> dict:
        return {name: getattr(question, name) for name in cls.base_fields}


class AnswerForm(ActionForm):
    """A survey to be filled in: a field `q12` for each question."""

    def __init__(self, *args, groups: Sequence[SurveyGroup], **kwargs):
        super().__init__(*args, **kwargs)
        self.groups = groups
        for group in groups:
            for question in group.questions.all():
                field = self._field(question)
                dress(field)
                self.fields[f"q{question.pk}"] = field

    def _field(self, question: SurveyQuestion) -> forms.Field:
        how = {"label": question.text, "required": question.is_required}
        match question.kind:
            case SurveyQuestion.Kind.MARK:
                marks = [(mark, mark) for mark in (1, 2, 3, 4, 5)]
                return _number_of(marks, how)
            case SurveyQuestion.Kind.CHOICE:
                return _number_of(list(enumerate(question.choices)), how)
        return TextField(max_length=SurveyQuestion.MOST_WORDS, widget=forms.Textarea(attrs={"rows": "3"}), **how)

    def in_groups(self):
        """(group, [(question, its field)]) in their order, for the page."""
        return [
            (group, [(question, self[f"q{question.pk}"]) for question in group.questions.all()])
            for group in self.groups
        ]

    @property
    def answers(self) -> dict[int, int | str | None]:
        """As `answer_survey` takes them."""
        return {int(name[1:]): value for name, value in self.cleaned_data.items()}


def _number_of(choices: list, how: dict) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(choices=choices, coerce=int, empty_value=None, widget=forms.RadioSelect, **how)


class FindingForm(ActionForm):
    cause = TextField(
        label=gettext_lazy("Why the two differ"), max_length=2_000, widget=forms.Textarea(attrs={"rows": "4"})
    )
    dependence = forms.ChoiceField(
        label=gettext_lazy("Tie to person-dependence"), choices=GapFinding.Dependence.choices,
        widget=forms.RadioSelect,
    )  # fmt: skip
    dependence_words = TextField(
        label=gettext_lazy("In what way"), max_length=2_000, required=False, widget=_SHORT,
        help_text=gettext_lazy("Which topic, and what would help: writing down, pairing, rotating, training."),
    )  # fmt: skip
