"""Work time on the pages: log it, correct one's own, and the timer."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.web.access import needs
from servicedesk.web.errors import Refused
from servicedesk.web.formats import duration
from servicedesk.web.pages import changed, page, safe_next, toast, trigger, wants_fragment

from .. import actions, queries
from ..forms import PlainForm, StopForm, WorkForm
from ..models import Ticket, WorkTime
from .answers import done, require, verb_page

QUICK = (5, 15, 30)


def work_context(user, ticket: Ticket) -> dict:
    """What the panel shows."""
    rows, timer = list(queries.work_times(ticket)), queries.running_timer(user)
    return {
        "work_times": rows,
        "minutes": sum(work.minutes for work in rows),
        "quick": QUICK,
        "timer": timer,
        "timer_here": timer is not None and timer.ticket_id == ticket.pk,
    }


@needs("tickets.work")
@require_safe
def panel(request: HttpRequest, number: str) -> HttpResponse:
    """The panel of an open page, which asks for it when a timer changes and every minute while one runs there."""
    ticket = queries.get_ticket(request.user, number)
    require(request, "tickets.work", ticket)
    if not wants_fragment(request):
        return redirect(ticket)
    return page(request, "tickets/_work_time.html", {"ticket": ticket} | work_context(request.user, ticket))


@needs("tickets.work")
def log_work(request: HttpRequest, number: str) -> HttpResponse:
    """Minutes on a day; the panel's buttons post a few of today."""
    ticket = queries.get_ticket(request.user, number)
    return verb_page(
        request,
        ticket,
        WorkForm(request.POST) if request.method == "POST" else WorkForm(),
        lambda data: actions.log_work(ticket, by=request.user, via="page", **data),
        title=_("Log work time"),
        submit=_("Save"),
        message=lambda work: _("%(time)s was logged.") % {"time": duration(work.minutes)},
        undo=_delete_address,
        permission="tickets.log_work",
        draft=f"work-{ticket.number}",
    )


def _delete_address(work: WorkTime) -> str:
    return reverse("tickets:work-delete", args=[work.ticket.number, work.pk])


@needs("tickets.work")
def change_work(request: HttpRequest, number: str, work: int) -> HttpResponse:
    """Correct one's own."""
    ticket, found = _get(request, number, work)
    initial = {"minutes": found.minutes, "worked_on": found.worked_on, "note": found.note}
    form = WorkForm(request.POST) if request.method == "POST" else WorkForm(initial=initial)
    if refused := _not_own(request, ticket, found):
        return refused
    return verb_page(
        request,
        ticket,
        form,
        lambda data: actions.change_work(found, by=request.user, via="page", **data),
        title=_("Correct work time"),
        submit=_("Save"),
        message=_("The work time was corrected."),
        permission="tickets.log_work",
        explain="tickets/_work_delete.html",
        work=found,
    )


@needs("tickets.work")
def delete_work(request: HttpRequest, number: str, work: int) -> HttpResponse:
    """Delete one's own; also what the toast after logging offers."""
    ticket, found = _get(request, number, work)
    if refused := _not_own(request, ticket, found):
        return refused
    return verb_page(
        request,
        ticket,
        PlainForm(request.POST if request.method == "POST" else None),
        lambda data: actions.delete_work(found, by=request.user, via="page"),
        title=_("Delete work time"),
        submit=_("Delete"),
        message=_("The work time of %(time)s was deleted.") % {"time": duration(found.minutes)},
        permission="tickets.log_work",
        danger=True,
        explain="tickets/_work_one.html",
        work=found,
    )


def _get(request: HttpRequest, number: str, pk: int) -> tuple[Ticket, WorkTime]:
    ticket = queries.get_ticket(request.user, number)
    require(request, "tickets.log_work", ticket)
    return ticket, queries.get_work(ticket, pk)


