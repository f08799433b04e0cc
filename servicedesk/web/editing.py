"""The usual way of a form that calls one action: show it, refuse with what was typed, or go on with a message."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused
from servicedesk.web.forms import ActionForm
from servicedesk.web.pages import changed, page

MOST_REJECTED = 200


def edit(
    request: HttpRequest,
    form: ActionForm,
    act: Callable[..., Any],
    *,
    to: Callable[[Any], str] | str,
    template: str = "settings/form.html",
    message: str | None = None,
    **context,
) -> HttpResponse:
    """Call `act(**cleaned_data, by=…, via="page")` for a good form, then go to `to` (an address, or what makes one of
    the result). `context` goes to the template, which has `form` too.
    """
    if request.method == "POST" and form.is_valid():
        try:
            done = act(**form.cleaned_data, by=request.user, via="page")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            address = to(done) if callable(to) else to
            return changed(request, address, event=None, message=message or _("Saved."))
    return page(request, template, {"form": form, **context}, status=form.status)


def take_file(
    request: HttpRequest, form: ActionForm, act: Callable[..., Any], *, to: str, template: str, columns: Sequence[str]
) -> HttpResponse:
    """The page of an import: call `act(content, by=…, via="page", trial=…)` with the form's `file`, and say what it
    did, would do, or could not read. Goes to `to` when everything was written.
    """
    result, trial = None, "trial" in request.POST
    if request.method == "POST" and form.is_valid():
        try:
            result = act(form.cleaned_data["file"].read(), by=request.user, via="page", trial=trial)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            if not trial and not result.rejected:
                said = _("%(new)s new, %(changed)s changed, %(same)s as before.") % {
                    "new": result.created, "changed": result.changed, "same": result.unchanged,
                }  # fmt: skip
                return changed(request, to, event=None, message=said)
    rejected = result.rejected[:MOST_REJECTED] if result else []
    context = {"form": form, "result": result, "rejected": rejected, "columns": columns, "back": to}
    return page(request, template, context, status=422 if form.errors or rejected else 200)


def does(
    request: HttpRequest, act: Callable[[], Any], *, to: str, message: str, undo: str | None = None
) -> HttpResponse:
    """Call an action that a plain button stands for. A refusal is shown on the page that it leads back to. `undo` is
    the address that takes it back.
    """
    try:
        act()
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(to, status=303)
    return changed(request, to, event=None, message=message, undo=undo)
