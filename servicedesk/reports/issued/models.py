"""Issued reports: figures as they were frozen, the files made of them, what differs since, and who gets them."""

import hashlib
import secrets
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models import Language, User
from servicedesk.people.models.persons import check_one_line


class IssuedReport(models.Model):
    """A month as it was issued. `figures` are frozen and never change; `hash` is over them and the hash of the report
    frozen before (`freezing.hash_of`), so that a changed or missing report shows. `issued_at` is empty until all files
    are made; whoever goes on finds in `files` what is left to do. `by` is empty where the desk itself issued it.
    """

    month = models.DateField(unique=True)
    definitions_version = models.CharField(max_length=16)
    figures = models.JSONField()
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, unique=True)
    frozen_at = models.DateTimeField()
    issued_at = models.DateTimeField(_("issued"), null=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-month"]
        verbose_name = _("issued report")
        constraints = [
            models.CheckConstraint(condition=Q(month__day=1), name="issued_first_day"),
            models.UniqueConstraint(fields=["previous_hash"], name="issued_one_chain"),
        ]

    def __str__(self):
        return f"{self.month:%Y-%m}"


def _path_of_file(file: Any, _name: str) -> str:
    """A random name outside the web root."""
    return f"reports/{timezone.now():%Y/%m}/{secrets.token_hex(20)}"


class IssuedFile(models.Model):
    """A file of an issued report. `hash` is the SHA-256 of its bytes."""

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"
        XLSX = "xlsx", "Excel"

    report = models.ForeignKey(IssuedReport, models.CASCADE, related_name="files")
    language = models.CharField(max_length=2, choices=Language)
    format = models.CharField(max_length=4, choices=Format)
    file = models.FileField(upload_to=_path_of_file, max_length=200)
    size = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["language", "format"]
        constraints = [models.UniqueConstraint(fields=["report", "language", "format"], name="issued_file_once")]

    def __str__(self):
        return self.name

    @property
    def name(self) -> str:
        """What it is called where it is kept by people."""
        return f"report-{self.report.month:%Y-%m}-{self.language}.{self.format}"


class Correction(models.Model):
    """A figure of an issued month that is counted otherwise since `at`. One that is as it was frozen again has a row
    of its own: nothing is taken back silently.
    """

    report = models.ForeignKey(IssuedReport, models.CASCADE, related_name="corrections")
    kpi = models.CharField(max_length=60)
    value = models.CharField(max_length=40, null=True)  # noqa: DJ001 – None: nothing to speak of any more
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["report", "kpi", "id"], name="correction_of_figure")]

    def __str__(self):
        return f"{self.report_id} {self.kpi} {self.value}"


class Subscriber(models.Model):
    """Somebody who gets each issued report by mail. `added_by` is themselves, or the administrator who added them."""

    user = models.OneToOneField(User, models.CASCADE, related_name="report_subscription")
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("subscriber of reports")

    def __str__(self):
        return str(self.user)


class ReportLink(models.Model):
    """An address that needs no sign-in: a wall page, or a person's feed of issued reports. Only the hash of its secret
    is kept. It ends by itself at `expires_at`, or when it is revoked; a feed also when its owner may read no reports.
    """

    class Kind(models.TextChoices):
        WALL = "wall", _("wall page")
        FEED = "feed", _("feed")

    kind = models.CharField(max_length=4, choices=Kind)
    name = models.CharField(_("name"), max_length=80, validators=[check_one_line])
    language = models.CharField(_("language"), max_length=2, choices=Language)
    digest = models.CharField(max_length=64, unique=True)
    owner = models.ForeignKey(User, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("link to reports")
        indexes = [models.Index(fields=["owner", "kind"], name="report_link_of")]

    def __str__(self):
        return self.name

    @staticmethod
    def new_secret() -> str:
        return secrets.token_urlsafe(32)

    @staticmethod
    def hashed(secret: str) -> str:
        """256 random bits need no slow hash."""
        return hashlib.sha256(secret.encode()).hexdigest()
