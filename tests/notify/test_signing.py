"""Signatures on outgoing mail, checked as a receiver does."""

import base64

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from servicedesk.notify.signing import SigningBackend, check_key
from servicedesk.notify.wire import Message


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def published(key, settings):
    """The TXT record that a receiver finds."""
    settings.MAIL_DKIM_KEY = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    settings.MAIL_DKIM_SELECTOR, settings.MAIL_DKIM_DOMAIN = "s1", "example.com"
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


class Connection:
    """What Django hands to smtplib."""

    def __init__(self):
        self.sent = []

    def sendmail(self, sender, recipients, raw):
        self.sent.append((recipients, raw))


def what_left(**headers) -> tuple[list[str], bytes]:
    message = Message(
        "プリンターの件 " * 12,
        "お世話になっております。\n\n.\n行末の空白 \n",
        from_email="desk@example.com",
        to=["hanako@example.com"],
        headers={"Message-ID": "<m1@example.com>", "To": "山田 <hanako@example.com>", "Cc": "b@example.com", **headers},
    )
    message.attach_alternative("<p>お世話に</p>", "text/html")
    message.attach("手順.pdf", b"%PDF" + bytes(range(256)) * 20, "application/octet-stream")
    backend = SigningBackend()
    backend.connection = Connection()
    assert backend.send_messages([message]) == 1
    return backend.connection.sent[0]


def holds(raw: bytes, record: bytes) -> bool:
    def asked(name, timeout=5):
        assert name == b"s1._domainkey.example.com."
        return record

    return dkim.verify(raw, dnsfunc=asked)


class TestSigning:
    def test_a_receiver_finds_it_right(self, published):
        recipients, raw = what_left()
        assert recipients == ["hanako@example.com"] and holds(raw, published)

    @pytest.mark.parametrize(
        "change",
        [
            (b"<m1@example.com>", b"<m2@example.com>"),
            (b"Cc: b@example.com", b"Cc: c@example.com"),
            (b"JVBER", b"JVBEr"),
        ],
    )
    def test_a_changed_mail_does_not_hold(self, published, change):
        raw = what_left()[1]
        assert change[0] in raw and not holds(raw.replace(*change), published)

    def test_a_second_from_does_not_hold(self, published):
        raw = what_left()[1]
        assert not holds(b"From: boss@example.com\r\n" + raw, published)

    def test_the_signed_headers_are_those_that_are_read(self, published):
        head = what_left()[1].split(b"\r\n\r\n")[0].replace(b"\r\n ", b"")
        signed = head.split(b" h=")[1].split(b";")[0].replace(b" ", b"").split(b":")
        assert {b"from", b"to", b"cc", b"subject", b"message-id", b"date"} <= set(signed)


class TestKey:
    def test_a_right_one_and_none_are_fine(self, published, settings):
        assert check_key(None) == []
        settings.MAIL_DKIM_KEY = ""
        assert check_key(None) == []

    def test_a_wrong_one_stops_the_start(self, published, settings):
        settings.MAIL_DKIM_KEY = "no key at all"
        (error,) = check_key(None)
        assert error.id == "notify.E001" and "MAIL_DKIM_KEY cannot sign mail" in error.msg
