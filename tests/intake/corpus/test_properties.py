# ruff: noqa: E501 – mails are easier to read in one line
"""What holds for every text and for every heap of bytes."""

import base64
import quopri
import time
import unicodedata
from email.message import EmailMessage
from functools import cache
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from servicedesk.intake.mail import cms, invitations, rtf, tnef
from servicedesk.intake.mail.bounces import bounced
from servicedesk.intake.mail.reading import TooMuch, read
from servicedesk.intake.mail.signs import signs_of
from servicedesk.web.text import lines, one_line

from . import of_kinds, of_signs, of_structure
from .making import mixed, multi, part
from .tnef_maker import compressed_rtf
from .tnef_maker import tnef as packed

# What is declared, and the codec of Python that writes it.
CHARSETS = [
    ("utf-8", "utf-8"), ("ISO-2022-JP", "iso2022_jp"), ("iso-2022-jp-1", "iso2022_jp_1"), ("Shift_JIS", "cp932"),
    ("EUC-JP", "euc_jp"), ("UTF-16", "utf-16"), ("utf-16le", "utf-16-le"), ("GB18030", "gb18030"), ("gb2312", "gbk"), ("Big5", "cp950"),
    ("EUC-KR", "cp949"), ("ISO-2022-KR", "iso2022_kr"), ("KOI8-R", "koi8_r"), ("windows-1251", "cp1251"),
    ("windows-1252", "cp1252"), ("iso-8859-1", "latin-1"), ("ISO-8859-15", "iso8859_15"), ("UTF-7", "utf-7"), ("us-ascii", "ascii"),
]  # fmt: skip
# The signs that Japanese charsets of before Unicode map in two ways, as CP932 has them.
AS_CP932 = str.maketrans("〜−‖—¢£¬¥‾", "～－∥―￠￡￢\\~")
JAPANESE = {"iso2022_jp", "iso2022_jp_1", "euc_jp"}


@cache
def signs_in(codec: str) -> str:
    """All signs of the first plane that a charset has, but for control characters."""
    every = (chr(number) for number in range(0x20, 0xFFFE))
    fine = [sign for sign in every if unicodedata.category(sign) not in ("Cc", "Cs", "Zl", "Zp", "Cf", "Co", "Cn")]
    return "".join(sign for sign in fine if _can(sign, codec))


@cache
def alphabet(codec: str, breaks: str) -> st.SearchStrategy[str]:
    return st.sampled_from(signs_in(codec) + breaks)


def _can(sign: str, codec: str) -> bool:
    try:
        return sign.encode(codec).decode(codec) == sign
    except UnicodeError:
        return False


@st.composite
def texts(draw, breaks: str = "\n\t", **limits):
    """(declared charset, codec, text, the text as it must be read)."""
    charset, codec = draw(st.sampled_from(CHARSETS))
    text = draw(st.text(alphabet=alphabet(codec, breaks), **limits))
    data = text.encode(codec)
    if codec in ("ascii", "latin-1", "cp1252"):  # names that say nothing: see charsets
        assume(data.isascii() or not any(_fits(data, other) for other in ("utf-8", "cp932", "euc_jp")))
    elif codec not in JAPANESE and not codec.startswith("utf"):
        assume(data.isascii() or not _fits(data, "utf-8"))
    return charset, codec, text, text.translate(AS_CP932) if codec in JAPANESE else text


