"""What is kept about changes of people and settings: the audit log and its end, imports, checks, mails."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.web.text import check_one_line

from .persons import User


class AuditEntry(models.Model):
    """One change of a setting, a person or a right: who did what to which object, when and through what. Never changed.

    Entries are one chain: `hash` covers the entry and the hash of the one before it (`servicedesk.people.chain`).
    `object_type` is `app.model`; `label` is how the object was called then. Tickets keep their own events.
    """

    object_type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=40)
    label = models.CharField(max_length=200)
    verb = models.CharField(max_length=40)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    via = models.CharField(max_length=24)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_by_object"),
            models.Index(fields=["by", "-id"], name="audit_by_person"),
            models.Index(fields=["-at", "-id"], name="audit_by_time"),
        ]

    def __str__(self):
        return f"{self.verb} {self.object_type} {self.label}"


class AuditTail(models.Model):
    """The end of the chain of the audit log: how many entries there are and the hash of the last. One row, whose lock
    also keeps the chain from forking. A tail that was cut off the log shows by it.
    """

    count = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    def __str__(self):
        return str(self.count)


class AccountMail(models.Model):
    """A mail about signing in on its way out: a link for a new password, word of a change. Deleted when it has left,
    because the link in it opens the account.
    """

    to_address = models.EmailField(max_length=254)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"{self.pk}"


class ImportRun(models.Model):
    """A file of people, departments or teams on its way in: uploaded, looked at, then applied once or thrown away.

    `plan` is what the preview showed, as `importing.Plan` writes it; `digest` is its hash, so that exactly what was
    shown is applied or nothing. The file goes when the run ends; `counts` stay.
    """

    class Kind(models.TextChoices):
        PEOPLE = "people", _("people")
        DEPARTMENTS = "departments", _("departments")
        TEAMS = "teams", _("teams")

    class State(models.TextChoices):
        PREVIEW = "preview", _("to be looked at")
        APPLIED = "applied", _("applied")
        DISCARDED = "discarded", _("thrown away")

    kind = models.CharField(_("what"), max_length=12, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PREVIEW)
    name = models.CharField(_("file"), max_length=200, validators=[check_one_line])
    content = models.BinaryField()
    encoding = models.CharField(max_length=12, blank=True)
    plan = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("import")

    def __str__(self):
        return self.name


class Job(models.Model):
    """Work that somebody started and that takes longer than a page may: an import, a check, a new matrix.

    A background task takes waiting rows and calls the function that `settings.JOBS` names for `kind` (see
    `servicedesk.people.jobs`). `params` is what it is told, `done` of `total` how far it is, `result` what it found,
    `error` a sentence for people. At most one job waits per `key`, which names what it works on.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    kind = models.CharField(max_length=24)
    key = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(default=timezone.now, editable=False)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(state="waiting"), name="one_job_waits_per_key")
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=["waiting", "running"]), name="job_to_do"),
            models.Index(fields=["key", "-id"], name="job_by_key"),
            models.Index(fields=["kind", "-id"], name="job_by_kind"),
        ]

    def __str__(self):
        return f"{self.key} {self.state}"

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0
