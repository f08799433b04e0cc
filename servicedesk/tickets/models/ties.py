"""Who else is near a ticket, what it is about, and what it is tied to."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cmdb.models import Item
from servicedesk.people.models import Team, User

from .ticket import Tag, Ticket


class TicketShare(models.Model):
    """Somebody, or a team, who may see a ticket besides those who see it anyhow: a colleague, or for a confidential
    ticket the people and teams that are named.
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="shares")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="shared_tickets")
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="shared_tickets")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
                name="share_with_a_person_or_a_team",
            ),
            models.UniqueConstraint(fields=["ticket", "user"], name="share_once_per_person"),
            models.UniqueConstraint(fields=["ticket", "team"], name="share_once_per_team"),
        ]

    def __str__(self):
        return f"{self.ticket_id} → {self.user or self.team}"


class Watcher(models.Model):
    """Somebody who wants to hear about a ticket. Watching gives no sight: who may not see it hears nothing."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="watcher_rows")
    user = models.ForeignKey(User, models.CASCADE, related_name="watcher_rows")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="watcher_once")]

    def __str__(self):
        return f"{self.user} watches {self.ticket_id}"


class TicketTag(models.Model):
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="tag_rows")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="ticket_rows")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "tag"], name="tag_once_per_ticket")]

    def __str__(self):
        return f"{self.ticket_id} #{self.tag}"


class TicketItem(models.Model):
    """A configuration item that a ticket is about."""

    # The key of the ticket is served by the constraint below.
    ticket = models.ForeignKey(Ticket, models.CASCADE, db_index=False, related_name="item_rows")
    item = models.ForeignKey(Item, models.PROTECT, related_name="ticket_rows")
    by = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "item"], name="item_once_per_ticket")]

    def __str__(self):
        return f"{self.ticket_id} {self.item}"


class TicketLink(models.Model):
    """A tie between two tickets, kept in one direction; `LABELS` has the words for both ends."""

    class Kind(models.TextChoices):
        RELATED = "related", _("related to")
        DUPLICATE = "duplicate", _("duplicate of")
        CAUSED_BY = "caused_by", _("caused by")
        CONVERTED = "converted", _("converted to")
        SPLIT = "split", _("split off from")
        CHILD = "child", _("child of")

    BACKWARD = {
        Kind.RELATED: _("related to"),
        Kind.DUPLICATE: _("has the duplicate"),
        Kind.CAUSED_BY: _("cause of"),
        Kind.CONVERTED: _("converted from"),
        Kind.SPLIT: _("split off into"),
        Kind.CHILD: _("parent of"),
    }

    # What people tie themselves; the others come of what they do.
    BY_HAND = [(kind.value, kind.label) for kind in (Kind.RELATED, Kind.DUPLICATE, Kind.CAUSED_BY, Kind.CHILD)]

    source = models.ForeignKey(Ticket, models.PROTECT, related_name="links_out")
    target = models.ForeignKey(Ticket, models.PROTECT, related_name="links_in")
    kind = models.CharField(max_length=12, choices=Kind)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "target", "kind"], name="link_once"),
            models.UniqueConstraint(fields=["source"], condition=Q(kind="child"), name="link_one_parent"),
            models.CheckConstraint(condition=~Q(source=models.F("target")), name="link_not_to_itself"),
        ]

    def __str__(self):
        return f"{self.source_id} {self.kind} {self.target_id}"
