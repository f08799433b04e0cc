"""Pages of macros: the settings, and the menu of a ticket that runs them."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from servicedesk.people.queries import get_or_404
from servicedesk.tickets.actions.talk import undo_until
from servicedesk.tickets.queries import get_ticket
from servicedesk.tickets.views.answers import done, require
from servicedesk.web.access import needs
from servicedesk.web.editing import edit
from servicedesk.web.errors import Refused
from servicedesk.web.pages import page

from .macro_forms import MacroForm
from .macros import change_macro, create_macro, describe, run_macro
from .queries import usable_macros, visible_macros


@needs("macros.see")
@require_safe
def macros(request: HttpRequest) -> HttpResponse:
    """Those that the person may run or change, with what each does."""
    return page(request, "desk/macros.html", {"rows": [(row, describe(row)) for row in visible_macros(request.user)]})


@needs("macros.change")
def macro_new(request: HttpRequest) -> HttpResponse:
    back = reverse("desk:macros")
    form = MacroForm(request.POST or None, asker=request.user, initial={"owner": request.user})
    return edit(request, form, create_macro, to=back, heading=_("New macro"), back=back, hint=_hint())


@needs("macros.see")
def macro(request: HttpRequest, pk: int) -> HttpResponse:
    """What it does; whoever may change it gets the form."""
    found = get_or_404(visible_macros(request.user), pk=pk)
    if not request.user.may("macros.change", found):
        return page(request, "desk/macro.html", {"macro": found, "steps": describe(found)})
    back = reverse("desk:macros")
    initial = MacroForm.initial_of(found)
    form = MacroForm(request.POST or None, asker=request.user, of=found, initial=initial)
    act = partial(change_macro, found)
    return edit(request, form, act, to=back, heading=str(found), back=back, hint=_hint())


def _hint() -> str:
    return _("All steps happen together, or none. What you leave as it is stays.")


@needs("tickets.work")
def macros_for(request: HttpRequest, number: str) -> HttpResponse:
    """The macros that one may run on a ticket, each a button; POST runs the one that `macro` names."""
    ticket = get_ticket(request.user, number)
    require(request, "tickets.note", ticket)
    rows, refused = list(usable_macros(request.user)), ""
    if request.method == "POST":
        chosen = next((row for row in rows if str(row.pk) == request.POST.get("macro")), None)
        try:
            if chosen is None:
                raise Refused(_("This macro is no longer there. Choose another one."))
            said = run_macro(chosen, ticket, by=request.user, via="page", seen=_number(request.POST.get("seen", "")))
        except Refused as refusal:
            refused, ticket = str(refusal.sentence), get_ticket(request.user, number)
        else:
            undo = reverse("tickets:take-back", args=[ticket.number, said.pk]) if said and undo_until(said) else None
            return done(request, ticket, message=_("Done: %(name)s.") % {"name": chosen.name}, undo=undo)
    context = {
        "ticket": ticket,
        "rows": [(row, describe(row)) for row in rows],
        "refused": refused,
        "frame": "base_desk.html",
    }
    return page(
        request, "desk/macros_for.html", context, fragment="desk/_macros_for.html", status=422 if refused else 200
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
