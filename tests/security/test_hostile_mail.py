"""Mail that burns time or memory meets limits, is kept and listed, and the queue goes on."""

import time

import pytest

from servicedesk.intake.mail.html import clean, to_text
from servicedesk.intake.mail.quotes import reply_part
from servicedesk.intake.mail.reading import TooMuch, read
from servicedesk.intake.models import IncomingMail
from tests.factories import a_person
from tests.intake.mails import a_mail, arrives

HEAD = b"From: hanako@example.com\r\nMessage-ID: <1@example.com>\r\n"


def nested(depth: int) -> bytes:
    return HEAD + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth)
    )


HOSTILE = {
    "10,000 parts": HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\na\r\n" * 10_000,
    "depth 100": nested(100),
    "depth 5,000": nested(5_000),
    "a header of 5 MB": HEAD + b"X-A: " + b"a" * 5_000_000 + b"\r\n\r\nx",
    "100,000 headers": HEAD + b"X-A: b\r\n" * 100_000 + b"\r\nx",
    "100,000 encoded words": HEAD + b"Subject: " + b"=?utf-8?q?a?= " * 100_000 + b"\r\n\r\nx",
    "an address of 100,000 brackets": b"From: " + b"(" * 100_000 + b"\r\n\r\nx",
    "50 MB of one line": HEAD + b"\r\n" + b"x" * 50_000_000,
    "20 MB of ISO-2022-JP": HEAD
    + b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n"
    + b"\x1b$B%W%j%s%?!<\x1b(B " * 1_200_000,
    "5 million blank lines": HEAD + b"\r\n" + b"\n" * 5_000_000,
    "HTML of 200,000 open tags": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 200_000,
    "HTML of 200,000 open formats": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<b><i>" * 100_000,
    "parameters without end": HEAD + b"Content-Type: text/plain; " + b"a*0=b; " * 5_000 + b"\r\n\r\nx",
    "nothing": b"",
    "zeros": b"\0" * 100_000,
}


class TestLimits:
    @pytest.mark.parametrize("what", HOSTILE)
    def test_in_time(self, what):
        start = time.monotonic()
        try:
            read(HOSTILE[what])
        except TooMuch:
            pass
        assert time.monotonic() - start < 15, what

    @pytest.mark.parametrize(
        "text",
        [" " * 500_000, "> " * 100_000, "On " + "a " * 50_000, ("On " + "a " * 200 + "\n") * 2_000, "-" * 200_000,
         ("2026年1月1日 " + "さ" * 300 + "\n") * 2_000, "<a@" * 50_000, "\n" * 300_000, ("> x\ny\n") * 50_000],
    )  # fmt: skip
    def test_of_the_patterns_that_part_quotes(self, text):
        start = time.monotonic()
        reply_part(text)
        assert time.monotonic() - start < 3

    def test_of_html(self):
        start = time.monotonic()
        for text in (
            "<div>" * 100_000,
            "<table><tr><td>" * 30_000,
            "<a href='" * 50_000,
            "&amp;" * 100_000,
            "<" * 500_000,
        ):
            to_text(text)
            clean(text)
        assert time.monotonic() - start < 15


@pytest.mark.django_db
class TestTheQueue:
    def test_goes_on_and_keeps_every_one(self):
        a_person(email="hanako@example.com")
        small = {what: raw for what, raw in HOSTILE.items() if len(raw) < 1_000_000}
        for raw in small.values():
            arrives(raw)
        good = arrives(a_mail(text="positive control"))
        assert good.state == "ticket" and good.ticket.description == "positive control"
        assert IncomingMail.objects.count() == len(small) + 1
        assert not IncomingMail.objects.filter(state="waiting").exists()
        assert {"too_complex", "no_sender"} <= set(IncomingMail.objects.values_list("reason", flat=True))
