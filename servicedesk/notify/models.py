"""What goes out: one row for every mail to every person, kept until long after it was sent; and what the pages tell
them."""

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.intake.models import IncomingMail
from servicedesk.people.models import Language, Team, User
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.web.middleware import own_zone

from .hours import end_of_quiet, next_hour


class OutgoingMail(models.Model):
    """One mail to one address about one event, or one without a ticket: a summary, or word of a mail to look at. Sent
    and retried row by row.

    `message_id` is made with the row and the same on every attempt, so that a mail which left just before a crash and
    leaves again afterwards is one message for the receiving program. `headers` are those beside From, To, Subject and
    Message-ID. A `held` one is for an address that does not work (`intake.models.DeadAddress`), whose words `error` has
    then; when the address works again within `HELD_FOR` it leaves by itself. One that waits for the end of its reader's
    quiet hours has the `error` `QUIET`. `needs` is a permission that its reader must still have when it leaves;
    `attached` are stored files to go with it, as {"name", "file", "type"}.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("Receipt")
        REPLY = "reply", _("Reply")
        RESOLVED = "resolved", pgettext_lazy("mail", "Resolution")
        REOPENED = "reopened", _("Taken up again")
        CLOSED = "closed", _("Closing")
        CANCELLED = "cancelled", _("Withdrawal")
        MERGED = "merged", _("Goes on under another number")
        ASSIGNED = "assigned", _("Assignment")
        BOUNCED = "bounced", _("Not delivered to the requester")
        CALLBACK = "callback", _("Call-back due")
        MENTIONED = "mentioned", _("Mention")
        FORWARDED = "forwarded", _("Forwarded message")
        OUTSIDE = "outside", _("Answer from outside")
        THANKS = "thanks", _("Thanks")
        TEAM = "team", _("Ticket for a team")
        TARGET = "target", _("Target near or missed")
        APPROVAL = "approval", _("Approval to close")
        SENT_BACK = "sent_back", _("Closing not approved")
        CONFIRMED = "confirmed", _("Confirmed by the requester")
        HELD_BACK = "held_back", _("Not closed by itself")
        CLOSES = "closes", _("Closes soon")
        AWAKE = "awake", _("Back from a snooze")
        STALE = "stale", _("Stale tickets")
        TOLD = "told", _("Word from a rule")
        ESCALATED = "escalated", _("Escalation to whoever is responsible")
        MAIL = "mail", _("Mail to look at")
        DIGEST = "digest", _("Daily summary")
        REMINDER = "reminder", _("Reminder")
        OUTAGE = "outage", _("How a known outage stands")
        KNOWN = "known", _("Report of what is known")
        FORCE = "force", _("Call into a task force")
        UPDATE_DUE = "update_due", _("An update of an outage is due")
        ACTION = "action", _("An action of a post-mortem for somebody")
        ACTION_DUE = "action_due", _("An action of a post-mortem is due")
        LOW_MARK = "low_mark", _("Low rating")
        SURVEY = "survey", _("Survey")
        SURVEY_DUE = "survey_due", _("Reminder of a survey")
        REPORT = "report", _("Monthly report")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", pgettext_lazy("mail", "Sent")
        FAILED = "failed", _("Not delivered")
        STOPPED = "stopped", pgettext_lazy("mail", "Taken back")
        HELD = "held", _("Not sent")

    HELD_FOR = timedelta(days=7)
    QUIET = "quiet"

    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="mails_out")
    event = models.ForeignKey(TicketEvent, models.PROTECT, null=True, related_name="mails_out")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    to_user = models.ForeignKey(User, models.PROTECT, related_name="+")
    to_address = models.EmailField(_("to"), max_length=254)
    from_address = models.EmailField(max_length=254)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    message_id = models.CharField(max_length=320, unique=True)
    headers = models.JSONField(default=dict)
    with_files = models.BooleanField(default=False)
    needs = models.CharField(max_length=60, blank=True)
    attached = models.JSONField(default=list)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("outgoing mail")
        constraints = [models.UniqueConstraint(fields=["event", "to_address", "kind"], name="mail_out_once")]
        indexes = [
            models.Index(fields=["try_after", "id"], condition=Q(state="waiting"), name="mail_out_waiting"),
            models.Index(fields=["-created_at", "-id"], condition=Q(state="failed"), name="mail_out_failed"),
            models.Index(fields=["-created_at", "-id"], condition=Q(state="held"), name="mail_out_held"),
            models.Index(fields=["to_address"], condition=Q(state="held"), name="mail_out_held_to"),
            models.Index(fields=["-created_at", "-id"], name="mail_out_by_time"),
            models.Index(fields=["to_address", "-sent_at"], condition=Q(state="sent"), name="mail_out_rate"),
            models.Index(fields=["to_address", "-created_at"], condition=Q(kind="receipt"), name="mail_out_receipts"),
        ]

    def __str__(self):
        return f"{self.pk} {self.kind} {self.state}"

    @property
    def leaves_by_itself(self) -> bool:
        """Whether a held mail still leaves when its address works again."""
        return self.created_at > timezone.now() - self.HELD_FOR


class MailText(models.Model):
    """A text of our mails that somebody wrote anew; without a row the built-in one holds. Only the signature may be a
    team's own.
    """

    key = models.CharField(max_length=20)
    language = models.CharField(_("language"), max_length=2, choices=Language)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    body = models.TextField(blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("text of mails")
        constraints = [
            models.UniqueConstraint(fields=["key", "language", "team"], nulls_distinct=False, name="mail_text_once")
        ]

    def __str__(self):
        return f"{self.key} {self.language}" + (f" {self.team_id}" if self.team_id else "")


class Notification(models.Model):
    """That one person is told by the pages of an event of a ticket, once, of a mail that they were given to look at, or
    of something else, by `key` once: then `said` and `title` are in the language that was theirs, and `address` is the
    page. Read when they open the one or the other. `digest_at` is when the daily summary is due that names it; None
    when it is in none, or when that was written; `push_at` likewise when it goes to the person's devices.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("Somebody enters a request for me")
        REPLY = "reply", _("The desk or a colleague replies")
        STATUS = "status", _("Something is resolved, closed, withdrawn or taken up again")
        ASSIGNED = "assigned", _("A ticket is assigned to me")
        ANSWER = "answer", _("A requester replies")
        TEAM = "team", _("A ticket comes to a team whose lead I am, or that has none")
        BOUNCED = "bounced", _("A mail does not reach a requester")
        CALLBACK = "callback", _("A call-back is due")
        TARGET = "target", _("A target of my tickets is near or missed")
        MAIL = "mail", _("I am given a mail to look at")
        MENTION = "mention", _("Somebody mentions me")
        THANKS = "thanks", _("A requester thanks")
        CLOSING = "closing", _("A closing waits for me, or something is missing for it")
        AWAKE = "awake", _("A ticket that I snoozed comes back")
        REMINDER = "reminder", _("Something that I look after needs attention")
        OUTAGE = "outage", _("How an outage stands that concerns me")
        FORCE = "force", _("A major incident needs me: task force, update or action due")
        TOLD = "told", _("A rule tells me of a ticket")
        ESCALATED = "escalated", _("A ticket is escalated to me, because I am responsible")
        LOW_MARK = "low_mark", _("A ticket of my team is rated low")

    # `notice_once` begins with the person, `notice_by_time` too.
    person = models.ForeignKey(User, models.CASCADE, db_index=False, related_name="notifications")
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="+")
    event = models.ForeignKey(TicketEvent, models.PROTECT, null=True, related_name="+")
    mail = models.ForeignKey(IncomingMail, models.PROTECT, null=True, related_name="+")
    key = models.CharField(max_length=80, blank=True)
    said = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    digest_at = models.DateTimeField(null=True)
    push_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("notice")
        constraints = [
            models.UniqueConstraint(fields=["person", "event"], name="notice_once"),
            models.UniqueConstraint(fields=["person", "mail"], name="notice_of_mail_once"),
            models.UniqueConstraint(fields=["person", "key"], condition=~Q(key=""), name="notice_by_key_once"),
            models.CheckConstraint(
                condition=Q(event__isnull=False, ticket__isnull=False, mail__isnull=True, key="")
                | Q(event__isnull=True, ticket__isnull=True, mail__isnull=False, key="")
                | (Q(event__isnull=True, ticket__isnull=True, mail__isnull=True) & ~Q(key="")),
                name="notice_of_one_thing",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-created_at", "-id"], name="notice_by_time"),
            models.Index(
                fields=["person", "-created_at", "-id"], condition=Q(read_at__isnull=True), name="notice_unread"
            ),
            models.Index(fields=["read_at"], condition=Q(read_at__isnull=False), name="notice_read"),
            models.Index(fields=["digest_at"], condition=Q(digest_at__isnull=False), name="notice_for_digest"),
            models.Index(fields=["push_at"], condition=Q(push_at__isnull=False), name="notice_for_push"),
        ]

    def __str__(self):
        return f"{self.pk} {self.kind}"


class Way(models.TextChoices):
    """How somebody hears of a kind of thing."""

    MAIL = "mail", _("On the pages and by mail")
    DIGEST = "digest", _("On the pages and in the daily summary")
    PAGE = "page", _("On the pages")
    NONE = "none", _("Not at all")


_EVERY_DAY = tuple(range(7))


def every_day() -> list[int]:
    return list(_EVERY_DAY)


class NoticeSettings(models.Model):
    """How one person hears of things; who has no row hears of them as usual. `ways` is what they chose, by kind, and
    `pushed` which of it comes to their devices besides. Quiet hours, if there are any, begin on `quiet_days` (0 is
    Monday), in the person's time zone.
    """

    Kind = Notification.Kind
    FOR_ALL = (Kind.REPLY, Kind.STATUS, Kind.OUTAGE)
    FOR_DESK = (
        Kind.ASSIGNED,
        Kind.ANSWER,
        Kind.TEAM,
        Kind.BOUNCED,
        Kind.CALLBACK,
        Kind.TARGET,
        Kind.MAIL,
        Kind.MENTION,
        Kind.THANKS,
        Kind.CLOSING,
        Kind.AWAKE,
        Kind.REMINDER,
        Kind.FORCE,
        Kind.TOLD,
        Kind.ESCALATED,
        Kind.LOW_MARK,
    )
    # What nobody misses who never hears of it; everything else waits for them to do something.
    DECLINABLE = frozenset({Kind.STATUS, Kind.TEAM, Kind.THANKS, Kind.TARGET, Kind.AWAKE})
    # What comes by mail only to those who wish it so.
    ON_PAGES = frozenset({Kind.TEAM, Kind.THANKS, Kind.TARGET, Kind.AWAKE})

    person = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="notice_settings")
    ways = models.JSONField(_("what comes how"), default=dict)
    pushed = models.JSONField(_("what comes to devices"), default=dict)
    digest_hour = models.PositiveSmallIntegerField(
        _("hour of the daily summary"), default=8, validators=[MaxValueValidator(23)]
    )
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    quiet_days = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("quiet hours begin on"), default=every_day
    )
    urgent_at_once = models.BooleanField(_("what is urgent comes at once"), default=True)

    def __str__(self):
        return str(self.person_id)

    @classmethod
    def kinds_for(cls, person: User) -> tuple[str, ...]:
        """The kinds that a person can choose ways for."""
        return cls.FOR_ALL + cls.FOR_DESK if person.is_agent else cls.FOR_ALL

    @classmethod
    def ways_for(cls, kind: str) -> list[Way]:
        return [way for way in Way if way != Way.NONE or kind in cls.DECLINABLE]

    def way(self, kind: str) -> str:
        """How the person hears of this kind of thing."""
        return self.ways.get(kind) or (Way.PAGE if kind in self.ON_PAGES else Way.MAIL)

    def pushes(self, kind: str) -> bool:
        """Whether a thing of this kind comes to the person's devices too."""
        return self.way(kind) != Way.NONE and self.pushed.get(kind, kind not in self.ON_PAGES)

    def quiet_end(self, now: datetime) -> datetime | None:
        """When the quiet hours are over that hold now."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return end_of_quiet(now, self._zone, self.quiet_from, self.quiet_until, self.quiet_days)

    def next_digest(self, now: datetime) -> datetime:
        return next_hour(now, self._zone, self.digest_hour)

    @property
    def _zone(self):
        return own_zone(self.person) or timezone.get_default_timezone()


class PushDevice(models.Model):
    """A browser in which somebody allowed pushes: where its push service takes them, and the keys by which only this
    browser can read. It lasts as long as the sign-in (`session`) by which it was allowed. `failures` in a row make it
    wait until `try_after`.
    """

    MOST_EACH = 10
    # In a row, at growing distances: more than a day of failing.
    MOST_FAILURES = 30

    person = models.ForeignKey(User, models.CASCADE, related_name="push_devices")
    session = models.CharField(max_length=40, db_index=True)
    endpoint = models.CharField(max_length=1000, unique=True)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=30)
    browser = models.CharField(_("browser"), max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name = _("device")

    def __str__(self):
        return f"{self.pk} {self.browser}"[:100]


class Push(models.Model):
    """That one device is told of one notice. Sent and retried row by row."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        DROPPED = "dropped"  # read or out of sight meanwhile, too old, or refused; `error` says which

    # `push_once` begins with the device.
    device = models.ForeignKey(PushDevice, models.CASCADE, db_index=False, related_name="pushes")
    notice = models.ForeignKey(Notification, models.CASCADE, related_name="pushes")
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    error = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "notice"], name="push_once")]
        indexes = [
            models.Index(fields=["created_at", "id"], condition=Q(state="waiting"), name="push_waiting"),
            models.Index(fields=["created_at"], condition=~Q(state="waiting"), name="push_done"),
        ]

    def __str__(self):
        return f"{self.pk} {self.state}"
