"""A browser of few words: one kept connection, cookies, and what each answer cost on both sides."""

import http.client
import re
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True)
class Answer:
    """One answer. `wall_ms` is what the client waited, `server_ms` what the application took and
    `cpu_ms` what of that it computed itself (its own headers)."""

    status: int
    wall_ms: float
    server_ms: float
    cpu_ms: float
    sql_ms: float
    queries: int
    body: bytes
    headers: dict[str, str]


class Client:
    """Speaks HTTP/1.1 over one kept connection to 127.0.0.1."""

    def __init__(self, port: int, *, session: str = "", token: str = ""):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._used_at = 0.0
        self._cookies = {"sessionid": session} if session else {}
        self._token = token

    def close(self) -> None:
        self._connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, fields: dict, **headers: str) -> Answer:
        return self._ask(
            "POST", path, urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"} | headers
        )

    def post_json(self, path: str, body: bytes) -> Answer:
        return self._ask("POST", path, body, {"Content-Type": "application/json"})

    def _be_connected(self) -> None:
        """gunicorn hangs up after 5 idle seconds, as it does with browsers; the new connection is not measured."""
        if time.monotonic() - self._used_at > 3:
            self._connection.close()
            self._connection.connect()
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._used_at = time.monotonic()

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict) -> Answer:
        headers = {"Host": "localhost", "Accept-Encoding": "identity"} | headers
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self._be_connected()
        began = time.perf_counter()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        wall = (time.perf_counter() - began) * 1000
        answered = {name.lower(): value for name, value in response.getheaders()}
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _equals, rest = value.partition("=")
                self._cookies[key] = rest.split(";")[0]
        return Answer(
            response.status,
            wall,
            float(answered.get("x-bench-ms", 0)),
            float(answered.get("x-bench-cpu-ms", 0)),
            float(answered.get("x-bench-sql-ms", 0)),
            int(answered.get("x-bench-queries", 0)),
            content,
            answered,
        )


def form_token(page: bytes) -> str:
    """The CSRF token of the first form on a page."""
    found = re.search(rb'name="csrfmiddlewaretoken"[^>]*value="([^"]+)"', page)
    return found[1].decode() if found else ""


def next_cursor(page: bytes) -> str:
    """The cursor of the next page of a list."""
    found = re.search(rb"[?&;]after=([\w-]+)", page)
    return found[1].decode() if found else ""
