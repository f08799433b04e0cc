"""What the desk itself keeps: views of the queue that people saved, how dense they like it, the files that they had
made of it, and what they did to many tickets at once.
"""

import secrets
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cmdb.models import Service
from servicedesk.people.models import Job, Team, User
from servicedesk.tickets.models import Category, Impact, Ticket, Urgency
from servicedesk.web.text import check_lines, check_one_line


class Shared(models.Model):
    """What agents share, all of them or those of one team. `owner` looks after it. What is out of use stays."""

    name = models.CharField(_("name"), max_length=80, validators=[check_one_line])
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("for which team")
    )
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner"))
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        abstract = True

    def __str__(self):
        return self.name


class ReplyTemplate(Shared):
    """A text for replies and notes, in one language or both, with `{variables}` that the ticket fills. `code` is what
    one types for it after a slash.
    """

    code = models.CharField(_("short code"), max_length=20, validators=[check_one_line])
    body_ja = models.TextField(_("text in Japanese"), blank=True, max_length=5_000, validators=[check_lines])
    body_en = models.TextField(_("text in English"), blank=True, max_length=5_000, validators=[check_lines])

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("reply template")
        constraints = [
            models.UniqueConstraint(fields=["team", "code"], nulls_distinct=False, name="template_code_once"),
            models.CheckConstraint(condition=~Q(body_ja="", body_en=""), name="template_says_something"),
        ]

    def body_in(self, language: str) -> tuple[str, str]:
        """(text, language), in the other language when there is none in this one."""
        other = "en" if language == "ja" else "ja"
        body = self.body_ja if language == "ja" else self.body_en
        return (body, language) if body else (self.body_en if other == "en" else self.body_ja, other)


class Macro(Shared):
    """Several steps that one press does to a ticket, all or none; what is empty stays as it is. `reply` is what the
    requester reads: with the step `resolve` it is the resolution, with `ask_requester` the question.
    """

    class Assign(models.TextChoices):
        KEEP = "keep", _("As it is")
        ME = "me", _("Whoever runs it")
        NOBODY = "nobody", _("Nobody yet")
        PERSON = "person", _("A certain person")

    class Step(models.TextChoices):
        """The transitions that need no more than a text."""

        START = "start", _("Start work")
        ASK = "ask_requester", _("Ask the requester")
        VENDOR = "wait_for_vendor", _("Wait for a vendor")
        RESUME = "resume", _("Resume work")
        RESOLVE = "resolve", _("Resolve")
        CLOSE = "close", pgettext_lazy("step", "Close")

    to_team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team")
    )  # fmt: skip
    assign = models.CharField(_("assign"), max_length=8, choices=Assign, default=Assign.KEEP)
    assignee = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("assignee")
    )
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("service")
    )
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    impact = models.PositiveSmallIntegerField(_("impact"), choices=Impact, null=True, blank=True)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency, null=True, blank=True)
    add_tags = models.JSONField(_("add tags"), default=list, blank=True)
    remove_tags = models.JSONField(_("take tags away"), default=list, blank=True)
    note = models.TextField(_("internal note"), blank=True, max_length=5_000, validators=[check_lines])
    reply = models.ForeignKey(
        ReplyTemplate, models.PROTECT, null=True, blank=True, related_name="macros", verbose_name=_("reply")
    )
    step = models.CharField(_("step"), max_length=16, choices=Step, blank=True)
    minutes = models.PositiveSmallIntegerField(_("work time in minutes"), null=True, blank=True)
    snooze_days = models.PositiveSmallIntegerField(_("business days of a snooze"), null=True, blank=True)
    snooze_until = models.DateField(_("snooze until"), null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("macro")
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], nulls_distinct=False, name="macro_name_once"),
            models.CheckConstraint(
                condition=Q(assign="person", assignee__isnull=False) | ~Q(assign="person") & Q(assignee__isnull=True),
                name="macro_assignee_if_person",
            ),
        ]


class Density(models.TextChoices):
    COMPACT = "compact", _("Compact")
    USUAL = "usual", _("Usual")
    COMFORTABLE = "comfortable", _("Comfortable")


