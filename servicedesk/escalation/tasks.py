"""What beat starts here."""

from celery import shared_task

from .ledger import find_missed_savings
from .running import AT_ONCE, find_missed, forget_judged, judge_waiting
from .timing import sweep
from .webhooks import forget_old_calls, send_waiting


@shared_task
def judge_events() -> None:
    """Let the rules judge what happened since."""
    for _round in range(10):
        if judge_waiting() < AT_ONCE:
            break


@shared_task
def sweep_rules() -> None:
    """Rules about time."""
    sweep()


@shared_task
def find_missed_events() -> None:
    """Events that never came to the rules."""
    find_missed()


@shared_task
def send_webhooks() -> None:
    send_waiting()


@shared_task
def tidy_rules() -> None:
    """Forget turns and calls of other systems that are long over."""
    forget_judged()
    forget_old_calls()


@shared_task
def sweep_savings() -> None:
    """What never came to the automation ledger."""
    find_missed_savings()
