"""Business rules: what is to happen by itself, each version of it, and every time that it did; and what was saved by it
and by other things that the desk does without hands.
"""

import secrets
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.desk.models import ReplyTemplate
from servicedesk.people.models import Team, User
from servicedesk.tickets.models import Channel, Ticket, TicketEvent
from servicedesk.web.text import check_one_line


def new_secret() -> str:
    return secrets.token_urlsafe(32)


class Rule(models.Model):
    """What is to happen by itself. `document` is the whole of it as `documents` says: trigger, conditions, actions.
    `place` is the order in which rules are asked; `since` when it was last switched on: what happened before does not
    set it off. `version` is the number of its newest `RuleVersion`.
    """

    name = models.CharField(_("name"), max_length=80, unique=True, validators=[check_one_line])
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner"))
    place = models.PositiveIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)
    active_from = models.DateTimeField(_("active from"), null=True, blank=True)
    active_until = models.DateTimeField(_("active until"), null=True, blank=True)
    since = models.DateTimeField(default=timezone.now)
    document = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    webhook_secret = models.CharField(max_length=64, default=new_secret, editable=False)

    class Meta:
        ordering = ["place", "id"]
        verbose_name = _("rule")
        constraints = [
            models.CheckConstraint(
                condition=Q(active_from__isnull=True)
                | Q(active_until__isnull=True)
                | Q(active_until__gt=models.F("active_from")),
                name="rule_ends_after_it_begins",
            )
        ]

    def __str__(self):
        return self.name

    @property
    def minutes_saved(self) -> int:
        return self.document["minutes_saved"]

    @property
    def stops(self) -> bool:
        return self.document["stop"]

    @property
    def runs_now(self) -> bool:
        now = timezone.now()
        begun = self.active_from is None or self.active_from <= now
        return self.is_active and begun and (self.active_until is None or now < self.active_until)


class RuleVersion(models.Model):
    """How a rule was from a moment on: who changed it, and why. `whole` has all that can be changed. Never changed."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    whole = models.JSONField()
    why = models.CharField(_("reason"), max_length=300, blank=True, validators=[check_one_line])
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["rule", "number"], name="rule_version_once")]

    def __str__(self):
        return f"{self.rule_id} v{self.number}"


class Turn(models.Model):
    """An event of a ticket whose turn it is to be judged by the rules; kept for a while after it was (`judged_at`), so
    that the sweep knows which events never came here. One that fails waits longer each time.
    """

    event = models.OneToOneField(TicketEvent, models.CASCADE, primary_key=True, related_name="turn")
    ticket = models.ForeignKey(Ticket, models.CASCADE, db_index=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    judged_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["event"], condition=Q(judged_at__isnull=True), name="turn_waiting"),
            models.Index(fields=["ticket", "event"], condition=Q(judged_at__isnull=True), name="turn_of_ticket"),
            models.Index(fields=["judged_at"], condition=Q(judged_at__isnull=False), name="turn_judged"),
        ]

    def __str__(self):
        return str(self.event_id)


class Firing(models.Model):
    """That a rule did something to a ticket: which version, what set it off, the conditions that held and what changed.

    `event` set it off, or for rules about time the moment `since` from which the minutes were counted; by either it is
    known, so that doing it twice fires once.
    """

    rule = models.ForeignKey(Rule, models.PROTECT, db_index=False, related_name="firings")
    version = models.ForeignKey(RuleVersion, models.PROTECT, db_index=False, related_name="firings")
    ticket = models.ForeignKey(Ticket, models.CASCADE, db_index=False, related_name="firings")
    event = models.ForeignKey(TicketEvent, models.PROTECT, null=True, db_index=False, related_name="+")
    since = models.DateTimeField(null=True)
    at = models.DateTimeField(default=timezone.now)
    held = models.JSONField(default=list)
    changes = models.JSONField(default=list)
    minutes = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "event"], name="firing_once_per_event"),
            models.UniqueConstraint(
                fields=["rule", "ticket", "since"], condition=Q(event__isnull=True), name="firing_once_per_moment"
            ),
            models.CheckConstraint(
                condition=Q(event__isnull=False, since__isnull=True) | Q(event__isnull=True, since__isnull=False),
                name="firing_by_event_or_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["rule", "-at"], name="firing_of_rule"),
            models.Index(fields=["ticket", "-at"], name="firing_of_ticket"),
            models.Index(fields=["event"], name="firing_of_event"),
        ]

    def __str__(self):
        return f"{self.rule_id} → {self.ticket_id}"


class Rotation(models.Model):
    """Whose turn it was last in a team. Its row lock also lets one ticket at a time find the person with the least to
    do.
    """

    team = models.OneToOneField(Team, models.CASCADE, primary_key=True, related_name="rotation")
    last = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    def __str__(self):
        return f"{self.team_id} {self.last_id}"


class WebhookCall(models.Model):
    """One call of another system by a rule, sent and retried row by row. `body` is what is signed and sent."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not delivered")

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="calls")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    url = models.CharField(max_length=1000)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(default=timezone.now)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["try_after", "id"], condition=Q(state="waiting"), name="webhook_waiting")]

    def __str__(self):
        return f"{self.pk} {self.state}"


