"""How the API knows who calls: a personal token, or the session of a page."""

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions, permissions, throttling

from servicedesk.web import logs
from servicedesk.web.middleware import own_language, own_zone

from .actions import note_token_used
from .models import ApiToken
from .queries import live_tokens


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer mdg_…`. The token acts as its owner; expired, revoked and unknown ones look the same."""

    def authenticate(self, request):
        kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = live_tokens().filter(digest=ApiToken.hashed(secret.strip())).select_related("user").first()
        if token is None:
            raise exceptions.AuthenticationFailed(_("The token is not valid, has expired or was revoked."))
        note_token_used(token, timezone.now())
        self._speak_to(token.user)
        return token.user, token

    @staticmethod
    def _speak_to(user) -> None:
        """As for sessions, the person's own language and zone count, not those of the program that calls. They hold
        until the middleware sets them anew for the next request.
        """
        logs.user_id.set(str(user.pk))
        if language := own_language(user):
            translation.activate(language)
        if zone := own_zone(user):
            timezone.activate(zone)

    def authenticate_header(self, request):
        return "Bearer"


class PageSession(authentication.SessionAuthentication):
    """The session of somebody who is signed in to the pages, with CSRF check."""


class ScopeAllows(permissions.IsAuthenticated):
    """Signed in, and within the token's scopes: `read` to read, the view's `scope` (default `tickets`) to write."""

    def has_permission(self, request, view):
        if not super().has_permission(request, view):
            return False
        if not isinstance(request.auth, ApiToken):
            return True
        scope = getattr(view, "scope", ApiToken.Scope.TICKETS)
        if request.method in permissions.SAFE_METHODS:
            return ApiToken.Scope.READ in request.auth.scopes or scope in request.auth.scopes
        return scope in request.auth.scopes


class TokenThrottle(throttling.BaseThrottle):
    """A budget per token and minute (`settings.API_CALLS_PER_MINUTE`), counted in its row; pages have none."""

    def allow_request(self, request, view):
        token = request.auth
        return not isinstance(token, ApiToken) or token.calls <= settings.API_CALLS_PER_MINUTE

    def wait(self):
        return 60 - timezone.now().second


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "servicedesk.people.api_auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer"}


class PageSessionScheme(OpenApiAuthenticationExtension):
    target_class = "servicedesk.people.api_auth.PageSession"
    name = "session"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
