"""A real clamd on this machine with one signature of our own, so that nothing is downloaded."""

import hashlib
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from .dovecot import free_port

# The EICAR test file in two halves: no scanner shall find it in this checkout.
VIRUS = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}" + r"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").encode()
NAME = "Desk.Test.Virus"
MOST_BYTES = 1024 * 1024
_CONFIG = """
Foreground yes
DatabaseDirectory {folder}/signatures
LocalSocket {folder}/clamd.sock
TCPSocket {port}
TCPAddr 127.0.0.1
TemporaryDirectory {folder}
StreamMaxLength 1M
"""


def _program() -> str | None:
    return shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")


def missing() -> str:
    """Why no clamd can be started here, or nothing."""
    return "" if _program() else "clamd is not installed (apt install clamav-daemon)"


class Clamd:
    """`address` and `path` are what CLAMD may be."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="madoguchi-clamd-"))
        self.address, self.path = f"127.0.0.1:{free_port()}", str(self.folder / "clamd.sock")
        signatures = self.folder / "signatures"
        signatures.mkdir()
        digest = hashlib.md5(VIRUS, usedforsecurity=False).hexdigest()
        (signatures / "own.hdb").write_text(f"{digest}:{len(VIRUS)}:{NAME}\n")
        config = self.folder / "clamd.conf"
        config.write_text(_CONFIG.format(folder=self.folder, port=self.address.rpartition(":")[2]))
        self.process = subprocess.Popen(
            [_program(), "--config-file", config], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", int(self.address.rpartition(":")[2])), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"clamd did not start: {self.process.stderr.read()}")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
