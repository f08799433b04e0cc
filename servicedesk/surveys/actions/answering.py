"""Taking what somebody answers. In an anonymous survey nothing is kept of who it was."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused
from servicedesk.web.text import lines

from ..models import Answer, Invitation, Response, Survey, SurveyQuestion
from ..queries.results import FEWEST

_Kind = SurveyQuestion.Kind


@transaction.atomic
def answer_survey(invitation: Invitation, answers: Mapping[int, Any]) -> None:
    """Keep what somebody answered, by id of the question: a mark, the place of a choice, or words. Once only: the
    invitation is used up by it.

    Refuses an invitation that was used, a survey that takes no answers any more, questions of another survey, and, at
    the field `q12`, a mark outside 1 to 5, a choice that there is not, too many words, and a question that must be
    answered and was not.
    """
    invitation.refresh_from_db(from_queryset=Invitation.objects.select_for_update())
    survey = Survey.objects.select_for_update(no_key=True).get(pk=invitation.survey_id)
    if invitation.answered or not survey.takes_answers:
        raise Refused(_("This survey cannot be answered any more."), code="closed")
    questions = list(SurveyQuestion.objects.filter(group__survey=survey))
    if set(answers) - {question.pk for question in questions}:
        raise Refused(_("This question is not in the survey."), code="invalid")
    kept = [one for question in questions if (one := _answer(question, answers.get(question.pk))) is not None]
    if not kept:
        raise Refused(_("Nothing is answered yet."), code="empty")
    response = Response(survey=survey, side=invitation.side, on=timezone.localdate())
    if survey.is_anonymous:
        of_department = Invitation.objects.filter(
            survey=survey, side=invitation.side, department=invitation.department_id
        )
        if invitation.department_id and of_department.count() >= FEWEST:
            response.department_id = invitation.department_id
    else:
        response.department_id, response.person_id = invitation.department_id, invitation.person_id
    response.save(force_insert=True)
    for one in kept:
        one.response = response
    Answer.objects.bulk_create(kept)
    invitation.answered = True
    invitation.save(update_fields=["answered"])


def _answer(question: SurveyQuestion, given: Any) -> Answer | None:
    field = f"q{question.pk}"
    if given is None or given == "" or (isinstance(given, str) and not given.strip()):
        if question.is_required:
            raise Refused(_("Please answer this question."), field=field, code="required")
        return None
    if question.kind == _Kind.TEXT:
        words = lines(given).strip() if isinstance(given, str) else ""
        if not words:
            raise Refused(_("Please answer in words."), field=field, code="invalid")
        if len(words) > SurveyQuestion.MOST_WORDS:
            raise Refused(
                _("This has %(count)d letters; at most %(most)d are possible.")
                % {"count": len(words), "most": SurveyQuestion.MOST_WORDS},
                field=field,
            )  # fmt: skip
        return Answer(question=question, words=words)
    if type(given) is not int:
        raise Refused(_("Please choose one of the answers."), field=field, code="invalid")
    if question.kind == _Kind.MARK:
        if not 1 <= given <= 5:
            raise Refused(_("A mark is a number from 1 to 5."), field=field, code="invalid")
        return Answer(question=question, mark=given)
    if not 0 <= given < len(question.choices_ja):
        raise Refused(_("Please choose one of the answers."), field=field, code="invalid")
    return Answer(question=question, choice=given)
