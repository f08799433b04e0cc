"""How the fields of a service request read on the time line."""

from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy

from servicedesk.tickets.sentences import field
from servicedesk.web.formats import exact

from .models import ServiceRequest


@field("kind", gettext_lazy("kind"))
def _kind(value, names):
    return str(ServiceRequest.Kind(value).label) if value in ServiceRequest.Kind.values else str(value)


@field("delivery_on", gettext_lazy("delivery date"))
def _delivery_on(value, names):
    day = parse_date(value) if value else None
    return exact(day) if day else str(gettext_lazy("none"))
