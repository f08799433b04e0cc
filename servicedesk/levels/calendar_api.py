"""Calendars by API. What a calendar holds has the form in which it is exported: see `calendar_json`."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action

from servicedesk.people.api.persons import Line
from servicedesk.people.api.refs import LARGEST_ID, Named, TeamField, TeamRef
from servicedesk.people.queries import get_or_404
from servicedesk.people.rules import check
from servicedesk.web.api import Filters, Strict, View

from .actions import change_calendar, create_calendar
from .hours import MOST_MINUTES, due_at
from .models import Calendar
from .moves_api import DryRun, MovesOut, look
from .moving import calendar_change
from .settings_queries import calendar_by_id, calendars
from .typed import moment_of

_PAIRS = {"type": "array", "items": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}}


@extend_schema_field({"type": "object", "additionalProperties": _PAIRS})
class HoursField(serializers.JSONField):
    """Pairs of times by weekday (mon … sun) or by day."""


@extend_schema_field({"type": "array", "items": {"type": "string", "format": "date"}})
class DaysField(serializers.JSONField):
    """A list of days."""


class CalendarRef(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField(source="__str__")


@extend_schema_field({"type": "integer", "description": "Id of a calendar."})
class CalendarField(Named):
    default_error_messages = {"missing": _("There is no such calendar: “%(given)s”.")}

    def find(self, given: str) -> Calendar | None:
        return calendar_by_id(int(given)) if is_id(given) else None


def is_id(given: str) -> bool:
    return given.isascii() and given.isdecimal() and len(given) < 20 and int(given) <= LARGEST_ID


class CalendarOut(serializers.Serializer):
    """`name` to `special` are the form in which a calendar is exported."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    timezone = serializers.CharField()
    weekly = HoursField()
    holidays = serializers.CharField(allow_blank=True, help_text="A country such as JP, or part of it; empty: none.")
    closed = DaysField()
    special = HoursField()
    is_default = serializers.BooleanField(help_text="The usual one: of everybody who has no other.")
    is_active = serializers.BooleanField()
    teams = serializers.SerializerMethodField()

    @extend_schema_field(TeamRef(many=True))
    def get_teams(self, calendar: Calendar) -> Any:
        return TeamRef([row.team for row in calendar.teams.all()], many=True).data


class CalendarIn(Strict):
    name = Line(max_length=80)
    timezone = Line(max_length=64)
    weekly = HoursField(required=False)
    holidays = serializers.CharField(required=False, allow_blank=True, max_length=10)
    closed = DaysField(required=False)
    special = HoursField(required=False)
    is_default = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)
    teams = serializers.ListField(child=TeamField(), required=False, max_length=500, help_text="Codes of teams.")


class NewCalendarIn(CalendarIn):
    name = Line(max_length=80, required=True)
    timezone = Line(max_length=64, required=True)
    weekly = HoursField()


class DueQuery(Filters):
    minutes = serializers.IntegerField(min_value=0, max_value=MOST_MINUTES)

    def get_fields(self):
        """`from` is a word of Python."""
        start = serializers.CharField(
            max_length=40, help_text="A moment such as 2026-12-28T11:30+09:00; without zone, where the calendar is."
        )
        return {"from": start} | super().get_fields()


class DueOut(serializers.Serializer):
    due_at = serializers.DateTimeField()
    intervals = serializers.ListField(
        child=serializers.ListField(child=serializers.DateTimeField(), min_length=2, max_length=2)
    )


class CalendarViewSet(View):
    """When sites and teams work. Agents read, administrators change."""

    scope = "settings"
    queryset = Calendar.objects.none()
    lookup_value_converter = "int"
    ordering = ("name", "id")

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "levels.see")

    @extend_schema(responses=CalendarOut(many=True))
    def list(self, request):
        self.asked(Filters)
        return self.pages(CalendarOut, calendars().order_by("name", "id"))

    @extend_schema(responses=CalendarOut)
    def retrieve(self, request, pk):
        return self.answer(CalendarOut, get_or_404(calendars(), pk=pk))

    @extend_schema(request=NewCalendarIn, responses={201: CalendarOut})
    def create(self, request):
        check(request.user, "settings.change")
        made = create_calendar(**self.given(NewCalendarIn), by=request.user, via="api")
        return self.answer(CalendarOut, get_or_404(calendars(), pk=made.pk), status=201)

    @extend_schema(parameters=[DryRun], request=CalendarIn, responses={200: CalendarOut, 202: MovesOut})
    def partial_update(self, request, pk):
        """Change a calendar; what is named replaces what was there, and open tickets follow within moments. A dry run
        says which would move (202).
        """
        check(request.user, "settings.change")
        found, given = get_or_404(calendars(), pk=pk), self.given(CalendarIn)
        if self.asked(DryRun)["dry_run"]:
            return look(self, calendar_change(found, given))
        change_calendar(found, **given, by=request.user, via="api")
        return self.answer(CalendarOut, get_or_404(calendars(), pk=pk))

    @extend_schema(parameters=[DueQuery], responses=DueOut)
    @action(detail=True, methods=["get"])
    def due(self, request, pk):
        """When so many minutes of business time from a moment on are used up, and in which intervals."""
        hours = get_or_404(calendars(), pk=pk).hours
        asked = self.asked(DueQuery)
        found = due_at(hours, moment_of(asked["from"], hours), asked["minutes"])
        spans = [[opens.isoformat(), closes.isoformat()] for opens, closes in found.intervals]
        return self.answer(DueOut, {"due_at": found.due_at.isoformat(), "intervals": spans})
