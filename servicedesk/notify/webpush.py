"""How a push service is spoken to: what only the one browser can read (RFC 8291), signed by the desk (RFC 8292), over
the desk's HTTP client (RFC 8030). Knows no database.

The encryption is written out on `cryptography` because of the libraries pywebpush brings PyPI's `requests` along and
http-ece exists as source alone, whose build no hash pins.
"""

import base64
import binascii
import os
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.checks import Error, Tags, register
from py_vapid import Vapid

from servicedesk.connectors import http

_CURVE = ec.SECP256R1()
# So plain that no two programs could read it differently.
_ENDPOINT = re.compile(r"(?P<origin>https://(?P<host>[a-z0-9.-]+)(:[0-9]{1,5})?)/[!-\[\]-~]*")
# One record of fixed size, so that its length tells the push service nothing.
_PADDED_TO = 512
# RFC 8292 allows a day; servers' clocks differ.
_SIGNED_FOR = 12 * 3600


@dataclass(frozen=True)
class Keys:
    """A browser's: its public key and the secret that it shares with whoever may send."""

    public: bytes
    secret: bytes

    @classmethod
    def of(cls, p256dh: str, auth: str) -> "Keys":
        """Raises ValueError when these are none."""
        keys = cls(_bytes_of(p256dh), _bytes_of(auth))
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, keys.public)
        if len(keys.public) != 65 or len(keys.secret) != 16:
            raise ValueError("not the keys of a browser")
        return keys


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def encrypted(payload: bytes, keys: Keys, own: ec.EllipticCurvePrivateKey | None = None, salt: bytes = b"") -> bytes:
    """The body of a push; `own` and `salt` are made anew each time, but for the example of the RFC."""
    own, salt = own or ec.generate_private_key(_CURVE), salt or os.urandom(16)
    public = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, keys.public))
    key = _derived(shared, keys.secret, b"WebPush: info\0" + keys.public + public, 32)
    cipher = AESGCM(_derived(key, salt, b"Content-Encoding: aes128gcm\0", 16))
    sealed = cipher.encrypt(_derived(key, salt, b"Content-Encoding: nonce\0", 12), payload, None)
    return salt + (4096).to_bytes(4, "big") + bytes([len(public)]) + public + sealed


def padded(payload: bytes) -> bytes:
    """As the last record of RFC 8188, its end marked by a 2."""
    return (payload + b"\x02").ljust(_PADDED_TO, b"\0")


def _derived(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(key)


def is_known(endpoint: str) -> bool:
    """Whether an address is one of the push services that the desk speaks to (PUSH_SERVICES)."""
    plain = _ENDPOINT.fullmatch(endpoint)
    host = plain["host"] if plain else ""
    return any(host == each or (each.startswith(".") and host.endswith(each)) for each in settings.PUSH_SERVICES)


def public_key() -> str:
    """What browsers tell their push service, so that it takes pushes of this desk alone."""
    public = _vapid().public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(public).rstrip(b"=").decode()


def _vapid() -> Vapid:
    return Vapid.from_string(settings.PUSH_KEY)


def send(endpoint: str, keys: Keys, payload: bytes, *, seconds: int, urgency: str, topic: str) -> http.Answer:
    """Hand a message to a push service, which keeps it for so many seconds while the browser is away; one of the same
    topic that waits there is replaced. Raises Trouble.
    """
    plain = _ENDPOINT.fullmatch(endpoint)
    if plain is None:
        raise http.Trouble("address")
    signed = {
        "aud": plain["origin"],
        "exp": int(time.time()) + _SIGNED_FOR,
        "sub": f"mailto:{settings.MAIL_FROM}",
    }
    return http.send(
        "POST",
        endpoint,
        headers={
            **_vapid().sign(signed),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(seconds),
            "Urgency": urgency,
            "Topic": topic,
        },
        content=encrypted(padded(payload), keys),
        connect_seconds=5,
        read_seconds=10,
        seconds=15,
        most_bytes=64 * 1024,
    )


def retry_after(answer: http.Answer) -> float:
    """How many seconds the server asks to be left alone; 0 when it says nothing that is understood."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdecimal() and len(said) < 9:
        return float(said)
    try:
        return max(parsedate_to_datetime(said).timestamp() - time.time(), 0)
    except ValueError:
        return 0


@register(Tags.security)
def check_key(app_configs, **kwargs) -> list[Error]:
    """The key is one: a wrong one would let people allow what never arrives."""
    if not settings.PUSH_KEY:
        return []
    try:
        public_key()
    except Exception as error:
        return [
            Error(
                f"PUSH_KEY is no key: {type(error).__name__}.",
                hint="Give 32 random bytes as base64url, see docs/operations.md; or leave it empty to have no pushes.",
                id="notify.E002",
            )
        ]
    return []
