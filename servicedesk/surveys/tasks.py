"""Thin tasks that beat starts; each finds its own work in a table."""

from celery import shared_task
from django.utils import timezone

from servicedesk.web.alone import alone

from .actions import close_due, remind, send_invitations

# What is due on a day comes in the morning, not at midnight.
_FROM_HOUR = 8


@shared_task
def send_survey_invitations():
    """The mails of surveys that were just sent."""
    with alone("survey invitations") as first:
        if first:
            send_invitations()


@shared_task
def watch_surveys():
    """Surveys whose last day is over, and reminders."""
    close_due()
    with alone("survey reminders") as first:
        if first and timezone.localtime().hour >= _FROM_HOUR:
            remind()