def _fits(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeError:
        return False
    return True


def encoded(data: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.encodebytes(data)
    return quopri.encodestring(data) if encoding == "quoted-printable" else data


def words(data: bytes, charset: str, cuts: list[int]) -> str:
    """As encoded words, cut anywhere, also inside a character."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    pieces = [data[start:end] for start, end in zip(places, places[1:])]
    return "\r\n ".join(f"=?{charset}?B?{base64.b64encode(piece).decode()}?=" for piece in pieces)


@pytest.fixture(autouse=True)
def _no_mistake_of_ours(monkeypatch):
    def fail(*_words):
        raise AssertionError("reading failed and fell back")

    monkeypatch.setattr("servicedesk.intake.mail.reading.log.exception", fail)


often = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


class TestATextDeclaredRightly:
    @often
    @given(texts(max_size=120), st.sampled_from(["8bit", "base64", "quoted-printable", "binary"]))
    def test_is_read_to_the_letter_in_the_body(self, given_text, encoding):
        charset, codec, text, wanted = given_text
        assume(not codec.startswith("utf-16") or encoding in ("base64", "quoted-printable"))
        head = f"From: a@example.com\r\nContent-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}"
        raw = head.encode() + b"\r\n\r\n" + encoded(text.encode(codec), encoding)
        assert read(raw).text == lines(wanted).strip()

    @often
    @given(texts(breaks="", max_size=60), st.lists(st.integers(0, 200), max_size=4))
    def test_is_read_to_the_letter_in_subject_and_name(self, given_text, cuts):
        charset, codec, text, wanted = given_text
        coded = words(text.encode(codec), charset, cuts if codec not in ("utf-16", "iso2022_kr", "utf-7") else [])
        letter = read(f"From: {coded} <a@example.com>\r\nSubject: {coded}\r\n\r\nx".encode())
        assert letter.subject == one_line(wanted, 500)
        assert (letter.from_name, letter.from_address) == (one_line(wanted, 120), "a@example.com")

    @often
    @given(texts(breaks="", min_size=1, max_size=40), st.booleans())
    def test_is_read_to_the_letter_in_the_name_of_a_file(self, given_text, by_words):
        charset, codec, text, wanted = given_text
        assume(not set(wanted) & set("/\\%") and one_line(wanted))
        data = text.encode(codec)
        given_name = f'="{words(data, charset, [])}"' if by_words else f"*={charset}''{quote(data, safe='')}"
        attached = part(f"Content-Disposition: attachment; filename{given_name}", body=b"x")
        [file] = read(b"From: a@example.com\r\n" + mixed().encode() + b"\r\n\r\n" + multi(attached)).files
        assert file.name == one_line(wanted, 180)

    @often
    @given(st.lists(texts(max_size=60), min_size=1, max_size=5), st.sampled_from(["base64", "quoted-printable"]))
    def test_loses_nothing_among_others_and_files(self, several, encoding):
        parts = []
        for charset, codec, text, _wanted in several:
            kind = f"Content-Type: text/plain; charset={charset}"
            parts.append(
                part(kind, f"Content-Transfer-Encoding: {encoding}", body=encoded(text.encode(codec), encoding))
            )
            parts.append(
                part(
                    "Content-Type: application/x; name=f",
                    "Content-Transfer-Encoding: base64",
                    body=base64.b64encode(text.encode()),
                )
            )
        letter = read(b"From: a@example.com\r\n" + mixed().encode() + b"\r\n\r\n" + multi(*parts))
        wanted = [lines(wanted).strip("\n") for _charset, _codec, _text, wanted in several]
        assert letter.text == "\n\n".join(text for text in wanted if text.strip()).strip()
        assert [file.data for file in letter.files] == [text.encode() for _charset, _codec, text, _wanted in several]


class TestAMailOfTheLibrary:
    @often
    @given(
        st.text(alphabet=signs_in("utf-8") + "\n", min_size=1, max_size=100),
        st.booleans(),
        st.lists(
            st.tuples(st.text(alphabet=signs_in("utf-8"), min_size=1, max_size=30), st.binary(max_size=200)), max_size=4
        ),
        st.sampled_from(["\n", "\r\n"]),
    )
    def test_is_read_as_it_was_made(self, text, with_html, files, line_end):
        assume(text.strip() and all(one_line(name) and not set(name) & set("/\\%\"'") for name, _data in files))
        mail = EmailMessage()
        mail["From"], mail["Subject"] = "a@example.com", "山"
        mail.set_content(text)
        if with_html:
            mail.add_alternative("<p>other</p>", subtype="html")
        for name, data in files:
            mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
        letter = read(mail.as_bytes(policy=mail.policy.clone(linesep=line_end)))
        assert (letter.subject, letter.text, bool(letter.html)) == ("山", lines(text).strip(), with_html)
        assert [(file.name, file.data) for file in letter.files] == [(one_line(name), data) for name, data in files]


PIECES = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"--=_b", b"--=_b\r\n", b"--=_b--\r\n", b"From: ", b"Subject: ", b"=?utf-8?B?", b"?=", b"=?iso-2022-jp?Q?",
    b"Content-Type: multipart/mixed; boundary==_b\r\n", b"Content-Type: multipart/alternative; boundary==_b\r\n",
    b"Content-Type: text/plain; charset=iso-2022-jp; format=flowed\r\n", b"Content-Type: text/html; charset=utf-16\r\n",
    b"Content-Type: message/rfc822\r\n", b"Content-Type: message/delivery-status\r\n", b"Content-Type: application/ms-tnef\r\n",
    b"Content-Type: application/pkcs7-mime\r\n", b"Content-Type: text/calendar\r\n", b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n", b"Content-Transfer-Encoding: x-uuencode\r\n", b"Content-Disposition: attachment; filename*0*=",
    b"begin 644 a\n", b"\nend\n", b"\x1b$B", b"\x1b(I", b"\x0e", b"\xe3\x81", b"\x82\xa0", b"<p>", b"<blockquote>", b"> ", b"On ", b" wrote:", b"-- \n",
    b"BEGIN:VEVENT\n", b"DTSTART:20261122T140000Z\n", b"END:VEVENT\n", b"Final-Recipient: rfc822; a@b\r\n", packed(("A", "あ", b"x"), text="あ"), b"\0", b"(", b'"', b"<", b"@", b";", b"=",
]  # fmt: skip
SOUND = [each.raw for each in (*of_kinds.MAILS, *of_structure.MAILS, *of_signs.MAILS)]


@st.composite
def spoilt(draw, whole):
    """Something sound with a few bytes cut out, put in or changed."""
    data = draw(st.sampled_from(whole))
    for _turn in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        data = data[:place] + draw(st.binary(max_size=4)) + data[place + draw(st.integers(0, 8)) :]
    return data


def read_within_a_second(raw: bytes) -> None:
    start = time.process_time()
    try:
        letter = read(raw)
        signs_of(letter, "")
        bounced(letter, "")
    except TooMuch:
        pass
    assert time.process_time() - start < 1


class TestAnyBytes:
    @settings(often, max_examples=100)
    @given(st.binary(max_size=4000))
    def test_are_read_or_too_much(self, raw):
        read_within_a_second(raw)

    @settings(often, max_examples=150)
    @given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=60))
    @example([b"Content-Type: multipart/digest; boundary==_b\r\n\r\n--=_b\r\n\r\n\r\n--=_b--"])
    def test_of_a_mail_in_any_order_are_read(self, pieces):
        read_within_a_second(b"From: a@example.com\r\n" + b"".join(pieces))

    @settings(often, max_examples=150)
    @given(spoilt(SOUND))
    def test_of_a_spoilt_mail_are_read(self, raw):
        read_within_a_second(raw)

    @often
    @given(
        spoilt(
            [
                packed(("A", "あ", b"x"), text="あ"),
                packed(rtf=compressed_rtf(of_kinds.RTF_HTML)),
                packed(("B", "", b"b"), html=b"<p>"),
            ]
        )
    )
    def test_of_spoilt_tnef_are_files_or_broken(self, data):
        try:
            tnef.unpack(data)
        except tnef.Broken:
            pass

    @often
    @given(spoilt([of_kinds.RTF_HTML, of_kinds.RTF_TEXT]), spoilt([compressed_rtf(of_kinds.RTF_TEXT)]))
    def test_of_spoilt_rtf_are_read(self, plain, compressed):
        rtf.read(plain)
        try:
            rtf.decompressed(compressed)
        except (ValueError, IndexError, tnef.struct.error):
            pass

    @often
    @given(spoilt([of_kinds.signed(b"Content-Type: text/plain\r\n\r\nx"), of_kinds.signed(b"x" * 300, streamed=True)]))
    def test_of_spoilt_signatures_are_read(self, data):
        cms.signed_content(data)

    @often
    @given(spoilt([of_kinds.ICS.encode()]))
    def test_of_spoilt_invitations_are_read(self, data):
        invitations.in_words(data.decode("utf-8", "replace"))
