"""A sign-in server as RFC 6749 and RFC 7636 describe it, and as Microsoft and Google do: codes are good once and for
the challenge they were given for, a refresh token that was replaced is taken for stolen. Dovecot may ask it whose a
token is (RFC 7662).
"""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.connectors.server import Asked, Server, answer

CLIENT, SECRET = "the-client", "the-secret~1"
SCOPES = "https://outlook.office.com/IMAP.AccessAsUser.All"


@dataclass
class SignInServer:
    """`user` is who signs in. `broken`, when set, is what the next `times` calls of the token address get instead:
    bytes, or a function of the connection.
    """

    user: str = "user1"
    lasts: int = 3600
    rotates: bool = True
    scope: str | None = SCOPES
    broken: object = None
    times: int = 10**9
    secret: str = SECRET
    codes: dict = field(default_factory=dict)
    refreshes: dict = field(default_factory=dict)  # token → (user, is the newest of its family)
    accesses: dict = field(default_factory=dict)  # token → (user, until)

    def __post_init__(self):
        self.server = Server(self._act)
        self.addresses = {"authorize": f"{self.server.url}/authorize", "token": f"{self.server.url}/token"}

    @property
    def asked(self) -> list[Asked]:
        """What came to the token address."""
        return [each for each in self.server.asked if each.path == "/token"]

    def _act(self, asked: Asked, connection) -> bytes | None:
        path = urlsplit(asked.path).path
        if path == "/authorize":
            return self._authorize(asked)
        if path == "/introspect":
            user, until = self.accesses.get(asked.form.get("token", ""), ("", 0))
            return answer({"active": True, "username": user} if until > time.time() else {"active": False})
        if self.broken is not None and self.times > 0:
            self.times -= 1
            return self.broken(connection) if callable(self.broken) else self.broken
        return self._token(asked.form)

    def _authorize(self, asked: Asked) -> bytes:
        given = {name: values[0] for name, values in parse_qs(urlsplit(asked.path).query).items()}
        assert given["response_type"] == "code" and given["client_id"] == CLIENT, given
        assert given["code_challenge_method"] == "S256", given
        code = secrets.token_urlsafe(20)
        self.codes[code] = (given["code_challenge"], given["redirect_uri"])
        back = urlencode({"code": code, "state": given["state"]})
        return answer(status="302 Found", Location=f"{given['redirect_uri']}?{back}")

    def _token(self, form: dict) -> bytes:
        if form.get("client_id") != CLIENT or form.get("client_secret", "") != self.secret:
            return self._no("invalid_client", "401 Unauthorized")
        if form["grant_type"] == "authorization_code":
            challenge, back = self.codes.pop(form["code"], ("", ""))
            made = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
            if made.rstrip("=") != challenge or back != form["redirect_uri"]:
                return self._no("invalid_grant")
            return self.tokens(self.user)
        user, newest = self.refreshes.get(form["refresh_token"], ("", False))
        if user and not newest:
            self.refreshes = {}  # theft: nobody of the family gets in any more
        if not newest:
            return self._no("invalid_grant", description="AADSTS70008: expired. User: hanako@example.com Trace ID: 1")
        if self.rotates:
            self.refreshes[form["refresh_token"]] = (user, False)
        return self.tokens(user, refresh=self.rotates)

    def tokens(self, user: str, *, refresh: bool = True) -> bytes:
        access = secrets.token_urlsafe(30)
        self.accesses[access] = (user, time.time() + self.lasts)
        said = {"token_type": "Bearer", "expires_in": self.lasts, "access_token": access}
        if self.scope is not None:
            said["scope"] = self.scope
        if refresh:
            said["refresh_token"] = self.new_refresh(user)
        return answer(said)

    def new_refresh(self, user: str) -> str:
        token = secrets.token_urlsafe(30)
        self.refreshes[token] = (user, True)
        return token

    @staticmethod
    def _no(error: str, status: str = "400 Bad Request", description: str = "") -> bytes:
        return answer({"error": error, "error_description": description}, status=status)

    def stop(self):
        self.server.stop()
