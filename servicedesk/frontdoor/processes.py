"""Starting programs so that none of them outlives us, and stopping them."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None


def die_with_parent(number: int = signal.SIGKILL, parent: int | None = None) -> None:
    """Asks the kernel to send this process a signal when the thread that made it ends, kill -9 included (Linux).

    For workers that a server forks by itself too: gunicorn's and Celery's hooks call it, so that killing the middle of
    a tree of processes leaves nothing behind.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if parent is not None and os.getppid() != parent:  # it died before we asked
        os._exit(1)


def spawn(
    command: list, *, log: Path | None = None, death_signal: int = signal.SIGTERM, user: int | None = None,
    group: int | None = None, env: dict | None = None, cwd: Path | str | None = None,
) -> subprocess.Popen:  # fmt: skip
    """Starts a program in a session of its own (Ctrl+C reaches us only; we stop things in their order).

    Must be called from the main thread: the kernel ties the death signal to the thread. Output goes straight to the log
    file, so that a child goes on writing whatever happens to us.
    """
    us = os.getpid()
    output = open(log, "ab") if log else None
    try:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, cwd=cwd, start_new_session=True,
            user=user, group=group, extra_groups=[] if user is not None else None,
            preexec_fn=lambda: die_with_parent(death_signal, us),
        )  # fmt: skip
    finally:
        if output:
            output.close()


def sweep(process: subprocess.Popen) -> None:
    """Kills what a dead child left in its process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def stop(process: subprocess.Popen, number: int = signal.SIGTERM, seconds: float = 10) -> None:
    """Asks a child to end, makes it end when it does not, and clears its group."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    sweep(process)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, for the terminal."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, os.path.getsize(log) - 8000))
            return "\n".join("    " + line for line in file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
