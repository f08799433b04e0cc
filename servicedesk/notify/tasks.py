"""Thin tasks that beat starts; each finds its own work in a table."""

import time

from celery import shared_task
from django.utils import timezone

from servicedesk.web.alone import alone

from .actions import send_waiting
from .notices import forget_old_notices
from .pushing import forget_old_pushes, send_waiting_pushes
from .stale_mail import send_stale_mails
from .without_ticket import send_digests, tell_of_assigned_mails

_SECONDS_A_RUN = 50


@shared_task
def send_waiting_mail():
    """One worker sends at a time: a mail server that hangs must not keep all of them."""
    with alone("send mail") as first:
        until = time.monotonic() + _SECONDS_A_RUN
        while first and send_waiting(50) == 50 and time.monotonic() < until:
            pass


@shared_task
def send_pushes():
    """One worker at a time here too: a push service that hangs must not keep all of them."""
    with alone("send pushes") as first:
        until = time.monotonic() + _SECONDS_A_RUN
        while first and send_waiting_pushes(20) == 20 and time.monotonic() < until:
            pass


@shared_task
def tidy_notices():
    """What was read three months ago, or sent to a device a week ago, is of no use to anybody."""
    forget_old_notices()
    forget_old_pushes()


@shared_task
def write_digests():
    """The daily summaries whose hour has come."""
    send_digests()


@shared_task
def write_stale_mails():
    """What has gone stale, once a day a person."""
    with alone("stale mails") as first:
        if first:
            send_stale_mails(timezone.now())


@shared_task
def tell_of_mails():
    """Those that were given to somebody to look at."""
    tell_of_assigned_mails()