class DeskPreference(models.Model):
    """How somebody likes the desk; without a row as usual."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="desk_preference")
    density = models.CharField(_("density"), max_length=12, choices=Density, default=Density.USUAL)

    def __str__(self):
        return f"{self.user_id}"


class SavedView(models.Model):
    """Filters, order, grouping and columns of the queue under a name: somebody's own, or a team's.

    Everything is kept in the words of the queue's address and read as an address is, so that a view shows what its
    reader may see, and opens when something that it names is gone. `base` is the shipped view that it narrows; `place`
    is where it is pinned beside the queue. `deleted_at`: it can still be brought back.
    """

    owner = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="saved_views", verbose_name=_("person")
    )
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="saved_views", verbose_name=_("team")
    )
    name = models.CharField(_("name"), max_length=80, validators=[check_one_line])
    base = models.CharField(_("view"), max_length=16)
    filters = models.JSONField(_("filters"), default=dict, blank=True)
    sort = models.CharField(_("order"), max_length=16, blank=True)
    group = models.CharField(_("grouping"), max_length=16, blank=True)
    columns = models.JSONField(_("columns"), default=list, blank=True)
    density = models.CharField(_("density"), max_length=12, choices=Density, blank=True)
    place = models.PositiveSmallIntegerField(_("pinned"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["place", "name", "id"]
        verbose_name = _("saved view")
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=False, team__isnull=True) | Q(owner__isnull=True, team__isnull=False),
                name="view_of_a_person_or_a_team",
            ),
            models.UniqueConstraint(
                fields=["owner", "name"], condition=Q(deleted_at__isnull=True), name="view_name_once_per_person"
            ),
            models.UniqueConstraint(
                fields=["team", "name"], condition=Q(deleted_at__isnull=True), name="view_name_once_per_team"
            ),
        ]
        indexes = [
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="view_deleted"),
        ]

    def __str__(self):
        return self.name

    def as_query(self) -> QueryDict:
        """The words of the queue's address that show it."""
        query = QueryDict(mutable=True)
        query["view"] = self.base
        for name, values in self.filters.items():
            query.setlist(name, values)
        for name in ("sort", "group", "density"):
            if value := getattr(self, name):
                query[name] = value
        if self.columns:
            query["columns"] = ",".join(self.columns)
        return query


def _export_path(export, filename: str) -> str:
    """A random name outside the web root."""
    return f"exports/{timezone.now():%Y/%m}/{secrets.token_hex(20)}"


class Export(models.Model):
    """The queue as a file that is made in the background for one person, who alone gets it. `query` are the words of
    the queue's address, `label` how the list was called. The file goes `KEPT` after it was asked for.
    """

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel"

    KEPT = timedelta(days=7)

    owner = models.ForeignKey(User, models.CASCADE, related_name="exports")
    format = models.CharField(max_length=4, choices=Format)
    query = models.TextField(blank=True)
    label = models.CharField(max_length=120, validators=[check_one_line])
    rows = models.PositiveIntegerField(default=0, editable=False)
    is_cut = models.BooleanField(default=False, editable=False)
    file = models.FileField(upload_to=_export_path, max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    job: Job | None = None
    """The work that makes it, where `exporting.exports_of` read it."""

    class Meta:
        verbose_name = _("export")
        indexes = [models.Index(fields=["created_at"], name="export_by_time")]

    def __str__(self):
        return self.label

    @property
    def until(self):
        return self.created_at + self.KEPT

    @property
    def is_under_way(self) -> bool:
        return not self.file and self.job is not None and self.job.is_under_way


class Bulk(models.Model):
    """One change of many tickets, by one person. `change` says what, in ids and words (`bulk.Change`); `rows` say what
    became of each ticket. It can be undone for `UNDO_FOR` after its job ended.
    """

    UNDO_FOR = timedelta(minutes=10)
    KEPT = timedelta(days=30)

    owner = models.ForeignKey(User, models.CASCADE, related_name="bulks")
    change = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    undone_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("bulk change")
        indexes = [
            models.Index(fields=["owner", "-id"], name="bulk_of_owner"),
            models.Index(fields=["created_at"], name="bulk_by_time"),
        ]

    def __str__(self):
        return f"{self.pk}"


class BulkRow(models.Model):
    """What became of one ticket. `before` is what the undo needs: of each part what was there and what came."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        SAME = "same", _("Was so already")
        REFUSED = "refused", _("Not possible")
        UNDONE = "undone", _("Undone")
        KEPT = "kept", _("Not undone")

    bulk = models.ForeignKey(Bulk, models.CASCADE, related_name="rows")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    sentence = models.CharField(max_length=300, blank=True)
    before = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bulk", "ticket"], name="bulk_row_once")]
        indexes = [models.Index(fields=["bulk", "outcome", "ticket"], name="bulk_row_outcome")]

    def __str__(self):
        return f"{self.bulk_id} {self.ticket_id} {self.outcome}"
