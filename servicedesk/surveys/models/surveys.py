"""A survey and its questions. While it is a draft everything can be changed; its wording is fixed once it is sent."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models import Department, User
from servicedesk.web.text import check_lines, check_one_line


def in_language(row: models.Model, name: str) -> str:
    """The Japanese or English words of a field, whichever is there in the language that is set, else the other."""
    ja, en = getattr(row, f"{name}_ja"), getattr(row, f"{name}_en")
    return (en or ja) if (get_language() or "")[:2] == "en" else (ja or en)


def three_days() -> list[int]:
    return [3]


class Survey(models.Model):
    """`series` is what surveys share that ask the same again and again: a copy has that of its original. `audience`
    says which staff are asked, `desk` who of the desk answers the same about itself.
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("survey", "Draft")
        OPEN = "open", pgettext_lazy("survey", "Open")
        CLOSED = "closed", pgettext_lazy("survey", "Closed")

    class Audience(models.TextChoices):
        ALL = "all", _("All staff")
        COUNT = "count", _("A random sample: so many people")
        SHARE = "share", _("A random sample: so many percent")
        DEPARTMENTS = "departments", _("Departments, with those below them")

    class Desk(models.TextChoices):
        NONE = "none", _("Nobody")
        LEADS = "leads", _("Leads")
        AGENTS = "agents", _("All agents and leads")
        NAMED = "named", _("Those who are named")

    series = models.CharField(max_length=40, db_index=True)
    title_ja = models.CharField(_("title in Japanese"), max_length=120, validators=[check_one_line])
    title_en = models.CharField(_("title in English"), max_length=120, validators=[check_one_line])
    intro_ja = models.TextField(_("introduction in Japanese"), max_length=2_000, blank=True, validators=[check_lines])
    intro_en = models.TextField(_("introduction in English"), max_length=2_000, blank=True, validators=[check_lines])
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.DRAFT)
    is_anonymous = models.BooleanField(_("anonymous"), default=True)
    audience = models.CharField(_("who is asked"), max_length=12, choices=Audience, default=Audience.ALL)
    amount = models.PositiveIntegerField(_("how many"), null=True, blank=True)
    departments = models.ManyToManyField(Department, verbose_name=_("departments"), blank=True, related_name="+")
    desk = models.CharField(_("who of the desk"), max_length=6, choices=Desk, default=Desk.NONE)
    desk_people = models.ManyToManyField(User, verbose_name=_("people of the desk"), blank=True, related_name="+")
    closes_on = models.DateField(_("last day"), null=True, blank=True)
    remind_before = ArrayField(
        models.PositiveSmallIntegerField(validators=[MaxValueValidator(90)]), verbose_name=_("reminders"), blank=True,
        default=three_days,
    )  # fmt: skip
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    opened_at = models.DateTimeField(_("sent"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        verbose_name = _("survey")
        indexes = [
            models.Index(fields=["-made_at", "-id"], name="survey_by_time"),
            models.Index(fields=["closes_on"], condition=models.Q(state="open"), name="survey_open"),
        ]

    def __str__(self):
        return self.title

    @property
    def title(self) -> str:
        return in_language(self, "title")

    @property
    def intro(self) -> str:
        return in_language(self, "intro")

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def takes_answers(self) -> bool:
        return self.state == self.State.OPEN and self.closes_on is not None and timezone.localdate() <= self.closes_on


class SurveyGroup(models.Model):
    survey = models.ForeignKey(Survey, models.CASCADE, db_index=False, related_name="groups")
    key = models.CharField(max_length=40)
    place = models.PositiveSmallIntegerField()
    title_ja = models.CharField(_("title in Japanese"), max_length=120, validators=[check_one_line])
    title_en = models.CharField(_("title in English"), max_length=120, validators=[check_one_line])

    class Meta:
        ordering = ["place", "id"]
        verbose_name = _("group of questions")
        constraints = [models.UniqueConstraint(fields=["survey", "key"], name="survey_group_once")]

    def __str__(self):
        return self.title

    @property
    def title(self) -> str:
        return in_language(self, "title")


class SurveyQuestion(models.Model):
    """`key` is the same in every survey of a series that asks the same. Choices stand in both languages, in the same
    order.
    """

    class Kind(models.TextChoices):
        MARK = "mark", _("A mark from 1 to 5")
        CHOICE = "choice", _("One of several")
        TEXT = "text", _("Words")

    MOST_CHOICES = 20
    MOST_WORDS = 2_000

    group = models.ForeignKey(SurveyGroup, models.CASCADE, db_index=False, related_name="questions")
    key = models.CharField(max_length=40)
    place = models.PositiveSmallIntegerField()
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.MARK)
    text_ja = models.CharField(_("question in Japanese"), max_length=300, validators=[check_one_line])
    text_en = models.CharField(_("question in English"), max_length=300, validators=[check_one_line])
    is_required = models.BooleanField(_("must be answered"), default=True)
    choices_ja = ArrayField(
        models.CharField(max_length=120, validators=[check_one_line]), verbose_name=_("choices in Japanese"),
        default=list, blank=True,
    )  # fmt: skip
    choices_en = ArrayField(
        models.CharField(max_length=120, validators=[check_one_line]), verbose_name=_("choices in English"),
        default=list, blank=True,
    )  # fmt: skip

    class Meta:
        ordering = ["place", "id"]
        verbose_name = _("question of a survey")
        constraints = [models.UniqueConstraint(fields=["group", "key"], name="survey_question_once")]

    def __str__(self):
        return self.text

    @property
    def text(self) -> str:
        return in_language(self, "text")

    @property
    def choices(self) -> list[str]:
        return in_language(self, "choices")  # type: ignore[return-value]
