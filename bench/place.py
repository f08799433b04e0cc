"""An own embedded PostgreSQL in a temporary folder, migrated and empty, for benches that are rough with it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servicedesk.frontdoor import migrated, services
from servicedesk.frontdoor.home import Home
from servicedesk.frontdoor.postgres import Postgres


@contextmanager
def own_place(**settings: str) -> Iterator[Postgres]:
    """Django is set up on it with these settings in the environment; everything is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="madoguchi-bench-"))
    home = Home(folder)
    home.make()
    migrated.copy_into(folder)
    started: list = []
    try:
        started = services.start(home, [Postgres])
        given = services.urls(started) | {"REDIS_URL": "redis://127.0.0.1:1/0"} | settings
        os.environ.update(services.environment(home, given) | {"DJANGO_SETTINGS_MODULE": "bench.settings"})
        os.environ.pop("DEBUG", None)
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        yield started[0]
        connections.close_all()
    finally:
        services.stop(started)
        shutil.rmtree(folder, ignore_errors=True)


def people(addresses: list[str]) -> None:
    """Somebody for each address, who may write to the desk."""
    from allauth.account.models import EmailAddress

    from servicedesk.people.models import User

    rows = User.objects.bulk_create(User(email=each, name=each.partition("@")[0]) for each in addresses)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=row, email=row.email, verified=True, primary=True) for row in rows
    )
