"""Files of tickets from other systems, and where each imported ticket came from."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket
from servicedesk.web.text import check_one_line


class Kind(models.TextChoices):
    """What sort of file it is. Each has a module that maps its rows to drafts (`sources`)."""

    SERVICENOW = "servicenow", _("Event log of ServiceNow")
    TABLE = "table", _("Table with a ticket in each row")


class Mapping(models.Model):
    """What somebody said once about the tables of a system: which column is which, how dates are written, what holds
    where a cell is empty, what its words mean here. `system` is what the source is called from then on.
    """

    name = models.CharField(_("name"), max_length=80, unique=True, validators=[check_one_line])
    system = models.CharField(_("system"), max_length=40, validators=[check_one_line])
    columns = models.JSONField(default=dict)
    date_format = models.CharField(max_length=24)
    defaults = models.JSONField(default=dict)
    words = models.JSONField(default=dict)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("mapping of columns")

    def __str__(self):
        return self.name


class TicketImport(models.Model):
    """One file of tickets: uploaded, looked at, written once.

    `mapping` is what was chosen for this file, so that a mapping that changes later changes no file. `counts` and
    `news` are those of the preview, then of what was done; `rejected` has (line, number there, reason). The
    file itself goes when the import has ended.
    """

    class State(models.TextChoices):
        COLUMNS = "columns", _("columns to be chosen")
        PREVIEW = "preview", pgettext_lazy("import", "looked at, not imported")
        DONE = "done", pgettext_lazy("import", "imported")
        DISCARDED = "discarded", pgettext_lazy("import", "thrown away")

    kind = models.CharField(_("what"), max_length=12, choices=Kind)
    system = models.CharField(_("system"), max_length=40, validators=[check_one_line])
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PREVIEW)
    name = models.CharField(_("file"), max_length=200, validators=[check_one_line])
    content = models.BinaryField()
    encoding = models.CharField(max_length=12, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64)
    mapping = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    news = models.JSONField(default=dict)
    rejected = models.JSONField(default=list)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("import of tickets")

    def __str__(self):
        return self.name


class Imported(models.Model):
    """Where a ticket came from, and what its system said that nothing here can say again.

    `made_sla` is that system's own verdict on its service level, which counts as it is: by which calendar it was found
    is unknown here. `extras` are columns that have no place in a ticket. `digest` is of the rows it was read from;
    `steps` and `steps_digest` say what was told of it so far, and `events` how many events it has by that.
    """

    ticket = models.OneToOneField(Ticket, models.PROTECT, primary_key=True, related_name="imported")
    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=100)
    run = models.ForeignKey(TicketImport, models.PROTECT, related_name="made")
    changed_by = models.ForeignKey(TicketImport, models.PROTECT, null=True, related_name="changed")
    reopen_count = models.PositiveIntegerField(default=0)
    reassignment_count = models.PositiveIntegerField(default=0)
    made_sla = models.BooleanField(null=True)
    extras = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    steps = models.PositiveIntegerField()
    steps_digest = models.CharField(max_length=64)
    events = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("imported ticket")
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="imported_once_per_source"),
            models.CheckConstraint(condition=~Q(external_id=""), name="imported_has_a_number"),
        ]

    def __str__(self):
        return f"{self.source} {self.external_id}"
