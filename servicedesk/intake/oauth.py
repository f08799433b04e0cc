"""Signing in to mailboxes of Microsoft 365 and Google by OAuth 2: the authorisation code with PKCE (RFC 6749, RFC 7636)
and refresh tokens. Asks and reads answers; what is kept of them is the callers' matter. Raises `imap.Trouble`.

What comes from outside goes into no sentence but error codes: descriptions name people and sometimes tokens.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from servicedesk.connectors import http

from .imap import Trouble
from .models import Mailbox

Way = Mailbox.SignsInBy
_SECONDS = 30
_MOST_BYTES = 200_000  # tokens are a few thousand bytes
_TOKEN = re.compile(r"[\x21-\x7e]{1,20000}")


@dataclass(frozen=True)
class Provider:
    """`scope` is what is asked for, `needs` what must have been granted of it. `host` is its IMAP server."""

    authorize: str
    token: str
    scope: str
    needs: str
    host: str
    extra: dict[str, str] = field(default_factory=dict)


PROVIDERS = {
    Way.MICROSOFT: Provider(
        authorize="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        token="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106 – an address
        scope="https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
        needs="IMAP.AccessAsUser.All",
        host="outlook.office365.com",
        extra={"prompt": "select_account"},
    ),
    Way.GOOGLE: Provider(
        authorize="https://accounts.google.com/o/oauth2/v2/auth",
        token="https://oauth2.googleapis.com/token",  # noqa: S106 – an address
        scope="https://mail.google.com/",
        needs="https://mail.google.com/",
        host="imap.gmail.com",
        extra={"access_type": "offline", "prompt": "consent"},
    ),
}


@dataclass(frozen=True)
class Tokens:
    """`refresh` is empty when the server gave no new one; `seconds` how long `access` is good."""

    access: str
    refresh: str
    seconds: int


def _address(mailbox: Mailbox, which: str) -> str:
    """Of the provider, unless a test put its own server in place."""
    provider = PROVIDERS[Way(mailbox.signs_in_by)]
    address = settings.OAUTH_ADDRESSES.get(which) or getattr(provider, which)
    return address.format(tenant=mailbox.oauth_tenant)


def new_secret() -> str:
    """A state or a PKCE verifier: 43 letters that nobody guesses."""
    return secrets.token_urlsafe(32)


def authorize_url(mailbox: Mailbox, *, state: str, verifier: str, back: str) -> str:
    """Where a browser is sent so that somebody signs in; it comes `back` with a code."""
    provider = PROVIDERS[Way(mailbox.signs_in_by)]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code",
        "client_id": mailbox.oauth_client,
        "redirect_uri": back,
        "scope": provider.scope,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **provider.extra,
    }
    if mailbox.signs_in_by == Way.GOOGLE:  # a shared mailbox of Microsoft has no sign-in of its own
        asked["login_hint"] = mailbox.user
    return f"{_address(mailbox, 'authorize')}?{urlencode(asked)}"


def exchange(mailbox: Mailbox, secret: str, *, code: str, verifier: str, back: str) -> Tokens:
    """The code that somebody came back with, for tokens. Trouble too when no refresh token comes with them."""
    tokens = _ask(
        mailbox, secret,
        {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": back},
    )  # fmt: skip
    if not tokens.refresh:
        raise Trouble("sign_in_scope")
    return tokens


def refresh(mailbox: Mailbox, secret: str, token: str) -> Tokens:
    """New tokens for a refresh token, which the server may replace by another one."""
    return _ask(mailbox, secret, {"grant_type": "refresh_token", "refresh_token": token})


def _ask(mailbox: Mailbox, secret: str, form: dict[str, str]) -> Tokens:
    form |= {"client_id": mailbox.oauth_client}
    if mailbox.signs_in_by == Way.MICROSOFT:
        form |= {"scope": PROVIDERS[Way.MICROSOFT].scope}
    if secret:
        form |= {"client_secret": secret}
    try:
        answer = http.send(
            "POST", _address(mailbox, "token"), form=form, headers={"Accept": "application/json"}, seconds=_SECONDS,
            most_bytes=_MOST_BYTES,
        )  # fmt: skip
        if answer.status >= 500 or answer.status == 429:
            raise Trouble("sign_in_server", f"HTTP {answer.status}")
        said = answer.json()
    except http.Trouble as trouble:
        raise Trouble("sign_in_server", trouble) from None
    if not isinstance(said, dict):
        raise Trouble("sign_in_server", "garbage")
    if answer.status != 200:
        raise _refusal(said, answer.status)
    return _tokens(said, PROVIDERS[Way(mailbox.signs_in_by)])


# The words of RFC 6749 (4.1.2.1 and 5.2), of OpenID Connect and of Microsoft.
_TROUBLES = {
    "invalid_grant": "sign_in",
    "interaction_required": "sign_in",
    "login_required": "sign_in",
    "consent_required": "sign_in",
    "access_denied": "sign_in_scope",
    "invalid_client": "sign_in_client",
    "unauthorized_client": "sign_in_client",
    "temporarily_unavailable": "sign_in_server",
    "server_error": "sign_in_server",
}


def _refusal(said: dict, status: int) -> Trouble:
    word, told = said.get("error"), said.get("error_description")
    word = word if isinstance(word, str) and re.fullmatch(r"[a-z_]{1,60}", word) else f"HTTP {status}"
    number = re.search(r"AADSTS\d{1,9}", told) if isinstance(told, str) else None
    return Trouble(_TROUBLES.get(word, "sign_in_request"), f"{word} {number[0]}" if number else word)


def refusal(word: str) -> Trouble:
    """What a browser came back with instead of a code."""
    return _refusal({"error": word}, 400)


def _tokens(said: dict[str, Any], provider: Provider) -> Tokens:
    access, fresh, scope = said.get("access_token"), said.get("refresh_token") or "", said.get("scope")
    kind, seconds = said.get("token_type"), said.get("expires_in", 3600)
    if not all(isinstance(each, str) for each in (access, fresh, kind)) or kind.lower() != "bearer":
        raise Trouble("sign_in_server", "garbage")
    if not _TOKEN.fullmatch(access) or (fresh and not _TOKEN.fullmatch(fresh)):
        raise Trouble("sign_in_server", "garbage")
    if isinstance(scope, str) and provider.needs.lower() not in scope.lower():
        raise Trouble("sign_in_scope")
    try:
        seconds = max(0, min(int(seconds), 24 * 3600))
    except (TypeError, ValueError, OverflowError):
        seconds = 0
    return Tokens(access, fresh, seconds)
