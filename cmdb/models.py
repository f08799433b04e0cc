"""What the desk supports: services, with whom to ask; and configuration items, with who uses them."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models import Team, User
from servicedesk.web import finding
from servicedesk.web.text import check_one_line


class Service(models.Model):
    """A service of the company's catalogue. `team` takes its tickets first.

    The business contact knows what a failure means for the work, the system contact how the thing is built; both are
    shown on the ticket, because they know the priority.
    """

    code = models.CharField(_("code"), max_length=32, unique=True, validators=[check_one_line])
    name = models.CharField(_("name"), max_length=120, validators=[check_one_line])
    name_en = models.CharField(_("name in English"), max_length=120, blank=True, validators=[check_one_line])
    description = models.CharField(_("description"), max_length=300, blank=True, validators=[check_one_line])
    description_en = models.CharField(
        _("description in English"), max_length=300, blank=True, validators=[check_one_line]
    )
    team = models.ForeignKey(Team, models.PROTECT, related_name="services", verbose_name=_("team"))
    business_contact = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("business contact")
    )
    system_contact = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("system contact")
    )
    default_impact = models.PositiveSmallIntegerField(_("usual impact"), default=3)
    is_confidential = models.BooleanField(
        _("confidential"),
        default=False,
        help_text=_("Tickets of this service are seen by its team and named people only."),
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("service")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(default_impact__gte=1, default_impact__lte=4), name="service_impact_1_to_4"
            )
        ]

    def __str__(self):
        return self.name_en if get_language() == "en" and self.name_en else self.name

    @property
    def about(self) -> str:
        return self.description_en if get_language() == "en" and self.description_en else self.description


class ItemKind(models.TextChoices):
    COMPUTER = "computer", _("Computer")
    PHONE = "phone", _("Telephone or tablet")
    PRINTER = "printer", _("Printer")
    DISPLAY = "display", _("Display")
    NETWORK = "network", _("Network device")
    SERVER = "server", _("Server")
    SOFTWARE = "software", _("Software")
    OTHER = "other", _("Other")


class ItemState(models.TextChoices):
    IN_USE = "in_use", _("In use")
    SPARE = "spare", _("Spare")
    REPAIR = "repair", _("Being repaired")
    RETIRED = "retired", _("Retired")


class Item(models.Model):
    """A configuration item (CI): a device or program that the company has, by the number on its label. `user` is who
    uses it, and calls about it. One that is gone is retired, never deleted.
    """

    number = models.CharField(_("asset number"), max_length=40, unique=True, validators=[check_one_line])
    name = models.CharField(_("name"), max_length=120, validators=[check_one_line])
    kind = models.CharField(_("kind"), max_length=16, choices=ItemKind)
    state = models.CharField(_("state"), max_length=16, choices=ItemState, default=ItemState.IN_USE)
    user = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="items", verbose_name=_("used by")
    )
    serial_number = models.CharField(_("serial number"), max_length=80, blank=True, validators=[check_one_line])
    place = models.CharField(_("location"), max_length=120, blank=True, validators=[check_one_line])
    note = models.CharField(_("note"), max_length=300, blank=True, validators=[check_one_line])
    found_by = models.GeneratedField(
        expression=finding.found_by("number", "name", "serial_number", "place"),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["number"]
        verbose_name = _("configuration item")
        indexes = [GinIndex(fields=["found_by"], name="item_found_by", opclasses=["gin_trgm_ops"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=ItemKind.values), name="item_kind_known"),
            models.CheckConstraint(condition=models.Q(state__in=ItemState.values), name="item_state_known"),
        ]

    def __str__(self):
        return f"{self.number} {self.name}"
