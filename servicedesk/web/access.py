"""Marks that say who may open a view. Every view carries one; a test walks all addresses and fails on an unmarked view.

The marks ask only what is known before an object is fetched. Whether this person may see this ticket is the matter of
`get_*` in the queries, which answer 404.
"""

from collections.abc import Callable
from functools import wraps
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import urlencode

from servicedesk.web.pages import htmx_redirect, is_htmx, page_address


class Mark(NamedTuple):
    """`kind` is public, signed_in or needs; `detail` is the reason or the permission."""

    kind: str
    detail: str


def public(reason: str) -> Callable:
    """Open to everybody, because of `reason`."""

    def decorate(view):
        @wraps(view)
        def wrapped(request, *args, **kwargs):
            return view(request, *args, **kwargs)

        wrapped.access_mark = Mark("public", reason)
        return wrapped

    if not isinstance(reason, str) or not reason:
        raise TypeError('A public view says why: @public("reason").')
    return decorate


def signed_in(view: Callable) -> Callable:
    """Open to everybody who is signed in; the view itself narrows what they see."""

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not request.user.is_authenticated:
            return to_sign_in(request)
        return view(request, *args, **kwargs)

    wrapped.access_mark = Mark("signed_in", "")
    return wrapped


def needs(permission: str) -> Callable:
    """Open to people whose `user.may(permission)` is true; others get a 403 page that says so."""

    def decorate(view):
        @wraps(view)
        def wrapped(request, *args, **kwargs):
            if not request.user.is_authenticated:
                return to_sign_in(request)
            if not request.user.may(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        wrapped.access_mark = Mark("needs", permission)
        return wrapped

    return decorate


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and, afterwards, back to the page the person was looking at."""
    if is_htmx(request):
        query = urlencode({"next": page_address(request)})
        return htmx_redirect(f"{resolve_url(settings.LOGIN_URL)}?{query}", status=401)
    return redirect_to_login(page_address(request))
