"""A door between two programs that talk by TCP: it can be shut, and something can happen when so much went through."""

import contextlib
import socket
import threading
from collections.abc import Callable

from django.conf import settings


class Gate:
    """Connections to `port` are passed on to where `connect` leads. `when_sent(bytes, act)`: once so many bytes of one
    client went through, `act` is called and the connection cut; `when_answered(words, act)`: the same when the server
    says these words, of which the client never hears. Either happens once.
    """

    def __init__(self, connect: Callable[[], socket.socket], port: int = 0):
        self._connect, self._port = connect, port
        self._open: set[socket.socket] = set()
        self._sent: tuple[int, Callable[[], object]] | None = None
        self._answered: tuple[bytes, Callable[[], object]] | None = None
        self._listening: socket.socket | None = None
        self.open()

    @property
    def port(self) -> int:
        return self._port

    def when_sent(self, count: int, act: Callable[[], object]) -> None:
        self._sent = (count, act)

    def when_answered(self, words: bytes, act: Callable[[], object]) -> None:
        self._answered = (words, act)

    @property
    def is_waiting(self) -> bool:
        """Whether something that should happen has not happened yet."""
        return bool(self._sent or self._answered)

    def open(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, args=[self._listening], daemon=True).start()

    def shut(self) -> None:
        """No new connections, and the open ones end."""
        if self._listening is not None:
            with contextlib.suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._listening = None
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                here, _address = listening.accept()
            except OSError:
                return
            try:
                there = self._connect()
            except OSError:
                here.close()
                continue
            self._open |= {here, there}
            threading.Thread(target=self._pump, args=(here, there, self._from_client), daemon=True).start()
            threading.Thread(target=self._pump, args=(there, here, self._from_server), daemon=True).start()

    def _from_client(self, data: bytes, before: int) -> bool:
        if self._sent is None or before + len(data) < self._sent[0]:
            return True
        (_count, act), self._sent = self._sent, None
        act()
        return False

    def _from_server(self, data: bytes, before: int) -> bool:
        if self._answered is None or self._answered[0] not in data:
            return True
        (_words, act), self._answered = self._answered, None
        act()
        return False

    def _pump(self, source: socket.socket, target: socket.socket, may_pass: Callable[[bytes, int], bool]) -> None:
        moved = 0
        with contextlib.suppress(OSError):
            while data := source.recv(16384):
                if not may_pass(data, moved):
                    break
                target.sendall(data)
                moved += len(data)
        for each in (source, target):
            self._open.discard(each)
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def tcp(port: int) -> Callable[[], socket.socket]:
    """What leads to a port of this machine."""
    return lambda: socket.create_connection(("127.0.0.1", port), timeout=None)


def database() -> Callable[[], socket.socket]:
    """What leads to the test's PostgreSQL."""
    there = settings.DATABASES["default"]
    host, port = there["HOST"] or "127.0.0.1", int(there["PORT"] or 5432)

    def connect() -> socket.socket:
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        here = socket.socket(socket.AF_UNIX)
        here.connect(f"{host}/.s.PGSQL.{port}")
        return here

    return connect
