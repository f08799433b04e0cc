"""Thin tasks that beat starts."""

import logging
from datetime import timedelta

from celery import shared_task
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from .jobs import run_next_job
from .models import AccountMail

log = logging.getLogger("madoguchi.people")
_GIVE_UP_AFTER = timedelta(days=1)
_LONGEST_WAIT = timedelta(hours=1)


@shared_task
def run_jobs() -> None:
    """Do what people started and what takes longer than a page may."""
    while run_next_job():
        pass


@shared_task
def send_account_mail() -> int:
    """Send what is due of the mails about signing in, row by row; returns how many left. See `AccountMail`."""
    sent = 0
    while _send_one():
        sent += 1
    return sent


def _send_one() -> bool:
    """Send the next row that is due and delete it; put it off when that fails. False when none was sent."""
    now = timezone.now()
    with transaction.atomic():
        mail = AccountMail.objects.select_for_update(skip_locked=True).filter(try_after__lte=now).order_by("id").first()
        if mail is None:
            return False
        try:
            EmailMessage(mail.subject, mail.text, to=[mail.to_address]).send()
        except Exception as error:
            mail.attempts += 1
            wait = min(timedelta(seconds=10 * 2**mail.attempts), _LONGEST_WAIT)
            log.warning("account mail not sent", extra={"work_id": mail.pk, "reason": type(error).__name__})
            if now - mail.created_at > _GIVE_UP_AFTER:
                mail.delete()
            else:
                mail.try_after = now + wait
                mail.save(update_fields=["attempts", "try_after"])
            return False
        mail.delete()
    return True
