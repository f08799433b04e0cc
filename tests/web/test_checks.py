"""A database in which search would find no Japanese is refused at the start."""

import pytest
from django.db import connection

from servicedesk.web.checks import check_database, faults_of


class TestDatabase:
    @pytest.mark.parametrize(
        ("kind", "faults"),
        [
            (("UTF8", "c", "ja_JP.UTF-8"), []),
            (("UTF8", "b", "C"), []),
            (("UTF8", "i", "C"), []),
            (("UTF8", "c", "C"), ["madoguchi.E002"]),
            (("SQL_ASCII", "c", "POSIX"), ["madoguchi.E001", "madoguchi.E002"]),
        ],
    )
    def test_of_each_kind(self, kind, faults):
        assert [fault.id for fault in faults_of(*kind)] == faults

    @pytest.mark.django_db
    def test_of_the_tests_is_fit_and_indexes_japanese(self):
        assert check_database(databases=["default"]) == []
        with connection.cursor() as cursor:
            cursor.execute("SELECT show_trgm('日本')")
            assert cursor.fetchone()[0]
