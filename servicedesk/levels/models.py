"""Service levels: calendars, ranks with their targets, agreements with those who help, and the clocks of tickets."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cmdb.models import Service
from servicedesk.people.models import Team
from servicedesk.tickets.models import Priority, Ticket
from servicedesk.web.text import check_one_line

from .calendar_json import hours_of
from .hours import Hours


class Calendar(models.Model):
    """When a site or a team works. `weekly`, `closed` and `special` are kept as the JSON form has them
    (`calendar_json`), which also says what they may hold. One is the usual one of the whole desk.
    """

    name = models.CharField(_("name"), max_length=80, unique=True, validators=[check_one_line])
    timezone = models.CharField(_("time zone"), max_length=64)
    weekly = models.JSONField(_("weekly hours"), default=dict)
    holidays = models.CharField(_("public holidays"), max_length=10, blank=True)
    closed = models.JSONField(_("closing days"), default=list, blank=True)
    special = models.JSONField(_("days with hours of their own"), default=dict, blank=True)
    is_default = models.BooleanField(_("usual calendar"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("calendar")
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_usual_calendar"),
            models.CheckConstraint(condition=Q(is_default=False) | Q(is_active=True), name="usual_calendar_is_in_use"),
        ]

    def __str__(self):
        return self.name

    @property
    def document(self) -> dict:
        """Its JSON form."""
        return {
            "name": self.name,
            "timezone": self.timezone,
            "weekly": self.weekly,
            "holidays": self.holidays,
            "closed": self.closed,
            "special": self.special,
        }

    @property
    def hours(self) -> Hours:
        return hours_of(self.document)


class TeamCalendar(models.Model):
    """A team that works by another calendar than the usual one."""

    team = models.OneToOneField(Team, models.CASCADE, primary_key=True, related_name="team_calendar")
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="teams")

    def __str__(self):
        return f"{self.team_id} {self.calendar_id}"


class Rank(models.Model):
    """How much a service is worth to the company: 松, 竹, 梅. It has a target for every priority. `warn_at` are the
    percentages of a target at which people are told. One is the usual one, of services that have none.
    """

    name = models.CharField(_("name"), max_length=40, unique=True, validators=[check_one_line])
    name_en = models.CharField(_("name in English"), max_length=40, blank=True, validators=[check_one_line])
    note = models.CharField(_("note"), max_length=300, blank=True, validators=[check_one_line])
    place = models.PositiveSmallIntegerField(_("order"), default=0)
    warn_at = models.JSONField(_("tell people at"), default=list, blank=True)
    is_default = models.BooleanField(_("usual rank"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["place", "id"]
        verbose_name = pgettext_lazy("service level", "rank")
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_usual_rank"),
            models.CheckConstraint(condition=Q(is_default=False) | Q(is_active=True), name="usual_rank_is_in_use"),
        ]

    def __str__(self):
        return self.name_en if get_language() == "en" and self.name_en else self.name


class RankTarget(models.Model):
    """Minutes until the first response and until the resolution: of business time, or around the clock."""

    rank = models.ForeignKey(Rank, models.CASCADE, related_name="targets")
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)
    response_minutes = models.PositiveIntegerField(_("first response, minutes"))
    resolution_minutes = models.PositiveIntegerField(_("resolution, minutes"))
    around_the_clock = models.BooleanField(_("around the clock"), default=False)

    class Meta:
        ordering = ["rank", "priority"]
        constraints = [
            models.UniqueConstraint(fields=["rank", "priority"], name="rank_target_once"),
            models.CheckConstraint(
                condition=Q(response_minutes__gte=1, resolution_minutes__gte=models.F("response_minutes")),
                name="rank_target_response_first",
            ),
        ]

    def __str__(self):
        return f"{self.rank_id} P{self.priority}"


class ServiceLevel(models.Model):
    """The rank of a service, and its own calendar if it has one. Without a row the usual rank."""

    service = models.OneToOneField(Service, models.CASCADE, primary_key=True, related_name="level")
    rank = models.ForeignKey(Rank, models.PROTECT, related_name="services", verbose_name=_("rank"))
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, null=True, blank=True, related_name="services", verbose_name=_("calendar")
    )

    def __str__(self):
        return f"{self.service_id} {self.rank_id}"


class Agreement(models.Model):
    """What those who help the desk have promised (OLA): a team, while a ticket is with it; or a vendor, from when a
    ticket was taken outside until an answer. An extra clock beside those of the rank.
    """

    class Kind(models.TextChoices):
        TEAM = "team", _("Team")
        VENDOR = "vendor", _("Vendor")

    name = models.CharField(_("name"), max_length=80, unique=True, validators=[check_one_line])
    kind = models.CharField(_("with whom"), max_length=8, choices=Kind)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="agreements", verbose_name=_("team")
    )
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, null=True, blank=True, related_name="agreements", verbose_name=_("calendar")
    )
    around_the_clock = models.BooleanField(_("around the clock"), default=False)
    warn_at = models.JSONField(_("tell people at"), default=list, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("agreement")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="team", team__isnull=False) | Q(kind="vendor", team__isnull=True),
                name="agreement_with_a_team_names_it",
            ),
            models.UniqueConstraint(
                fields=["team"], condition=Q(is_active=True, team__isnull=False), name="one_agreement_per_team"
            ),
        ]

    def __str__(self):
        return self.name


class AgreementTarget(models.Model):
    """Minutes that an agreement promises for a priority. A priority without a row has no clock."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="targets")
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)
    minutes = models.PositiveIntegerField(_("minutes"))

    class Meta:
        ordering = ["agreement", "priority"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "priority"], name="agreement_target_once"),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="agreement_target_some_minutes"),
        ]

    def __str__(self):
        return f"{self.agreement_id} P{self.priority}"


