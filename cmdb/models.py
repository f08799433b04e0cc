"""Services: what the desk supports, who supports it, and whom to ask. Configuration items come with the CMDB itself."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models import Team, User
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
