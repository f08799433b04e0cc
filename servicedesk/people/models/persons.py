"""People, where they stand in the company, and what they may do."""

import hashlib
import secrets
from functools import cache
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower, Upper
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from servicedesk.web import finding
from servicedesk.web.text import check_one_line

from ..rules import allowed


class Language(models.TextChoices):
    JAPANESE = "ja", _("Japanese")
    ENGLISH = "en", _("English")


# To list them reads every file of zones, which takes tens of milliseconds.
time_zones = cache(available_timezones)


def known_zone(value: str) -> None:
    if value not in time_zones():
        raise ValidationError(
            _("“%(zone)s” is not a time zone; write one such as Asia/Tokyo."), params={"zone": value}, code="zone"
        )


def named(row) -> str:
    """The name in the reader's language, when the row has one."""
    return row.name_en if get_language() == "en" and row.name_en else row.name


class Company(models.Model):
    """A company of the group. `code` is what import files call it."""

    code = models.CharField(_("code"), max_length=32, unique=True, validators=[check_one_line])
    name = models.CharField(_("name"), max_length=120, validators=[check_one_line])
    name_en = models.CharField(_("name in English"), max_length=120, blank=True, validators=[check_one_line])
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Tokyo", validators=[known_zone])
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("company")

    def __str__(self):
        return named(self)


