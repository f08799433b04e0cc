"""Thin task that beat starts; it finds its work in the tables."""

from celery import shared_task
from django.utils import timezone

from .actions import remind_owners

# By day: what is reached at midnight is told of in the morning. Asked every hour, so that a desk that stood still at
# that moment reminds later the same day.
_FROM_HOUR = 8


@shared_task
def remind_of_entries():
    """Reviews that are due, contracts that end or are used up."""
    if timezone.localtime().hour >= _FROM_HOUR:
        remind_owners()
