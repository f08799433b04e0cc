"""Mailboxes, every mail with its raw bytes and its fate, and addresses that do not work."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cmdb.models import Service
from servicedesk.people.models import Language, Team, User
from servicedesk.tickets.models import Comment, Ticket
from servicedesk.web.text import check_lines, check_one_line

from .originals import Makes


class Mailbox(models.Model):
    """An address at which the desk is reached, and how its mail gets here.

    `listener`: a mail server hands it over by SMTP or LMTP. `imap`: it is fetched; `last_uid` is the last message that
    is in the ledger, within the server's `uid_validity`, and `first_uid` the last one that lay there when fetching
    began: what is between them must be in the ledger. Boxes (`…_box`) hold sealed secrets
    (`servicedesk.intake.seal`); `oauth_at` is when somebody gave the refresh token. `domains` and `trusted_servers` are
    lists by blanks: the second names the authserv-id of servers whose Authentication-Results (RFC 8601) are believed.
    `news_at` is when its server last said that there is mail, and until `idle_until` somebody listens for that.
    `missing` lists what the last comparison (`compared_at`) found on the server and not in the ledger.
    """

    class Kind(models.TextChoices):
        LISTENER = "listener", _("A mail server hands it over (SMTP, LMTP)")
        IMAP = "imap", _("Fetched by IMAP")

    class Security(models.TextChoices):
        TLS = "tls", _("TLS from the first byte (usually port 993)")
        STARTTLS = "starttls", _("STARTTLS (usually port 143)")
        NONE = "none", _("None – only within a network that you trust")

    class SignsInBy(models.TextChoices):
        PASSWORD = "password", _("Password")
        MICROSOFT = "microsoft", _("Microsoft 365 (OAuth 2)")
        GOOGLE = "google", _("Google (OAuth 2)")

    class Afterwards(models.TextChoices):
        SEEN = "seen", _("mark it as read")
        MOVE = "move", _("move it to another folder")
        LEAVE = "leave", _("leave it as it is")

    class Accepts(models.TextChoices):
        KNOWN = "known", _("People who are known")
        DOMAINS = "domains", _("People who are known, and everyone of these domains")
        EVERYONE = "everyone", _("Everyone")

    class Others(models.TextChoices):
        HOLD = "hold", _("Held for an agent to decide")
        REFUSE = "refuse", _("Refused: kept in the list, no ticket")

    name = models.CharField(_("name"), max_length=80, validators=[check_one_line])
    address = models.EmailField(_("address"), max_length=254)
    kind = models.CharField(_("how mail gets here"), max_length=10, choices=Kind, default=Kind.LISTENER)
    is_default = models.BooleanField(
        _("whole domain"), default=False, help_text=_("Also takes what is sent to any other address of its domain.")
    )
    host = models.CharField(_("server"), max_length=200, blank=True, validators=[check_one_line])
    port = models.PositiveIntegerField(
        _("port"), default=993, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    security = models.CharField(_("encryption"), max_length=10, choices=Security, default=Security.TLS)
    certificate = models.TextField(
        _("trusted certificate"), blank=True, validators=[check_lines],
        help_text=_("PEM of the server's own certificate or authority, when the system does not know it."),
    )  # fmt: skip
    user = models.CharField(_("user name"), max_length=200, blank=True, validators=[check_one_line])
    password_box = models.TextField(blank=True, editable=False)
    signs_in_by = models.CharField(_("signs in by"), max_length=10, choices=SignsInBy, default=SignsInBy.PASSWORD)
    oauth_tenant = models.CharField(_("tenant"), max_length=120, blank=True, validators=[check_one_line])
    oauth_client = models.CharField(_("client ID"), max_length=200, blank=True, validators=[check_one_line])
    oauth_secret_box = models.TextField(blank=True, editable=False)
    oauth_refresh_box = models.TextField(blank=True, editable=False)
    oauth_access_box = models.TextField(blank=True, editable=False)
    oauth_access_until = models.DateTimeField(null=True, editable=False)
    oauth_at = models.DateTimeField(_("signed in since"), null=True, editable=False)
    afterwards = models.CharField(
        _("what becomes of a mail there"), max_length=6, choices=Afterwards, default=Afterwards.SEEN
    )
    moves_to = models.CharField(_("folder for it"), max_length=120, blank=True, validators=[check_one_line])
    folder = models.CharField(_("folder"), max_length=120, default="INBOX", validators=[check_one_line])
    makes = models.CharField(_("a mail becomes"), max_length=10, choices=Makes, default=Makes.INCIDENT)
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="mailboxes", verbose_name=_("service")
    )
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="mailboxes", verbose_name=_("team")
    )
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.JAPANESE)
    accepts = models.CharField(_("senders"), max_length=10, choices=Accepts, default=Accepts.KNOWN)
    domains = models.CharField(_("domains"), max_length=500, blank=True, validators=[check_one_line])
    others = models.CharField(_("all others"), max_length=6, choices=Others, default=Others.HOLD)
    trusted_servers = models.CharField(
        _("servers whose check of senders counts"), max_length=300, blank=True, validators=[check_one_line]
    )
    needs_proof = models.BooleanField(_("only mail with a proved sender"), default=False)
    max_mb = models.PositiveSmallIntegerField(
        _("largest mail, MB"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    is_active = models.BooleanField(_("in use"), default=True)
    uid_validity = models.BigIntegerField(null=True, editable=False)
    first_uid = models.BigIntegerField(null=True, editable=False)
    last_uid = models.BigIntegerField(default=0, editable=False)
    last_ok_at = models.DateTimeField(_("last worked"), null=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    try_after = models.DateTimeField(default=timezone.now, editable=False)
    news_at = models.DateTimeField(null=True, editable=False)
    idle_until = models.DateTimeField(null=True, editable=False)
    compared_at = models.DateTimeField(null=True, editable=False)
    missing = models.JSONField(default=list, editable=False)

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("mailbox")
        constraints = [models.UniqueConstraint(Lower("address"), name="mailbox_address_once")]
        indexes = [
            models.Index(fields=["try_after"], condition=Q(kind="imap", is_active=True), name="mailbox_to_fetch")
        ]

    def __str__(self):
        return f"{self.name} <{self.address}>"

    @property
    def by_oauth(self) -> bool:
        """Whether it signs in by tokens of Microsoft or Google instead of a password."""
        return self.kind == self.Kind.IMAP and self.signs_in_by != self.SignsInBy.PASSWORD

    @property
    def is_listened_to(self) -> bool:
        """Whether its server says by itself when mail comes (IMAP IDLE), beside being asked."""
        return self.idle_until is not None and self.idle_until > timezone.now()

    @property
    def max_bytes(self) -> int:
        """The largest mail that it takes: its own limit, and never more than the desk's."""
        return min(self.max_mb * 1024 * 1024 if self.max_mb else settings.MAIL_MAX_BYTES, settings.MAIL_MAX_BYTES)


