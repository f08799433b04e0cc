"""What happens around every request: an id, the person's language and time zone, good manners towards htmx."""

import ipaddress
import logging
import secrets
import time
import zoneinfo
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode

from servicedesk.web import logs
from servicedesk.web.pages import htmx_redirect, is_htmx, page_address

log = logging.getLogger("madoguchi.request")
_QUIET = ("/healthz", "/readyz", "/static/", "/metrics")


class TrustedProxy:
    """Believes forwarding headers only of the proxies in TRUSTED_PROXIES (addresses, networks, or `unix` for a socket).

    Stands first. From a trusted proxy the client is the last address in X-Forwarded-For that is no proxy of ours, and
    stands in REMOTE_ADDR afterwards; from anyone else the headers are dropped.
    """

    HEADERS = (
        "HTTP_X_FORWARDED_FOR",
        "HTTP_X_FORWARDED_PROTO",
        "HTTP_X_FORWARDED_HOST",
        "HTTP_FORWARDED",
        "HTTP_X_REAL_IP",
    )

    def __init__(self, get_response):
        self.get_response = get_response
        self.socket = "unix" in settings.TRUSTED_PROXIES
        self.networks = [ipaddress.ip_network(one, strict=False) for one in settings.TRUSTED_PROXIES if one != "unix"]

    def __call__(self, request):
        meta = request.META
        if not self.trusts(meta.get("REMOTE_ADDR", "")):
            for header in self.HEADERS:
                meta.pop(header, None)
        else:
            hops = [hop.strip() for hop in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
            for hop in reversed(hops):
                if not self._is_address(hop):
                    break
                meta["REMOTE_ADDR"] = hop
                if not self.trusts(hop):
                    break
            for header in ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED", "HTTP_X_REAL_IP"):
                meta.pop(header, None)
        return self.get_response(request)

    def trusts(self, address: str) -> bool:
        if not address:
            return self.socket
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self.networks)

    @staticmethod
    def _is_address(text: str) -> bool:
        try:
            ipaddress.ip_address(text)
        except ValueError:
            return False
        return True


class RequestId:
    """Gives every request an id of our own making, in the log lines and as X-Request-Id; none is taken from outside.

    Stands first. Logs one line per request with the route, not the path: paths may hold one-time keys.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.request_id = secrets.token_hex(8)
        token = logs.request_id.set(request.request_id)
        user_token = logs.user_id.set("")
        ticket_token = logs.ticket.set("")
        start = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request.request_id
            if not request.path.startswith(_QUIET):
                match = request.resolver_match
                log.info(
                    "request",
                    extra={
                        "method": request.method,
                        "route": f"/{match.route}" if match else "",
                        "status": response.status_code,
                        "ms": round((time.perf_counter() - start) * 1000, 1),
                    },
                )
            return response
        finally:
            logs.ticket.reset(ticket_token)
            logs.user_id.reset(user_token)
            logs.request_id.reset(token)


class LanguageAndZone:
    """Speaks the language and the time zone of the person who is signed in; of others the cookie's or the browser's.

    Stands after authentication. It is active until the next request of the thread, so that streams have it too.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path.startswith(_QUIET):
            translation.activate(settings.LANGUAGE_CODE)
            timezone.deactivate()
            return self.get_response(request)
        user = request.user
        known = user.is_authenticated
        if known:
            logs.user_id.set(str(user.pk))
        language = own_language(user) or translation.get_language_from_request(request)
        translation.activate(language)
        timezone.activate(own_zone(user) or timezone.get_default_timezone())
        request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        if not known:
            patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response


class HtmxLogin:
    """Keeps htmx answers apart from pages in caches, and turns "sign in first" into a whole page instead of a fragment.

    Stands after LanguageAndZone and before allauth's middleware.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request"])
            if "Cache-Control" not in response and request.user.is_authenticated:
                # Shown again only after asking, so that nothing of one person is seen by the next at the same machine.
                response["Cache-Control"] = "private, no-cache"
        if is_htmx(request) and response.status_code in (301, 302, 303) and self._is_gate(response["Location"]):
            address = response["Location"].partition("?")[0]
            return htmx_redirect(f"{address}?{urlencode({'next': page_address(request)})}", status=401)
        return response

    @staticmethod
    def _is_gate(location: str) -> bool:
        path = location.partition("?")[0]
        return path == resolve_url(settings.LOGIN_URL) or path.endswith("/reauthenticate/")


def own_language(user) -> str:
    """The language a person chose, when it is one of ours."""
    language = getattr(user, "language", "") or ""
    return language if language in dict(settings.LANGUAGES) else ""


def own_zone(user) -> zoneinfo.ZoneInfo | None:
    name = str(getattr(user, "time_zone", "") or "")
    if not name:
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


@contextmanager
def speaking_to(user, language: str | None = None):
    """Language and time zone of a person outside of a request: mails, receipts, exports, tasks."""
    zone = own_zone(user) or timezone.get_default_timezone()
    with translation.override(language or own_language(user) or settings.LANGUAGE_CODE), timezone.override(zone):
        yield


def request_language(request: HttpRequest) -> str:
    return translation.get_language_from_request(request)
