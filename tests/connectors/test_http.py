"""The house's HTTP client: where it does not go, what it does not take, and that it does its work."""

import contextlib
import ipaddress
import re
import time
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from servicedesk import env
from servicedesk.connectors import http

from .server import answer


def trouble(*given, **more) -> str:
    with pytest.raises(http.Trouble) as raised:
        http.send(*given, **more)
    return raised.value.code


class TestAnswers:
    def test_come_with_status_headers_and_body(self, server):
        there = server(lambda asked, _connection: answer({"a": "あ"}, status="201 Created", X_Kind="b"))
        got = http.send("POST", f"{there.url}/x?y=1", form={"name": "花子 & co"}, headers={"Authorization": "Bearer t"})
        assert (got.status, got.json(), got.headers["x-kind"]) == (201, {"a": "あ"}, "b")
        asked = there.asked[0]
        assert (asked.method, asked.path, asked.form) == ("POST", "/x?y=1", {"name": "花子 & co"})
        assert (asked.headers["authorization"], asked.headers["host"]) == ("Bearer t", f"localhost:{there.port}")

    def test_come_by_chunks(self, server):
        said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        assert http.send("GET", server(lambda *_: said).url).body == b"abcde"

    def test_of_errors_are_answers(self, server):
        assert http.send("GET", server(lambda *_: answer(b"no", status="500 Oh")).url).body == b"no"

    def test_that_come_before_all_was_sent_are_read(self, server):
        def refuse(_asked, connection):
            return answer(b"too much", status="413 No")

        there = server(refuse)
        assert http.send("POST", there.url, content=b"x" * 100_000).status == 413

    def test_are_no_json_when_they_are_not(self, server):
        for body in (b"<html>", b"", b"\xff", b"[" * 100_000):
            there = server(lambda *_, body=body: answer(body))
            with pytest.raises(http.Trouble, match="garbage"):
                http.send("GET", there.url).json()

    def test_come_encrypted_from_a_server_that_proves_its_name(self, server, tls):
        there = server(lambda *_: answer(b"safe"), context=tls)
        assert http.send("GET", there.url).body == b"safe"

    def test_carry_no_cookies_from_one_request_to_the_next(self, server):
        there = server(lambda *_: answer(Set_Cookie="a=b"))
        http.send("GET", there.url)
        http.send("GET", there.url)
        assert "cookie" not in there.asked[1].headers


CLOSED = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "169.254.1.1", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1",
    "::1", "::", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "2002:7f00:1::1",
    "2001:0:1::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1", "100::1", "3fff::1", "5f00::1", "4000::1",
]  # fmt: skip
OPEN = [
    "1.1.1.1",
    "93.184.215.14",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "64:ff9b::101:101",
    "::ffff:1.1.1.1",
]


class TestWhereItGoes:
    @pytest.mark.parametrize("address", CLOSED)
    def test_not_to_closed_addresses(self, address, connects, names):
        host = f"[{address}]" if ":" in address else address
        names["inside.example.com"] = [[address]]
        for url in (f"http://{host}/", "http://inside.example.com/"):
            assert trouble("GET", url) == "private"
        assert connects == []

    @pytest.mark.parametrize("address", OPEN)
    def test_to_public_addresses(self, address, connects, names):
        names["www.example.com"] = [[address]]
        assert trouble("GET", "http://www.example.com/") == "refused"
        assert connects == [address]

    @pytest.mark.parametrize(
        "host",
        [
            "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.1", "017700000001", "localhost", "LOCALHOST.",
            "localhost.localdomain", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "１２７.0.0.1",
        ],
    )  # fmt: skip
    def test_not_to_this_machine_however_it_is_written(self, host, connects):
        assert trouble("GET", f"http://{host}/") in ("private", "name", "address")
        assert connects == []

    def test_not_to_a_name_that_is_public_and_private(self, connects, names):
        names["both.example.com"] = [["93.184.215.14", "10.0.0.1"]]
        assert trouble("GET", "http://both.example.com/") == "private"
        assert connects == []

    def test_not_to_what_a_name_leads_to_a_moment_later(self, connects, names):
        names["rebind.example.com"] = [["93.184.215.14"], ["127.0.0.1"]]
        assert trouble("GET", "http://rebind.example.com/") == "refused"
        assert (connects, names.asked) == (["93.184.215.14"], ["rebind.example.com"])

    def test_to_the_next_address_when_one_refuses(self, connects, names):
        names["www.example.com"] = [["93.184.215.14", "93.184.215.15"]]
        assert trouble("GET", "https://www.example.com/") == "refused"
        assert connects == ["93.184.215.14", "93.184.215.15"]

    @pytest.mark.parametrize("url", [
        "file:///etc/passwd", "ftp://www.example.com/", "gopher://x/", "//www.example.com/", "www.example.com", "",
        "http:///x", "http://", "http://www.example.com:99999/", "http://www.example.com:0/", "http://a b/",
        "http://www.example.com\r\nX: y/", "http://[fe80::1%25eth0]/", "http://[::1/", "unix:/run/x",
    ])  # fmt: skip
    def test_not_to_what_is_no_web_address(self, url, connects):
        assert trouble("GET", url) == "address"
        assert connects == []

    @pytest.mark.parametrize("url", ["http://user:word@www.example.com/", "http://www.example.com@127.0.0.1/"])
    def test_not_with_a_password_in_the_address(self, url, connects):
        assert trouble("GET", url) == "userinfo"
        assert connects == []

    def test_not_to_names_that_are_not_known(self, monkeypatch):
        assert trouble("GET", "http://no-such-name.invalid/") == "name"

    def test_not_by_a_proxy_that_the_environment_names(self, server, monkeypatch):
        there = server(lambda *_: answer(b"straight"))
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert http.send("GET", there.url).body == b"straight"


