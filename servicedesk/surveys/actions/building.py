"""Making a survey: its settings, groups and questions, as long as it is a draft."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max, Model
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import allow, audit, changed_fields, keep, lock, plain
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from ..models import Survey, SurveyGroup, SurveyQuestion
from ..queries.surveys import groups_of
from ..shipped import TEMPLATES

MOST_GROUPS, MOST_QUESTIONS = 40, 200
_SURVEY = (
    "title_ja", "title_en", "intro_ja", "intro_en", "is_anonymous", "audience", "amount", "desk", "closes_on",
    "remind_before",
)  # fmt: skip
_MANY = ("departments", "desk_people")
_QUESTION = ("kind", "text_ja", "text_en", "is_required", "choices_ja", "choices_en")


def be_draft(survey: Survey, by: User | None) -> None:
    """The row lock of a survey that may be changed. Refuses one that was sent: its wording is what people answered."""
    lock(survey)
    if by is not None:
        check(by, "surveys.change")
    if not survey.is_draft:
        raise Refused(_("This survey was sent, so its wording is fixed. Copy it to ask something else."), code="sent")


@transaction.atomic
def create_survey(*, by: User | None, via: str, series: str = "", **fields: Any) -> Survey:
    """Begin a draft. Without a `series` it is the first of its own."""
    if by is not None:
        check(by, "surveys.change")
    allow(fields, (*_SURVEY, *_MANY))
    many = {name: fields.pop(name) for name in _MANY if name in fields}
    survey = Survey(series=series or f"s{secrets.token_hex(8)}", made_by=by, **fields)
    _settings_fit(survey)
    keep(survey)
    for name, rows in many.items():
        getattr(survey, name).set(rows)
    audit(survey, "create", by=by, via=via, label=survey.title_ja, changes={"title_ja": [None, survey.title_ja]})
    return survey


@transaction.atomic
def change_survey(survey: Survey, *, by: User, via: str, **fields: Any) -> Survey:
    be_draft(survey, by)
    allow(fields, (*_SURVEY, *_MANY))
    changes = changed_fields(survey, {name: value for name, value in fields.items() if name in _SURVEY})
    _settings_fit(survey)
    keep(survey)
    for name in _MANY:
        if name in fields:
            before = list(getattr(survey, name).order_by("pk"))
            after = sorted(fields[name], key=lambda row: row.pk)
            if before != after:
                getattr(survey, name).set(after)
                changes[name] = [plain(before), plain(after)]
    if changes:
        audit(survey, "change", by=by, via=via, label=survey.title_ja, changes=changes)
    return survey


def _settings_fit(survey: Survey) -> None:
    """Refuses a sample without a size, a share of more than all, too many reminders, and a last day that is over."""
    kinds = Survey.Audience
    if survey.audience in (kinds.COUNT, kinds.SHARE):
        if not survey.amount:
            raise Refused(_("Say how large the sample is."), field="amount")
        if survey.audience == kinds.SHARE and survey.amount > 100:
            raise Refused(_("A share is at most 100 percent."), field="amount")
    elif survey.amount is not None:
        survey.amount = None
    survey.remind_before = sorted(set(survey.remind_before), reverse=True)
    if len(survey.remind_before) > 5:
        raise Refused(_("At most five reminders."), field="remind_before")
    if survey.closes_on is not None and survey.closes_on < timezone.localdate():
        raise Refused(_("The last day is over already."), field="closes_on")


@transaction.atomic
def delete_survey(survey: Survey, *, by: User, via: str) -> None:
    """Only a draft: what people answered stays."""
    be_draft(survey, by)
    audit(survey, "delete", by=by, via=via, label=survey.title_ja)
    survey.delete()


@transaction.atomic
def from_template(key: str, *, by: User, via: str) -> Survey:
    """A draft with all that a shipped template asks. Surveys from the same template are one series."""
    template = TEMPLATES.get(key)
    if template is None:
        raise Refused(_("There is no such template."), field="template")
    groups = [
        {
            "key": group.key, "title_ja": group.ja, "title_en": group.en,
            "questions": [{"key": item.key, "text_ja": item.ja, "text_en": item.en} for item in group.items],
        }
        for group in template.groups
    ]  # fmt: skip
    survey = create_survey(
        by=by, via=via, series=template.key, title_ja=template.title_ja, title_en=template.title_en,
        intro_ja=template.intro_ja, intro_en=template.intro_en, desk=Survey.Desk.AGENTS,
    )  # fmt: skip
    fill_survey(survey, groups)
    return survey


@transaction.atomic
def copy_survey(survey: Survey, *, by: User, via: str) -> Survey:
    """A new draft that asks the same of the same people, in the same series."""
    check(by, "surveys.change")
    fields = {name: getattr(survey, name) for name in _SURVEY if name != "closes_on"}
    many = {name: list(getattr(survey, name).all()) for name in _MANY}
    copy = create_survey(by=by, via=via, series=survey.series, **fields, **many)
    names = ("key", *_QUESTION)
    fill_survey(copy, [
        {
            "key": group.key, "title_ja": group.title_ja, "title_en": group.title_en,
            "questions": [{name: getattr(one, name) for name in names} for one in group.questions.all()],
        }
        for group in groups_of(survey)
    ])  # fmt: skip
    return copy


def fill_survey(survey: Survey, groups: Iterable[Mapping[str, Any]]) -> None:
    """Give a new draft its groups and questions, in the caller's transaction. Refuses more than anybody would answer,
    and everything that a single one is refused for, at `groups.2.questions.5.text_en`.
    """
    for number, said in enumerate(groups):
        if number >= MOST_GROUPS:
            raise Refused(_("At most %(most)d groups.") % {"most": MOST_GROUPS}, field="groups")
        group = SurveyGroup(
            survey=survey, place=number + 1, key=said.get("key") or new_key(),
            title_ja=said.get("title_ja", ""), title_en=said.get("title_en", ""),
        )  # fmt: skip
        _at(f"groups.{number}", group)
        for place, fields in enumerate(said.get("questions", ())):
            if place >= MOST_QUESTIONS:
                raise Refused(_("At most %(most)d questions.") % {"most": MOST_QUESTIONS}, field="groups")
            question = SurveyQuestion(group=group, place=place + 1, **{"key": new_key(), **fields})
            where = f"groups.{number}.questions.{place}"
            try:
                _choices_fit(question)
            except Refused as refusal:
                raise Refused(refusal.sentence, field=f"{where}.{refusal.field}") from None
            _at(where, question)


@transaction.atomic
def replace_groups(survey: Survey, groups: Iterable[Mapping[str, Any]], *, by: User, via: str) -> None:
    """Let a draft ask these questions instead of those that it has."""
    be_draft(survey, by)
    survey.groups.all().delete()
    fill_survey(survey, groups)
    count = SurveyQuestion.objects.filter(group__survey=survey).count()
    audit(survey, "change_questions", by=by, via=via, label=survey.title_ja, count=count)


def new_key() -> str:
    return f"q{secrets.token_hex(6)}"


def _at(where: str, row: Model) -> None:
    try:
        keep(row, taken=_("This key is used twice."), field="key")
    except Refused as refusal:
        raise Refused(refusal.sentence, field=f"{where}.{refusal.field}", code=refusal.code) from None


# --- one group or question ------------------------------------------------------------------------------------------


@transaction.atomic
def create_group(survey: Survey, *, by: User, via: str, title_ja: str, title_en: str) -> SurveyGroup:
    be_draft(survey, by)
    if survey.groups.count() >= MOST_GROUPS:
        raise Refused(_("At most %(most)d groups.") % {"most": MOST_GROUPS})
    group = SurveyGroup(
        survey=survey, key=new_key(), place=_next(survey.groups), title_ja=title_ja, title_en=title_en
    )  # fmt: skip
    keep(group)
    _say(survey, by, via, {"title_ja": [None, title_ja]}, "change_questions")
    return group


@transaction.atomic
def change_group(group: SurveyGroup, *, by: User, via: str, title_ja: str, title_en: str) -> SurveyGroup:
    be_draft(group.survey, by)
    lock(group)
    changes = changed_fields(group, {"title_ja": title_ja, "title_en": title_en})
    keep(group)
    _say(group.survey, by, via, changes, "change_questions")
    return group


@transaction.atomic
def delete_group(group: SurveyGroup, *, by: User, via: str) -> None:
    """With its questions."""
    be_draft(group.survey, by)
    _say(group.survey, by, via, {"title_ja": [group.title_ja, None]}, "change_questions")
    group.delete()


@transaction.atomic
def create_question(group: SurveyGroup, *, by: User, via: str, **fields: Any) -> SurveyQuestion:
    be_draft(group.survey, by)
    allow(fields, _QUESTION)
    if SurveyQuestion.objects.filter(group__survey=group.survey_id).count() >= MOST_QUESTIONS:
        raise Refused(_("At most %(most)d questions.") % {"most": MOST_QUESTIONS})
    question = SurveyQuestion(group=group, key=new_key(), place=_next(group.questions), **fields)
    _choices_fit(question)
    keep(question)
    _say(group.survey, by, via, {"text_ja": [None, question.text_ja]}, "change_questions")
    return question


@transaction.atomic
def change_question(question: SurveyQuestion, *, by: User, via: str, **fields: Any) -> SurveyQuestion:
    be_draft(question.group.survey, by)
    lock(question)
    allow(fields, _QUESTION)
    changes = changed_fields(question, fields)
    _choices_fit(question)
    keep(question)
    _say(question.group.survey, by, via, changes, "change_questions")
    return question


@transaction.atomic
def delete_question(question: SurveyQuestion, *, by: User, via: str) -> None:
    be_draft(question.group.survey, by)
    _say(question.group.survey, by, via, {"text_ja": [question.text_ja, None]}, "change_questions")
    question.delete()


def move_group(group: SurveyGroup, *, by: User, via: str, up: bool) -> None:
    """One place up or down; at the end nothing happens."""
    _move(group.survey, list(group.survey.groups.order_by("place", "id")), group, by, up)


def move_question(question: SurveyQuestion, *, by: User, via: str, up: bool) -> None:
    survey = question.group.survey
    _move(survey, list(question.group.questions.order_by("place", "id")), question, by, up)


@transaction.atomic
def _move(survey: Survey, rows: list[Any], row: Any, by: User, up: bool) -> None:
    be_draft(survey, by)
    at = rows.index(row)
    to = at - 1 if up else at + 1
    if 0 <= to < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
        for place, one in enumerate(rows, 1):
            if one.place != place:
                one.place = place
                one.save(update_fields=["place"])


def _next(rows: Any) -> int:
    return (rows.aggregate(most=Max("place"))["most"] or 0) + 1


def _say(survey: Survey, by: User, via: str, changes: Mapping[str, Any], verb: str) -> None:
    if changes:
        audit(survey, verb, by=by, via=via, label=survey.title_ja, changes=dict(changes))


def _choices_fit(question: SurveyQuestion) -> None:
    """A question to choose has 2 to 20 choices, as many in one language as in the other; any other has none."""
    if question.kind != SurveyQuestion.Kind.CHOICE:
        question.choices_ja, question.choices_en = [], []
        return
    if not 2 <= len(question.choices_ja) <= SurveyQuestion.MOST_CHOICES:
        raise Refused(_("Give 2 to 20 choices, one on a line."), field="choices_ja")
    if len(question.choices_ja) != len(question.choices_en):
        raise Refused(
            _("There must be as many choices in English as in Japanese, in the same order."), field="choices_en"
        )
