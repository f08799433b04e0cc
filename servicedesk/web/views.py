"""Pages that belong to no app: style guide, language switch, errors."""

import logging

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template import loader
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_POST

from servicedesk.web.access import public, signed_in
from servicedesk.web.errors import NotNow
from servicedesk.web.middleware import own_language
from servicedesk.web.pages import is_htmx, is_ours, safe_next, toast, wants_fragment
from servicedesk.web.style import style_context

log = logging.getLogger("madoguchi.web")


@signed_in
def style(request: HttpRequest) -> HttpResponse:
    """Every component in every state, in both languages."""
    return render(request, "web/style.html", style_context())


@public("the sign-in page has the switch as well")
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Keep the language in the cookie and, for people who are signed in, with their settings."""
    response = HttpResponseRedirect(safe_next(request))
    response.status_code = 303
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return response
    user = request.user
    if user.is_authenticated and own_language(user) != language and hasattr(user, "language"):
        get_user_model()._default_manager.filter(pk=user.pk).update(language=language)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 86400,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
    return response


def bad_request(request: HttpRequest, exception=None) -> HttpResponse:
    return _error(request, 400, _("That request could not be read. Go back, reload the page and try again."))


def forbidden(request: HttpRequest, exception=None) -> HttpResponse:
    return _error(request, 403, _("You do not have the right to do this. Ask your administrator if you need it."))


def not_found(request: HttpRequest, exception=None) -> HttpResponse:
    return _error(request, 404, _("This is not here, or it is not yours to see."))


def not_now(request: HttpRequest, refusal: NotNow) -> HttpResponse:
    """For a page that has no form on which the sentence could stand."""
    return _error(request, 503, str(refusal))


def server_error(request: HttpRequest) -> HttpResponse:
    """Needs neither the database nor the session, since either may be what has failed."""
    context = {"request_id": getattr(request, "request_id", ""), "language": translation.get_language() or "ja"}
    if is_htmx(request):
        message = _("Something went wrong on our side. What you typed is still here; try again in a moment.")
        return toast(HttpResponse(message, status=500, content_type="text/plain; charset=utf-8"), message, "danger")
    try:
        return HttpResponse(loader.render_to_string("500.html", context), status=500)
    except Exception:
        log.exception("The error page failed")
        return HttpResponse("Madoguchi: 500", status=500, content_type="text/plain; charset=utf-8")


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was open too long, or cookies are off. Shows what was typed, so that it can be copied."""
    message = _("For safety this was not accepted: the page was open for too long or cookies are switched off.")
    if wants_fragment(request):
        advice = _("Reload the page and send it again; what you typed is kept.")
        return toast(HttpResponse(status=403), f"{message} {advice}", "danger")
    context = {"message": message, "typed": _typed(request), "back": request.headers.get("Referer", "")}
    if not is_ours(request, context["back"]):
        context["back"] = "/"
    return render(request, "403_csrf.html", context, status=403)


def _typed(request: HttpRequest) -> list[str]:
    """Words a person typed into one of our own pages. From elsewhere nothing is echoed."""
    source = request.headers.get("Origin") or request.headers.get("Referer")
    if not is_ours(request, source):
        return []
    hidden = ("csrfmiddlewaretoken", "next", "password", "token", "code", "secret")
    return [
        value
        for name, values in request.POST.lists()
        if not any(word in name.lower() for word in hidden)
        for value in values
        if len(value.strip()) > 10
    ]


def _error(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if wants_fragment(request):
        return toast(
            HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8"), sentence, "danger"
        )
    return render(request, f"{status}.html", {"sentence": sentence}, status=status)
