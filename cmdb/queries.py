"""Reads of services."""

from django.db.models import QuerySet

from .models import Service


def services() -> QuerySet[Service]:
    """The whole catalogue with what a list shows, services in use first."""
    return Service.objects.select_related("team", "business_contact", "system_contact").order_by(
        "-is_active", "name", "id"
    )
