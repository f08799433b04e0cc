"""The only HTTP client of the house.

Addresses that people or other machines give must not reach what only this machine reaches: its own network, the
addresses at which clouds give out keys. So a name is resolved once, every address that it has is judged, and the
connection goes to an address that was judged; there is no second look-up that could say something else. The
certificate must be of the name. What lies in a private network is reached only when the operator lists it
(CONNECT_PRIVATE_ALLOWED).

An answer is taken up to a size and within a time, however the server behaves. One request, one connection: nothing is
kept between them.
"""

import ipaddress
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from servicedesk.web.trouble import Trouble as AnyTrouble
from servicedesk.web.trouble import sentence_of

SECONDS_TO_CONNECT = 10
SECONDS_TO_READ = 20  # for each piece of the answer
SECONDS_IN_ALL = 60
MOST_BYTES = 1024 * 1024

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Trouble(AnyTrouble):
    """Why there is no answer."""


SENTENCES = {
    "address": _("This is no address that begins with https:// or http://."),
    "userinfo": _("A user name or password does not belong in the address."),
    "private": _(
        "The address leads into a private network. The operator can allow this server (CONNECT_PRIVATE_ALLOWED)."
    ),
    "name": _("The server's name is not known. Is it written right?"),
    "refused": _("The server does not take connections on this port."),
    "timeout": _("The server did not answer in time."),
    "certificate": _("The server's certificate is not trusted, or it is for another name."),
    "tls": _("No encrypted connection came about. Is this the right port?"),
    "broken": _("The connection broke off."),
    "proxy": _("The proxy of this desk (CONNECT_PROXY) does not make the connection."),
    "redirected": _("The server sends to another address, which is not followed."),
    "too_large": _("The server's answer is too large."),
    "garbage": _("The server's answer is not understood."),
}


def sentence(stored: str) -> str:
    """What people read for a kept `str(Trouble)`."""
    return sentence_of(stored, SENTENCES)


