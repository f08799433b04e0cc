"""Fixtures for all tests. Everything runs on PostgreSQL; files go to a folder of the test's own."""

import io
from importlib import import_module

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.utils import translation
from PIL import Image

# Tests with transactions of their own empty every table afterwards, also those that a migration filled.
FIRST_ROWS = {
    "priorities": ("MatrixCell", "servicedesk.priorities.migrations.0002_default_matrix"),
    "levels": ("Calendar", "servicedesk.levels.migrations.0002_usual_calendar_and_ranks"),
    "tickets": ("ClosingRule", "servicedesk.tickets.migrations.0012_usual_closing"),
    "incidents": ("CauseCode", "incidents.migrations.0002_cause_codes"),
}

# Nobody reads Django's own permissions; writing them again is a third of what emptying the tables costs.
post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")


@receiver(post_migrate)
def _first_rows_come_back(sender, **kwargs):
    model, migration = FIRST_ROWS.get(sender.label, (None, None))
    if model and not apps.get_model(sender.label, model).objects.exists():
        import_module(migration).fill(apps, None)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.MAIL_OUT_FOLDER = tmp_path / "mail"


@pytest.fixture(autouse=True)
def _in_english():
    """Sentences are compared in English unless a test chooses otherwise."""
    with translation.override("en"):
        yield


@pytest.fixture
def visit(client, db):
    """`visit(user)` signs the test client in and returns it."""

    def sign_in(user):
        client.force_login(user)
        return client

    cache.clear()
    return sign_in


@pytest.fixture
def picture() -> bytes:
    """A real PNG, 640 × 480."""
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "white").save(out, "PNG")
    return out.getvalue()
