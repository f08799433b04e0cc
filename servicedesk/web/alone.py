"""Work that only one process does at a time, so that servers outside which hang never keep all workers."""

from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

from django.db import connection

_FAMILY = 0x6D61


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Whether nobody else is inside `alone(name)`; whoever gets False goes away again.

    A lock of the database session, not of a transaction, because what is done inside is committed piece by piece. It
    goes with the connection when the worker dies.
    """
    key = [_FAMILY, crc32(name.encode()) & 0x7FFFFFFF]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        first = cursor.fetchone()[0]
    try:
        yield first
    finally:
        if first:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
