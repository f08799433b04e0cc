"""The record that all processes share.

A process keeps what only its own page shows in an extension with the same primary key (`incidents.Incident`,
`requests.ServiceRequest`). A column that a list filters, sorts or secures by stands here.
"""

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

from ..workflow import Phase, TicketType, workflow_of

OPEN = Q(closed_at__isnull=True)
# What happened in another system is history here: whatever time or events set in motion (clocks, rules, mail, closing,
# the ledger) asks for what was born here. Events of an import say so themselves, and go through no consumer.
BORN_HERE = Q(external_id="")
IMPORTED = ~BORN_HERE
IMPORT = "import"
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
    IMPORT = "import", _("Imported")


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
    too: one page shows what was written in any of them. While it is resolved, `closes_at`
    says when it closes by itself, if it does, and `confirmed_at` when its requester said that it is solved. A ticket is
    out of the usual views since `snoozed_at` until `snoozed_until`, or without that until its requester writes.
    `external_id` is its number in the system from which it was imported, empty for all that began here. Keys with
    `db_index=False` are served by the composite indexes below, or never asked.
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
    external_id = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)
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
    closes_at = models.DateTimeField(_("closes by itself"), null=True, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    agreed_on = models.DateField(_("agreed date"), null=True, editable=False)
    snoozed_at = models.DateTimeField(_("snoozed"), null=True, editable=False)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, editable=False)
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
            models.Index(fields=["agreed_on", "id"], condition=Q(status="waiting_date"), name="ticket_agreed"),
            models.Index(fields=["snoozed_until", "id"], condition=Q(snoozed_at__isnull=False), name="ticket_snoozed"),
            models.Index(fields=["requester", "-created_at", "-id"], name="ticket_by_requester"),
            models.Index(fields=["department", "-created_at", "-id"], name="ticket_by_department"),
            models.Index(fields=["-created_at", "-id"], name="ticket_by_time"),
            models.Index(fields=["team", "-created_at", "-id"], name="ticket_by_team"),
            models.Index(fields=["assignee", "-created_at", "-id"], name="ticket_by_assignee"),
            models.Index(fields=["service", "-created_at", "-id"], name="ticket_by_service"),
            models.Index(fields=["-updated_at", "-id"], name="ticket_by_change"),
            models.Index(fields=["external_id"], condition=~Q(external_id=""), name="ticket_imported"),
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
    def is_imported(self) -> bool:
        return bool(self.external_id)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def here_ids(self) -> list[int]:
        """The tickets whose history this one's page shows: its own first."""
        return [self.pk, *self.merged_ids]

    @property
    def is_snoozed(self) -> bool:
        return self.snoozed_at is not None and (self.snoozed_until is None or self.snoozed_until > timezone.now())

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
