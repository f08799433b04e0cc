"""How tickets are closed: what that asks for, by whom, and what waits for a lead's approval."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models import User

from ..workflow import TicketType
from .ticket import Priority, Ticket


class ClosingRule(models.Model):
    """What closing asks for, of tickets of a kind and priority. Days are business days; none: it does not happen.

    `close_after_days` counts from the resolution, `mail_days_before` back from there, `stale_after_days` from the last
    activity.
    """

    class Closer(models.TextChoices):
        DESK = "desk", _("Whoever works on it")
        ASSIGNEE = "assignee", _("Its assignee")
        LEAD = "lead", _("The lead of its team")

    type = models.CharField(_("type"), max_length=12, choices=TicketType)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)
    closer = models.CharField(_("who closes"), max_length=8, choices=Closer, default=Closer.DESK)
    needs_resolution = models.BooleanField(_("resolution needed"), default=True)
    needs_cause_code = models.BooleanField(_("cause code needed"), default=False)
    needs_post_mortem = models.BooleanField(_("post-mortem of major incidents needed"), default=False)
    close_after_days = models.PositiveSmallIntegerField(_("closes by itself after"), null=True, blank=True, default=5)
    mail_days_before = models.PositiveSmallIntegerField(_("mail before it closes"), null=True, blank=True, default=1)
    stale_after_days = models.PositiveSmallIntegerField(_("stale after"), null=True, blank=True, default=5)

    class Meta:
        ordering = ["type", "priority"]
        verbose_name = _("closing rule")
        constraints = [
            models.UniqueConstraint(fields=["type", "priority"], name="closing_rule_once"),
            models.CheckConstraint(condition=Q(priority__range=(1, 4)), name="closing_rule_priority_1_to_4"),
        ]

    def __str__(self):
        return f"{self.get_type_display()} P{self.priority}"


class ReopeningRule(models.Model):
    """For how many calendar days after closing a word of the requester reopens a ticket of a kind; later it begins a
    new one.
    """

    type = models.CharField(_("type"), max_length=12, choices=TicketType, primary_key=True)
    days = models.PositiveSmallIntegerField(_("reopens for"), default=30)

    class Meta:
        ordering = ["type"]
        verbose_name = _("reopening rule")

    def __str__(self):
        return self.get_type_display()


class ClosingRequest(models.Model):
    """A resolved ticket waits for somebody's approval to be closed. The row goes with the decision, or when the ticket
    is taken up again; the events tell the rest. `by` is None when the desk itself asked.
    """

    ticket = models.OneToOneField(Ticket, models.CASCADE, primary_key=True, related_name="closing_request")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("closing request")

    def __str__(self):
        return str(self.ticket_id)
