"""What every template knows."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

THEMES = ("light", "dark")


def site(request: HttpRequest) -> dict:
    """`theme` ("light", "dark", or "" to follow the system), `languages`, and whether this person works at the desk."""
    theme = request.COOKIES.get("theme", "")
    user = getattr(request, "user", None)

    def works_desk() -> bool:
        return bool(user is not None and user.is_authenticated and user.may("desk.use"))

    return {
        "theme": theme if theme in THEMES else "",
        "languages": settings.LANGUAGES,
        "works_desk": SimpleLazyObject(works_desk),
    }
