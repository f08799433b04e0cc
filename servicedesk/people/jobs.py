"""Work that somebody started, done in the background: who takes it, what happens when it fails or its process dies.

The row is the truth, a session lock of PostgreSQL says who works on it. The lock goes when its process goes, so a job
that was killed is seen at once and begun anew: every runner can be repeated.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from servicedesk.web.errors import Refused
from servicedesk.web.logs import about
from servicedesk.web.middleware import speaking_to

from .models import Job, User

log = logging.getLogger(__name__)
MOST_ATTEMPTS = 3
_SLOTS, _ROWS = 0x6A6F6273, 0x6A6F6272  # the two families of locks: how many jobs at once, and who has which

Progress = Callable[[int, int], None]
"""Called with (done, total). What it writes is seen by others once the caller's transaction, if any, is committed."""


def start_job(kind: str, *, key: str, by: User | None, **params: object) -> bool:
    """Have a job done soon; False when one with this key waits already, which will then do.

    `params` are JSON. In the caller's transaction: the job exists when what it is about does.
    """
    try:
        with transaction.atomic():
            Job.objects.create(kind=kind, key=key, params=params, by=by)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        return False
    return True


def last_job(key: str) -> Job | None:
    """The newest job with this key."""
    return Job.objects.filter(key=key).select_related("by").order_by("-id").first()


def run_next_job() -> bool:
    """Do the oldest job that waits, or whose process died; False when there is none or enough are being done."""
    with _slot() as free:
        return free and any(_do(pk) for pk in _to_do())


def _to_do() -> list[int]:
    rows = Job.objects.filter(state__in=[Job.State.WAITING, Job.State.RUNNING], try_after__lte=timezone.now())
    return list(rows.order_by("id").values_list("pk", flat=True)[:50])


@contextmanager
def _slot() -> Iterator[bool]:
    """One of the JOBS_AT_ONCE places. Long jobs must leave workers for mail and events."""
    for number in range(settings.JOBS_AT_ONCE):
        with _locked(_SLOTS, number) as got:
            if got:
                yield True
                return
    yield False


@contextmanager
def _locked(family: int, number: int) -> Iterator[bool]:
    """A lock of this database session, if nobody has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [family, number % 2**31])
        got = cursor.fetchone()[0]
    try:
        yield got
    finally:
        if got:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [family, number % 2**31])


def _do(pk: int) -> bool:
    with _locked(_ROWS, pk) as got:
        job = _claim(pk) if got else None
        if job is None:
            return False
        with about(work_id=f"job-{pk}"), speaking_to(job.by) if job.by else about():
            _perform(job)
        return True


@transaction.atomic
def _claim(pk: int) -> Job | None:
    """Count an attempt, to be committed before the work begins: a job that ends its process does not do so for ever."""
    job = Job.objects.select_for_update(of=("self",)).select_related("by").get(pk=pk)
    if not job.is_under_way:
        return None
    job.state, job.attempts = Job.State.RUNNING, job.attempts + 1
    job.save(update_fields=["state", "attempts"])
    return job


def _perform(job: Job) -> None:
    def progress(done: int, total: int) -> None:
        Job.objects.filter(pk=job.pk).update(done=done, total=total)

    if job.attempts > MOST_ATTEMPTS:  # the last ones ended their process
        _give_up(job)
        return
    try:
        result = import_string(settings.JOBS[job.kind])(job, progress)
    except (Refused, PermissionDenied) as refusal:
        _end(job, Job.State.FAILED, error=str(getattr(refusal, "sentence", "")) or _("You may not do this any more."))
    except Exception:
        log.exception("job %s (%s) broke off, attempt %s", job.pk, job.kind, job.attempts)
        if job.attempts >= MOST_ATTEMPTS:
            _give_up(job)
        else:
            pause = timedelta(seconds=5 * 2**job.attempts)
            Job.objects.filter(pk=job.pk).update(try_after=timezone.now() + pause)
    else:
        _end(job, Job.State.DONE, result=result or {})


def _give_up(job: Job) -> None:
    _end(job, Job.State.FAILED, error=_("It broke off several times. The log of the worker says why."))


def _end(job: Job, state: str, *, error: str = "", result: dict | None = None) -> None:
    Job.objects.filter(pk=job.pk).update(state=state, error=error, result=result or {}, ended_at=timezone.now())
