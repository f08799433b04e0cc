"""Whom the desk turns to when it cannot help by itself, under which contract, and what was taken to them."""

from datetime import date, timedelta
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cmdb.models import Item, Service
from servicedesk.levels.models import Agreement, Calendar
from servicedesk.people.models import Language, Team, User
from servicedesk.tickets.models import Category, Ticket
from servicedesk.web import finding
from servicedesk.web.text import check_one_line


class Entry(models.Model):
    """One way out. What it is named for (services, categories with those below them, items) decides on which tickets it
    is shown; one that is named for nothing fits all. One that is gone is taken out of use, never deleted.
    """

    class Kind(models.TextChoices):
        TEAM = "team", _("Internal team")
        VENDOR = "vendor", _("Vendor or integrator")
        COMMUNITY = "community", _("Free-software community")
        MANAGER = "manager", _("Responsible manager")
        DECIDER = "decider", _("Final decider")

    INSIDE = (Kind.MANAGER, Kind.DECIDER)

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    name = models.CharField(_("name"), max_length=120, unique=True, validators=[check_one_line])
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team"))
    person = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("person"))
    contact = models.CharField(_("contact person"), max_length=120, blank=True, validators=[check_one_line])
    phone = models.CharField(_("phone"), max_length=40, blank=True, validators=[check_one_line])
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    web = models.URLField(_("web"), max_length=300, blank=True)
    how_to_call = models.TextField(_("how to call"), max_length=2_000, blank=True)
    notes = models.TextField(_("notes"), max_length=4_000, blank=True)
    languages = ArrayField(
        models.CharField(max_length=2, choices=Language), verbose_name=_("languages"), default=list, blank=True
    )
    owner = models.ForeignKey(User, models.PROTECT, related_name="directory_entries", verbose_name=_("owner"))
    review_on = models.DateField(_("review on"))
    is_active = models.BooleanField(_("in use"), default=True)
    services = models.ManyToManyField(Service, related_name="+", verbose_name=_("services"), blank=True)
    categories = models.ManyToManyField(Category, related_name="+", verbose_name=_("categories"), blank=True)
    items = models.ManyToManyField(Item, related_name="+", verbose_name=_("configuration items"), blank=True)
    found_by = models.GeneratedField(
        expression=finding.found_by("name", "contact", "phone", "notes"),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("entry of the directory")
        indexes = [models.Index(fields=["review_on"], condition=Q(is_active=True), name="entry_review")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="team", team__isnull=False)
                | Q(kind__in=["manager", "decider"], person__isnull=False)
                | Q(kind__in=["vendor", "community"]),
                name="entry_inside_names_whom",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def whom(self) -> str:
        """Whom one asks for there."""
        if self.person is not None:
            return self.person.display_name
        return self.contact or (str(self.team) if self.team is not None else "")

    @property
    def number(self) -> str:
        """Where to ring: its own number, else that of the person."""
        return self.phone or (self.person.phone if self.person is not None else "")

    @property
    def address(self) -> str:
        """Where to write: its own address, else that of the person."""
        return self.email or (self.person.email if self.person is not None else "")

    @property
    def language(self) -> str:
        """In which language it is written to: Japanese where it is spoken."""
        if Language.JAPANESE in self.languages or not self.languages:
            return Language.JAPANESE
        return self.languages[0]

    @property
    def said_languages(self) -> list[str]:
        return [str(Language(each).label) for each in self.languages]

    @property
    def is_due(self) -> bool:
        return self.is_active and self.review_on <= timezone.localdate()


class Contract(models.Model):
    """A support contract with a vendor: what it covers and until when, who may call, and what is left of what was
    bought. Without a unit nothing is counted. Without callers every agent may call.
    """

    class Unit(models.TextChoices):
        NONE = "", _("Nothing is counted")
        INCIDENTS = "incidents", _("Incidents")
        HOURS = "hours", _("Support hours")

    class Channel(models.TextChoices):
        PHONE = "phone", _("Phone")
        MAIL = "mail", _("E-mail")
        WEB = "web", _("Web")
        ON_SITE = "on_site", _("On site")

    NEARLY = Decimal("0.8")

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="contracts", verbose_name=_("vendor"))
    number = models.CharField(_("contract number"), max_length=60, validators=[check_one_line])
    scope = models.TextField(_("what it covers"), max_length=2_000, blank=True)
    around_the_clock = models.BooleanField(_("around the clock"), default=False)
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("hours")
    )
    channels = ArrayField(
        models.CharField(max_length=8, choices=Channel), verbose_name=_("channels"), default=list, blank=True
    )
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    unit = models.CharField(_("what is counted"), max_length=10, choices=Unit, blank=True, default="")
    bought = models.DecimalField(_("bought"), max_digits=8, decimal_places=2, null=True, blank=True)
    used = models.DecimalField(_("used"), max_digits=8, decimal_places=2, default=Decimal(0))
    callers = models.ManyToManyField(User, related_name="+", verbose_name=_("who may call"), blank=True)
    have_ready = models.TextField(_("what to have ready"), max_length=2_000, blank=True)
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="JPY")
    agreement = models.ForeignKey(
        Agreement, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("agreement")
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["entry", "number"]
        verbose_name = _("support contract")
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="contract_once"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="contract_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(used__gte=0), name="contract_used_not_negative"),
            models.CheckConstraint(
                condition=Q(unit="") | Q(bought__isnull=False), name="contract_counts_what_is_bought"
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def left(self) -> Decimal | None:
        """What is left of what was bought; below zero when more was used. None when nothing is counted."""
        return None if self.bought is None or not self.unit else self.bought - self.used

    @property
    def is_used_up(self) -> bool:
        return self.left is not None and self.left <= 0

    @property
    def is_nearly_used_up(self) -> bool:
        return self.left is not None and not self.is_used_up and self.used >= self.bought * self.NEARLY

    @property
    def is_expired(self) -> bool:
        return self.valid_to is not None and self.valid_to < timezone.localdate()

    @property
    def days_left(self) -> int | None:
        return None if self.valid_to is None else (self.valid_to - timezone.localdate()).days

    @property
    def ends_soon(self) -> bool:
        return self.days_left is not None and 0 <= self.days_left <= 60

    def is_valid_on(self, day: date) -> bool:
        return self.is_active and self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @property
    def is_valid(self) -> bool:
        return self.is_valid_on(timezone.localdate())

    @property
    def said_channels(self) -> list[str]:
        return [str(self.Channel(each).label) for each in self.channels]


class Referral(models.Model):
    """A ticket that was taken outside, once. `used` is what it took of the contract, `moved` whether the ticket began
    to wait for the vendor by it. Who was spoken with stands here and not in the event: names may have to be erased.
    """

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="referrals")
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="referrals")
    contract = models.ForeignKey(Contract, models.PROTECT, null=True, blank=True, related_name="referrals")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    contact = models.CharField(_("contact"), max_length=120, blank=True, validators=[check_one_line])
    to_address = models.EmailField(max_length=254, blank=True)
    reference = models.CharField(_("reference number"), max_length=80, blank=True, validators=[check_one_line])
    used = models.DecimalField(_("used"), max_digits=8, decimal_places=2, default=Decimal(0))
    moved = models.BooleanField(default=False)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("escalation outside")
        constraints = [models.CheckConstraint(condition=Q(used__gte=0), name="referral_used_not_negative")]

    def __str__(self):
        return f"{self.ticket_id} {self.entry_id}"


