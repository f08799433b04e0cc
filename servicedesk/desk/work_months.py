"""Months of work time, which leads and administrators close, and how timers are rounded."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.tickets import actions, queries
from servicedesk.web.access import needs
from servicedesk.web.editing import does, edit
from servicedesk.web.errors import Refused
from servicedesk.web.formats import month as month_words
from servicedesk.web.pages import page

from .forms import RoundingForm


@needs("tickets.close_month")
@require_safe
def work_months(request: HttpRequest) -> HttpResponse:
    """All months with what was logged on the tickets that the reader sees."""
    return page(request, "desk/work_months.html", {"months": queries.work_months(request.user)})


@needs("tickets.close_month")
@require_POST
def close(request: HttpRequest) -> HttpResponse:
    month, undo = _month(request), None
    if month and request.user.may("settings.change"):
        undo = reverse("desk:work-month-reopen") + f"?month={month:%Y-%m}"
    return does(
        request,
        lambda: actions.close_month(_known(month), by=request.user, via="page"),
        to=reverse("desk:work-months"),
        message=_("The work time of %(month)s is closed.") % {"month": month_words(month)} if month else "",
        undo=undo,
    )


@needs("settings.change")
@require_POST
def reopen(request: HttpRequest) -> HttpResponse:
    month = _month(request)
    return does(
        request,
        lambda: actions.reopen_month(_known(month), by=request.user, via="page"),
        to=reverse("desk:work-months"),
        message=_("The work time of %(month)s is open again.") % {"month": month_words(month)} if month else "",
    )


def _month(request: HttpRequest) -> date | None:
    """`month=2026-10` of the form, or of an undo's address."""
    try:
        return date.fromisoformat((request.POST.get("month") or request.GET.get("month", "")) + "-01")
    except ValueError:
        return None


def _known(month: date | None) -> date:
    if month is None:
        raise Refused(_("Choose a month."), field="month")
    return month


@needs("settings.change")
def rounding(request: HttpRequest) -> HttpResponse:
    """How timers are rounded."""
    row = queries.rounding()
    form = RoundingForm(request.POST or None, initial={"unit": row.unit, "way": row.way})
    return edit(
        request,
        form,
        actions.save_rounding,
        to=reverse("desk:work-rounding"),
        heading=_("Rounding of timers"),
        back=reverse("desk:settings"),
        hint=_("What a timer measured is rounded when it is logged. Minutes that somebody types stay as typed."),
    )
