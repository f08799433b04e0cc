"""Pages of calendars in the settings."""

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
from .calendar_json import hours_of, json_of
from .documents import as_file, parsed
from .hours import Hours, due_at
from .models import Calendar
from .moving import calendar_change, preview
from .previewing import save_or_look
from .settings_queries import calendar_by_name
from .settings_queries import calendars as all_calendars
from .typed import moment_of
from .year import coming, days_by_name, week_in_words


@needs("levels.see")
@require_safe
def calendars(request: HttpRequest) -> HttpResponse:
    rows = [(calendar, week_in_words(calendar.hours)) for calendar in all_calendars()]
    return page(request, "levels/calendars.html", {"rows": rows})


@needs("settings.change")
def calendar_new(request: HttpRequest) -> HttpResponse:
    return _form_page(request, None, heading=_("New calendar"))


@needs("levels.see")
def calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """When one works, with the days to come; whoever may change it gets the form."""
    found = get_or_404(all_calendars(), pk=pk)
    shown = {"calendar": found, "due_form": DueForm(), **_shown(found.hours)}
    if not request.user.may("settings.change"):
        return page(request, "levels/calendar.html", shown)
    return _form_page(request, found, heading=found.name, **shown)


def _form_page(request: HttpRequest, present: Calendar | None, **context) -> HttpResponse:
    form = CalendarForm(request.POST or None, of=present)
    save = partial(change_calendar, present) if present else create_calendar
    return save_or_look(
        request,
        form,
        lambda: calendar_change(present, form.fields_of()),
        lambda: save(**form.fields_of(), by=request.user, via="page"),
        to=lambda done: reverse("levels:calendar", args=[done.pk]),
        template="levels/calendar_form.html",
        fragment="levels/_calendar_form.html",
        back=reverse("levels:calendars"),
        **context,
    )


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
            start = moment_of(asked["start"].replace(tzinfo=None).isoformat(), hours)
            due = due_at(hours, start, asked["minutes"])
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
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            document = parsed(form.cleaned_data["document"])
            if "save" in request.POST:
                done = import_calendar(document, by=request.user, via="page")
                address = reverse("levels:calendar", args=[done.pk])
                return changed(request, address, event=None, message=_("“%(name)s” was saved.") % {"name": done})
            hours = hours_of(document)
            present = calendar_by_name(hours.name)
            context = {
                "calendar": hours,
                "text": dumps(document),
                "replaces": present,
                "preview": preview(calendar_change(present, json_of(hours)), request.user),
                **_shown(hours),
            }
        except Refused as refusal:
            form.refuse(refusal)
    return page(request, "levels/calendar_import.html", {"form": form, **context}, status=form.status)


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
