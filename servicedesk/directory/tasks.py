"""Thin task that beat starts; it finds its work in the tables."""

from celery import shared_task

from .actions import remind_owners


@shared_task
def remind_of_entries():
    """Reviews that are due, contracts that end or are used up."""
    remind_owners()