@dataclass(frozen=True)
class Answer:
    """What a server said, whatever its status. `url` is where it came from after redirects."""

    status: int
    headers: httpx2.Headers
    body: bytes
    url: str

    def json(self) -> Any:
        """Raises Trouble when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Trouble("garbage", f"HTTP {self.status}") from None


def send(
    method: str,
    url: str,
    *,
    headers: dict[str, str] | None = None,
    content: bytes | None = None,
    form: dict[str, str] | None = None,
    connect_seconds: float = SECONDS_TO_CONNECT,
    read_seconds: float = SECONDS_TO_READ,
    seconds: float = SECONDS_IN_ALL,
    most_bytes: int = MOST_BYTES,
    redirects: int = 0,
) -> Answer:
    """Ask a server once. The body is `content`, or `form` as a browser sends a form. `redirects` is how many are
    followed, for GET and HEAD without a body alone; each is judged like the first address, and what was in `headers` is
    not sent to another server. Raises Trouble for everything but an answer.
    """
    deadline = time.monotonic() + seconds
    headers = {"User-Agent": "Madoguchi", "Accept-Encoding": "identity", "Connection": "close", **(headers or {})}
    while True:
        try:
            request = httpx2.Request(method, _judged_url(url), headers=headers, content=content, data=form)
        except (httpx2.InvalidURL, ValueError, TypeError) as error:
            raise Trouble("address", error) from None
        answer = _ask(request, _Clock(deadline, connect_seconds, read_seconds), most_bytes)
        to = answer.headers.get("Location", "")
        if answer.status not in (301, 302, 303, 307, 308) or not to:
            return answer
        there = _next(request.url, to)
        if redirects < 1 or method not in ("GET", "HEAD") or content or form:
            raise Trouble("redirected", f"{there.scheme}://{there.host}")
        redirects -= 1
        if _origin(there) != _origin(request.url):
            headers = {name: headers[name] for name in ("User-Agent", "Accept-Encoding", "Connection")}
        url = str(there)


def _next(url: httpx2.URL, to: str) -> httpx2.URL:
    try:
        there = url.join(to)
    except (httpx2.InvalidURL, ValueError) as error:
        raise Trouble("redirected", error) from None
    if url.scheme == "https" and there.scheme != "https":
        raise Trouble("redirected", f"{there.scheme}://{there.host}")
    return there


def _origin(url: httpx2.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _judged_url(url: str) -> httpx2.URL:
    """Raises Trouble for anything but http and https to a plain host. Where the host leads is not judged here."""
    try:
        parts = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError, TypeError) as error:
        raise Trouble("address", error) from None
    if parts.userinfo:
        raise Trouble("userinfo")
    host = parts.raw_host.decode("ascii", "replace")
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[A-Za-z0-9._:-]{1,253}", host):
        raise Trouble("address")
    if parts.port is not None and not 0 < parts.port < 65536:
        raise Trouble("address")
    return parts


# --- where a name leads ---------------------------------------------------------------------------------------------

# What IANA's registries do not call globally reachable. Of IPv6 only 2000::/3 is given out at all.
_CLOSED = [
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
]  # fmt: skip
_GIVEN_OUT = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Where clouds give out keys to whoever asks from inside. A network that is allowed does not open them.
_METADATA = {
    ipaddress.ip_address(each)
    for each in ("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192",
                 "fd00:ec2::254", "fd20:ce::254")
}  # fmt: skip


def _plain(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that stands for it (mapped, NAT64); any other as it is."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    address = _plain(address)
    if address in _METADATA or any(address in network for network in _CLOSED if network.version == address.version):
        return False
    return address.version == 4 or address in _GIVEN_OUT


def is_open(address: Address, host: str = "") -> bool:
    """Whether the desk may connect to an address, reached by `host`: it is public, or the operator listed it."""
    if is_public(address):
        return True
    address = _plain(address)
    listed = settings.CONNECT_PRIVATE_ALLOWED
    if address in _METADATA:
        return str(address) in listed
    if host.lower().rstrip(".") in {each.lower() for each in listed if "/" not in each}:
        return True
    return any(address in network for network in _networks(listed) if network.version == address.version)


def _networks(listed: Iterable[str]) -> Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for each in listed:
        try:
            yield ipaddress.ip_network(each)
        except ValueError:  # a name
            continue


def _resolved(host: str, port: int, seconds: float) -> list[tuple]:
    """(family, socket address) of a name. The system's look-up knows no time limit, so it gets a thread; one that hangs
    ends when the system gives up.
    """
    found: list[Any] = []

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.append(error)

    thread = threading.Thread(target=ask, daemon=True, name="look up a name")
    thread.start()
    thread.join(seconds)
    if not found:
        raise Trouble("timeout")
    if isinstance(found[0], Exception):
        raise Trouble("name", getattr(found[0], "strerror", None) or host)
    return [(family, place) for family, _kind, _protocol, _name, place in found[0]]


def _judged(host: str, places: list[tuple]) -> list[tuple]:
    """The same places, or Trouble when any of them is closed: a name with one public and one private address is made to
    deceive.
    """
    for _family, place in places:
        # An IPv6 address with a zone (fe80::1%eth0) is one of this machine's own network.
        if "%" in str(place[0]) or not is_open(ipaddress.ip_address(place[0]), host):
            raise Trouble("private", host)
    return places


# --- one request ----------------------------------------------------------------------------------------------------


class _Clock:
    """Time that is left: for a step, and never more than for all."""

    def __init__(self, deadline: float, connect: float, read: float):
        self.deadline, self.connect, self.read = deadline, connect, read

    def left(self, step: float) -> float:
        left = min(step, self.deadline - time.monotonic())
        if left <= 0:
            raise TimeoutError
        return left


class _Stream(httpcore2.NetworkStream):
    """A socket whose every step is within the time that is left."""

    def __init__(self, connected: socket.socket, clock: _Clock):
        self._socket, self._clock = connected, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(self._clock.left(self._clock.read))
        return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._socket.settimeout(self._clock.left(self._clock.read))
        try:
            self._socket.sendall(buffer)
        except TimeoutError:
            raise
        except OSError as error:  # it may have answered before it had read all: the library then reads the answer
            raise httpcore2.WriteError(error) from error

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_Stream":
        try:
            self._socket.settimeout(self._clock.left(self._clock.connect))
            self._socket = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except BaseException:
            self._socket.close()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        return None


class _Backend(httpcore2.NetworkBackend):
    """Connects to places that were judged, whatever the name would lead to by now."""

    def __init__(self, places: list[tuple], clock: _Clock):
        self._places, self._clock = places, clock

    def connect_tcp(self, *given: Any, **more: Any) -> _Stream:
        until = min(time.monotonic() + self._clock.connect, self._clock.deadline)
        for number, (family, place) in enumerate(self._places, start=1):
            connected = socket.socket(family, socket.SOCK_STREAM)
            try:
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                connected.settimeout(left)
                connected.connect(place)
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return _Stream(connected, self._clock)
            except BaseException as error:
                connected.close()
                if number == len(self._places) or not isinstance(error, OSError) or isinstance(error, TimeoutError):
                    raise
        raise OSError("no address")


def _ask(request: httpx2.Request, clock: _Clock, most_bytes: int) -> Answer:
    try:
        with _pool(request.url, clock) as pool:
            asked = httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.read(),
            )  # fmt: skip
            answer = pool.handle_request(asked)
            try:
                headers = httpx2.Headers(answer.headers)
                return Answer(answer.status, headers, _body(answer, headers, most_bytes), str(request.url))
            finally:
                answer.close()
    except ssl.SSLCertVerificationError as error:
        raise Trouble("certificate", error.verify_message) from None
    except ssl.SSLError as error:
        raise Trouble("tls", error.reason or error) from None
    except TimeoutError:
        raise Trouble("timeout") from None
    except ConnectionRefusedError:
        raise Trouble("refused") from None
    except httpcore2.ProxyError as error:
        raise Trouble("proxy", error) from None
    except httpcore2.ProtocolError as error:
        raise Trouble("broken" if "disconnected" in str(error) else "garbage", error) from None
    except OSError as error:
        raise Trouble("broken", error.strerror or error) from None


def _body(answer: httpcore2.Response, headers: httpx2.Headers, most_bytes: int) -> bytes:
    # Nothing packed was asked for; unpacking could make much out of little.
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Trouble("garbage", headers["Content-Encoding"])
    taken, size = [], 0
    for piece in answer.iter_stream():
        size += len(piece)
        if size > most_bytes:
            raise Trouble("too_large", f"> {most_bytes}")
        taken.append(piece)
    return b"".join(taken)


def _pool(url: httpx2.URL, clock: _Clock) -> httpcore2.ConnectionPool:
    """A pool for one request, straight to the server or through the proxy that the operator set."""
    host = url.raw_host.decode("ascii")
    try:
        places = _judged(host, _resolved(host, _origin(url)[2], clock.left(clock.connect)))
    except Trouble as trouble:
        # Behind a proxy this machine need not know the names of the world.
        if trouble.code != "name" or not settings.CONNECT_PROXY:
            raise
        places = []
    context = ssl.create_default_context()
    if not settings.CONNECT_PROXY or any(not is_public(ipaddress.ip_address(place[0])) for _family, place in places):
        return httpcore2.ConnectionPool(ssl_context=context, network_backend=_Backend(places, clock))
    proxy = httpx2.URL(settings.CONNECT_PROXY)
    there = _resolved(proxy.raw_host.decode("ascii"), _origin(proxy)[2], clock.left(clock.connect))
    return httpcore2.HTTPProxy(
        proxy_url=httpcore2.URL(scheme=proxy.raw_scheme, host=proxy.raw_host, port=proxy.port, target=b"/"),
        proxy_auth=(proxy.username, proxy.password) if proxy.userinfo else None,
        ssl_context=context,
        network_backend=_Backend(there, clock),
    )
