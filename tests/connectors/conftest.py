import socket
import ssl

import pytest

from tests.servers.dovecot import certificate

from .server import Server


@pytest.fixture
def server(settings):
    """`server(act)` starts a server on this machine, which the desk may call."""
    settings.CONNECT_PRIVATE_ALLOWED = ["localhost"]
    started = []

    def start(act, **more):
        started.append(Server(act, **more))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def names(monkeypatch):
    """`names["www.example.com"] = [["93.184.215.14"], …]`: what each look-up says, the last one from then on. All other
    names are looked up as ever; `names.asked` are those that were made up.
    """
    real = socket.getaddrinfo

    class Names(dict):
        asked: list[str] = []

    made_up = Names()
    made_up.asked = []

    def look_up(host, port, *more, **named):
        if host not in made_up:
            return real(host, port, *more, **named)
        made_up.asked.append(host)
        answers = made_up[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (each, port, 0, 0))
            if ":" in each
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return made_up


@pytest.fixture
def connects(monkeypatch):
    """Every address that a connection was tried to; none is made."""
    tried = []

    def connect(self, place):
        tried.append(place[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


@pytest.fixture
def tls(tmp_path, monkeypatch):
    """A server's context with a certificate for localhost, which this machine trusts."""
    cert, key = certificate()
    (tmp_path / "cert.pem").write_bytes(cert)
    (tmp_path / "key.pem").write_bytes(key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    return context
