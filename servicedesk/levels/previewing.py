"""How pages of service levels save: first a look at what would move, if one wants, then the action."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from servicedesk.people.jobs import last_job
from servicedesk.web.access import needs
from servicedesk.web.errors import Refused
from servicedesk.web.forms import ActionForm
from servicedesk.web.pages import changed, page

from .actions.renewing import KEY
from .moving import Change, preview, preview_of


def save_or_look(
    request: HttpRequest,
    form: ActionForm,
    change: Callable[[], Change],
    act: Callable[[], Any],
    *,
    to: Callable[[Any], str],
    template: str,
    fragment: str,
    **context: Any,
) -> HttpResponse:
    """With `preview` show what the change would move, else make it; a refusal stands at its field either way."""
    shown = None
    if request.method == "POST" and form.is_valid():
        try:
            if "preview" not in request.POST:
                return changed(request, to(act()), event=None, message=_("Saved."))
            shown = preview(change(), request.user)
        except Refused as refusal:
            form.refuse(refusal)
    context |= {"form": form, "preview": shown, "renewing": last_job(KEY)}
    return page(request, template, context, fragment=fragment, status=form.status)


@needs("settings.change")
@require_safe
def moves(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a preview of one's own is that reads many clocks, and what it found."""
    return page(
        request,
        "levels/moves.html",
        {"preview": preview_of(request.user, pk)},
        fragment="levels/_moves.html",
    )


@needs("settings.change")
@require_safe
def renewing(request: HttpRequest) -> HttpResponse:
    """How far the clocks of open tickets are made anew after a change."""
    return page(request, "levels/renewing.html", {"renewing": last_job(KEY)}, fragment="levels/_renewing.html")
