"""The Celery application: `celery -A servicedesk.celery worker -B`.

Beat starts thin tasks every second or two; each finds its own work in a table. Nothing in the code calls `.delay()`, so
a broker that is down delays work and loses none. The schedule is `CELERY_BEAT_SCHEDULE` in the settings.
"""

import os

from celery import Celery
from celery.signals import beat_embedded_init, worker_process_init

from servicedesk.frontdoor.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")

app = Celery("servicedesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
@beat_embedded_init.connect
def _die_with_the_worker(**kwargs) -> None:
    """What the worker forks (its pool, the embedded beat) never outlives it; else kill -9 would leave two beats."""
    die_with_parent()
