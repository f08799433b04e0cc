import os
import signal
import subprocess
import sys
import time

from servicedesk.frontdoor.home import ROOT, Home
from servicedesk.frontdoor.supervisor import Program, Supervisor, rotate

# A program with a child of its own; both write down who they are.
FAMILY = "echo $$ >> pids; sh -c 'echo $$ >> pids; sleep 100' & wait"


def lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition, seconds=10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


class TestSupervisor:
    def test_starts_again_with_a_growing_pause_and_sweeps_up_children(self, tmp_path, capfd):
        home = Home(tmp_path)
        home.make()
        program = Program("family", ["sh", "-c", FAMILY], home.logs / "family.log", dict(os.environ), tmp_path)
        failing = Program(
            "failing", ["sh", "-c", "echo broken; exit 3"], home.logs / "f.log", dict(os.environ), tmp_path
        )
        supervisor = Supervisor(home, [], [program, failing])
        supervisor.start()
        until(lambda: len((tmp_path / "pids").read_text().split()) == 2 if (tmp_path / "pids").exists() else False)
        first = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
        os.kill(first[0], signal.SIGKILL)
        end = time.monotonic() + 1.5
        changes = []

        def on_change() -> None:
            changes.append(1)

        def look() -> None:
            for each in supervisor.everything():
                if supervisor._look_after(each):
                    on_change()

        while time.monotonic() < end:
            look()
            time.sleep(0.02)
        until(lambda: not any(lives(pid) for pid in first))
        second = [int(pid) for pid in (tmp_path / "pids").read_text().split()][2:]
        assert len(second) == 2 and all(lives(pid) for pid in second)
        supervisor.stop()
        until(lambda: not any(lives(pid) for pid in second))
        told = capfd.readouterr().err
        assert "family was killed by signal 9; starting it again in 0.2 s" in told
        assert "failing ended with code 3; starting it again in 0.4 s" in told
        assert "broken" in told

    def test_a_child_does_not_outlive_a_supervisor_that_is_killed(self, tmp_path):
        code = (
            "import os, sys, time; from pathlib import Path; from servicedesk.frontdoor import processes;"
            "p = processes.spawn(['sleep', '100'], cwd=sys.argv[1]); print(p.pid, flush=True); time.sleep(100)"
        )
        parent = subprocess.Popen([sys.executable, "-c", code, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert lives(child)
        parent.kill()
        parent.wait()
        until(lambda: not lives(child))

    def test_a_log_that_grew_too_large_is_put_aside_while_it_is_written(self, tmp_path, monkeypatch):
        monkeypatch.setattr("servicedesk.frontdoor.supervisor._LARGEST_LOG", 10)
        with open(tmp_path / "web.log", "ab", buffering=0) as log:
            log.write(b"a long first line\n")
            rotate(tmp_path)
            log.write(b"second\n")
        assert (tmp_path / "web.log").read_text() == "second\n"
        assert (tmp_path / "web.log.1").read_text() == "a long first line\n"