class Reminder(models.Model):
    """That the owner of an entry was reminded of something, once: `about` is the date or the amount that was reached,
    so that the next review, the next term and what is bought anew are reminded of again.
    """

    class Kind(models.TextChoices):
        REVIEW = "review", _("A review is due")
        ENDS_60 = "ends_60", _("A contract ends in 60 days")
        ENDS_30 = "ends_30", _("A contract ends in 30 days")
        ENDS_7 = "ends_7", _("A contract ends in 7 days")
        EXPIRED = "expired", _("A contract has ended")
        NEARLY_USED = "nearly_used", _("A contract is nearly used up")
        USED_UP = "used_up", _("A contract is used up")

    BEFORE_THE_END = ((7, Kind.ENDS_7), (30, Kind.ENDS_30), (60, Kind.ENDS_60))

    entry = models.ForeignKey(Entry, models.CASCADE, db_index=False, related_name="reminders")
    contract = models.ForeignKey(Contract, models.CASCADE, null=True, related_name="reminders")
    kind = models.CharField(max_length=12, choices=Kind)
    about = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "contract", "kind", "about"], nulls_distinct=False, name="reminder_once"
            )
        ]

    def __str__(self):
        return f"{self.entry_id} {self.kind} {self.about}"

    @classmethod
    def before_the_end(cls, days: int) -> str | None:
        """Which reminder a contract needs that many days before its end: the nearest one only."""
        return next((kind for most, kind in cls.BEFORE_THE_END if days <= most), None)


REVIEW_AFTER = timedelta(days=365)
