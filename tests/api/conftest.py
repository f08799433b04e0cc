"""`api(user)` calls as somebody signed in to the pages, `by_token(user, *scopes)` as a program with their token."""

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from servicedesk.people.actions import create_token


@pytest.fixture(autouse=True)
def _fresh_throttle(db):
    cache.clear()


@pytest.fixture
def api():
    def sign_in(user, **more) -> APIClient:
        client = APIClient(**more)
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def by_token():
    def sign_in(user, *scopes) -> APIClient:
        _token, secret = create_token(user, name="robot", scopes=list(scopes), days=1, via="page")
        return APIClient(headers={"Authorization": f"Bearer {secret}"})

    return sign_in
