"""What beat starts here."""

from celery import shared_task

from .keeping import keep_missing, sweep, tell


@shared_task
def sweep_clocks() -> None:
    """Note what passed a warning or its target, and tell of it."""
    sweep()
    while tell():
        pass


@shared_task
def keep_missing_clocks() -> None:
    keep_missing()
