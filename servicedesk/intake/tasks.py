"""Thin tasks that beat starts; each finds its own work in a table."""

import time

from celery import shared_task

from servicedesk.web.alone import alone

from .actions import fetch_due, forget_dropped_calls, read_waiting, start_comparisons, tell_of_due_call_backs
from .queries import mailboxes_to_fetch

_SECONDS_A_RUN = 50
_SECONDS_FOR_FETCHERS = 5


@shared_task
def read_incoming_mail():
    """Until the table is empty, but not so long that other work waits."""
    until = time.monotonic() + _SECONDS_A_RUN
    while read_waiting(50) == 50 and time.monotonic() < until:
        pass


@shared_task
def fetch_mailboxes():
    """Begin with every mailbox whose turn it is, and with those whose turn comes meanwhile. Servers that hang are left
    to their threads after a while: this task holds up no other mailbox and no other task.
    """
    with alone("fetch mailboxes") as first:
        if not first:
            return
        until = time.monotonic() + _SECONDS_FOR_FETCHERS
        while fetch_due(mailboxes_to_fetch()) and time.monotonic() < until:
            time.sleep(0.2)


@shared_task
def compare_mailboxes():
    """Once a day for each mailbox: is everything in the ledger that lies on its server?"""
    start_comparisons()


@shared_task
def tell_of_call_backs():
    """Those whose time has come, to whoever calls."""
    tell_of_due_call_backs()


@shared_task
def forget_calls():
    """What was said in calls that were dropped is not kept for long."""
    forget_dropped_calls()
