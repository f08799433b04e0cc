"""Where things are: the source, and the data folder of this installation (`MADOGUCHI_HOME`)."""

import fcntl
import json
import os
import secrets
import time
from contextlib import contextmanager
from pathlib import Path

from servicedesk.frontdoor.say import Stop

ROOT = Path(__file__).resolve().parents[2]


def write_private(path: Path, text: str) -> None:
    """Writes the whole file or nothing of it, readable by its owner only."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


class Home:
    """The data folder of one installation. Who runs its services holds `lock`; `state.json` says how to reach them."""

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = Path(path or os.environ.get("MADOGUCHI_HOME") or ROOT / "var").absolute()
        self.logs = self.path / "log"
        self._state = self.path / "state.json"
        self._held: list = []

    def make(self) -> None:
        """Creates the folder, closed to others; root's may be walked through: its database is another user's."""
        try:
            if not self.path.exists():
                self.path.mkdir(parents=True)
                self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            self.logs.mkdir(exist_ok=True, mode=0o700)
            (self.path / ".lock").touch(mode=0o600, exist_ok=True)
            (self.path / ".users").touch(mode=0o600, exist_ok=True)
            with open(self.path / ".lock", "r+"):
                pass
        except PermissionError as error:
            raise Stop(
                f"{error.filename} belongs to somebody else. Run as the user who started this installation first, "
                f"or choose another data folder: MADOGUCHI_HOME=/path ./madoguchi …"
            ) from None

    def secret(self, name: str, size: int = 48) -> str:
        """A random secret of `size` bytes that is made once and stays, such as Django's SECRET_KEY."""
        path = self.path / name
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            value = secrets.token_urlsafe(size)
            write_private(path, value + "\n")
            return value

    # --- who runs the services --------------------------------------------------------------------------------------

    def take(self, seconds: float = 1.0) -> bool:
        """Takes the right to start the services; the kernel gives it back when this process ends, however it ends."""
        return self._flock(".lock", fcntl.LOCK_EX, seconds)

    @contextmanager
    def using(self):
        """While inside, a command that started the services for its own duration waits before it stops them."""
        with open(self.path / ".users") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    def last_user(self, seconds: float) -> bool:
        """True when no other command uses the services any more."""
        return self._flock(".users", fcntl.LOCK_EX, seconds)

    def release_state(self) -> None:
        """From now on nobody new borrows the services."""
        self._state.unlink(missing_ok=True)

    def release(self) -> None:
        self.release_state()
        while self._held:
            self._held.pop().close()

    def _flock(self, name: str, kind: int, seconds: float) -> bool:
        until = time.monotonic() + seconds
        file = open(self.path / name)
        while True:
            try:
                fcntl.flock(file, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    file.close()
                    return False
                time.sleep(0.05)
            else:
                self._held.append(file)
                return True

    def is_taken(self) -> bool:
        """True while a living process holds the services. A lock file left by kill -9 is not held by anybody."""
        try:
            file = open(self.path / ".lock")
        except OSError:
            return False
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def write_state(self, **state) -> None:
        write_private(self._state, json.dumps({"pid": os.getpid(), **state}, indent=1) + "\n")

    def state(self) -> dict | None:
        """What the running supervisor wrote, or None when nothing runs; what a dead one left behind does not count."""
        if not self.is_taken():
            return None
        try:
            return json.loads(self._state.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def was_left_behind(self) -> bool:
        """After taking the lock: the last one to hold it did not end in order."""
        return self._state.exists()
