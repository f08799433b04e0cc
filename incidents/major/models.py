"""What a major incident has beside its incident. Words for readers are kept here and not in the ticket, which holds
names.
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cmdb.models import Service
from servicedesk.people.models import Role, User
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.web.text import check_one_line

RUNNING = Q(ended_at__isnull=True, retracted_at__isnull=True)


def in_language(japanese: str, english: str, language: str | None = None) -> str:
    """The one of two texts that the reader wants, else the other."""
    return (english or japanese) if (language or get_language()) == "en" else (japanese or english)


class MajorIncident(models.Model):
    """That an incident is, or was, a major one. Running until it is ended, or taken back as declared by mistake.

    `public_title` is what everybody may read; without it readers are told which services are disturbed. `nagged_for`
    is the due update that somebody was reminded of already.
    """

    incident = models.OneToOneField("incidents.Incident", models.CASCADE, primary_key=True, related_name="major")
    public_title = models.CharField(_("title for everybody"), max_length=200, blank=True, validators=[check_one_line])
    public_title_en = models.CharField(
        _("title for everybody, in English"), max_length=200, blank=True, validators=[check_one_line]
    )
    reason = models.TextField(_("reason"), blank=True)
    declared_at = models.DateTimeField(_("declared"), default=timezone.now)
    declared_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(_("ended"), null=True)
    retracted_at = models.DateTimeField(_("taken back"), null=True)
    outage_from = models.DateTimeField(_("interrupted from"), default=timezone.now)
    outage_until = models.DateTimeField(_("interrupted until"), null=True)
    people_hit = models.PositiveIntegerField(_("people hit"), null=True)
    services = models.ManyToManyField(Service, through="MajorService", related_name="major_incidents")
    update_minutes = models.PositiveSmallIntegerField(_("minutes between updates"), default=30)
    next_update_at = models.DateTimeField(_("next update"), null=True)
    nagged_for = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("major incident")
        constraints = [
            models.CheckConstraint(
                condition=Q(outage_until__isnull=True) | Q(outage_until__gte=models.F("outage_from")),
                name="major_outage_ends_after_its_begin",
            ),
        ]
        indexes = [
            models.Index(fields=["declared_at"], condition=RUNNING, name="major_running"),
            models.Index(
                fields=["next_update_at"], condition=RUNNING & Q(next_update_at__isnull=False), name="major_update_due"
            ),
        ]

    def __str__(self):
        return self.title or str(self.incident_id)

    @property
    def is_running(self) -> bool:
        return self.ended_at is None and self.retracted_at is None

    @property
    def title(self) -> str:
        return in_language(self.public_title, self.public_title_en)

    @property
    def is_update_overdue(self) -> bool:
        return self.is_running and self.next_update_at is not None and self.next_update_at < timezone.now()


class MajorService(models.Model):
    """A service that a major incident disturbs, and how many of its people are hit when that is known."""

    major = models.ForeignKey(MajorIncident, models.CASCADE, db_index=False, related_name="service_rows")
    service = models.ForeignKey(Service, models.PROTECT, related_name="major_rows")
    people_hit = models.PositiveIntegerField(_("people hit"), null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["major", "service"], name="major_service_once")]

    def __str__(self):
        return f"{self.major_id} {self.service}"


class Subscriber(models.Model):
    """Somebody who is hit as well and wants to hear of it. Who no longer wants to (`left_at`) was hit all the same."""

    major = models.ForeignKey(MajorIncident, models.CASCADE, db_index=False, related_name="subscriber_rows")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["major", "person"], name="major_subscriber_once")]

    def __str__(self):
        return f"{self.major_id} {self.person_id}"


class MajorUpdate(models.Model):
    """What readers are told, once for all of them, in one language or both. The event says when and by whom."""

    class Kind(models.TextChoices):
        INVESTIGATING = "investigating", _("We are looking for the cause")
        IDENTIFIED = "identified", _("We know the cause")
        MONITORING = "monitoring", _("Repaired; we are watching it")
        RESOLVED = "resolved", pgettext_lazy("update", "It is over")

    event = models.OneToOneField(TicketEvent, models.PROTECT, primary_key=True, related_name="major_update")
    major = models.ForeignKey(MajorIncident, models.CASCADE, related_name="updates")
    kind = models.CharField(_("state"), max_length=14, choices=Kind)
    text_ja = models.TextField(_("text in Japanese"), blank=True)
    text_en = models.TextField(_("text in English"), blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-event_id"]
        verbose_name = _("update")
        constraints = [models.CheckConstraint(condition=~Q(text_ja="", text_en=""), name="major_update_says_something")]

    def __str__(self):
        return f"{self.major_id} {self.kind}"

    @property
    def text(self) -> str:
        return in_language(self.text_ja, self.text_en)


class ForceMember(models.Model):
    """Somebody in the task force (障害対策チーム), in one role, from when until when."""

    class Role(models.TextChoices):
        COMMANDER = "commander", _("Commander")
        COMMUNICATION = "communication", _("Communication")
        TECHNICAL = "technical", _("Technical")
        RECORDER = "recorder", _("Recorder")

    major = models.ForeignKey(MajorIncident, models.CASCADE, related_name="members")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    role = models.CharField(_("role"), max_length=14, choices=Role)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    left_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["major", "person", "role"], condition=Q(left_at__isnull=True), name="major_member_once"
            )
        ]

    def __str__(self):
        return f"{self.major_id} {self.person} {self.role}"


class PostMortem(models.Model):
    """What is learnt from a major incident (振り返り会). Its cause code is the incident's own."""

    TEXTS = ("what_happened", "helped", "hindered", "lessons")

    major = models.OneToOneField(MajorIncident, models.CASCADE, primary_key=True, related_name="post_mortem")
    what_happened = models.TextField(_("what happened"), blank=True)
    helped = models.TextField(_("what helped"), blank=True)
    hindered = models.TextField(_("what hindered"), blank=True)
    lessons = models.TextField(_("what we learn from it"), blank=True)
    held_on = models.DateField(_("held on"), null=True)
    present = models.ManyToManyField(User, related_name="+")
    finished_at = models.DateTimeField(_("finished"), null=True)
    finished_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("post-mortem")

    def __str__(self):
        return str(self.major_id)

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None


