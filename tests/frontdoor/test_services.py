"""The embedded PostgreSQL and Valkey by themselves."""

import os
import signal

import psycopg
import pytest

from servicedesk.frontdoor import processes, services, venv
from servicedesk.frontdoor.home import Home
from servicedesk.frontdoor.postgres import Postgres
from servicedesk.frontdoor.say import Stop
from servicedesk.frontdoor.valkey import Valkey


@pytest.fixture
def start(monkeypatch):
    """Starts services for a home; all are stopped at the end."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    running = []

    def begin(home: Home, *kinds):
        home.make()
        found = services.start(home, list(kinds))
        running.extend(found)
        return found

    yield begin
    services.stop(running)


class TestPostgres:
    def test_knows_japanese_and_lets_in_nobody_without_the_password(self, tmp_path, start):
        (server,) = start(Home(tmp_path), Postgres)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_trgm")
            assert connection.execute("SELECT show_trgm('プリンタ') <> '{}'").fetchone() == (True,)
            assert connection.execute("SELECT lower('Ä')").fetchone() == ("ä",)
            assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (
                False,
            )
        for user in ("postgres", "madoguchi"):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(f"postgres://{user}:wrong@127.0.0.1:{server.port}/postgres")

    def test_keeps_what_was_committed_through_kill_9(self, tmp_path, start):
        (server,) = start(Home(tmp_path), Postgres)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        server.start()
        while not server.is_ready():
            assert server.process.poll() is None
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root hands its data to another user")
    def test_as_root_works_below_a_folder_that_is_closed_to_others(self, tmp_path, start):
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        (server,) = start(Home(closed / "home"), Postgres)
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert (closed / "home" / "postgres").stat().st_uid != 0
        assert closed.stat().st_mode & 0o077 == 0

    def test_an_attempt_that_broke_off_is_made_again(self, tmp_path, start):
        home = Home(tmp_path)
        home.make()
        (tmp_path / "postgres.new").mkdir()
        (tmp_path / "postgres.new" / "half").touch()
        (server,) = start(home, Postgres)
        assert server.is_ready()

    def test_says_when_the_data_is_of_another_version(self, tmp_path):
        home = Home(tmp_path)
        home.make()
        (tmp_path / "postgres").mkdir()
        (tmp_path / "postgres" / "PG_VERSION").write_text("12\n")
        with pytest.raises(Stop, match="made by PostgreSQL 12"):
            Postgres(home, venv.packages()).make()

    def test_the_folder_of_binaries_must_hold_them(self, tmp_path, monkeypatch):
        monkeypatch.setenv("MADOGUCHI_PG_BIN", str(tmp_path))
        with pytest.raises(Stop, match="no initdb"):
            Postgres(Home(tmp_path), venv.packages())


class TestValkey:
    def test_keeps_what_was_queued_through_kill_9_and_finds_a_short_socket(self, tmp_path, start):
        import redis

        deep = tmp_path / ("a-folder-with-a-long-name-" * 4)
        (server,) = start(Home(deep), Valkey)
        assert len(str(server.socket)) < 108
        client = redis.Redis(unix_socket_path=str(server.socket))
        client.lpush("queue", *range(50))
        client.close()
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        server.start()
        while not server.is_ready():
            assert server.process.poll() is None, processes.tail(server.log)
        assert redis.Redis(unix_socket_path=str(server.socket)).llen("queue") == 50
