"""What reports keep: a row of facts for every ticket, which months these moved, and figures counted beforehand."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cmdb.models import Service
from incidents.models import CauseCode
from servicedesk.levels.models import Rank
from servicedesk.people.models import Company, Department, Team, User
from servicedesk.tickets.models import Category, Ticket
from servicedesk.web.text import check_lines

from .issued.models import (  # noqa: F401 – Django finds its tables here
    Correction,
    IssuedFile,
    IssuedReport,
    ReportLink,
    Subscriber,
)


class TicketFact(models.Model):
    """What reports count of a ticket, read from its row and its history by one statement (`facts`) and never changed
    by hand. Keys carry no constraint of the database: the ticket has them already, and a recount is one insert.

    Moments are those of the ticket; `resolved_at` is the last resolution. `team_changes` counts how often it went from
    one team to another, `escalations` how often to the next tier. `first_contact`: it was resolved, never reopened, by
    nobody but the first who had it, and its requester did not have to write again after the first answer.
    `response_met` and `resolution_met` are None while nobody can say, or where there is no target. `waited_*` and
    `late_days` are seconds of business time and calendar days. `sides` are its rows of work, savings and marks as
    words that begin with a letter and their day: what differs tells which months have changed.
    """

    ticket = models.OneToOneField(Ticket, models.CASCADE, primary_key=True, db_constraint=False, related_name="fact")
    type = models.CharField(max_length=12)
    kind = models.CharField(max_length=8, blank=True)
    channel = models.CharField(max_length=10)
    opened_at = models.DateTimeField()
    first_response_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    is_merged = models.BooleanField()
    priority = models.PositiveSmallIntegerField()
    impact = models.PositiveSmallIntegerField()
    service = models.ForeignKey(
        Service, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    category = models.ForeignKey(
        Category, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    team = models.ForeignKey(Team, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+")
    department = models.ForeignKey(
        Department, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    company = models.ForeignKey(
        Company, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    resolver = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    rank = models.ForeignKey(Rank, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+")
    cause_code = models.ForeignKey(
        CauseCode, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    cause_group = models.CharField(max_length=12, blank=True)
    human_error = models.CharField(max_length=16, blank=True)
    caused_by_change = models.BooleanField()
    is_security = models.BooleanField()
    is_major = models.BooleanField()
    has_force = models.BooleanField()
    reported_seconds = models.BigIntegerField(null=True)
    reopen_count = models.PositiveIntegerField()
    team_changes = models.PositiveIntegerField()
    escalations = models.PositiveIntegerField()
    requester_messages = models.PositiveIntegerField()
    desk_messages = models.PositiveIntegerField()
    first_contact = models.BooleanField()
    response_met = models.BooleanField(null=True)
    resolution_met = models.BooleanField(null=True)
    waited_requester = models.BigIntegerField()
    waited_vendor = models.BigIntegerField()
    waited_agreed = models.BigIntegerField()
    worked_seconds = models.BigIntegerField(null=True)
    late_days = models.IntegerField(null=True)
    work_minutes = models.PositiveIntegerField()
    sides = ArrayField(models.TextField())

    class Meta:
        indexes = [
            models.Index(fields=["opened_at"], name="fact_opened"),
            models.Index(fields=["resolved_at"], condition=Q(resolved_at__isnull=False), name="fact_resolved"),
            models.Index(fields=["opened_at"], condition=Q(closed_at__isnull=True), name="fact_open"),
            models.Index(fields=["closed_at"], condition=Q(closed_at__isnull=False), name="fact_closed"),
        ]

    def __str__(self):
        return str(self.ticket_id)


class FactTurn(models.Model):
    """Something happened to a ticket: its facts are to be read anew. The row goes when they were."""

    ticket = models.OneToOneField(Ticket, models.CASCADE, primary_key=True, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return str(self.ticket_id)


class MonthStamp(models.Model):
    """How often the facts of a month have changed. Figures that were counted at another turn are out of date."""

    month = models.DateField(primary_key=True)
    turn = models.PositiveBigIntegerField(default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(month__day=1), name="month_stamp_first_day")]

    def __str__(self):
        return f"{self.month:%Y-%m} {self.turn}"


class Counted(models.Model):
    """The figures of the whole desk in a span of months, counted beforehand: for `turn`, the sum of the stamps of its
    months, by the definitions of `version`.
    """

    first = models.DateField()
    last = models.DateField()
    turn = models.PositiveBigIntegerField()
    version = models.CharField(max_length=16)
    figures = models.JSONField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["first", "last"], name="counted_once")]

    def __str__(self):
        return f"{self.first:%Y-%m} {self.last:%Y-%m}"


class ReportSettings(models.Model):
    """How the company counts: one row, or none while it is as built in. `closing_day` 0 is the end of the month; 20
    makes November the days from 21 October to 20 November.
    """

    first_month = models.PositiveSmallIntegerField(_("fiscal year begins in"), default=4)
    closing_day = models.PositiveSmallIntegerField(_("closing day"), default=0)
    hourly_rate = models.PositiveIntegerField(_("cost of an hour of work, in yen"), null=True, blank=True)

    class Meta:
        verbose_name = _("settings of reports")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="report_settings_once"),
            models.CheckConstraint(condition=Q(first_month__range=(1, 12)), name="report_first_month_1_to_12"),
            models.CheckConstraint(condition=Q(closing_day__range=(0, 28)), name="report_closing_day_0_to_28"),
        ]

    def __str__(self):
        return f"{self.first_month} {self.closing_day}"


class Target(models.Model):
    """What a KPI should reach in a month of a fiscal year (called by the year in which it begins), and who answers for
    it. Both may be missing.
    """

    kpi = models.CharField(max_length=60)
    year = models.PositiveSmallIntegerField(_("fiscal year"))
    value = models.DecimalField(_("target"), max_digits=14, decimal_places=4, null=True, blank=True)
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner"))

    class Meta:
        verbose_name = _("target of a KPI")
        constraints = [models.UniqueConstraint(fields=["kpi", "year"], name="target_once")]

    def __str__(self):
        return f"{self.kpi} {self.year}"


class Remark(models.Model):
    """What somebody says of a KPI in a month: why its target was missed, what is done about it (one of each, the last
    words count), or a comment.
    """

    class Kind(models.TextChoices):
        REASON = "reason", _("reason")
        MEASURE = "measure", _("counter-measure")
        COMMENT = "comment", _("comment")

    month = models.DateField()
    kpi = models.CharField(max_length=60)
    kind = models.CharField(max_length=8, choices=Kind)
    text = models.TextField(_("text"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "id"]
        verbose_name = _("remark on a KPI")
        constraints = [
            models.UniqueConstraint(
                fields=["month", "kpi", "kind"], condition=~Q(kind="comment"), name="remark_reason_and_measure_once"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="remark_first_day"),
        ]
        indexes = [models.Index(fields=["month", "kpi"], name="remark_of_month")]

    def __str__(self):
        return f"{self.month:%Y-%m} {self.kpi} {self.kind}"


class DependenceProposal(models.Model):
    """What is done so that a topic hangs on one person no more, by whom and by when. A topic is a service with a
    category (none: its tickets without one), or, `whole`, all of a service. `tickets`, `share` and `effective` are the
    topic's figures of the `months` before it was agreed on, kept for comparison; empty where nothing was resolved.
    `reminded_for` is the date of which the owner was reminded.
    """

    class Kind(models.TextChoices):
        WRITE = "write", _("Write down")
        PAIR = "pair", _("Work in pairs")
        ROTATE = "rotate", _("Take turns")
        TRAIN = "train", _("Train somebody")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("dependence", "Open")
        DONE = "done", pgettext_lazy("dependence", "Done")
        DROPPED = "dropped", pgettext_lazy("dependence", "Dropped")

    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("service")
    )
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    whole = models.BooleanField(_("whole service"), default=False)
    kind = models.CharField(_("what is done"), max_length=8, choices=Kind)
    reason = models.TextField(_("reason"), max_length=1_000, validators=[check_lines])
    owner = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("owner"))
    due_on = models.DateField(_("due on"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    why_dropped = models.TextField(_("why it was dropped"), blank=True, max_length=1_000, validators=[check_lines])
    months = models.PositiveSmallIntegerField(default=6)
    tickets = models.PositiveIntegerField(default=0)
    share = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    effective = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    reminded_for = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("proposal against person-dependence")
        constraints = [
            models.UniqueConstraint(
                fields=["service", "category", "whole", "kind"], condition=Q(state="open"), nulls_distinct=False,
                name="dependence_open_once",
            ),
            models.CheckConstraint(
                condition=Q(whole=True, service__isnull=False, category__isnull=True)
                | (Q(whole=False) & (Q(service__isnull=False) | Q(category__isnull=False))),
                name="dependence_has_a_topic",
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="dependence_ended_goes_with_state",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["due_on", "id"], condition=Q(state="open"), name="dependence_due"),
            models.Index(fields=["created_at"], name="dependence_created"),
            models.Index(fields=["owner", "due_on", "id"], name="dependence_of_owner"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.topic}"

    @property
    def topic(self) -> str:
        """The topic in the reader's language."""
        if self.whole or self.category is None:
            name = str(self.service)
            return name if self.whole else gettext("%(service)s, without a category") % {"service": name}
        return f"{self.service} · {self.category}" if self.service else str(self.category)