class IncomingMail(models.Model):
    """One mail as it arrived, byte for byte, and what became of it. Written before anybody is told that we have it.

    `digest` is of the delivery: the same bytes for the same mailbox are one row, however often a server hands them
    over. `answerable`: an automatic answer may go to the sender. `is_proved`: the sender is who they say, known by
    `proof`. `uid` within `uid_validity` is where a fetched mail lay on its server. `refers_to`: Message-IDs of what it
    answers. `mentions` is a ticket that the mail
    names without any right to it; only for the eyes of agents who see it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        TICKET = "ticket", _("Became a ticket")
        REPLY = "reply", _("Became a reply")
        HELD = "held", _("Held for a decision")
        IGNORED = "ignored", pgettext_lazy("state", "Set aside")
        FAILED = "failed", _("Not understood")

    class Reason(models.TextChoices):
        NONE = "", ""
        UNKNOWN_SENDER = "unknown_sender", _("We do not know the sender.")
        NOT_ACCEPTED = "not_accepted", _("The mailbox does not take mail of this sender.")
        UNPROVED = "unproved", _("The mailbox asks for proof of the sender, and there is none.")
        INACTIVE_SENDER = "inactive_sender", _("The sender's account is no longer in use.")
        NO_SENDER = "no_sender", _("The mail does not say who sent it.")
        TOO_MANY = "too_many", _("The sender wrote too often within an hour; this may be a mail loop.")
        TOO_MANY_HERE = "too_many_here", _("The ticket got too many mails within an hour; this may be a mail loop.")
        TOO_LARGE = "too_large", _("The mail is too large; only its headers were taken.")
        TOO_COMPLEX = "too_complex", _("The mail has too many or too deeply nested parts.")
        TOO_SLOW = "too_slow", _("Reading the mail took too long.")
        NOT_FETCHED = "not_fetched", _("The mail server did not hand this mail over.")
        REFUSED = "refused", _("The desk refused what the mail asks for.")
        CRASHED = "crashed", _("Reading the mail ended the program several times.")
        ERROR = "error", _("Reading the mail failed for another reason.")
        AUTO_REPLY = "auto_reply", _("It is an automatic reply.")
        BOUNCE = "bounce", _("It says that a mail could not be delivered.")
        RECEIPT = "receipt", _("It is a read receipt.")
        OWN = "own", _("It is a mail of this desk.")
        DUPLICATE = "duplicate", _("The same mail has arrived before.")
        BY_HAND = "by_hand", _("Somebody at the desk decided so.")
        TICKET_OVER = "ticket_over", _("The ticket that it was to go into was closed meanwhile.")

    class Proof(models.TextChoices):
        TOKEN = "token", _("by the token that we sent to this address")
        DMARC = "dmarc", _("by DMARC")
        DKIM = "dkim", _("by DKIM of the sender's domain")
        SPF = "spf", _("by SPF of the sender's domain")

    # No index of its own: `mail_in_by_mailbox` begins with it.
    mailbox = models.ForeignKey(
        Mailbox, models.PROTECT, related_name="mails", db_index=False, verbose_name=_("mailbox")
    )
    raw = models.BinaryField()
    size = models.PositiveBigIntegerField(_("size"))
    digest = models.CharField(max_length=64)
    uid_validity = models.BigIntegerField(null=True)
    uid = models.BigIntegerField(null=True)
    envelope_from = models.CharField(max_length=320, blank=True)
    envelope_to = models.CharField(max_length=320, blank=True)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True, default=Reason.NONE)
    attempts = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="mails_in")
    comment = models.ForeignKey(Comment, models.PROTECT, null=True, related_name="mails_in")
    mentions = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="+")
    message_id = models.CharField(max_length=320, blank=True)
    refers_to = ArrayField(models.CharField(max_length=320), default=list)
    content_digest = models.CharField(max_length=64, blank=True)
    from_address = models.CharField(_("from"), max_length=254, blank=True)
    from_name = models.CharField(max_length=120, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    is_proved = models.BooleanField(default=False)
    proof = models.CharField(max_length=10, choices=Proof, blank=True, default="")
    answerable = models.BooleanField(default=False)
    # What a person decided, for the reader: take it although the sender is unknown or wrote too often; put it into this
    # ticket. `assignee` is who looks at it while it waits for a decision, since when and who said so; `refusal` is what
    # `refused_by` said why.
    admitted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    belongs_to = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="+")
    assignee = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("assigned to"))
    assigned_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    assigned_at = models.DateTimeField(null=True)
    refused_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    refusal = models.CharField(_("why it was set aside"), max_length=500, blank=True)

    class Meta:
        ordering = ["-received_at", "-id"]
        verbose_name = _("incoming mail")
        constraints = [models.UniqueConstraint(fields=["mailbox", "digest"], name="mail_delivery_once")]
        indexes = [
            models.Index(fields=["try_after", "id"], condition=Q(state="waiting"), name="mail_in_waiting"),
            models.Index(
                fields=["-received_at", "-id"], condition=Q(state__in=["held", "failed"]), name="mail_in_needs_a_look"
            ),
            models.Index(fields=["-received_at", "-id"], name="mail_in_by_time"),
            models.Index(fields=["state", "reason", "-received_at", "-id"], name="mail_in_by_fate"),
            models.Index(fields=["mailbox", "-received_at", "-id"], name="mail_in_by_mailbox"),
            models.Index(fields=["from_address", "done_at"], condition=~Q(from_address=""), name="mail_in_by_sender"),
            models.Index(fields=["message_id"], condition=~Q(message_id=""), name="mail_in_by_message_id"),
            GinIndex(fields=["refers_to"], condition=Q(ticket__isnull=False), name="mail_in_refers_to"),
            models.Index(
                fields=["content_digest"], condition=Q(state__in=["ticket", "reply"]), name="mail_in_by_content"
            ),
            models.Index(fields=["mailbox", "uid_validity", "uid"], condition=Q(uid__isnull=False), name="mail_in_uid"),
            # For words within, which icontains looks for in capitals.
            *(
                GinIndex(OpClass(Upper(name), name="gin_trgm_ops"), name=f"mail_in_{name}_trgm")
                for name in ("subject", "from_name", "from_address")
            ),
        ]

    def __str__(self):
        return f"{self.pk} {self.state}"


class DeadAddress(models.Model):
    """An address to which mail could not be delivered for good, as a bounce said; until a mail that is proved to come
    from it arrives, or somebody says that it works again. Mails to it wait so long (`notify`). `reason` is what the
    other server said, one line.
    """

    address = models.CharField(_("address"), max_length=254, unique=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    since_at = models.DateTimeField(_("since"), default=timezone.now)
    mail = models.ForeignKey(IncomingMail, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-since_at", "-id"]
        verbose_name = _("address that does not work")
        indexes = [
            models.Index(fields=["-since_at", "-id"], name="dead_address_by_time"),
            GinIndex(OpClass(Upper("address"), name="gin_trgm_ops"), name="dead_address_trgm"),
        ]

    def __str__(self):
        return self.address
