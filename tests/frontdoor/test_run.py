"""`./madoguchi run`, for real: starts, is killed in all ways, starts again."""

import os
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are guarded on Linux only")

ONE_LINE = "from django.contrib.contenttypes.models import ContentType as C;"


def page(installation) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{installation.port}/healthz", timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


class TestRun:
    def test_starts_serves_other_commands_and_stops_without_a_trace(self, installation):
        installation.start("--empty")
        assert page(installation) < 500
        state = installation.state()
        assert stat.S_IMODE(os.stat(installation.home / "state.json").st_mode) == 0o600
        assert stat.S_IMODE(os.stat(installation.home / "secret-key").st_mode) == 0o600

        second = installation.command("run")
        assert second.returncode == 1
        assert "already runs" in second.stderr

        # A command in another terminal uses the same database.
        written = installation.command(
            "manage", "shell", "-c", ONE_LINE + "C.objects.create(app_label='x', model='kept')"
        )
        assert written.returncode == 0, written.stderr
        assert installation.state() == state

        began = time.monotonic()
        assert installation.end(signal.SIGINT) == 0
        assert time.monotonic() - began < 20
        assert installation.living() == []
        assert not (installation.home / "state.json").exists()

        # Nothing runs: the command starts the database for its own duration.
        read = installation.command("manage", "shell", "-c", ONE_LINE + "print(C.objects.filter(model='kept').count())")
        assert read.stdout.strip().splitlines()[-1] == "1", read.stderr
        assert installation.living() == []

    @pytest.mark.usefixtures("with_tables")
    def test_starts_again_what_is_killed(self, installation):
        installation.start("--empty")
        before = installation.state()["processes"]
        assert {"postgres", "valkey", "web", "worker"} <= set(before)
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        installation.wait_for(lambda: set(before) == set(installation.state()["processes"]))
        installation.wait_for(lambda: not set(before.values()) & set(installation.state()["processes"].values()))
        installation.wait_for(lambda: 0 < page(installation) < 500)
        worked = installation.command("manage", "shell", "-c", ONE_LINE + "print('rows', C.objects.count() > 5)")
        assert "rows True" in worked.stdout, worked.stderr
        assert installation.end(signal.SIGTERM) == 0
        assert installation.living() == []

    @pytest.mark.usefixtures("with_tables")
    def test_after_kill_9_of_itself_nothing_stays_and_the_next_start_is_quick(self, installation):
        installation.start("--empty")
        assert len(installation.living()) > 5
        installation.end(signal.SIGKILL)
        installation.wait_for(lambda: installation.living() == [], 5)
        assert (installation.home / "state.json").exists()  # what it left behind does not count
        # 3.5 s on a machine with nothing else to do (docs/operations.md); other tests run beside this one.
        assert installation.start("--empty") < 25
        assert page(installation) < 500
        assert installation.end(signal.SIGTERM) == 0
        assert installation.living() == []

    def test_names_a_port_that_is_taken(self, installation):
        server = subprocess.Popen(
            [sys.executable, "-m", "http.server", str(installation.port), "--bind", "127.0.0.1"],
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(0.5)
            refused = installation.command("run")
        finally:
            server.kill()
            server.wait()
        assert refused.returncode == 1
        assert f"Port {installation.port} of 127.0.0.1 cannot be used" in refused.stderr