class Clock(models.Model):
    """What a clock of a ticket showed when something last happened to it: made anew from the ticket's events, the
    targets and the calendar (`clocks`), never changed by hand. For lists, rules and the sweep; a ticket's page reads
    its events.

    `due_at` is empty while the clock rests in time. `warn_at` is the moment of the next warning and `warn_percent` its
    percentage, `warned` that of the last. `waited` is business time in seconds by whose turn it was.
    """

    class Kind(models.TextChoices):
        RESPONSE = "response", _("First response")
        RESOLUTION = "resolution", pgettext_lazy("target", "Resolution")
        AGREEMENT = "agreement", _("Agreement")

    class Run(models.TextChoices):
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        STOPPED = "stopped", _("stopped")

    ticket = models.ForeignKey(Ticket, models.CASCADE, db_index=False, related_name="clocks")
    kind = models.CharField(max_length=12, choices=Kind)
    agreement = models.ForeignKey(Agreement, models.PROTECT, null=True, related_name="clocks")
    rank = models.ForeignKey(Rank, models.PROTECT, null=True, related_name="+")
    calendar = models.ForeignKey(Calendar, models.PROTECT, null=True, related_name="+")
    minutes = models.PositiveIntegerField()
    run = models.CharField(max_length=8, choices=Run)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    warn_percent = models.PositiveSmallIntegerField(null=True)
    warned = models.PositiveSmallIntegerField(default=0)
    used_seconds = models.PositiveBigIntegerField(default=0)
    waited = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "kind", "agreement"], name="clock_once", nulls_distinct=False),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(run="running", missed_at__isnull=True), name="clock_due"),
            models.Index(fields=["warn_at"], condition=Q(run="running", warn_at__isnull=False), name="clock_warn"),
        ]

    def __str__(self):
        return f"{self.ticket_id} {self.kind}"


class Mark(models.Model):
    """A clock passed a percentage of its target (100: the target itself). The sweep writes them by the thousand; what
    has not yet been told waits with `told_at` empty.
    """

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="marks")
    percent = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clock", "percent", "at"], name="mark_once")]
        indexes = [models.Index(fields=["id"], condition=Q(told_at__isnull=True), name="mark_to_tell")]

    def __str__(self):
        return f"{self.clock_id} {self.percent}"
