"""What goes to a push service: the encryption of RFC 8291 by its own example, and where it is sent."""

import httpx2
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from servicedesk.connectors.http import Answer, Trouble
from servicedesk.notify import webpush
from servicedesk.notify.webpush import Keys, encrypted, padded, retry_after
from tests.connectors.server import answer

from .pushes import CURVE, Browser, b64, signed_claims, unb64

PUSH = {"seconds": 60, "urgency": "normal", "topic": "t"}


class TestEncryption:
    def test_is_that_of_the_rfcs_example(self):
        """Appendix A of RFC 8291."""
        keys = Keys.of(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
        )
        own = ec.derive_private_key(int.from_bytes(unb64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), CURVE)
        body = encrypted(b"When I grow up, I want to be a watermelon\x02", keys, own, unb64("DGv6ra1nlYgDCS1FRnbzlw"))
        assert b64(body) == (
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
            "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        )

    def test_opens_for_the_one_browser_alone(self):
        browser, other = Browser(), Browser()
        body = encrypted(padded("案内".encode()), Keys.of(**browser.keys))
        assert browser.opened(body).decode() == "案内"
        with pytest.raises(InvalidTag):
            other.opened(body)

    def test_never_gives_the_same_twice_and_tells_nothing_by_its_length(self):
        keys = Keys.of(**Browser().keys)
        one, two = encrypted(padded(b"a"), keys), encrypted(padded(b"a" * 300), keys)
        assert len(one) == len(two) and one[:86] != two[:86]


class TestSending:
    def test_signs_for_the_service_and_says_how_long_and_how_urgent(self, service):
        browser = Browser()
        done = webpush.send(service.address("a"), Keys.of(**browser.keys), b"{}", **PUSH)
        (asked,) = service.asked
        assert done.status == 201 and browser.opened(asked.body) == b"{}"
        claims = signed_claims(asked)
        assert claims["aud"] == service.url and claims["sub"].startswith("mailto:desk@")
        said = {name: asked.headers[name] for name in ("ttl", "urgency", "topic", "content-encoding")}
        assert said == {"ttl": "60", "urgency": "normal", "topic": "t", "content-encoding": "aes128gcm"}

    def test_goes_into_no_private_network(self, service, settings):
        settings.CONNECT_PRIVATE_ALLOWED = []
        with pytest.raises(Trouble) as trouble:
            webpush.send(service.address("a"), Keys.of(**Browser().keys), b"{}", **PUSH)
        assert trouble.value.code == "private" and service.asked == []

    def test_follows_no_redirect(self, service):
        service.says["a"] = answer(status="307 Elsewhere", Location="https://localhost/other")
        with pytest.raises(Trouble) as trouble:
            webpush.send(service.address("a"), Keys.of(**Browser().keys), b"{}", **PUSH)
        assert trouble.value.code == "redirected"


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("said", "least", "most"),
        [
            ("120", 120, 120),
            ("", 0, 0),
            ("soon", 0, 0),
            ("-5", 0, 0),
            ("９", 0, 0),
            ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
            ("Wed, 21 Oct 2099 07:28:00 GMT", 10**9, 10**10),
        ],
    )
    def test_is_read(self, said, least, most):
        found = retry_after(Answer(429, httpx2.Headers({"Retry-After": said.encode()}), b"", ""))
        assert least <= found <= most
