"""Reads of surveys: the list, one with its questions, who is asked, and what is due to be sent."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from servicedesk.people.models import Role, User
from servicedesk.people.queries import departments_below, get_or_404

from ..models import Invitation, Side, Survey, SurveyGroup, SurveyQuestion, SurveyReminder
from ..tokens import read_invitation_token


def visible_surveys(user: User) -> QuerySet[Survey]:
    """All for those who read results; newest first."""
    rows = Survey.objects.order_by("-made_at", "-id").select_related("made_by")
    return rows if user.may("surveys.see") else rows.none()


def for_list(rows: QuerySet[Survey]) -> QuerySet[Survey]:
    """With how many were asked and have answered."""
    return rows.annotate(
        asked=Count("invitations", distinct=True),
        answered=Count("invitations", filter=Q(invitations__answered=True), distinct=True),
    )


def get_survey(user: User, pk: int) -> Survey:
    return get_or_404(visible_surveys(user), pk=pk)


def groups_of(survey: Survey) -> list[SurveyGroup]:
    """In their order, with their questions: two reads."""
    questions = Prefetch("questions", SurveyQuestion.objects.order_by("place", "id"))
    return list(survey.groups.prefetch_related(questions).order_by("place", "id"))


def get_group(survey: Survey, pk: int) -> SurveyGroup:
    return get_or_404(survey.groups.all(), pk=pk)


def get_question(survey: Survey, pk: int) -> SurveyQuestion:
    return get_or_404(SurveyQuestion.objects.filter(group__survey=survey).select_related("group"), pk=pk)


# --- who is asked ---------------------------------------------------------------------------------------------------


def staff() -> QuerySet[User]:
    """Everybody who can be asked: at work here and reached by mail."""
    return User.objects.filter(is_active=True, is_guest=False).exclude(email="").order_by("pk")


def desk_of(survey: Survey) -> QuerySet[User]:
    """Those who answer for the desk."""
    match survey.desk:
        case Survey.Desk.LEADS:
            return staff().filter(role_rows__role=Role.LEAD).distinct()
        case Survey.Desk.AGENTS:
            return staff().filter(role_rows__role__in=(Role.LEAD, Role.AGENT)).distinct()
        case Survey.Desk.NAMED:
            return staff().filter(pk__in=survey.desk_people.values("pk"))
    return staff().none()


def audience_of(survey: Survey, desk: list[int]) -> QuerySet[User]:
    """The staff from whom the sample is drawn: nobody who answers for the desk."""
    people = staff().exclude(pk__in=desk)
    if survey.audience == Survey.Audience.DEPARTMENTS:
        chosen = {below for pk in survey.departments.values_list("pk", flat=True) for below in departments_below(pk)}
        return people.filter(department__in=chosen)
    return people


def surveys_waiting(person: User) -> list[Invitation]:
    """The surveys that wait for somebody: one read."""
    rows = Invitation.objects.filter(
        person=person, answered=False, survey__state=Survey.State.OPEN, survey__closes_on__gte=timezone.localdate()
    )
    return list(rows.select_related("survey").order_by("survey__closes_on", "pk"))


def my_invitation(person: User, survey: int) -> Invitation:
    """The person's own invitation to a survey that takes answers; answered ones and others' are not there."""
    rows = Invitation.objects.filter(person=person, answered=False).select_related("survey", "person")
    found = get_or_404(rows, survey=survey)
    return found if found.survey.takes_answers else get_or_404(rows.none(), pk=0)


def invitation_by_token(token: str) -> Invitation | None:
    """The invitation of a link that still works; None of anything else, which all looks the same."""
    pk = read_invitation_token(token)
    if pk is None:
        return None
    rows = Invitation.objects.select_related("survey", "person").filter(person__is_active=True, answered=False)
    found = rows.filter(pk=pk).first()
    return found if found is not None and found.survey.takes_answers else None


def progress_of(survey: Survey) -> dict[str, dict[str, int]]:
    """By side: how many are asked, written to, and have answered. Never who."""
    found = {side.value: {"asked": 0, "sent": 0, "answered": 0} for side in Side}
    counts = survey.invitations.order_by().values_list("side").annotate(
        asked=Count("pk"), sent=Count("pk", filter=Q(sent_at__isnull=False)),
        answered=Count("pk", filter=Q(answered=True)),
    )  # fmt: skip
    for side, asked, sent, answered in counts:
        found[side] = {"asked": asked, "sent": sent, "answered": answered}
    return found


# --- what is due ----------------------------------------------------------------------------------------------------


def to_send(limit: int) -> list[int]:
    """Invitations whose mail is still to be written."""
    rows = Invitation.objects.filter(sent_at__isnull=True, survey__state=Survey.State.OPEN)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def to_remind(today: date, limit: int) -> Iterator[SurveyReminder]:
    """Unsaved reminders for those who have not answered: of the days that a survey names only the nearest to its end
    that was reached, so that a desk which stood still reminds once.
    """
    for survey in Survey.objects.filter(state=Survey.State.OPEN, closes_on__gte=today).order_by("pk"):
        if survey.closes_on is None:
            continue
        left = (survey.closes_on - today).days
        reached = [days for days in survey.remind_before if left <= days]
        # Whoever was written to today needs no reminder of it.
        if not reached or (survey.opened_at and timezone.localdate(survey.opened_at) >= today):
            continue
        days = min(reached)
        reminded = SurveyReminder.objects.filter(invitation=OuterRef("pk"), days_before=days)
        rows = survey.invitations.filter(~Exists(reminded), answered=False, sent_at__isnull=False)
        for invitation in rows.select_related("person", "survey").order_by("pk")[:limit]:
            yield SurveyReminder(invitation=invitation, days_before=days)


def to_close(today: date) -> list[Survey]:
    return list(Survey.objects.filter(state=Survey.State.OPEN, closes_on__lt=today).order_by("pk"))


def days_left(survey: Survey) -> int:
    return max((survey.closes_on - timezone.localdate()) // timedelta(days=1), 0) if survey.closes_on else 0
