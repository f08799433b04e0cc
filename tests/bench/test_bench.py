"""The bench: filled by SQL as the models want it, measured, and told in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.urls import Resolver404, resolve

from servicedesk.people.models import User
from servicedesk.tickets.models import Comment, Ticket, TicketEvent, TicketWords
from servicedesk.tickets.queries import search_tickets

SMALL = 2000


@pytest.mark.django_db(transaction=True)
class TestFill:
    def test_it_looks_like_a_desk(self):
        from bench.fill import AGENT, REQUESTER, fill
        from bench.measure import SHORT

        before = _indexes()
        fill(SMALL)
        assert Ticket.objects.count() == SMALL
        assert 0.01 < Ticket.objects.filter(closed_at=None).count() / SMALL < 0.06
        assert TicketEvent.objects.filter(number__lte=5).count() == SMALL * 5
        assert Comment.objects.filter(event__number__lte=5).count() == SMALL * 3
        assert TicketWords.objects.count() == SMALL
        assert search_tickets(User.objects.get(pk=AGENT), SHORT).exists()
        assert not User.objects.get(pk=REQUESTER).is_agent
        assert _indexes() == before

    def test_it_never_fills_a_desk_in_use(self):
        from bench.fill import fill

        User.objects.create(email="a@example.com", name="A")
        with pytest.raises(RuntimeError):
            fill(10)


def _indexes() -> set:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " UNION SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'f'"
        )
        return {row[0] for row in cursor.fetchall()}


class TestVocabulary:
    def test_the_search_leaves_every_word_whole(self):
        from bench.measure import RARE, SHORT
        from bench.vocabulary import words

        found = words()
        assert len(found) == len(set(found)) == 5000
        assert SHORT in found[:60] and RARE in found[4000:]


class TestNothingOfItIsInProduction:
    def test_the_bare_view_has_no_address(self):
        with pytest.raises(Resolver404):
            resolve("/bare/")

    def test_its_middleware_is_in_its_own_settings_only(self):
        assert not [name for name in settings.MIDDLEWARE if name.startswith("bench")]


@pytest.mark.django_db(transaction=True)
class TestRun:
    def test_it_ends_with_one_line_of_json_and_leaves_nothing(self):
        database = connection.settings_dict
        url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
        environment = os.environ | {"DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1/0"}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        environment.pop("MADOGUCHI_HOME", None)
        done = subprocess.run(
            [sys.executable, "-m", "bench", "--tickets", str(SMALL), "--rounds", "1", "--mails", "30"],
            cwd=Path(settings.BASE_DIR), env=environment, capture_output=True, text=True, timeout=240,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        told = json.loads(done.stdout.splitlines()[-1])
        assert "error" not in told, done.stdout
        assert "left out" not in done.stdout, done.stdout
        pages = {"queue", "ticket", "ticket_200", "picker", "lead", "bell", "search", "create"}
        assert set(told["ratios"]) == pages | {"month", "month_changed", "month_team", "behind"}
        assert told["tickets"] == SMALL and told["pss_mb"] > 0
        assert User.objects.count() == 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'madoguchi_bench_%%'")
            assert cursor.fetchone()[0] == 0
