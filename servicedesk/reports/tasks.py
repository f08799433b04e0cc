"""What beat starts here."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from .dependence.actions import remind_of_proposals
from .facts import AT_ONCE, find_without, keep_waiting, missing_since
from .figures import keep_counted
from .issued import actions as issued
from .months import company_zone
from .remarks import ask_owners

_LOOKS_BACK = timedelta(days=2)
_FROM_HOUR = 8


@shared_task
def keep_facts() -> None:
    """Read anew the facts of tickets to which something happened."""
    for _round in range(20):
        if keep_waiting() < AT_ONCE:
            break


@shared_task
def find_missed_facts() -> None:
    """Tickets whose events never came here, and those from before there were reports."""
    missing_since(timezone.now() - _LOOKS_BACK)
    find_without()


@shared_task
def count_figures() -> None:
    """Count beforehand what the month page shows."""
    keep_counted()


@shared_task
def remind_of_dependence() -> None:
    """Owners of proposals whose date has come; in the morning."""
    if timezone.localtime().hour >= _FROM_HOUR:
        remind_of_proposals()


@shared_task
def ask_for_reasons() -> None:
    """Owners of missed targets, on the first business day in the morning; hourly, so that nobody is forgotten."""
    if timezone.now().astimezone(company_zone()).hour >= _FROM_HOUR:
        ask_owners()


@shared_task
def issue_reports() -> None:
    """On the first business day after a month, or later where the desk stood still then."""
    issued.issue_when_due(timezone.now())


@shared_task
def note_corrections() -> None:
    """Figures of issued months that are counted otherwise today."""
    issued.note_corrections()
