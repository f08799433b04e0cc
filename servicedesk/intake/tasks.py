"""Thin tasks that beat starts; each finds its own work in a table."""

import time

from celery import shared_task

from servicedesk.web.alone import alone

from .actions import fetch_mailbox, read_waiting
from .queries import mailboxes_to_fetch

_SECONDS_A_RUN = 50


@shared_task
def read_incoming_mail():
    """Until the table is empty, but not so long that other work waits."""
    until = time.monotonic() + _SECONDS_A_RUN
    while read_waiting(50) == 50 and time.monotonic() < until:
        pass


@shared_task
def fetch_mailboxes():
    """One mailbox after the other; one that fails says so on its own row and holds up no other."""
    with alone("fetch mailboxes") as first:
        if not first:
            return
        until = time.monotonic() + _SECONDS_A_RUN
        for pk in mailboxes_to_fetch():
            fetch_mailbox(pk)
            if time.monotonic() > until:
                break