class TestWhatTheOperatorAllows:
    @pytest.mark.parametrize("listed", ["localhost", "LocalHost", "127.0.0.1", "127.0.0.0/8"])
    def test_is_called_by_name_address_or_network(self, server, settings, listed):
        there = server(lambda *_: answer(b"in"))
        settings.CONNECT_PRIVATE_ALLOWED = ["10.9.9.9", "ldap.example.com", listed]
        assert (
            http.send("GET", there.url.replace("localhost", "127.0.0.1") if "." in listed else there.url).status == 200
        )

    def test_opens_nothing_else(self, settings, connects):
        settings.CONNECT_PRIVATE_ALLOWED = ["10.0.0.0/8", "intranet.example.com"]
        assert trouble("GET", "http://10.1.1.1/") == "refused"
        assert trouble("GET", "http://192.168.0.1/") == "private"
        assert trouble("GET", "http://localhost/") == "private"
        assert connects == ["10.1.1.1"]

    @pytest.mark.parametrize("address", ["169.254.169.254", "100.100.100.200", "fd00:ec2::254"])
    def test_does_not_open_where_clouds_keep_keys_unless_it_is_named_itself(self, settings, names, address):
        settings.CONNECT_PRIVATE_ALLOWED = ["169.254.0.0/16", "100.64.0.0/10", "fd00::/8", "keys.example.com"]
        assert not http.is_open(ipaddress.ip_address(address), "keys.example.com")
        settings.CONNECT_PRIVATE_ALLOWED = [address]
        assert http.is_open(ipaddress.ip_address(address))

    def test_is_judged_at_the_start(self, monkeypatch):
        monkeypatch.setenv("CONNECT_PRIVATE_ALLOWED", "10.1.0.0/16, ldap.example.com")
        assert env.places("CONNECT_PRIVATE_ALLOWED") == ["10.1.0.0/16", "ldap.example.com"]
        monkeypatch.setenv("CONNECT_PRIVATE_ALLOWED", "10.1.0.1/16")
        with pytest.raises(ImproperlyConfigured, match="10.1.0.1/16"):
            env.places("CONNECT_PRIVATE_ALLOWED")
        monkeypatch.setenv("CONNECT_PROXY", "proxy:3128")
        with pytest.raises(ImproperlyConfigured, match="CONNECT_PROXY"):
            env.proxy("CONNECT_PROXY")


