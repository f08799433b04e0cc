"""Every address says who may open it."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from servicedesk.people.api_auth import ScopeAllows
from servicedesk.people.rules import names

# Views of libraries, which cannot carry our mark: module prefix → how they guard themselves.
LIBRARIES = {
    "allauth.": "sign-in itself, or login_required by allauth",
    "django.views.i18n": "the catalogue of translated words for scripts, public",
}


def views(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, object]]:
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from views(entry, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.callback


def fault_of(callback) -> str | None:
    """Why a view is not guarded, or None when it is."""
    view_class = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    if view_class and issubclass(view_class, APIView):
        guards = view_class.permission_classes
        return None if guards and all(issubclass(guard, ScopeAllows) for guard in guards) else f"guards are {guards}"
    mark = getattr(callback, "access_mark", None)
    if mark is None:
        module = getattr(view_class or callback, "__module__", "")
        return None if module.startswith(tuple(LIBRARIES)) else "it carries no mark"
    if mark.kind == "needs" and mark.detail not in names():
        return f"there is no permission {mark.detail}"
    return None


class TestUrls:
    def test_every_view_carries_a_mark(self):
        faults = {route: fault for route, callback in views() if (fault := fault_of(callback))}
        assert faults == {}

    def test_an_unmarked_view_is_found(self):
        assert fault_of(lambda request: None) == "it carries no mark"

    @pytest.mark.parametrize("path", ["desk/", "settings/", "api/v1/"])
    def test_the_walk_reaches_the_main_parts(self, path):
        assert any(route.startswith(path) for route, _callback in views())
