"""Which headers prove a sender, and which only say so."""

import pytest

from servicedesk.intake.mail.proof import vouched_by
from servicedesk.intake.mail.reading import read

HERE = ["mx.example.com"]


def proof(*results: str, sender: str = "hanako@example.jp", trusted=HERE) -> str:
    head = "".join(f"Authentication-Results: {one}\r\n" for one in results)
    return vouched_by(read(f"{head}From: {sender}\r\n\r\nx".encode()), trusted)


class TestVouched:
    @pytest.mark.parametrize(
        ("results", "by"),
        [
            ("mx.example.com; dmarc=pass (p=NONE) header.from=example.jp", "dmarc"),
            ("mx.example.com 1; spf=pass smtp.mailfrom=a@x.net; dmarc=pass header.from=example.jp", "dmarc"),
            ("MX.Example.com;\r\n\tdkim=pass (2048-bit key; ok) header.d=example.jp header.i=@example.jp", "dkim"),
            ("mx.example.com; dkim=pass header.i=@mail.example.jp; dkim=pass header.d=example.jp", "dkim"),
            ("mx.example.com; spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=bounce@example.jp", "spf"),
            ("mx.example.com; spf=pass smtp.mailfrom=example.jp", "spf"),
        ],
    )
    def test_by_what_a_trusted_server_found(self, results, by):
        assert proof(results) == by

    def test_by_the_domain_above(self):
        results = "mx.example.com; dkim=pass header.d=example.jp"
        assert proof(results, sender="hanako@sales.example.jp") == "dkim"


class TestNotVouched:
    @pytest.mark.parametrize(
        "results",
        [
            "mx.example.com; none",
            "mx.example.com; dkim=fail header.d=example.jp; spf=softfail smtp.mailfrom=example.jp",
            "mx.example.com; dkim=pass header.d=evil.net; spf=pass smtp.mailfrom=x@evil.net",
            "mx.example.com; dkim=pass header.d=notexample.jp",
            "mx.example.com; dkim=pass header.d=jp",
            "mx.example.com; dmarc=fail header.from=example.jp; dkim=pass header.d=example.jp",
            "mx.example.com; dmarc=pass header.from=evil.net",
            "mx.evil.net; dmarc=pass header.from=example.jp",
            "mx.evil.net (mx.example.com); dmarc=pass header.from=example.jp",
            "mx.example.com.evil.net; dmarc=pass header.from=example.jp",
            "; dmarc=pass header.from=example.jp",
            "mx.example.com; x=(dmarc=pass header.from=example.jp)",
        ],
    )
    def test_by_anything_else(self, results):
        assert proof(results) == ""

    def test_by_a_header_below_the_servers_own(self):
        forged = "mx.example.com; dmarc=pass header.from=example.jp"
        assert proof("mx.example.com; dmarc=fail header.from=example.jp", forged) == ""

    def test_when_no_server_is_trusted(self):
        assert proof("mx.example.com; dmarc=pass header.from=example.jp", trusted=[]) == ""

    def test_in_time_however_long_it_is(self):
        assert proof("mx.example.com; " + "(" * 50_000) == ""
        assert proof("mx.example.com; " + "dkim=pass header.d=" * 5_000) == ""
