"""Work in the background: done once, begun anew when its process dies, and told about when it fails."""

import time

import pytest
from django.db import connection
from django.utils import timezone

from servicedesk.people import jobs
from servicedesk.people.jobs import last_job, run_next_job, start_job
from servicedesk.people.models import Company, Job
from servicedesk.web.errors import Refused
from tests.factories import a_company, a_person
from tests.workers import Worker


def count_to(job: Job, progress) -> dict:
    progress(1, job.params["to"])
    progress(job.params["to"], job.params["to"])
    return {"counted": job.params["to"]}


def refuse(job: Job, progress) -> dict:
    raise Refused("Not today.")


def break_off(job: Job, progress) -> dict:
    raise ZeroDivisionError


def slow_company(job: Job, progress) -> dict:
    """One row at the end of a while; killed before, it leaves nothing."""
    time.sleep(job.params["seconds"])
    Company.objects.get_or_create(code="slow", defaults={"name": "Slow"})
    return {}


@pytest.fixture(autouse=True)
def _kinds(settings):
    here = "tests.people.test_jobs."
    settings.JOBS = {"count": here + "count_to", "refuse": here + "refuse", "break": here + "break_off"}


@pytest.mark.django_db
class TestRunning:
    def test_done_with_its_result_and_progress(self):
        by = a_person()
        assert start_job("count", key="c", by=by, to=7)
        assert run_next_job()
        job = last_job("c")
        assert (job.state, job.result, job.done, job.total, job.percent) == ("done", {"counted": 7}, 7, 7, 100)
        assert job.ended_at is not None
        assert not run_next_job()

    def test_the_oldest_comes_first(self):
        for key in ("a", "b"):
            start_job("count", key=key, by=None, to=1)
        run_next_job()
        assert [job.state for job in Job.objects.order_by("id")] == ["done", "waiting"]

    def test_one_waits_per_key(self):
        assert start_job("count", key="c", by=None, to=1)
        assert not start_job("count", key="c", by=None, to=2)
        assert Job.objects.count() == 1
        run_next_job()
        assert start_job("count", key="c", by=None, to=2)

    def test_a_refusal_is_kept_as_its_sentence(self):
        start_job("refuse", key="r", by=a_person(), to=1)
        run_next_job()
        job = last_job("r")
        assert (job.state, job.error, job.attempts) == ("failed", "Not today.", 1)

    def test_a_crash_is_tried_three_times_with_pauses(self):
        start_job("break", key="b", by=None)
        for attempt in (1, 2):
            assert run_next_job()
            job = last_job("b")
            assert (job.state, job.attempts, job.try_after > timezone.now()) == ("running", attempt, True)
            assert not run_next_job()
            Job.objects.update(try_after=timezone.now())
        assert run_next_job()
        job = last_job("b")
        assert (job.state, job.attempts) == ("failed", 3)
        assert job.error == "It broke off several times. The log of the worker says why."

    def test_every_kind_leads_to_a_function(self):
        from django.utils.module_loading import import_string

        from servicedesk import settings

        assert all(callable(import_string(path)) for path in settings.JOBS.values())


@pytest.mark.django_db
class TestPlaces:
    def test_no_more_at_once_than_there_are_places(self):
        """Another session has the only place."""
        start_job("count", key="c", by=None, to=1)
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s, 0)", [jobs._SLOTS])
                assert not run_next_job()
                cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [jobs._SLOTS])
        finally:
            other.close()
        assert run_next_job()


@pytest.mark.django_db(transaction=True)
class TestKilled:
    def test_is_begun_anew_at_once_and_done_once(self, settings):
        settings.JOBS = {"slow": "tests.people.test_jobs.slow_company"}
        a_company(code="other")
        start_job("slow", key="s", by=None, seconds=60)
        worker = Worker("tests.people.test_jobs", "run_slow_jobs")
        until = time.monotonic() + 20
        while last_job("s").state != "running" and time.monotonic() < until:
            time.sleep(0.05)
        assert not run_next_job(), "somebody has it"
        worker.kill()
        Job.objects.update(params={"seconds": 0})
        until = time.monotonic() + 10
        while not run_next_job() and time.monotonic() < until:
            time.sleep(0.05)  # PostgreSQL notices that the session is gone
        job = last_job("s")
        assert (job.state, job.attempts, Company.objects.filter(code="slow").count()) == ("done", 2, 1)


def run_slow_jobs(limit: int) -> None:
    from django.conf import settings

    settings.JOBS = {"slow": "tests.people.test_jobs.slow_company"}
    run_next_job()
