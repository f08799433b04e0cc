"""A web server of a test's own, as good or as bad as the test wants it."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


def answer(body: bytes | dict = b"", *, status: str = "200 OK", **headers: str) -> bytes:
    if isinstance(body, dict):
        body, headers = json.dumps(body).encode(), {"Content_Type": "application/json"} | headers
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Server:
    """`act(asked, connection)` returns what is sent back, or sends by itself and returns None."""

    act: Callable[[Asked, socket.socket], bytes | None]
    context: ssl.SSLContext | None = None
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'https' if self.context else 'http'}://localhost:{self.port}"

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self.listening.accept()
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    head += piece
                head, body = head.split(b"\r\n\r\n", 1)
                first, *lines = head.decode("latin-1").split("\r\n")
                headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}
                while len(body) < int(headers.get("content-length", 0)):
                    body += connection.recv(65536)
                asked = Asked(first.split(" ")[0], first.split(" ")[1], headers, body)
                self.asked.append(asked)
                said = self.act(asked, connection)
                if said is not None:
                    connection.sendall(said)

    def stop(self):
        with contextlib.suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)  # wakes accept(), which would hold the port open
        self.listening.close()
