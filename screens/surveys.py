"""A survey in each of its states, and ratings, in which all that their pages can say is said."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from servicedesk.people.models import User
from servicedesk.surveys.actions import (
    answer_survey,
    close_survey,
    explain_gap,
    from_template,
    rate_ticket,
    send_survey,
)
from servicedesk.surveys.models import RatingAsked, Survey
from servicedesk.surveys.queries.results import results_of
from servicedesk.surveys.queries.surveys import groups_of
from servicedesk.surveys.tokens import invitation_token, rating_token
from servicedesk.tickets.models import Ticket


@dataclass(frozen=True)
class Key:
    """What stands in the address of a link."""

    pk: str


def surveys(admin: User, lead: User, staff: User, closed: Ticket) -> dict[str, object]:
    """`closed` is a ticket of `staff`, which is rated low."""
    draft = from_template("half_yearly", by=admin, via="command")
    found: dict[str, object] = {"survey_draft": draft, "survey_group": draft.groups.first()}
    found["survey_question"] = draft.groups.first().questions.first()
    for name in ("survey_done", "survey_open"):
        survey = from_template("half_yearly", by=admin, via="command")
        Survey.objects.filter(pk=survey.pk).update(closes_on=timezone.localdate() + timedelta(days=10))
        survey.refresh_from_db()
        send_survey(survey, by=admin, via="command")
        found[name] = survey
        keep = survey.invitations.filter(person=staff)
        for number, invitation in enumerate(survey.invitations.exclude(pk__in=keep).order_by("person_id")[:30]):
            _answer(invitation, number)
    done, opened = found["survey_done"], found["survey_open"]
    found["survey_link"] = Key(invitation_token(opened.invitations.get(person=staff).pk))
    close_survey(done, by=admin, via="command")
    marked = results_of(done).marked
    found["survey_marked"] = (marked[0] if marked else results_of(done).groups[0].items[0]).question
    if marked:
        explain_gap(
            marked[0].question, by=lead, via="command", cause="手順を知る人が一人しかいません。", dependence="mainly",
            dependence_words="手順書を作り、二人で対応します。",
        )  # fmt: skip
    Ticket.objects.filter(pk=closed.pk).update(closed_at=timezone.now())
    closed.refresh_from_db()
    RatingAsked.objects.update_or_create(ticket=closed, defaults={"person": staff})
    found["rating_link"] = Key(rating_token(closed.pk, staff.pk, 2))
    rate_ticket(closed, by=staff, via="command", mark=2, words="直るまでに三日かかり、途中の連絡がありませんでした。")
    return found


def _answer(invitation, number: int) -> None:
    """Users are stricter than the desk, and each group has its own height."""
    answers = {}
    for place, group in enumerate(groups_of(invitation.survey)):
        for question in group.questions.all():
            high = 5 if invitation.side == "desk" else 4 - (place + number) % 3
            answers[question.pk] = max(high, 1)
    answer_survey(invitation, answers)