class Department(models.Model):
    """A node of a company's tree of departments. `head` sees the tickets of the department and those below it."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="departments", verbose_name=_("company"))
    code = models.CharField(_("code"), max_length=32, validators=[check_one_line])
    name = models.CharField(_("name"), max_length=120, validators=[check_one_line])
    name_en = models.CharField(_("name in English"), max_length=120, blank=True, validators=[check_one_line])
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    head = models.ForeignKey(
        "User", models.SET_NULL, null=True, blank=True, related_name="heads", verbose_name=_("head")
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("department")
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="department_code_once_per_company"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="department_not_its_own_parent"),
        ]

    def __str__(self):
        return named(self)


class Role(models.TextChoices):
    """What somebody may do beyond asking. Everybody is a requester; `AGENT` works on tickets of their teams."""

    AGENT = "agent", _("agent")
    LEAD = "lead", _("lead")
    PROBLEM_MANAGER = "problem_manager", _("problem manager")
    CHANGE_MANAGER = "change_manager", _("change manager")
    KNOWLEDGE_MANAGER = "knowledge_manager", _("knowledge manager")
    CMDB_MANAGER = "cmdb_manager", _("CMDB manager")
    REPORT_READER = "report_reader", _("report reader")
    ADMINISTRATOR = "administrator", _("administrator")


def phone_digits_of(column: str) -> Func:
    """In the database: the digits of a telephone number, full width as half width."""
    plain = Func(F(column), Value("０１２３４５６７８９"), Value("0123456789"), function="translate")
    return Func(
        plain, Value("[^0-9]"), Value(""), Value("g"), function="regexp_replace", output_field=models.TextField()
    )


class UserManager(BaseUserManager):
    def get_by_natural_key(self, username):
        return self.get(email__iexact=username)


# Addresses that nobody has: of people who are known by a name in another system alone.
NO_ADDRESS = "@import.invalid"


class User(AbstractBaseUser):
    """A person. `email` is the main address; all addresses, main one included, are allauth's `EmailAddress` rows.

    `is_guest` marks somebody who only wrote a mail: they have no password and no department.
    """

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=120, validators=[check_one_line])
    reading = models.CharField(
        _("reading (furigana)"),
        max_length=120,
        blank=True,
        validators=[check_one_line],
        help_text=_("フリガナ; lists sort by it."),
    )
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("company")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("department")
    )
    manager = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="reports", verbose_name=_("manager")
    )
    employee_number = models.CharField(
        _("employee number"), max_length=32, null=True, blank=True, unique=True, validators=[check_one_line]
    )
    phone = models.CharField(_("phone"), max_length=40, blank=True, validators=[check_one_line])
    extension = models.CharField(_("extension"), max_length=20, blank=True, validators=[check_one_line])
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.JAPANESE)
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Tokyo", validators=[known_zone])
    is_vip = models.BooleanField(_("VIP"), default=False)
    is_guest = models.BooleanField(_("guest"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    found_by = models.GeneratedField(
        expression=finding.found_by("name", "reading", "email", phone_digits_of("phone")),
        output_field=models.TextField(),
        db_persist=True,
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        ordering = ["reading", "name", "id"]
        verbose_name = _("person")
        constraints = [models.UniqueConstraint(Lower("email"), name="person_email_once")]
        indexes = [
            GinIndex(fields=["found_by"], name="person_found_by", opclasses=["gin_trgm_ops"]),
            models.Index(Upper("employee_number"), name="person_employee_number"),  # what `iexact` asks for
            models.Index(phone_digits_of("phone"), name="person_phone_digits"),
            models.Index(fields=["extension"], condition=~Q(extension=""), name="person_extension"),
            models.Index(Upper("email"), name="person_by_email"),  # what `iexact` asks for
        ]

    def __str__(self):
        return self.name or self.email

    @property
    def display_name(self) -> str:
        return self.name or self.email

    @property
    def is_reachable(self) -> bool:
        """Whether the address is one that somebody has."""
        return not self.email.endswith(NO_ADDRESS)

    def get_full_name(self) -> str:
        return self.display_name

    @cached_property
    def standing(self) -> tuple[frozenset[str], frozenset[int]]:
        """(roles, ids of teams) by one query: every page asks for both. Read once per object."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT ARRAY(SELECT role FROM people_userrole WHERE user_id = %(pk)s),
                       ARRAY(SELECT t.id FROM people_team t WHERE t.is_active AND (t.lead_id = %(pk)s
                             OR t.id IN (SELECT team_id FROM people_membership WHERE user_id = %(pk)s)))
                """,
                {"pk": self.pk},
            )
            roles, teams = cursor.fetchone()
        return frozenset(roles), frozenset(teams)

    @property
    def roles(self) -> frozenset[str]:
        return self.standing[0]

    @property
    def team_ids(self) -> frozenset[int]:
        """Teams the person belongs to or leads, those of the people they stand in for today not counted."""
        return self.standing[1]

    @property
    def is_agent(self) -> bool:
        return self.is_active and bool(self.roles & {Role.AGENT, Role.LEAD})

    @property
    def is_lead(self) -> bool:
        return self.is_active and Role.LEAD in self.roles

    @property
    def is_administrator(self) -> bool:
        return self.is_active and Role.ADMINISTRATOR in self.roles

    def may(self, permission: str, obj=None) -> bool:
        """Whether the person has the permission on the object; see `servicedesk.people.permissions`."""
        return allowed(self, permission, obj)


class UserRole(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="role_rows")
    role = models.CharField(_("role"), max_length=24, choices=Role)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="role_once_per_person")]

    def __str__(self):
        return self.get_role_display()


class Team(models.Model):
    """People who work on tickets together. Tier 1 takes what comes in, `next_team` takes what tier 1 escalates."""

    class Tier(models.IntegerChoices):
        ONE = 1, _("Tier 1")
        TWO = 2, _("Tier 2")
        THREE = 3, _("Tier 3")

    code = models.CharField(_("code"), max_length=32, unique=True, validators=[check_one_line])
    name = models.CharField(_("name"), max_length=120, validators=[check_one_line])
    name_en = models.CharField(_("name in English"), max_length=120, blank=True, validators=[check_one_line])
    tier = models.PositiveSmallIntegerField(_("tier"), choices=Tier, default=Tier.ONE)
    lead = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="leads", verbose_name=_("lead"))
    members = models.ManyToManyField(User, through="Membership", related_name="teams", verbose_name=_("members"))
    next_team = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="previous_teams", verbose_name=_("next tier")
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["tier", "name"]
        verbose_name = _("team")
        constraints = [models.CheckConstraint(condition=~Q(next_team=F("id")), name="team_not_its_own_next")]

    def __str__(self):
        return named(self)


class Membership(models.Model):
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="member_once_per_team")]

    def __str__(self):
        return f"{self.user} – {self.team}"


class Absence(models.Model):
    """Days on which somebody is away, both ends included, and who stands in."""

    user = models.ForeignKey(User, models.CASCADE, related_name="absences", verbose_name=_("person"))
    from_on = models.DateField(_("from"))
    until_on = models.DateField(_("until"))
    deputy = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="stands_in", verbose_name=_("deputy")
    )
    note = models.CharField(_("note"), max_length=200, blank=True, validators=[check_one_line])

    class Meta:
        ordering = ["from_on"]
        verbose_name = _("absence")
        constraints = [
            models.CheckConstraint(condition=Q(until_on__gte=F("from_on")), name="absence_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(deputy=F("user")), name="absence_deputy_is_somebody_else"),
        ]

    def __str__(self):
        return f"{self.user} {self.from_on}–{self.until_on}"


class ApiToken(models.Model):
    """A personal token. It acts as its owner, within its scopes, until it expires. Only the hash is kept.

    `minute` is the last minute, counted from 1970, in which it was used, and `calls` how often in it: its budget.
    """

    PREFIX = "mdg_"

    class Scope(models.TextChoices):
        READ = "read", _("read")
        TICKETS = "tickets", _("create and work on tickets")
        SETTINGS = "settings", _("change settings and people")

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80, validators=[check_one_line])
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(null=True, editable=False)
    minute = models.PositiveIntegerField(default=0, editable=False)
    calls = models.PositiveIntegerField(default=0, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("API token")

    def __str__(self):
        return self.name

    @classmethod
    def new_secret(cls) -> str:
        return cls.PREFIX + secrets.token_urlsafe(32)

    @staticmethod
    def hashed(secret: str) -> str:
        """256 random bits need no slow hash; SHA-256 keeps the look-up one index probe."""
        return hashlib.sha256(secret.encode()).hexdigest()
