"""Minutes that people work on tickets; and the signs of life of background processes."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models import User
from servicedesk.web.text import check_one_line

from .ticket import Ticket


class WorkTime(models.Model):
    """Minutes that somebody worked on a ticket (工数)."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="work_times")
    user = models.ForeignKey(User, models.PROTECT, related_name="work_times")
    minutes = models.PositiveIntegerField(_("minutes"))
    worked_on = models.DateField(_("on"))
    note = models.CharField(_("note"), max_length=200, blank=True, validators=[check_one_line])
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["worked_on", "id"]
        verbose_name = _("work time")
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="work_time_up_to_a_day")
        ]

    def __str__(self):
        return f"{self.ticket_id} {self.minutes}"


class WorkRounding(models.Model):
    """How the minutes of timers are rounded before they are logged: one row, or none while it is as built in."""

    class Unit(models.IntegerChoices):
        ONE = 1, _("1 minute")
        FIVE = 5, _("5 minutes")
        SIX = 6, _("6 minutes")
        TEN = 10, _("10 minutes")
        QUARTER = 15, _("15 minutes")
        HALF = 30, _("30 minutes")

    class Way(models.TextChoices):
        UP = "up", _("Always up")
        NEAREST = "nearest", _("To the nearest")

    unit = models.PositiveSmallIntegerField(_("rounding unit"), choices=Unit, default=Unit.FIVE)
    way = models.CharField(_("way of rounding"), max_length=8, choices=Way, default=Way.UP)

    class Meta:
        verbose_name = _("rounding of timers")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="work_rounding_once")]

    def __str__(self):
        return f"{self.unit} {self.way}"

    def round(self, minutes: int) -> int:
        """Minutes as they are logged: never nothing, never more than a day."""
        more = self.unit - 1 if self.way == self.Way.UP else self.unit // 2
        return min(max((minutes + more) // self.unit * self.unit, self.unit), 1440)


class WorkTimer(models.Model):
    """The one timer of a person: runs on a ticket since a moment, or was discarded and can be brought back."""

    FORGOTTEN_AFTER = timedelta(hours=10)

    user = models.OneToOneField(User, models.CASCADE, related_name="work_timer")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="timers")
    started_at = models.DateTimeField(default=timezone.now)
    discarded_at = models.DateTimeField(null=True, blank=True)

    rounding: WorkRounding  # brought by `queries.running_timer`

    def __str__(self):
        return f"{self.user_id} {self.ticket_id}"

    @property
    def elapsed(self) -> timedelta:
        return max(timezone.now() - self.started_at, timedelta())

    @property
    def minutes(self) -> int:
        """Whole minutes so far."""
        return int(self.elapsed.total_seconds() // 60)

    @property
    def rounded(self) -> int:
        return self.rounding.round(self.minutes)

    @property
    def is_forgotten(self) -> bool:
        """Nobody works that long without a pause: the person says how long it really was."""
        return self.elapsed > self.FORGOTTEN_AFTER


class ClosedWorkMonth(models.Model):
    """A month whose work time is settled: nothing in it is logged, changed or deleted any more."""

    month = models.DateField(_("month"), primary_key=True)
    closed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("closed month")
        constraints = [models.CheckConstraint(condition=Q(month__day=1), name="closed_work_month_first_day")]

    def __str__(self):
        return f"{self.month:%Y-%m}"


class Heartbeat(models.Model):
    """When a background process last showed life; `/readyz` reads it."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self):
        return self.name