class PostMortemAction(models.Model):
    """Something that somebody does by a day, so that it does not happen again."""

    post_mortem = models.ForeignKey(PostMortem, models.CASCADE, related_name="actions")
    what = models.CharField(_("what"), max_length=300, validators=[check_one_line])
    owner = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("owner"))
    due_on = models.DateField(_("due"))
    done_on = models.DateField(_("done on"), null=True)
    nagged_on = models.DateField(null=True)

    class Meta:
        ordering = ["due_on", "id"]
        verbose_name = _("action of a post-mortem")
        indexes = [
            models.Index(fields=["due_on"], condition=Q(done_on__isnull=True), name="post_mortem_action_open"),
            models.Index(fields=["owner", "due_on"], condition=Q(done_on__isnull=True), name="post_mortem_action_mine"),
        ]

    def __str__(self):
        return self.what

    @property
    def is_overdue(self) -> bool:
        return self.done_on is None and self.due_on < timezone.localdate()


class MajorProposal(models.Model):
    """That something looks like a major incident: for a person to say yes or no. Never deleted: what was dismissed is
    not proposed again.
    """

    class Kind(models.TextChoices):
        MANY_REPORTS = "many_reports", _("Many people report the same")
        TOTAL_STOP = "total_stop", _("A total stop that lasts")
        RULE = "rule", _("A rule or a person proposes it")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("proposal", "Open")
        ACCEPTED = "accepted", pgettext_lazy("proposal", "Accepted")
        DISMISSED = "dismissed", pgettext_lazy("proposal", "Dismissed")
        OVER = "over", pgettext_lazy("proposal", "No longer so")

    kind = models.CharField(max_length=14, choices=Kind)
    service = models.ForeignKey(Service, models.PROTECT, null=True, related_name="major_proposals")
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="major_proposals")
    reason = models.CharField(max_length=300, blank=True, validators=[check_one_line])
    reports = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    made = models.ForeignKey(MajorIncident, models.PROTECT, null=True, related_name="proposals")

    class Meta:
        verbose_name = _("proposed major incident")
        constraints = [
            models.CheckConstraint(
                condition=Q(service__isnull=False, ticket__isnull=True) | Q(service__isnull=True, ticket__isnull=False),
                name="major_proposal_of_a_service_or_a_ticket",
            ),
            models.UniqueConstraint(
                fields=["kind", "service"],
                condition=Q(state="open", service__isnull=False),
                name="major_proposal_open_once",
            ),
            models.UniqueConstraint(
                fields=["kind", "ticket"], condition=Q(ticket__isnull=False), name="major_proposal_of_ticket_once"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], condition=Q(state="open"), name="major_proposal_open")]

    def __str__(self):
        return f"{self.pk} {self.kind} {self.state}"


class MajorSettings(models.Model):
    """When the desk proposes a major incident, and who always hears of one: one row, or none while as built in."""

    reports = models.PositiveSmallIntegerField(_("different people who report the same service"), default=5)
    within_minutes = models.PositiveSmallIntegerField(_("within so many minutes"), default=60)
    stop_minutes = models.PositiveSmallIntegerField(_("minutes of a total stop"), default=30)
    update_minutes = models.PositiveSmallIntegerField(_("minutes between updates"), default=30)
    told = models.ManyToManyField(User, related_name="+", verbose_name=_("people who are told of every update"))
    told_roles = models.JSONField(_("roles that are told of every update"), default=list)

    Role = Role

    class Meta:
        verbose_name = _("settings of major incidents")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="major_settings_once")]

    def __str__(self):
        return f"{self.reports}/{self.within_minutes}"