class TestRedirects:
    def test_are_not_followed_by_themselves(self, server):
        there = server(lambda *_: answer(status="302 Found", Location="/other"))
        assert trouble("GET", there.url) == "redirected"
        assert len(there.asked) == 1

    def test_are_followed_as_often_as_asked(self, server):
        def act(asked, _connection):
            step = int(asked.path[1:])
            return answer(b"end") if step == 3 else answer(status="301 Moved", Location=f"/{step + 1}")

        there = server(act)
        got = http.send("GET", f"{there.url}/0", redirects=3)
        assert (got.body, got.url) == (b"end", f"{there.url}/3")
        assert trouble("GET", f"{there.url}/0", redirects=2) == "redirected"

    @pytest.mark.parametrize(
        "to", ["http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "//[::1]/", "http://0x7f000001/"]
    )
    def test_to_closed_addresses_are_not_followed(self, server, settings, to):
        there = server(lambda *_: answer(status="302 Found", Location=to))
        settings.CONNECT_PRIVATE_ALLOWED = ["localhost"]
        assert trouble("GET", there.url, redirects=5) == "private"

    @pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://x/", "http://a:b@www.example.com/", "http://[::1/"])
    def test_to_what_is_no_web_address_are_not_followed(self, server, to):
        there = server(lambda *_: answer(status="302 Found", Location=to))
        assert trouble("GET", there.url, redirects=5) in ("address", "userinfo", "redirected")

    def test_carry_no_secret_to_another_server(self, server):
        second = server(lambda *_: answer(b"there"))
        first = server(lambda *_: answer(status="302 Found", Location=second.url))
        secret = {"Authorization": "Bearer t", "X-Key": "k"}
        assert http.send("GET", first.url, headers=secret, redirects=1).body == b"there"
        assert "authorization" in first.asked[0].headers
        assert not {"authorization", "x-key"} & second.asked[0].headers.keys()

    def test_carry_no_body(self, server):
        there = server(lambda *_: answer(status="307 There", Location="/other"))
        assert trouble("POST", there.url, form={"password": "x"}, redirects=5) == "redirected"

    def test_do_not_lead_out_of_encryption(self, server, tls):
        plain = server(lambda *_: answer(b"plain"))
        there = server(lambda *_: answer(status="302 Found", Location=plain.url), context=tls)
        assert trouble("GET", there.url, redirects=5) == "redirected"
        assert plain.asked == []


class TestBadServers:
    def test_with_a_certificate_that_nobody_vouches_for(self, server, tls, monkeypatch):
        there = server(lambda *_: answer(b"x"), context=tls)
        monkeypatch.delenv("SSL_CERT_FILE")
        assert trouble("GET", there.url) == "certificate"

    def test_with_a_certificate_of_another_name(self, server, tls, settings, names):
        there = server(lambda *_: answer(b"x"), context=tls)
        names["www.example.com"] = [["127.0.0.1"]]
        settings.CONNECT_PRIVATE_ALLOWED = ["www.example.com"]
        assert trouble("GET", f"https://www.example.com:{there.port}") == "certificate"
        assert there.asked == []

    def test_without_encryption_where_there_should_be_some(self, server):
        there = server(lambda *_: answer(b"x"))
        assert trouble("GET", there.url.replace("http:", "https:"), connect_seconds=2) in ("tls", "timeout")

    def test_that_are_not_there(self, server):
        there = server(lambda *_: b"")
        there.stop()
        assert trouble("GET", there.url) == "refused"

    @pytest.mark.parametrize("said", [
        b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", b"\x00" * 500,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 200 OK\r\nX" + b"y" * 300_000,
    ])  # fmt: skip
    def test_that_say_nothing_sensible(self, server, said):
        assert trouble("GET", server(lambda *_: said).url) in ("broken", "garbage")

    def test_with_more_than_was_allowed(self, server):
        there = server(lambda *_: answer(b"x" * 5000))
        assert trouble("GET", there.url, most_bytes=4999) == "too_large"
        assert len(http.send("GET", there.url, most_bytes=5000).body) == 5000

    def test_whose_answer_never_ends(self, server):
        def pour(_asked, connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65536)

        assert trouble("GET", server(pour).url) == "too_large"

    def test_whose_answer_would_grow_when_unpacked(self, server):
        there = server(lambda *_: answer(b"\x1f\x8b", Content_Encoding="gzip"))
        assert trouble("GET", there.url) == "garbage"
        assert there.asked[0].headers["accept-encoding"] == "identity"

    @pytest.mark.parametrize("slow", ["head", "body", "greeting"])
    def test_that_send_a_byte_now_and_then(self, server, slow):
        def drip(_asked, connection):
            if slow == "body":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            with contextlib.suppress(OSError):
                for byte in (
                    b"HTTP/1.1 100 Go on\r\n\r\n" * 100 if slow == "greeting" else b"HTTP/1.1 200 OK" + b" " * 900
                ):
                    connection.sendall(bytes([byte]))
                    time.sleep(0.05)

        began = time.monotonic()
        assert trouble("GET", server(drip).url, read_seconds=5, seconds=0.5) == "timeout"
        assert time.monotonic() - began < 2

    def test_that_say_nothing_at_all(self, server):
        began = time.monotonic()
        assert trouble("GET", server(lambda *_: time.sleep(3)).url, read_seconds=0.3) == "timeout"
        assert time.monotonic() - began < 2

    def test_that_never_shake_hands(self, server):
        there = server(lambda *_: None)
        began = time.monotonic()
        assert trouble("GET", there.url.replace("http:", "https:"), connect_seconds=0.3) in ("timeout", "tls")
        assert time.monotonic() - began < 2

    def test_whose_name_is_not_found_in_time(self, monkeypatch):
        monkeypatch.setattr(http.socket, "getaddrinfo", lambda *_given, **_more: time.sleep(1.5))
        began = time.monotonic()
        assert trouble("GET", "http://slow.example.com/", connect_seconds=0.2) == "timeout"
        assert time.monotonic() - began < 1


class TestAProxyOfTheOperator:
    def test_makes_the_connection(self, server, settings, names):
        there = server(lambda *_: answer(b"by proxy"))
        names["www.example.com"] = [["93.184.215.14"]]
        settings.CONNECT_PROXY = f"http://me:word@127.0.0.1:{there.port}"
        assert http.send("GET", "http://www.example.com/x").body == b"by proxy"
        assert there.asked[0].path == "http://www.example.com/x"
        assert there.asked[0].headers["proxy-authorization"] == "Basic bWU6d29yZA=="

    def test_knows_names_that_this_machine_does_not(self, server, settings):
        there = server(lambda *_: answer(b"by proxy"))
        settings.CONNECT_PROXY = f"http://127.0.0.1:{there.port}"
        assert http.send("GET", "http://no-such-name.invalid/").body == b"by proxy"

    def test_carries_encryption_through(self, server, settings, names, tls):
        def tunnel(asked, connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            inner = tls.wrap_socket(connection, server_side=True)
            inner.recv(65536)
            inner.sendall(answer(b"inside"))
            inner.unwrap()

        there = server(tunnel)
        names["localhost"] = [["93.184.215.14"]]
        settings.CONNECT_PROXY = f"http://127.0.0.1:{there.port}"
        assert http.send("GET", "https://localhost/x").body == b"inside"
        assert (there.asked[0].method, there.asked[0].path) == ("CONNECT", "localhost:443")

    def test_that_refuses_is_told_as_such(self, server, settings, names):
        there = server(lambda *_: answer(status="407 Who are you"))
        names["www.example.com"] = [["93.184.215.14"]]
        settings.CONNECT_PROXY = f"http://127.0.0.1:{there.port}"
        assert trouble("GET", "https://www.example.com/x") == "proxy"

    def test_is_no_way_to_closed_addresses(self, server, settings, names):
        there = server(lambda *_: answer(b"by proxy"))
        names["inside.example.com"] = [["10.0.0.1"]]
        settings.CONNECT_PROXY = f"http://127.0.0.1:{there.port}"
        settings.CONNECT_PRIVATE_ALLOWED = []
        for host in ("inside.example.com", "127.0.0.1"):
            assert trouble("GET", f"http://{host}/") == "private"
        assert there.asked == []

    def test_is_left_out_for_what_is_allowed_in_the_house(self, server, settings):
        there = server(lambda *_: answer(b"straight"))
        settings.CONNECT_PROXY = "http://127.0.0.1:9"
        assert http.send("GET", there.url).body == b"straight"


class TestTrouble:
    def test_is_a_sentence_in_the_readers_language(self):
        assert http.sentence("private: x.example.com").startswith("The address leads into a private network.")
        assert http.sentence("something: else") == "something: else"

    def test_is_one_line_and_short(self):
        assert str(http.Trouble("garbage", "a\r\nb" + "c" * 1000)) == "garbage: a b" + "c" * 297

    def test_every_code_has_its_sentence(self):
        text = Path(http.__file__).read_text()
        assert set(re.findall(r'Trouble\("(\w+)"', text)) <= set(http.SENTENCES)
