"""Thin tasks that beat starts; each finds its work in a table."""

from celery import shared_task
from django.utils import timezone

from .major.actions.sweeps import find_proposals, nag_overdue_actions, nag_overdue_updates


@shared_task
def watch_major_incidents():
    """What looks like one, and updates that readers were promised."""
    find_proposals()
    nag_overdue_updates()


@shared_task
def nag_of_actions():
    """What was agreed after a major incident and is overdue; in the morning, not at midnight."""
    if timezone.localtime().hour >= 8:
        nag_overdue_actions()
