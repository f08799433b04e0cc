"""What only a service request has."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.models import Ticket


class ServiceRequest(models.Model):
    """The extension of a ticket of type request. An enquiry (問い合わせ) is a request without fulfilment."""

    class Kind(models.TextChoices):
        REQUEST = "request", _("request")
        ENQUIRY = "enquiry", _("enquiry")

    ticket = models.OneToOneField(Ticket, models.CASCADE, primary_key=True, related_name="service_request")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.ENQUIRY)
    delivery_on = models.DateField(_("delivery date"), null=True, blank=True)

    def __str__(self):
        return str(self.ticket)
