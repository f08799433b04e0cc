"""Thin tasks that beat starts; each finds its own work in a table."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task
from django.db import connection

from .actions import fetch_mailbox, read_waiting
from .queries import mailboxes_to_fetch

_SECONDS_A_RUN = 50
_FETCHING = 0x6D666574


@shared_task
def read_incoming_mail():
    """Until the table is empty, but not so long that other work waits."""
    until = time.monotonic() + _SECONDS_A_RUN
    while read_waiting(50) == 50 and time.monotonic() < until:
        pass


@shared_task
def fetch_mailboxes():
    """One mailbox after the other; one that fails says so on its own row and holds up no other. At most one worker
    fetches, so that servers which hang never keep all workers.
    """
    with alone(_FETCHING) as first:
        if not first:
            return
        until = time.monotonic() + _SECONDS_A_RUN
        for pk in mailboxes_to_fetch():
            fetch_mailbox(pk)
            if time.monotonic() > until:
                break


@contextmanager
def alone(key: int) -> Iterator[bool]:
    """Whether nobody else is in here. A lock of the database session, not of a transaction: what is fetched is
    committed mail by mail. It goes with the connection when the worker dies.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        first = cursor.fetchone()[0]
    try:
        yield first
    finally:
        if first:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
