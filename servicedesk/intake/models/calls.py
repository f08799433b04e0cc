"""Telephone calls while they are taken down, and promises to call back."""

import re

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models import Team, User
from servicedesk.tickets.models import Ticket
from servicedesk.web.text import check_lines, check_one_line, normalise


class Call(models.Model):
    """A telephone call, from the first word that an agent typed until it is a ticket or a word in one.

    While it is `open`, `fields` has the form as it stands, each value as typed; afterwards what was said is in the
    ticket and no longer here, nor is it in a dropped one for long. `key` names the page that it is written on, so that
    saving and sending, however often, are one call. `window` and `turn` are of the last save: saves of one window count
    up, and a second window may go on only from `version`, the state that it has seen. `is_confidential`: only for the
    agent's own eyes while it is open.
    """

    class Direction(models.TextChoices):
        IN = "in", _("Incoming")
        OUT = "out", _("Outgoing")

    class State(models.TextChoices):
        OPEN = "open", _("Being taken down")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Dropped")

    by = models.ForeignKey(User, models.PROTECT, related_name="calls_taken", verbose_name=_("agent"))
    key = models.CharField(max_length=64)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction, default=Direction.IN)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    number = models.CharField(_("number"), max_length=40, blank=True, validators=[check_one_line])
    caller = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="calls_made", verbose_name=_("caller")
    )
    caller_name = models.CharField(_("caller's name"), max_length=120, blank=True, validators=[check_one_line])
    fields = models.JSONField(default=dict)
    is_confidential = models.BooleanField(_("confidential"), default=False)
    window = models.CharField(max_length=40, blank=True)
    turn = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(_("began"), default=timezone.now)
    saved_at = models.DateTimeField(_("saved"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, null=True, blank=True, related_name="calls", verbose_name=_("ticket")
    )

    class Meta:
        ordering = ["-started_at", "-id"]
        verbose_name = _("call")
        constraints = [
            models.UniqueConstraint(fields=["key", "by"], name="call_once_per_page"),
            models.CheckConstraint(
                condition=Q(state="done", ticket__isnull=False) | ~Q(state="done") & Q(ticket__isnull=True),
                name="call_done_has_ticket",
            ),
        ]
        indexes = [
            models.Index(fields=["by", "-saved_at", "-id"], condition=Q(state="open"), name="call_unfinished"),
            models.Index(fields=["by", "-started_at", "-id"], name="call_of_agent"),
            models.Index(fields=["ended_at"], condition=Q(state="dropped"), name="call_dropped"),
        ]

    def __str__(self):
        return f"{self.pk} {self.state}"

    @property
    def who(self) -> str:
        """Who called, as far as it is known."""
        return self.caller.display_name if self.caller else self.caller_name or self.number

    @property
    def text(self) -> str:
        return self.fields.get("text", "")


class CallBack(models.Model):
    """A promise to call somebody back about a ticket, for one person or one team. `tries`: how often nobody answered;
    `due_at` is then the next time. `told_at`: when the desk said that this time has come, None before that.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To be called")
        DONE = "done", _("Reached")
        CANCELLED = "cancelled", _("No longer needed")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="call_backs", verbose_name=_("ticket"))
    call = models.ForeignKey(Call, models.PROTECT, null=True, blank=True, related_name="call_backs")
    whom = models.CharField(_("whom to call"), max_length=120, validators=[check_one_line])
    number = models.CharField(_("number"), max_length=40, blank=True, validators=[check_one_line])
    due_at = models.DateTimeField(_("when"))
    told_at = models.DateTimeField(null=True, blank=True)
    assignee = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="call_backs", verbose_name=_("who calls")
    )
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="call_backs", verbose_name=_("team that calls")
    )
    note = models.TextField(_("note"), blank=True, validators=[check_lines])
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    last_try_at = models.DateTimeField(_("last try"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["due_at", "id"]
        verbose_name = _("call-back")
        constraints = [
            models.CheckConstraint(
                condition=Q(assignee__isnull=False, team__isnull=True) | Q(assignee__isnull=True, team__isnull=False),
                name="call_back_has_one_owner",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="open"), name="call_back_due"),
            models.Index(
                fields=["due_at", "id"], condition=Q(state="open", told_at__isnull=True), name="call_back_to_tell"
            ),
        ]

    def __str__(self):
        return f"{self.pk} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_at < timezone.now()

    @property
    def dialled(self) -> str:
        """The number for a `tel:` link; "" when nothing in it can be dialled."""
        found = re.search(r"\+?\d[\d\s().\-/]*", normalise(self.number), re.ASCII)
        return re.sub(r"[^\d+]", "", found[0]) if found else ""