def _not_own(request: HttpRequest, ticket: Ticket, work: WorkTime) -> HttpResponse | None:
    """A form that could only be refused is not shown."""
    if work.user_id == request.user.pk:
        return None
    return _refused(request, actions.work_time.not_yours(work), ticket.get_absolute_url())


def _refused(request: HttpRequest, refusal: Refused, to: str) -> HttpResponse:
    if wants_fragment(request):
        return toast(HttpResponse(status=409), refusal.sentence, "danger")
    messages.error(request, refusal.sentence)
    return redirect(to)


# The timer -----------------------------------------------------------------------------------------------------------


@needs("tickets.work")
def start_timer(request: HttpRequest, number: str) -> HttpResponse:
    """Let one's timer run on the ticket. One that runs on another is stopped, and the toast says what was logged."""
    ticket = queries.get_ticket(request.user, number)
    response = verb_page(
        request,
        ticket,
        PlainForm(request.POST if request.method == "POST" else None),
        lambda data: actions.start_timer(ticket, by=request.user, via="page"),
        title=_("Start the timer"),
        submit=_("Start the timer"),
        message=lambda result: _started(ticket, result[1]),
        permission="tickets.log_work",
    )
    return trigger(response, {"timer-changed": {}}) if request.method == "POST" else response


def _started(ticket: Ticket, logged: WorkTime | None) -> str:
    if logged is None:
        return _("The timer runs on %(number)s.") % {"number": ticket.number}
    return _("The timer runs on %(number)s. %(time)s was logged on %(other)s, where it ran before.") % {
        "number": ticket.number,
        "time": duration(logged.minutes),
        "other": logged.ticket.number,
    }


@needs("tickets.work")
def timer(request: HttpRequest) -> HttpResponse:
    """One's own timer, wherever it runs: POST stops it and logs what it measured, or the minutes that were typed."""
    running = queries.running_timer(request.user)
    form = StopForm(request.POST if request.method == "POST" else None, timer=running)
    if request.method == "POST" and form.is_valid():
        try:
            work = actions.stop_timer(by=request.user, via="page", **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _stopped(request, work)
    is_seen = running is not None and queries.sees(request.user, running.ticket)
    context = {"form": form, "timer": running, "is_seen": is_seen}
    return page(request, "tickets/timer.html", context, fragment="tickets/_timer.html", status=form.status)


def _stopped(request: HttpRequest, work: WorkTime) -> HttpResponse:
    message = _("%(time)s was logged on %(number)s.") % {"time": duration(work.minutes), "number": work.ticket.number}
    if queries.sees(request.user, work.ticket):
        undo = _delete_address(work)
        response = done(request, work.ticket, message=message, undo=undo)
    else:
        response = changed(request, reverse("tickets:timer"), event=None, message=message)
    return trigger(response, {"timer-changed": {}})


@needs("tickets.work")
@require_POST
def discard_timer(request: HttpRequest) -> HttpResponse:
    """Stop one's timer and log nothing."""
    try:
        discarded = actions.discard_timer(by=request.user)
    except Refused as refusal:
        return _refused(request, refusal, reverse("tickets:timer"))
    message = _("The timer on %(number)s was discarded; nothing was logged.") % {"number": discarded.ticket.number}
    return _timer_changed(request, message, reverse("tickets:timer-restore"))


@needs("tickets.work")
@require_POST
def restore_timer(request: HttpRequest) -> HttpResponse:
    """Undo of discarding."""
    try:
        running = actions.restore_timer(by=request.user)
    except Refused as refusal:
        return _refused(request, refusal, reverse("tickets:timer"))
    return _timer_changed(request, _("The timer runs on %(number)s again.") % {"number": running.ticket.number})


def _timer_changed(request: HttpRequest, message: str, undo: str | None = None) -> HttpResponse:
    to = None if wants_fragment(request) else safe_next(request, reverse("tickets:timer"))
    return changed(request, to, event="timer-changed", message=message, undo=undo)
