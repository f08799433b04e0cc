"""Files looked at by a virus scanner: clamd's INSTREAM, spoken over a TCP port or a Unix socket.

Optional (`CLAMD`). A file is looked at before it is attached, whichever way it came, and what still lies in the ledger
of mails before it is handed out. A scanner that does not answer means that the file is not taken just now; mail waits
for it.
"""

import logging
import socket
from collections.abc import Callable
from typing import IO, TypeVar

from django.conf import settings

log = logging.getLogger(__name__)
T = TypeVar("T")

_CHUNK = 256 * 1024
_LONGEST_ANSWER = 4096
_CONNECT_SECONDS = 3


class NoAnswer(Exception):
    """The scanner does not answer, answers nonsense, or takes too long."""


class TooLarge(Exception):
    """The file is larger than the scanner looks at (its StreamMaxLength)."""


def is_on() -> bool:
    return bool(settings.CLAMD)


def virus_in(file: IO[bytes]) -> str:
    """The name of the virus that the scanner finds in a file, which is read from its beginning and put back there; ""
    when it finds none. Raises NoAnswer and TooLarge; with `CLAMD_UNSCANNED` such files pass as well.
    """
    try:
        return _virus_in(file)
    except (NoAnswer, TooLarge) as problem:
        if not settings.CLAMD_UNSCANNED:
            raise
        log.error("a file passed without being scanned: %s", str(problem) or "too large")
        return ""
    finally:
        file.seek(0)


def _virus_in(file: IO[bytes]) -> str:
    answer = _with_scanner(lambda server: _instream(server, file))
    if answer == "stream: OK":
        return ""
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer[len("stream: ") : -len(" FOUND")].strip()[:200] or "?"
    if "size limit exceeded" in answer:
        raise TooLarge
    raise NoAnswer(f"clamd says {answer[:200]!r}")


def ping() -> str:
    """Why the scanner cannot be used, or "" when it answers."""
    try:
        answer = _with_scanner(lambda server: (server.sendall(b"zPING\0"), _answer(server))[1], seconds=2)
    except NoAnswer as problem:
        return str(problem)
    return "" if answer == "PONG" else f"clamd says {answer[:200]!r}"


def _with_scanner(speak: Callable[[socket.socket], T], seconds: float | None = None) -> T:
    try:
        with _connection() as server:
            server.settimeout(seconds or settings.CLAMD_SECONDS)
            return speak(server)
    except OSError as error:
        raise NoAnswer(f"{type(error).__name__}: {error}") from error


def _connection() -> socket.socket:
    where = settings.CLAMD
    if not where.startswith("/"):
        host, _, port = where.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS)
    server = socket.socket(socket.AF_UNIX)
    try:
        server.settimeout(_CONNECT_SECONDS)
        server.connect(where)
    except OSError:
        server.close()
        raise
    return server


def _instream(server: socket.socket, file: IO[bytes]) -> str:
    file.seek(0)
    try:
        server.sendall(b"zINSTREAM\0")
        while chunk := file.read(_CHUNK):
            server.sendall(len(chunk).to_bytes(4, "big") + chunk)
        server.sendall(bytes(4))
    except (BrokenPipeError, ConnectionResetError):
        # It has stopped reading because the file is too large for it, and said so before it hung up.
        log.debug("clamd hung up before the end of a file")
    return _answer(server)


def _answer(server: socket.socket) -> str:
    """Up to the NUL that ends an answer."""
    got = b""
    while b"\0" not in got and len(got) < _LONGEST_ANSWER:
        data = server.recv(_LONGEST_ANSWER)
        if not data:
            break
        got += data
    return got.partition(b"\0")[0].decode("utf-8", "replace").strip()
