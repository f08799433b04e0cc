"""What happened to a ticket and what was said in it, with the files that came along."""

import secrets

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models import User

from .ticket import Ticket


class TicketEvent(models.Model):
    """One thing that happened to a ticket: audit entry and line of the time line in one. Never changed or deleted
    (a trigger of the database refuses it). Words of people and files are not kept here but in `Comment` and
    `Attachment`, where they can be erased.
    """

    # Both keys are served by the indexes below, which begin with them.
    ticket = models.ForeignKey(Ticket, models.PROTECT, db_index=False, related_name="events")
    number = models.PositiveIntegerField()
    verb = models.CharField(max_length=40)
    by = models.ForeignKey(User, models.PROTECT, null=True, db_index=False, related_name="+")
    via = models.CharField(max_length=24)
    is_public = models.BooleanField(default=False)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["ticket", "number"], name="event_number_once_per_ticket")]
        indexes = [
            models.Index(fields=["-at", "-id"], name="event_by_time"),
            models.Index(fields=["by", "-at", "-id"], name="event_by_person"),
        ]

    def __str__(self):
        return f"{self.ticket_id}/{self.number} {self.verb}"


class Outbox(models.Model):
    """An event that has not yet gone through the consumers. Deleted when it has; a failing one waits and tries
    again.
    """

    event = models.OneToOneField(TicketEvent, models.CASCADE, primary_key=True, related_name="outbox")
    created_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["try_after", "event"], name="outbox_waiting")]

    def __str__(self):
        return str(self.event_id)


class Comment(models.Model):
    """A public reply or an internal note. Its event has the same ticket and says who, when and through what.

    `author` is empty for what the desk itself wrote, as the event's `by` is: a person made up for it would stand in
    lists, could be given tickets and would count in reports. A reply that its writer took back before it was sent
    (`taken_back_at`) is internal from then on. What was moved to another ticket (`moved_to`) shows there only.
    """

    class Format(models.TextChoices):
        MARKDOWN = "markdown", "Markdown"
        PLAIN = "plain", _("Plain text")

    event = models.OneToOneField(TicketEvent, models.PROTECT, primary_key=True, related_name="comment")
    ticket = models.ForeignKey(Ticket, models.PROTECT, db_index=False, related_name="comments")
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    is_public = models.BooleanField()
    body = models.TextField()
    format = models.CharField(max_length=10, choices=Format, default=Format.MARKDOWN)
    taken_back_at = models.DateTimeField(null=True)
    moved_to = models.ForeignKey("self", models.PROTECT, db_index=False, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["ticket", "event"], name="comment_of_ticket")]

    def __str__(self):
        return f"{self.ticket_id}/{self.event_id}"

    @property
    def author_name(self) -> str:
        return self.author.display_name if self.author else str(_("The desk"))


class Draft(models.Model):
    """What somebody has written in a ticket's box and not sent yet: theirs alone, on whatever device they go on.

    `box` is the box that wrote it and `turn` counts what that box saved, so that what arrives late never replaces what
    is newer. After sending the row stays for a while without words, under another key: a save that was still on its way
    finds it and does not bring the words back.
    """

    class Kind(models.TextChoices):
        REPLY = "reply", _("reply")
        NOTE = "note", _("internal note")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="drafts")
    user = models.ForeignKey(User, models.CASCADE, db_index=False, related_name="drafts")
    kind = models.CharField(max_length=5, choices=Kind)
    body = models.TextField(blank=True)
    box = models.CharField(max_length=32)
    turn = models.BigIntegerField(default=0)
    discarded_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "ticket", "kind"], name="draft_once_per_person_ticket_and_kind")
        ]
        indexes = [models.Index(fields=["updated_at"], name="draft_by_age")]

    def __str__(self):
        return f"{self.ticket_id} {self.kind} {self.user_id}"

    @property
    def mark(self) -> str:
        """Which state of the draft a box stands on; another after every change."""
        return f"{self.box}.{self.turn}"

    @property
    def is_there(self) -> bool:
        return bool(self.body) and self.discarded_at is None


def _attachment_path(attachment, filename: str) -> str:
    """A random name without the sender's ending, outside the web root; the real name is a column."""
    return f"attachments/{timezone.now():%Y/%m}/{secrets.token_hex(20)}"


class Attachment(models.Model):
    """A file of the description (`comment` is empty) or of a reply or note. Always served as a download."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="attachments")
    comment = models.ForeignKey(Comment, models.PROTECT, null=True, related_name="attachments")
    file = models.FileField(upload_to=_attachment_path, max_length=200)
    thumbnail = models.FileField(upload_to=_attachment_path, max_length=200, blank=True)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    is_public = models.BooleanField()
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        verbose_name = _("attachment")

    def __str__(self):
        return self.name
