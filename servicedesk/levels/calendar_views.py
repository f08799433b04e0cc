"""Pages of calendars in the settings."""

from collections.abc import Callable
from functools import partial
from json import dumps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from servicedesk.people.queries import get_or_404
from servicedesk.web.access import needs
from servicedesk.web.errors import Refused
from servicedesk.web.formats import exact
from servicedesk.web.pages import changed, page

from .actions import change_calendar, create_calendar, import_calendar
from .calendar_forms import CalendarForm, DocumentForm, DueForm
from .calendar_json import hours_of
from .documents import as_file, parsed
from .hours import Hours, due_at
from .models import Calendar
from .settings_queries import calendars as all_calendars
from .year import coming, days_by_name, week_in_words


@needs("levels.see")
@require_safe
def calendars(request: HttpRequest) -> HttpResponse:
    rows = [(calendar, week_in_words(calendar.hours)) for calendar in all_calendars()]
    return page(request, "levels/calendars.html", {"rows": rows})


@needs("settings.change")
def calendar_new(request: HttpRequest) -> HttpResponse:
    form = CalendarForm(request.POST or None)
    return _form_page(request, form, create_calendar, heading=_("New calendar"))


@needs("levels.see")
def calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """When one works, with the days to come; whoever may change it gets the form."""
    found = get_or_404(all_calendars(), pk=pk)
    shown = {"calendar": found, "due_form": DueForm(), **_shown(found.hours)}
    if not request.user.may("settings.change"):
        return page(request, "levels/calendar.html", shown)
    form = CalendarForm(request.POST or None, of=found)
    return _form_page(request, form, partial(change_calendar, found), heading=found.name, **shown)


def _form_page(request: HttpRequest, form: CalendarForm, act: Callable[..., Calendar], **context) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            done = act(**form.fields_of(), by=request.user, via="page")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            address = reverse("levels:calendar", args=[done.pk])
            return changed(request, address, event=None, message=_("Saved."))
    return page(request, "levels/calendar_form.html", {"form": form, **context}, status=form.status)


@needs("levels.see")
@require_safe
def calendar_due(request: HttpRequest, pk: int) -> HttpResponse:
    """When so many minutes from a moment on would be used up."""
    found = get_or_404(all_calendars(), pk=pk)
    hours, due = found.hours, None
    form = DueForm(request.GET or None)
    if form.is_bound and form.is_valid():
        asked = form.cleaned_data
        try:
            due = due_at(hours, asked["start"].replace(tzinfo=hours.zone), asked["minutes"])
        except Refused as refusal:
            form.refuse(refusal)
    context = {"calendar": found, "due_form": form, "due": due, "due_words": due and _in_words(due.due_at)}
    context["intervals"] = [(_in_words(opens), f"{closes:%H:%M}") for opens, closes in due.intervals] if due else []
    return page(request, "levels/calendar_due.html", context, fragment="levels/_due.html", status=form.status)


@needs("levels.see")
@require_safe
def calendar_export(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(all_calendars(), pk=pk)
    return as_file(found.document, found.name)


@needs("settings.change")
def calendar_import(request: HttpRequest) -> HttpResponse:
    """Look at a file first, then make or replace the calendar of its name."""
    form = DocumentForm(request.POST or None, request.FILES or None)
    hours: Hours | None = None
    if request.method == "POST" and form.is_valid():
        try:
            document = parsed(form.cleaned_data["document"])
            hours = hours_of(document)
            if "save" in request.POST and not request.FILES:
                done = import_calendar(document, by=request.user, via="page")
                address = reverse("levels:calendar", args=[done.pk])
                return changed(request, address, event=None, message=_("“%(name)s” was saved.") % {"name": done})
        except Refused as refusal:
            form.refuse(refusal)
    context: dict[str, Any] = {"form": form, "calendar": hours}
    if hours:
        replaces = Calendar.objects.filter(name=hours.name).first()
        context |= _shown(hours) | {"text": dumps(document), "replaces": replaces}
    return page(request, "levels/calendar_import.html", context, status=form.status)


def _shown(hours: Hours) -> dict[str, Any]:
    today = timezone.localdate(timezone=hours.zone)
    return {
        "week": week_in_words(hours),
        "named": days_by_name(hours, today),
        "coming": coming(hours, today),
    }


def _in_words(moment) -> str:
    """Where the calendar is, wherever the reader is."""
    return exact(moment.replace(tzinfo=None))
