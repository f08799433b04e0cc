"""What an upgrade leaves behind."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def test_postgresql_has_looked_at_every_table_after_migrating():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples < 0"
        )
        assert cursor.fetchall() == []
