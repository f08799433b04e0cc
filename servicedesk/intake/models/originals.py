"""What was handed over on channels other than mail, as it was."""

import secrets

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models import User
from servicedesk.tickets.models import Channel, Ticket


class Makes(models.TextChoices):
    """What comes of something handed over; an enquiry is a service request without fulfilment."""

    INCIDENT = "incident", _("Incident")
    REQUEST = "request", _("Service request")
    ENQUIRY = "enquiry", _("Enquiry")


class Original(models.Model):
    """What somebody handed over on a channel other than mail, as it was. Kept before anything else is tried.

    `data` has the fields as they came, references by id, files by name and size. A row without a ticket is a
    submission that failed on our side (`error`) and waits for somebody to look at it.
    """

    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    source = models.CharField(_("source"), max_length=120, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    requester = models.ForeignKey(User, models.PROTECT, related_name="+")
    via = models.CharField(max_length=24)
    key = models.CharField(max_length=64, blank=True)
    data = models.JSONField()
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    ticket = models.OneToOneField(Ticket, models.PROTECT, null=True, related_name="original")
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-received_at", "-id"]
        verbose_name = _("original")
        constraints = [
            models.UniqueConstraint(fields=["by", "key"], condition=~Q(key=""), name="original_once_per_key")
        ]
        indexes = [
            models.Index(fields=["-received_at"], condition=Q(ticket__isnull=True), name="original_without_ticket")
        ]

    def __str__(self):
        return f"{self.pk} {self.channel}"


def _kept_path(row, filename: str) -> str:
    return f"originals/{timezone.now():%Y/%m}/{secrets.token_hex(20)}"


class OriginalFile(models.Model):
    """A file of a submission that failed on our side; those of the others are the ticket's attachments."""

    original = models.ForeignKey(Original, models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    file = models.FileField(upload_to=_kept_path, max_length=200)

    def __str__(self):
        return self.name
