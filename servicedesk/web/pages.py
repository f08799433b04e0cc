"""How a view answers: a page or its fragment, and what follows a write."""

import json
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme


def is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def wants_fragment(request: HttpRequest) -> bool:
    """htmx asked for a part. A boosted link and a restored history entry need the whole page."""
    return (
        is_htmx(request)
        and request.headers.get("HX-Boosted") != "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def page(
    request: HttpRequest,
    template: str,
    context: dict | None = None,
    *,
    fragment: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render `fragment` for htmx, `template` otherwise. A refused form answers with status 422."""
    name = fragment if fragment and wants_fragment(request) else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def changed(
    request: HttpRequest,
    to,
    *,
    fragment: str | None = None,
    context: dict | None = None,
    event: str | None = "ticket-changed",
    detail: dict | None = None,
    message=None,
    undo: str | None = None,
) -> HttpResponse:
    """Answer after a write.

    A plain form is sent on to `to` (303; a URL, a URL name or an object). htmx gets `fragment` and the event `event`
    with `detail`, on which other fragments fetch themselves; without a fragment it goes to `to`, and with `to=None` it
    only gets the event. `message` is shown as a toast either way; `undo` is an address of ours to POST to, offered
    beside it.
    """
    if wants_fragment(request) and (fragment or to is None):
        if fragment:
            response = render(request, fragment, context)
        else:
            response = HttpResponse(status=204)
        events: dict = {}
        if event:
            events[event] = detail or {}
        if message:
            events["toast"] = {"message": str(message), "level": "success", "undo": undo or ""}
        if events:
            trigger(response, events)
        patch_vary_headers(response, ["HX-Request"])
        return response
    if message:
        messages.success(request, message, extra_tags=f"undo:{undo}" if undo else "")
    address = resolve_url(to if to is not None else safe_next(request, "/"))
    if is_htmx(request) and request.headers.get("HX-Boosted") != "true":
        return htmx_redirect(address)
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


def trigger(response: HttpResponse, events: dict) -> HttpResponse:
    """Add client events; the header may hold only ASCII, which JSON escapes see to."""
    known = json.loads(response.headers.get("HX-Trigger", "{}"))
    response["HX-Trigger"] = json.dumps(known | events)
    return response


def toast(response: HttpResponse, message, level: str = "info") -> HttpResponse:
    """Show `message` when htmx gets this answer. Levels: success, info, warning, danger."""
    return trigger(response, {"toast": {"message": str(message), "level": level, "undo": ""}})


def htmx_redirect(address: str, status: int = 204) -> HttpResponse:
    """Make htmx load a whole page; an ordinary redirect would be followed inside the fragment."""
    return HttpResponse(status=status, headers={"HX-Redirect": iri_to_uri(address)})


def is_ours(request: HttpRequest, address: str | None) -> bool:
    """The address leads to this site: guards every `next` against open redirects."""
    return bool(address) and url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )


def safe_next(request: HttpRequest, default: str = "/") -> str:
    """`next` from the form or the address when it leads to this site, else `default`."""
    address = request.POST.get("next") or request.GET.get("next")
    return address if is_ours(request, address) else resolve_url(default)


def page_address(request: HttpRequest) -> str:
    """Path and query of the page a person is looking at: for htmx that is not the address of the fragment."""
    if is_htmx(request):
        current = request.headers.get("HX-Current-URL", "")
        if is_ours(request, current):
            parts = urlsplit(current)
            return parts.path + (f"?{parts.query}" if parts.query else "")
        return "/"
    return request.get_full_path() if request.method in ("GET", "HEAD") else "/"
