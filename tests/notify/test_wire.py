"""The bytes of our mails, as old programs and servers get them."""

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest

from servicedesk.notify.wire import Message, named

SUBJECTS = [
    "[INC0000123] " + "複合機の紙詰まりが直りません。" * 8,
    "印刷" * 60,
    "①㈱髙橋﨑のﾌﾟﾘﾝﾀ",
    "Printer jams " * 19 + "x",
    "x",
    "[INC0000123] 印",
]
NAMES = ["髙橋 花子", "情報システム部ヘルプデスク" * 6, "Hanako, Yamada", 'Quote " and \\', "a" * 80, "部" * 79]


def bytes_of(subject="件名", text="本文\n", name="窓口", html="") -> bytes:
    message = Message(
        subject,
        text,
        from_email="desk@example.com",
        to=["hanako@example.com"],
        headers={"From": named(name, "desk@example.com"), "To": named(name, "hanako@example.com")},
    )
    if html:
        message.attach_alternative(html, "text/html")
    return message.message().as_bytes(linesep="\r\n")


def head_of(raw: bytes) -> list[str]:
    return raw.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")


class TestHeaders:
    @pytest.mark.parametrize("subject", SUBJECTS)
    @pytest.mark.parametrize("name", NAMES)
    def test_read_as_written(self, subject, name):
        mail = message_from_bytes(bytes_of(subject, name=name), policy=policy.default)
        assert mail["Subject"] == subject
        # Not by the library's newer parser, which leaves the blanks between encoded words of a name in.
        sender, address = parseaddr(message_from_bytes(bytes_of(subject, name=name))["From"])
        assert str(make_header(decode_header(sender))) == name and address == "desk@example.com"
        assert mail["To"].addresses[0].addr_spec == "hanako@example.com"

    @pytest.mark.parametrize("subject", SUBJECTS)
    @pytest.mark.parametrize("name", NAMES)
    def test_begin_on_their_own_line_and_stay_short(self, subject, name):
        for line in head_of(bytes_of(subject, name=name)):
            assert line.strip() and not re.fullmatch(r"[\w-]+:\s*", line), line
            if "=?" in line:
                assert len(line) <= 78, line

    @pytest.mark.parametrize("subject", SUBJECTS[:3])
    def test_words_are_split_between_letters(self, subject):
        for word in re.findall(rb"=\?utf-8\?b\?[^?]*\?=", b"\n".join(bytes_of(subject).split(b"\r\n\r\n")[:1]), re.I):
            assert message_from_bytes(b"Subject: " + word + b"\n\n", policy=policy.default)["Subject"].isprintable()

    def test_a_line_break_gets_into_no_header(self):
        with pytest.raises(Exception, match="newline"):
            bytes_of("x\nBcc: a@example.com")


class TestBody:
    @pytest.mark.parametrize(
        "text", ["本文です。\n" * 5, "あ" * 5_000, "x" * 3_000, ".\n..\nFrom here\n", "①㈱髙﨑ｶﾅ\n"]
    )
    def test_is_seven_bits_in_short_lines_and_reads_as_written(self, text):
        raw = bytes_of(text=text, html=f"<p>{text}</p>")
        assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998
        assert b"\n" not in raw.replace(b"\r\n", b"")
        mail = message_from_bytes(raw, policy=policy.default)
        assert mail.get_body(("plain",)).get_content().rstrip("\n") == text.rstrip("\n")
        assert text.strip() in mail.get_body(("html",)).get_content()
