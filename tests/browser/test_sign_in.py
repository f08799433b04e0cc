"""Passkeys, one-time codes and sessions with a real browser; Chromium's virtual authenticator answers for the key."""

from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache

from tests.factories import a_person

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse battery"


def with_key(visitor, **options):
    """Plug a virtual security key into a browser: it knows its owner and says yes by itself."""
    devtools = visitor.context.new_cdp_session(visitor.page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
            | options
        },
    )
    return visitor


def add_key(visitor, *, passwordless: bool) -> None:
    page = visitor.page
    page.goto("/account/2fa/webauthn/add/")
    if "/reauthenticate/" in page.url:
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url("**/webauthn/add/**")
    page.locator("input[name=name]").fill("My laptop")
    page.locator("input[name=passwordless]").set_checked(passwordless)
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(lambda address: "/webauthn/add/" not in address)


def sign_out(visitor) -> None:
    visitor.page.context.clear_cookies()
    visitor.page.goto("/account/login/")


def is_in(visitor) -> bool:
    visitor.page.goto("/me/")
    return urlsplit(visitor.page.url).path == "/me/"


class TestPasskey:
    def test_opens_the_desk_without_a_password(self, visitor):
        someone = with_key(visitor()).sign_in_by_form(a_person())
        add_key(someone, passwordless=True)
        sign_out(someone)
        assert not is_in(someone)
        someone.page.goto("/account/login/?next=/me/")
        someone.page.locator("#passkey_login").click()
        someone.page.wait_for_url("**/me/")
        assert someone.complaints == []

    def test_is_a_second_factor_after_the_password(self, visitor):
        person = a_person()
        someone = with_key(visitor()).sign_in_by_form(person)
        add_key(someone, passwordless=False)
        sign_out(someone)
        page = someone.page
        page.locator("input[name=login]").fill(person.email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url("**/2fa/authenticate/**")
        page.locator("#mfa_webauthn_authenticate").click()
        page.wait_for_url(lambda address: "/2fa/" not in address)
        assert is_in(someone)
        assert someone.complaints == []

    def test_without_the_key_the_password_is_not_enough(self, visitor):
        person = a_person()
        someone = with_key(visitor()).sign_in_by_form(person)
        add_key(someone, passwordless=False)
        thief = visitor()
        thief.page.goto("/account/login/")
        thief.page.locator("input[name=login]").fill(person.email)
        thief.page.locator("input[name=password]").fill(PASSWORD)
        thief.page.locator("input[name=password]").press("Enter")
        thief.page.wait_for_url("**/2fa/authenticate/**")
        assert not is_in(thief)

    def test_of_somebody_who_left_opens_nothing(self, visitor):
        person = a_person()
        someone = with_key(visitor()).sign_in_by_form(person)
        add_key(someone, passwordless=True)
        person.is_active = False
        person.save(update_fields=["is_active"])
        sign_out(someone)
        someone.page.locator("#passkey_login").click()
        someone.page.wait_for_url("**/account/inactive/**")
        assert not is_in(someone)

    def test_of_a_guest_opens_nothing(self, visitor):
        person = a_person()
        someone = with_key(visitor()).sign_in_by_form(person)
        add_key(someone, passwordless=True)
        person.is_guest = True
        person.save(update_fields=["is_guest"])
        sign_out(someone)
        someone.page.locator("#passkey_login").click()
        someone.page.wait_for_url("**/account/inactive/**")
        assert not is_in(someone)

    def test_is_taken_away_again(self, visitor):
        person = a_person()
        someone = with_key(visitor()).sign_in_by_form(person)
        add_key(someone, passwordless=True)
        key = Authenticator.objects.get(user=person, type="webauthn")
        someone.open(f"/account/2fa/webauthn/keys/{key.pk}/remove/")
        someone.page.locator("main form button[type=submit]").first.click()
        someone.page.wait_for_url(lambda address: "/remove/" not in address)
        assert not Authenticator.objects.filter(user=person, type="webauthn").exists()


class TestOneTimeCode:
    def code(self, secret: str) -> str:
        return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))

    def test_is_set_up_with_a_picture_and_then_asked_for(self, visitor):
        person = a_person()
        someone = visitor().sign_in_by_form(person)
        page = someone.page
        page.goto("/account/2fa/totp/activate/")
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url("**/totp/activate/**")
        assert page.locator("main img").count() == 1
        someone.check()
        secret = page.locator("main code").text_content().replace(" ", "")
        page.locator("input[name=code]").fill(self.code(secret))
        page.locator("input[name=code]").press("Enter")
        page.wait_for_url(lambda address: "/totp/activate/" not in address)
        assert Authenticator.objects.filter(user=person).count() == 2
        sign_out(someone)
        page.locator("input[name=login]").fill(person.email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url("**/2fa/authenticate/**")
        someone.check()
        cache.clear()  # a code works once, and this half minute's was used above
        page.locator("input[name=code]").fill(self.code(secret))
        page.locator("input[name=code]").press("Enter")
        page.wait_for_url(lambda address: "/2fa/" not in address)
        assert is_in(someone)