class Source(models.TextChoices):
    """What saves somebody's time."""

    TICKET = "ticket", _("Automatic tickets")
    ESCALATION = "escalation", _("Escalations by rules")
    TEMPLATE = "template", _("Reply templates")
    RULE = "rule", _("Other work of rules")


class SavingRate(models.Model):
    """From a day on, how many minutes one thing of a source saves, and what a person did instead. Never changed:
    another row follows, and the newest of the latest day holds. Without a row the usual minutes of `ledger` hold. A
    rule's own minutes stand in the rule, so of that source this has none.
    """

    source = models.CharField(_("source"), max_length=10, choices=Source)
    valid_from = models.DateField(_("holds from"))
    minutes = models.DecimalField(_("minutes saved"), max_digits=4, decimal_places=1, null=True, blank=True)
    instead_ja = models.CharField(_("what a person did, Japanese"), max_length=300, validators=[check_one_line])
    instead_en = models.CharField(_("what a person did, English"), max_length=300, validators=[check_one_line])
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-valid_from", "-id"]
        verbose_name = _("minutes saved")
        constraints = [
            models.CheckConstraint(
                condition=Q(source=Source.RULE, minutes__isnull=True) | ~Q(source=Source.RULE) & Q(minutes__gte=0),
                name="saving_rate_has_minutes",
            )
        ]

    def __str__(self):
        return self.get_source_display()

    @property
    def changed_by(self) -> User | None:
        return self.by if self.pk else None

    @property
    def changed_at(self) -> datetime | None:
        return self.at if self.pk else None


class Saving(models.Model):
    """That something was done without hands, and the minutes that it counted then. By its event or its firing it is
    known, so that it counts once. `template_name` is what the template was called.
    """

    source = models.CharField(max_length=10, choices=Source)
    minutes = models.DecimalField(max_digits=5, decimal_places=1)
    at = models.DateTimeField()
    ticket = models.ForeignKey(Ticket, models.CASCADE, db_index=False, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel)
    event = models.OneToOneField(TicketEvent, models.PROTECT, null=True, related_name="saving")
    firing = models.OneToOneField(Firing, models.CASCADE, null=True, related_name="saving")
    rule = models.ForeignKey(Rule, models.PROTECT, null=True, db_index=False, related_name="savings")
    template = models.ForeignKey(ReplyTemplate, models.SET_NULL, null=True, related_name="+")
    template_name = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(event__isnull=False, firing__isnull=True) | Q(event__isnull=True, firing__isnull=False),
                name="saving_by_event_or_firing",
            )
        ]
        indexes = [
            # The sums of months are read from these alone; the row itself is not looked at.
            models.Index(fields=["at"], include=["source", "minutes"], name="saving_sums"),
            models.Index(fields=["source", "-at", "-id"], name="saving_of_source"),
            models.Index(fields=["rule", "-at"], condition=Q(rule__isnull=False), name="saving_of_rule"),
            models.Index(fields=["ticket"], name="saving_of_ticket"),
        ]

    def __str__(self):
        return f"{self.source} {self.minutes}"
