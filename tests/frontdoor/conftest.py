"""The front door is tried from outside, as people use it: `./madoguchi …` in a data folder of its own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from servicedesk.frontdoor import migrated

ROOT = Path(__file__).resolve().parents[2]


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Installation:
    """A data folder and ports, and `./madoguchi` working on them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port, mail, lmtp = free_ports(3)
        # What the run of the tests itself was given does not count here.
        ours = (
            "DATABASE_URL",
            "REDIS_URL",
            "SECRET_KEY",
            "SECRET_KEY_FILE",
            "PUSH_KEY",
            "PUSH_KEY_FILE",
            "DJANGO_SETTINGS_MODULE",
            "SITE_URL",
        )
        self.env = {name: value for name, value in os.environ.items() if name not in ours} | {
            "MADOGUCHI_HOME": str(home), "PORT": str(self.port), "MAIL_PORT": str(mail), "LMTP_PORT": str(lmtp),
        }  # fmt: skip
        self.process: subprocess.Popen | None = None
        self.output = home.parent / "output.txt"

    def command(self, *words: str, **more) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, ROOT / "madoguchi", *words],
            env=more.pop("env", self.env),
            capture_output=True,
            text=True,
            timeout=120,
            **more,
        )

    def start(self, *words: str) -> float:
        """Starts `run` and waits until it says ready; the seconds it took."""
        began = time.monotonic()
        with open(self.output, "w") as out:
            self.process = subprocess.Popen(
                [sys.executable, ROOT / "madoguchi", "run", *words], env=self.env, stdout=out, stderr=out
            )
        while "] ready" not in self.output.read_text():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() - began < 90, self.output.read_text()
            time.sleep(0.05)
        return time.monotonic() - began

    def state(self) -> dict:
        return json.loads((self.home / "state.json").read_text())

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(60)

    def living(self) -> list[str]:
        """Every process that was started for this data folder."""
        mark = f"MADOGUCHI_HOME={self.home}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append((folder / "cmdline").read_text().replace("\0", " "))
        return found

    def wait_for(self, condition, seconds: float = 20) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, self.output.read_text() + "\n".join(self.living())
            time.sleep(0.05)


@pytest.fixture
def with_tables(installation):
    """Its database is migrated already. `run` on nothing at all is tried once."""
    migrated.copy_into(installation.home)


@pytest.fixture
def installation(tmp_path):
    each = Installation(tmp_path / "home")
    yield each
    if each.process and each.process.poll() is None:
        each.end(signal.SIGTERM)
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"MADOGUCHI_HOME={each.home}".encode() in (folder / "environ").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)
