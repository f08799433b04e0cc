# ruff: noqa: E501 – mails are easier to read in one line
"""Mails made to cost time or memory: each is read, or refused as too much, within seconds of one processor."""

import struct
import time

import pytest

from servicedesk.intake.mail.bounces import bounced
from servicedesk.intake.mail.headers import addresses, date_of, decoded, parameters
from servicedesk.intake.mail.invitations import in_words
from servicedesk.intake.mail.quotes import reply_part
from servicedesk.intake.mail.reading import TooMuch, read
from servicedesk.intake.mail.signs import signs_of

from .making import b64, mixed, multi, part
from .tnef_maker import message_in, stored_rtf, tnef

HEAD = b"From: hanako@example.com\r\n"
MIXED = HEAD + mixed().encode() + b"\r\n\r\n"
TEXT = HEAD + b"Content-Type: text/plain; charset=utf-8\r\n"
LZFU = struct.pack("<IIII", 4_000_000, 4_000_000, 0x75465A4C, 0) + b"\xff" + b"\x00\x0f" * 2_000_000


def messages_in_messages(depth: int) -> bytes:
    data = tnef(text="a")
    for _turn in range(depth):
        data = message_in("a", data)
    return data


def winmail(data: bytes) -> bytes:
    return MIXED + multi(part("Content-Type: application/ms-tnef", "Content-Transfer-Encoding: base64", body=b64(data)))


COSTLY = {
    "10,000 parts": MIXED + b"--=_b\r\n\r\na\r\n" * 10_000,
    "a million ends of parts": MIXED + b"--=_b--\r\n" * 1_000_000,
    "a boundary again and again in one line": MIXED + b"--=_b" * 2_000_000,
    "depth 100": HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(100)),
    "parts with headers of 200 KB": MIXED + multi(*[b"X-A: " + b"a" * 200_000 + b"\r\n\r\nx"] * 100),
    "parts of words without headers": MIXED + multi(*[b"Note: x\r\n" * 2_000] * 300),
    "lines that belong into no header": HEAD + b"junk\r\nSubject: a\r\n" * 10_000,
    "a fold of 250 KB": HEAD + b"Subject: a" + b"\r\n b" * 60_000 + b"\r\n\r\nx",
    "parameters of 250 KB": HEAD + b"Content-Type: text/plain" + b"; a*0*=%41" * 25_000 + b"\r\n\r\nx",
    "50 MB in base64": TEXT + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QUFB" * 12_500_000,
    "a file of 50 MB in base64": MIXED + multi(part("Content-Type: a/b; name=c", "Content-Transfer-Encoding: base64", body=b"QUFB" * 12_500_000)),
    "20 MB of escapes": TEXT + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=E3=81=82" * 2_200_000,
    "50 MB of soft breaks": TEXT + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=   \r\n" * 8_000_000,
    "a megabyte of blanks behind =": TEXT + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" + b" " * 1_000_000 + b"x",
    "beginnings of uuencoded files": TEXT + b"\r\n" + b"begin 644 a\r\n" * 300_000,
    "broken UTF-8": TEXT + b"\r\n" + b"\xe3\x81\n" * 1_300_000,
    "broken Shift_JIS": HEAD + b"Content-Type: text/plain; charset=shift_jis\r\n\r\n" + b"\x81\n" * 2_000_000,
    "bytes of no charset": HEAD + b"\r\n" + bytes(range(128, 256)) * 30_000,
    "4 MB of EUC-JP": HEAD + b"Content-Type: text/plain; charset=euc-jp\r\n\r\n" + "あ".encode("euc_jp") * 2_000_000,
    "4 MB of escapes of ISO-2022-JP": HEAD + b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + b"\x1b$B\x1b(B" * 700_000,
    "flowed without end": TEXT.replace(b"utf-8", b"utf-8; format=flowed") + b"\r\n" + b"a \r\n" * 1_000_000,
    "HTML of many parts": MIXED + multi(*[part("Content-Type: text/html", body=b"<b>a" * 5_000)] * 300),
    "a compressed text of 4 MB in winmail.dat": winmail(tnef(rtf=LZFU)),
    "groups without end in winmail.dat": winmail(tnef(rtf=stored_rtf(rb"{\rtf1" + b"{" * 1_000_000))),
    "winmail.dat of 100,000 values": winmail(tnef(html=b"<p>" * 100_000)),
    "messages in messages in winmail.dat": winmail(messages_in_messages(50)),
    "S/MIME of open lengths": HEAD + b"Content-Type: application/pkcs7-mime\r\n\r\n" + b"\x30\x80" * 1_000_000,
    "S/MIME of many small pieces": HEAD + b"Content-Type: application/pkcs7-mime\r\n\r\n\x30\x80" + b"\x04\x00" * 2_000_000,
    "an invitation of one endless line": HEAD + b"Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\nSUMMARY" + b";A=b" * 500_000,
    "an invitation of many": HEAD + b"Content-Type: text/calendar\r\n\r\n" + b"BEGIN:VEVENT\r\nSUMMARY:a\r\nEND:VEVENT\r\n" * 100_000,
    "a report of many recipients": HEAD + b"Content-Type: message/delivery-status\r\n\r\n" + b"Final-Recipient: rfc822; a@b\r\nAction: delivered\r\n\r\n" * 60_000,
    "a bounce of addresses": b"From: mailer-daemon@example.com\r\n\r\n" + b"a@b.c " * 200_000,
    "a bounce of one long word": b"From: mailer-daemon@example.com\r\n\r\n" + b"a" * 1_000_000,
}  # fmt: skip


