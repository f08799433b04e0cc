"""What only an incident has."""

from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.models import Ticket
from servicedesk.web.text import check_one_line

from .major import models as major  # noqa: F401 – Django finds its tables here


class CauseCode(models.Model):
    """Why an incident happened, from a short list in four groups."""

    class Group(models.TextChoices):
        REGRETTABLE = "regrettable", _("Regrettable")
        UNAVOIDABLE = "unavoidable", _("Unavoidable")
        EXTERNAL = "external", _("External")
        OTHER = "other", _("Other")

    code = models.CharField(_("code"), max_length=32, unique=True, validators=[check_one_line])
    group = models.CharField(_("group"), max_length=12, choices=Group)
    name = models.CharField(_("name"), max_length=120, validators=[check_one_line])
    name_en = models.CharField(_("name in English"), max_length=120, validators=[check_one_line])
    order = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["order", "id"]
        verbose_name = _("cause code")

    def __str__(self):
        return self.name_en if get_language() == "en" else self.name


class Incident(models.Model):
    """The extension of a ticket of type incident."""

    class HumanError(models.TextChoices):
        NONE = "", pgettext_lazy("human error", "no")
        WITHOUT_EFFECT = "without_effect", _("yes, without effect")
        WITH_EFFECT = "with_effect", _("yes, with effect")

    ticket = models.OneToOneField(Ticket, models.CASCADE, primary_key=True, related_name="incident")
    cause_code = models.ForeignKey(
        CauseCode, models.PROTECT, null=True, blank=True, related_name="incidents", verbose_name=_("cause code")
    )
    human_error = models.CharField(_("human error"), max_length=16, choices=HumanError, blank=True, default="")
    caused_by_change = models.BooleanField(_("caused by a change"), default=False)
    is_security = models.BooleanField(_("security incident"), default=False)

    def __str__(self):
        return str(self.ticket)
