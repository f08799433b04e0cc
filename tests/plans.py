"""For tests that read a plan of PostgreSQL: of a table just counted empty any way of reading is cheap to it."""

from collections.abc import Callable

from django.db import connection
from django.db.models import Model


def filled(row: Model, count: int = 500, **differing: Callable[[int], object]) -> None:
    """Fill the row's table with copies of it, which differ in the columns named, and have it counted."""
    fields = [field for field in row._meta.concrete_fields if not field.generated and not field.primary_key]
    same = {field.attname: getattr(row, field.attname) for field in fields}
    type(row)._default_manager.bulk_create(
        type(row)(**(same | {name: make(number) for name, make in differing.items()})) for number in range(count)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {row._meta.db_table}")


def without(*ways: str) -> None:
    """Let PostgreSQL read in none of these ways (seqscan, sort, hashjoin …) until the test is over."""
    with connection.cursor() as cursor:
        for way in ways:
            cursor.execute(f"SET LOCAL enable_{way} = off")
