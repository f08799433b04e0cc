"""The record that all processes share, and everything that hangs on it.

A process keeps what only its own page shows in an extension with the same primary key (`incidents.Incident`,
`requests.ServiceRequest`). A column that a list filters, sorts or secures by stands here.
"""

import secrets
from datetime import timedelta
from functools import cache

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cmdb.models import Item, Service
from servicedesk.people.models import Department, Language, Team, User
from servicedesk.web.text import check_one_line

from .workflow import Phase, TicketType, workflow_of

OPEN = Q(closed_at__isnull=True)
# What numbers begin with; each type counts in a PostgreSQL sequence of its own, `ticket_number_<type>`.
PREFIXES = {TicketType.INCIDENT: "INC", TicketType.REQUEST: "REQ"}


class Category(models.Model):
    """A node of the tree of categories."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    code = models.CharField(_("code"), max_length=32, unique=True, validators=[check_one_line])
    name = models.CharField(_("name"), max_length=120, validators=[check_one_line])
    name_en = models.CharField(_("name in English"), max_length=120, blank=True, validators=[check_one_line])
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("category")
        constraints = [models.CheckConstraint(condition=~Q(parent=models.F("id")), name="category_not_its_own_parent")]

    def __str__(self):
        return self.name_en if get_language() == "en" and self.name_en else self.name


class Tag(models.Model):
    """A word of the desk's own. `name` is normalised: full width, case and spaces make no difference."""

    name = models.CharField(max_length=40, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Impact(models.IntegerChoices):
    COMPANY = 1, _("1 – Whole company")
    DEPARTMENT = 2, _("2 – Department or site")
    GROUP = 3, _("3 – A few people")
    PERSON = 4, _("4 – One person")


class Urgency(models.IntegerChoices):
    NOW = 1, _("1 – Work has stopped")
    TODAY = 2, _("2 – Work is badly hindered")
    SOON = 3, _("3 – There is a way around")
    SOMETIME = 4, _("4 – A nuisance or a wish")


class Priority(models.IntegerChoices):
    P1 = 1, "P1"
    P2 = 2, "P2"
    P3 = 3, "P3"
    P4 = 4, "P4"


class Channel(models.TextChoices):
    PORTAL = "portal", _("Portal")
    MAIL = "mail", _("E-mail")
    PHONE = "phone", _("Phone")
    CHAT = "chat", _("Chat")
    ALERT = "alert", _("Monitoring")
    API = "api", _("API")
    DESK = "desk", _("Entered by an agent")


class PriorityReason(models.TextChoices):
    MATRIX = "matrix", _("from the matrix")
    SERVICE = "service", _("from the matrix of the service")
    MANUAL = "manual", _("set by hand")


class Ticket(models.Model):
    """The core row of any record. Written by `actions.py` alone.

    `status` is the process's own word, `phase` the common one; both change only in `actions.move()`. `due_at` is when
    the resolution is promised, `response_due_at` the first answer. `event_count` and `event_hash` are the end of the
    chain of events, so that a cut-off tail shows too. `department` is the requester's when the ticket was made.
    `merged_into` is where a merged ticket goes on; `merged_ids` are all tickets that go on here, those merged into them
    too: one page shows what was written in any of them. Keys with `db_index=False` are served by the composite indexes
    below, or never asked.
    """

    number = models.CharField(_("number"), max_length=16, unique=True, editable=False)
    type = models.CharField(_("type"), max_length=12, choices=TicketType, editable=False)
    title = models.CharField(_("title"), max_length=200, validators=[check_one_line])
    description = models.TextField(_("description"), blank=True)
    requester = models.ForeignKey(
        User, models.PROTECT, db_index=False, related_name="tickets", verbose_name=_("requester")
    )
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("entered by"))
    department = models.ForeignKey(
        Department, models.PROTECT, db_index=False, null=True, related_name="tickets", verbose_name=_("department")
    )
    assignee = models.ForeignKey(
        User,
        models.PROTECT,
        db_index=False,
        null=True,
        blank=True,
        related_name="assigned_tickets",
        verbose_name=_("assignee"),
    )
    team = models.ForeignKey(
        Team, models.PROTECT, db_index=False, null=True, blank=True, related_name="tickets", verbose_name=_("team")
    )
    service = models.ForeignKey(
        Service,
        models.PROTECT,
        db_index=False,
        null=True,
        blank=True,
        related_name="tickets",
        verbose_name=_("service"),
    )
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("category")
    )
    impact = models.PositiveSmallIntegerField(_("impact"), choices=Impact, default=Impact.PERSON)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency, default=Urgency.SOON)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.P4)
    priority_reason = models.CharField(max_length=10, choices=PriorityReason, default=PriorityReason.MATRIX)
    priority_note = models.CharField(_("reason"), max_length=300, blank=True, validators=[check_one_line])
    status = models.CharField(_("status"), max_length=24, editable=False)
    phase = models.CharField(_("phase"), max_length=10, choices=Phase, editable=False)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    source = models.CharField(
        _("source"), max_length=120, blank=True, help_text=_("Mailbox, token or system that it came through.")
    )
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.JAPANESE)
    is_confidential = models.BooleanField(_("confidential"), default=False)
    is_major = models.BooleanField(_("major incident"), default=False)
    resolution = models.TextField(_("resolution"), blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)
    response_due_at = models.DateTimeField(_("first response due"), null=True, editable=False)
    first_response_at = models.DateTimeField(_("first response"), null=True, editable=False)
    due_at = models.DateTimeField(_("due"), null=True, editable=False)
    resolved_at = models.DateTimeField(_("resolved"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    reopen_count = models.PositiveSmallIntegerField(default=0, editable=False)
    merged_into = models.ForeignKey("self", models.PROTECT, db_index=False, null=True, editable=False, related_name="+")
    merged_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[], editable=False)
    event_count = models.PositiveIntegerField(default=0, editable=False)
    event_hash = models.CharField(max_length=64, blank=True, editable=False)
    watchers = models.ManyToManyField(User, through="Watcher", related_name="watched_tickets")
    tags = models.ManyToManyField(Tag, through="TicketTag", related_name="tickets")
    items = models.ManyToManyField(Item, through="TicketItem", related_name="tickets")

    class Meta:
        verbose_name = _("ticket")
        constraints = [
            models.CheckConstraint(condition=Q(impact__range=(1, 4)), name="ticket_impact_1_to_4"),
            models.CheckConstraint(condition=Q(urgency__range=(1, 4)), name="ticket_urgency_1_to_4"),
            models.CheckConstraint(condition=Q(priority__range=(1, 4)), name="ticket_priority_1_to_4"),
            models.CheckConstraint(
                condition=Q(phase="closed", closed_at__isnull=False) | (~Q(phase="closed") & OPEN),
                name="ticket_closed_at_goes_with_phase",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "priority", "created_at", "id"], condition=OPEN, name="ticket_open_team"),
            models.Index(fields=["assignee", "priority", "created_at", "id"], condition=OPEN, name="ticket_open_mine"),
            models.Index(fields=["priority", "created_at", "id"], condition=OPEN, name="ticket_open_priority"),
            models.Index(fields=["due_at", "id"], condition=OPEN, name="ticket_open_due"),
            models.Index(fields=["created_at", "id"], condition=OPEN, name="ticket_open_age"),
            models.Index(
                fields=["service", "priority", "created_at", "id"], condition=OPEN, name="ticket_open_service"
            ),
            models.Index(
                fields=["priority", "created_at", "id"],
                condition=OPEN & Q(assignee__isnull=True),
                name="ticket_open_unassigned",
            ),
            models.Index(
                fields=["priority", "created_at", "id"], condition=Q(phase="waiting"), name="ticket_open_waiting"
            ),
            models.Index(fields=["resolved_at"], condition=Q(phase="resolved"), name="ticket_resolved_not_closed"),
            models.Index(fields=["service"], condition=OPEN & Q(is_major=True), name="ticket_open_major"),
            models.Index(fields=["requester", "-created_at", "-id"], name="ticket_by_requester"),
            models.Index(fields=["department", "-created_at", "-id"], name="ticket_by_department"),
            models.Index(fields=["-created_at", "-id"], name="ticket_by_time"),
            models.Index(fields=["team", "-created_at", "-id"], name="ticket_by_team"),
            models.Index(fields=["assignee", "-created_at", "-id"], name="ticket_by_assignee"),
            models.Index(fields=["service", "-created_at", "-id"], name="ticket_by_service"),
            models.Index(fields=["-updated_at", "-id"], name="ticket_by_change"),
        ]

    def __str__(self):
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return page_of(self.type, self.number)

    @property
    def workflow(self):
        return workflow_of(self.type)

    @property
    def status_label(self):
        return self.workflow.status(self.status).label

    @property
    def plain_status(self):
        return self.workflow.status(self.status).plain

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def here_ids(self) -> list[int]:
        """The tickets whose history this one's page shows: its own first."""
        return [self.pk, *self.merged_ids]

    @property
    def is_overdue(self) -> bool:
        return bool(self.due_at and self.resolved_at is None and self.is_open and self.due_at < timezone.now())


