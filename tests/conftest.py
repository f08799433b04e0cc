"""Fixtures for all tests. Everything runs on PostgreSQL; files go to a folder of the test's own."""

import io

import pytest
from django.core.cache import cache
from django.utils import translation
from PIL import Image


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
