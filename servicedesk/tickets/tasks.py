"""Thin tasks that beat starts; each finds its work in a table."""

from celery import shared_task
from django.utils import timezone

from .delivery import deliver_waiting
from .models import Heartbeat


@shared_task
def deliver_events():
    deliver_waiting()


@shared_task
def note_beat():
    """Show that broker, beat and worker are alive."""
    Heartbeat.objects.update_or_create(name="beat", defaults={"at": timezone.now()})