@cache
def _page_pattern(ticket_type: str) -> str:
    return reverse(f"{workflow_of(ticket_type).app}:detail", args=["NUMBER"])


def page_of(ticket_type: str, number: str) -> str:
    """The address of a ticket's page: the one place that knows where each process has its pages. Lists call it per row,
    so the pattern is kept.
    """
    return _page_pattern(ticket_type).replace("NUMBER", number)


class TicketWords(models.Model):
    """What a search finds a ticket by: tokens of title, description and public replies, and those of internal notes.

    Two columns, because staff must not find their ticket by words of a note that they cannot read.
    """

    ticket = models.OneToOneField(Ticket, models.CASCADE, primary_key=True, related_name="words")
    public = SearchVectorField()
    internal = SearchVectorField()

    class Meta:
        indexes = [
            GinIndex(fields=["public"], name="ticket_words_public"),
            GinIndex(fields=["internal"], name="ticket_words_internal"),
        ]

    def __str__(self):
        return str(self.ticket_id)


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


class WorkTime(models.Model):
    """Minutes that somebody worked on a ticket (工数)."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="work_times")
    user = models.ForeignKey(User, models.PROTECT, related_name="work_times")
    minutes = models.PositiveIntegerField(_("minutes"))
    worked_on = models.DateField(_("on"))
    note = models.CharField(_("note"), max_length=200, blank=True, validators=[check_one_line])
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["worked_on", "id"]
        verbose_name = _("work time")
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="work_time_up_to_a_day")
        ]

    def __str__(self):
        return f"{self.ticket_id} {self.minutes}"


class WorkRounding(models.Model):
    """How the minutes of timers are rounded before they are logged: one row, or none while it is as built in."""

    class Unit(models.IntegerChoices):
        ONE = 1, _("1 minute")
        FIVE = 5, _("5 minutes")
        SIX = 6, _("6 minutes")
        TEN = 10, _("10 minutes")
        QUARTER = 15, _("15 minutes")
        HALF = 30, _("30 minutes")

    class Way(models.TextChoices):
        UP = "up", _("Always up")
        NEAREST = "nearest", _("To the nearest")

    unit = models.PositiveSmallIntegerField(_("rounding unit"), choices=Unit, default=Unit.FIVE)
    way = models.CharField(_("way of rounding"), max_length=8, choices=Way, default=Way.UP)

    class Meta:
        verbose_name = _("rounding of timers")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="work_rounding_once")]

    def __str__(self):
        return f"{self.unit} {self.way}"

    def round(self, minutes: int) -> int:
        """Minutes as they are logged: never nothing, never more than a day."""
        more = self.unit - 1 if self.way == self.Way.UP else self.unit // 2
        return min(max((minutes + more) // self.unit * self.unit, self.unit), 1440)


class WorkTimer(models.Model):
    """The one timer of a person: runs on a ticket since a moment, or was discarded and can be brought back."""

    FORGOTTEN_AFTER = timedelta(hours=10)

    user = models.OneToOneField(User, models.CASCADE, related_name="work_timer")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="timers")
    started_at = models.DateTimeField(default=timezone.now)
    discarded_at = models.DateTimeField(null=True, blank=True)

    rounding: WorkRounding  # brought by `queries.running_timer`

    def __str__(self):
        return f"{self.user_id} {self.ticket_id}"

    @property
    def elapsed(self) -> timedelta:
        return max(timezone.now() - self.started_at, timedelta())

    @property
    def minutes(self) -> int:
        """Whole minutes so far."""
        return int(self.elapsed.total_seconds() // 60)

    @property
    def rounded(self) -> int:
        return self.rounding.round(self.minutes)

    @property
    def is_forgotten(self) -> bool:
        """Nobody works that long without a pause: the person says how long it really was."""
        return self.elapsed > self.FORGOTTEN_AFTER


class ClosedWorkMonth(models.Model):
    """A month whose work time is settled: nothing in it is logged, changed or deleted any more."""

    month = models.DateField(_("month"), primary_key=True)
    closed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("closed month")
        constraints = [models.CheckConstraint(condition=Q(month__day=1), name="closed_work_month_first_day")]

    def __str__(self):
        return f"{self.month:%Y-%m}"


class Heartbeat(models.Model):
    """When a background process last showed life; `/readyz` reads it."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self):
        return self.name