def seconds(work) -> float:
    start = time.process_time()
    try:
        work()
    except TooMuch:
        pass
    return time.process_time() - start


class TestTime:
    @pytest.mark.parametrize("what", COSTLY)
    def test_of_reading(self, what):
        def work():
            letter = read(COSTLY[what])
            signs_of(letter, "")
            bounced(letter, "")

        assert seconds(work) < 8

    @pytest.mark.parametrize(
        "value",
        ["(" * 16_000, '"' * 16_000, "<" * 16_000, "a," * 8_000, "a@b," * 4_000, "=?" * 8_000, "=?utf-8?q?" * 1_600,
         "=?utf-8?q?a?b" * 1_200, ";a=" * 5_000, '; a="' * 3_000, '; a="b"c' * 2_000, ";" * 16_000, "; a*1*='" * 2_000,
         " " * 16_000, "@" * 16_000, "\\" * 16_000, "a: " * 5_000, "()" * 8_000, "\x1b$B" * 5_000, "\udce3" * 16_000],
    )  # fmt: skip
    def test_of_a_header(self, value):
        def work():
            decoded(value), addresses(value), parameters("a/b" + value), date_of(value)

        assert seconds(work) < 1

    @pytest.mark.parametrize(
        "text",
        ["2026/11/22 " * 90_000, ("2026/11/22 14:05 a\n" * 20_000), "From: a\n" * 20_000, ("____________\nFrom: a\n" * 9_000),
         ("-" * 90 + "\n") * 20_000, ("On a\n" * 20_000), ("a" * 900 + "\n") * 2_000, ("さん" * 450 + "\n") * 2_000,
         "-- \n" * 50_000, ("━" * 100 + "\nTEL\n") * 5_000, ("<a@b" * 200 + "\n") * 2_000, (" " * 990 + "x\n") * 2_000,
         ("> a\n" * 5 + "b\n") * 10_000, "\u241e\n" * 20_000, ("On a wrote:\n> b\nc\n") * 6_000],
    )  # fmt: skip
    def test_of_parting_an_answer(self, text):
        assert seconds(lambda: reply_part(text)) < 4

    def test_of_an_invitation(self):
        for text in (
            "A" * 300_000,
            "A;" * 100_000,
            'A;B="' * 50_000,
            "BEGIN:VEVENT\nDTSTART;TZID=" + "a" * 200_000 + ":20261122T140000\nEND:VEVENT",
        ):
            assert seconds(lambda text=text: in_words(text)) < 2
