"""A browser and its push service, made here: the service checks the desk's signature, the browser opens what came."""

import base64
import json
import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from servicedesk.notify.devices import allow_device
from servicedesk.notify.models import PushDevice
from servicedesk.notify.webpush import public_key
from servicedesk.people.models import User
from tests.connectors.server import Asked

CURVE = ec.SECP256R1()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """What only a browser has: its private key and the secret that it shares with the desk."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    secret: bytes = b"sixteen secrets!"

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": b64(self.public), "auth": b64(self.secret)}

    def opened(self, body: bytes) -> bytes:
        """By RFC 8291 and 8188, written apart from what the desk does. Raises InvalidTag for what is not for it."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size, "more than one record"
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))

        def derived(key, salt, info, length):
            return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(key)

        ikm = derived(shared, self.secret, b"WebPush: info\x00" + self.public + sender, 32)
        key = derived(ikm, salt, b"Content-Encoding: aes128gcm\x00", 16)
        plain = AESGCM(key).decrypt(derived(ikm, salt, b"Content-Encoding: nonce\x00", 12), sealed, None)
        plain = plain.rstrip(b"\x00")
        assert plain.endswith(b"\x02"), "no last record"
        return plain[:-1]

    def says(self, asked: Asked) -> dict:
        return json.loads(self.opened(asked.body))


def signed_claims(asked: Asked) -> dict:
    """What the desk signs, as a push service checks it (RFC 8292). Raises InvalidSignature."""
    kind, _space, rest = asked.headers["authorization"].partition(" ")
    said = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert kind == "vapid" and said["k"] == public_key(), "not the key that browsers were given"
    head, claims, signature = said["t"].split(".")
    assert json.loads(unb64(head)) == {"typ": "JWT", "alg": "ES256"}
    raw = unb64(signature)
    both = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unb64(said["k"])).verify(
        utils.encode_dss_signature(*both), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256())
    )
    found = json.loads(unb64(claims))
    assert time.time() < found["exp"] <= time.time() + 24 * 3600
    return found


def a_session(person: User) -> Client:
    """A browser's sign-in of its own."""
    client = Client()
    client.force_login(person)
    return client


def a_device(
    person: User, endpoint: str = "", browser: Browser | None = None, client: Client | None = None
) -> PushDevice:
    """Allowed by a sign-in of its own unless one is given."""
    client = client or a_session(person)
    return allow_device(
        endpoint=endpoint or f"https://fcm.googleapis.com/fcm/send/{client.session.session_key}",
        **(browser or Browser()).keys,
        session=client.session.session_key or "",
        browser="Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
        by=person,
        via="page",
    )
