"""The question after closing: whom it was put to, and what they answered."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.text import check_lines

# Best first, as they are read.
MARKS = (
    (5, _("Very satisfied")),
    (4, _("Satisfied")),
    (3, _("Neither")),
    (2, _("Dissatisfied")),
    (1, _("Very dissatisfied")),
)


def all_kinds() -> list[str]:
    return list(TicketType.values)


class RatingSettings(models.Model):
    """Whether and whom we ask after closing: one row, and without it these defaults."""

    is_on = models.BooleanField(_("ask after closing"), default=True)
    kinds = ArrayField(
        models.CharField(max_length=20, choices=TicketType), verbose_name=_("kinds of ticket"), default=all_kinds,
        blank=True,
    )  # fmt: skip
    low_mark = models.PositiveSmallIntegerField(
        _("a low mark, of which leads hear, is at most"), default=2,
        validators=[MinValueValidator(1), MaxValueValidator(4)],
    )  # fmt: skip
    answer_days = models.PositiveSmallIntegerField(
        _("days to answer"), default=30, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    change_days = models.PositiveSmallIntegerField(
        _("days in which an answer may be changed"), default=14, validators=[MaxValueValidator(365)]
    )
    pause_days = models.PositiveSmallIntegerField(
        _("days without a second question to the same person"), default=0, validators=[MaxValueValidator(365)]
    )

    class Meta:
        verbose_name = _("question after closing")

    def __str__(self):
        return str(_("Question after closing"))


class RatingAsked(models.Model):
    """That the requester was asked when their ticket was closed; the row is what the links of the mail stand on."""

    ticket = models.OneToOneField(Ticket, models.PROTECT, primary_key=True, related_name="rating_asked")
    person = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-at"], name="rating_asked_person"),
            models.Index(fields=["at"], name="rating_asked_at"),
        ]

    def __str__(self):
        return str(self.ticket_id)


class Rating(models.Model):
    """How satisfied the requester was with one ticket: 5 is best. `words` are theirs and can be erased; what was said
    before is in the events `rate`, without words.
    """

    MOST_WORDS = 2_000

    ticket = models.ForeignKey(Ticket, models.PROTECT, db_index=False, related_name="ratings")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    mark = models.PositiveSmallIntegerField(_("mark"), choices=MARKS)
    words = models.TextField(_("words"), blank=True, max_length=MOST_WORDS, validators=[check_lines])
    at = models.DateTimeField(_("given"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("rating")
        constraints = [
            models.UniqueConstraint(fields=["ticket", "person"], name="rating_once"),
            models.CheckConstraint(condition=Q(mark__gte=1, mark__lte=5), name="rating_mark"),
        ]
        indexes = [models.Index(fields=["-at", "-id"], name="rating_by_time")]

    def __str__(self):
        return f"{self.ticket_id} {self.mark}"
