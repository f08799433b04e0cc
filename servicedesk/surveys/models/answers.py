"""Who is asked, and what was answered. In an anonymous survey nothing leads from the one to the other: an invitation
knows only that it was answered, and answers know neither person nor invitation nor hour, and have random keys, because
numbers that grow would tell the order in which they came.
"""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models import Department, User
from servicedesk.web.text import check_lines

from .surveys import Survey, SurveyQuestion


class Side(models.TextChoices):
    USERS = "users", _("Users")
    DESK = "desk", _("The desk about itself")


class Invitation(models.Model):
    """That one person is asked, once. `sent_at` is empty until its mail is written, which makes this table the queue.
    `answered` has no time beside it.
    """

    survey = models.ForeignKey(Survey, models.PROTECT, db_index=False, related_name="invitations")
    person = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="+")
    side = models.CharField(max_length=5, choices=Side, default=Side.USERS)
    department = models.ForeignKey(Department, models.PROTECT, null=True, db_index=False, related_name="+")
    sent_at = models.DateTimeField(null=True)
    answered = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["survey", "person"], name="survey_invitation_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(sent_at__isnull=True), name="survey_to_send"),
            models.Index(fields=["person"], condition=Q(answered=False), name="survey_to_answer"),
        ]

    def __str__(self):
        return f"{self.survey_id} {self.pk}"


class SurveyReminder(models.Model):
    """That somebody was reminded, once for each day that the survey names."""

    invitation = models.ForeignKey(Invitation, models.CASCADE, db_index=False, related_name="reminders")
    days_before = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invitation", "days_before"], name="survey_reminder_once")]

    def __str__(self):
        return f"{self.invitation_id} {self.days_before}"


class Response(models.Model):
    """One filled-in survey. `person` is empty in an anonymous one, `department` where too few of it were asked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, models.PROTECT, db_index=False, related_name="responses")
    side = models.CharField(max_length=5, choices=Side, default=Side.USERS)
    on = models.DateField(default=timezone.localdate)
    department = models.ForeignKey(Department, models.PROTECT, null=True, db_index=False, related_name="+")
    person = models.ForeignKey(User, models.PROTECT, null=True, db_index=False, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["survey", "person"], name="survey_response_once")]
        indexes = [models.Index(fields=["survey", "side"], name="survey_responses")]

    def __str__(self):
        return str(self.pk)


class Answer(models.Model):
    """What was answered to one question: a mark, the place of a choice (from 0), or words."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    response = models.ForeignKey(Response, models.PROTECT, db_index=False, related_name="answers")
    question = models.ForeignKey(SurveyQuestion, models.PROTECT, related_name="answers")
    mark = models.PositiveSmallIntegerField(null=True)
    choice = models.PositiveSmallIntegerField(null=True)
    words = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "question"], name="survey_answer_once"),
            models.CheckConstraint(
                condition=Q(mark__isnull=True) | Q(mark__gte=1, mark__lte=5), name="survey_answer_mark"
            ),
        ]

    def __str__(self):
        return str(self.pk)


class GapFinding(models.Model):
    """Why users and desk judge an item differently by a point or more, and whether that hangs on single people."""

    class Dependence(models.TextChoices):
        NONE = "none", _("Does not hang on single people")
        PARTLY = "partly", _("Hangs partly on single people")
        MAINLY = "mainly", _("Hangs mainly on single people")

    question = models.OneToOneField(SurveyQuestion, models.PROTECT, primary_key=True, related_name="finding")
    cause = models.TextField(_("cause"), max_length=2_000, validators=[check_lines])
    dependence = models.CharField(_("tie to person-dependence"), max_length=6, choices=Dependence)
    dependence_words = models.TextField(
        _("in what way"), max_length=2_000, blank=True, validators=[check_lines]
    )  # fmt: skip
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("cause of a gap")

    def __str__(self):
        return str(self.question_id)
