"""Devices on which one is told by push: allow this one, remove one, and the script that browsers keep for it."""

from functools import partial

from csp.constants import NONE
from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from servicedesk.web.access import public, signed_in
from servicedesk.web.editing import does

from .devices import allow_device, remove_device
from .queries import get_device

_WORKER = settings.BASE_DIR / "static" / "js" / "push-worker.js"


@public("a browser fetches its service worker without a person")
@require_safe
@cache_control(no_cache=True)
@csp_replace({"default-src": [NONE], "script-src": [NONE], "style-src": [NONE], "img-src": [NONE], "frame-src": [NONE]})
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker; it stands at the root because a browser lets it see only what is below its own address."""
    return HttpResponse(_WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")


@signed_in
@require_POST
def allow(request: HttpRequest) -> HttpResponse:
    """What the browser said when somebody pressed the button, handed in by the page's script."""
    given = {name: request.POST.get(name, "").replace("\x00", "")[:2000] for name in ("endpoint", "p256dh", "auth")}
    return does(
        request,
        partial(
            allow_device,
            **given,
            session=request.session.session_key or "",
            browser=request.headers.get("User-Agent", ""),
            by=request.user,
            via="page",
        ),
        to=reverse("notify:notice-settings"),
        message=_("Notices now come to this device."),
    )


@signed_in
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    device = get_device(request.user, pk)
    return does(
        request,
        partial(remove_device, device, by=request.user, via="page"),
        to=reverse("notify:notice-settings"),
        message=_("Notices no longer come to that device."),
    )
