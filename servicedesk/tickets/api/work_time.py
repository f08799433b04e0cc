"""Work time and the timer by the API."""

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from servicedesk.people.api.refs import PersonRef
from servicedesk.people.rules import check
from servicedesk.web.api import Filters, Strict, View

from .. import actions, queries
from ..models import ClosedWorkMonth, WorkRounding, WorkTimer
from .serializers import EmptyIn, WorkTimeChangeIn, WorkTimeIn, WorkTimeOut

WORK = OpenApiParameter("work", int, OpenApiParameter.PATH)
MONTH = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$", "example": "2026-10"}
NOTHING = OpenApiResponse(description="No timer is running.")


class TimerOut(serializers.Serializer):
    """`ticket` may be out of the caller's sight by now: the number is all that is told of it."""

    ticket = serializers.CharField(source="ticket.number")
    started_at = serializers.DateTimeField()
    minutes = serializers.IntegerField(help_text="Whole minutes so far.")
    rounded = serializers.IntegerField(help_text="What `stop` would log.")
    is_forgotten = serializers.BooleanField(help_text="It ran over 10 hours: `stop` asks for `minutes`.")


class StartedOut(TimerOut):
    logged = WorkTimeOut(allow_null=True, help_text="Of the timer that ran on another ticket and was stopped.")


class StopIn(Strict):
    minutes = serializers.IntegerField(
        required=False, min_value=-1_000_000, max_value=1_000_000, help_text="As they are, instead of what it measured."
    )
    note = serializers.CharField(allow_blank=True, default="", max_length=2000)


class WorkTimes:
    """Part of `TicketViewSet`."""

    @extend_schema(responses=WorkTimeOut(many=True))
    @action(detail=True, url_path="work-times", ordering=("id",))
    def work_times(self, request, number):
        self.asked(Filters)
        ticket = self.ticket(number, "tickets.work")
        return self.pages(WorkTimeOut, queries.work_times(ticket))

    @extend_schema(request=WorkTimeIn, responses={201: WorkTimeOut})
    @work_times.mapping.post
    def log_work(self, request, number):
        """Minutes that the caller worked on the ticket; refused (409, `month_closed`) in a closed month."""
        ticket, given = self.ticket(number, "tickets.log_work"), self.given(WorkTimeIn)
        work = actions.log_work(ticket, **given, **self.by_api())
        return self.answer(WorkTimeOut, queries.get_work(ticket, work.pk), status=201)

    @extend_schema(request=WorkTimeChangeIn, responses=WorkTimeOut, parameters=[WORK])
    @action(detail=True, methods=["patch"], url_path="work-times/<int:work>", url_name="work-time")
    def change_work(self, request, number, work):
        """Correct one's own, until its month is closed. Only what is named changes."""
        ticket, given = self.ticket(number, "tickets.log_work"), self.given(WorkTimeChangeIn)
        changed = actions.change_work(queries.get_work(ticket, work), **given, **self.by_api())
        return self.answer(WorkTimeOut, queries.get_work(ticket, changed.pk))

    @extend_schema(responses={204: None}, parameters=[WORK])
    @change_work.mapping.delete
    def delete_work(self, request, number, work):
        """Delete one's own, until its month is closed."""
        ticket = self.ticket(number, "tickets.log_work")
        actions.delete_work(queries.get_work(ticket, work), **self.by_api())
        return Response(status=204)

    @extend_schema(request=EmptyIn, responses=StartedOut)
    @action(detail=True, methods=["post"])
    def timer(self, request, number):
        """Let the caller's timer run on the ticket; one that runs on another is stopped and logged."""
        ticket, _given = self.ticket(number, "tickets.log_work"), self.given(EmptyIn)
        timer, logged = actions.start_timer(ticket, **self.by_api())
        timer.logged = queries.get_work(logged.ticket, logged.pk) if logged else None
        return self.answer(StartedOut, timer)


class TimerViewSet(View):
    """The caller's own timer, on whatever ticket it runs."""

    queryset = WorkTimer.objects.none()
    pagination_class = None

    @extend_schema(responses={200: TimerOut, 204: NOTHING}, operation_id="timer_retrieve")
    def retrieve(self, request):
        check(request.user, "tickets.work")
        timer = queries.running_timer(request.user)
        return Response(status=204) if timer is None else self.answer(TimerOut, timer)

    @extend_schema(request=StopIn, responses={201: WorkTimeOut}, operation_id="timer_stop")
    def stop(self, request):
        """Log what it measured, rounded, or `minutes` as they are."""
        check(request.user, "tickets.work")
        given = self.given(StopIn)
        work = actions.stop_timer(by=request.user, via="api", **given)
        return self.answer(WorkTimeOut, queries.get_work(work.ticket, work.pk), status=201)

    @extend_schema(responses={204: None}, operation_id="timer_discard")
    def discard(self, request):
        """Stop it and log nothing."""
        check(request.user, "tickets.work")
        actions.discard_timer(by=request.user)
        return Response(status=204)


@extend_schema_field(MONTH)
class MonthField(serializers.DateField):
    """A month as `2026-10`."""

    def __init__(self, **more):
        super().__init__(format="%Y-%m", input_formats=["%Y-%m"], **more)


class WorkMonthOut(serializers.Serializer):
    """`minutes` counts what was logged on tickets that the caller sees; a month is closed for everybody."""

    month = MonthField()
    minutes = serializers.IntegerField()
    is_closed = serializers.SerializerMethodField()
    closed_by = PersonRef(source="closed.closed_by", default=None, allow_null=True)
    closed_at = serializers.DateTimeField(source="closed.closed_at", default=None, allow_null=True)

    def get_is_closed(self, row) -> bool:
        return row["closed"] is not None


class WorkMonthIn(Strict):
    month = MonthField()


class WorkMonthViewSet(View):
    """The months of work time. For leads and administrators."""

    scope = "settings"
    queryset = ClosedWorkMonth.objects.none()
    pagination_class = None

    @extend_schema(responses=WorkMonthOut(many=True), operation_id="work_months_list")
    def list(self, request):
        """Every month with work time, newest first."""
        check(request.user, "tickets.close_month")
        return self.answer(WorkMonthOut, self.rows(), many=True)

    @extend_schema(request=WorkMonthIn, responses=WorkMonthOut(many=True), operation_id="work_months_close")
    @action(detail=False, methods=["post"])
    def close(self, request):
        """Close a month that is over: nothing in it is logged, corrected or deleted any more."""
        check(request.user, "tickets.close_month")
        actions.close_month(self.given(WorkMonthIn)["month"], by=request.user, via="api")
        return self.answer(WorkMonthOut, self.rows(), many=True)

    @extend_schema(request=WorkMonthIn, responses=WorkMonthOut(many=True), operation_id="work_months_reopen")
    @action(detail=False, methods=["post"])
    def reopen(self, request):
        """Let a closed month be changed again. For administrators."""
        check(request.user, "settings.change")
        actions.reopen_month(self.given(WorkMonthIn)["month"], by=request.user, via="api")
        return self.answer(WorkMonthOut, self.rows(), many=True)

    def rows(self):
        found = queries.work_months(self.request.user)
        return [{"month": month, "minutes": minutes, "closed": closed} for month, minutes, closed in found]


class RoundingOut(serializers.Serializer):
    """How the minutes of timers are rounded. Minutes that somebody types stay as typed."""

    unit = serializers.ChoiceField(choices=WorkRounding.Unit.choices, help_text="Minutes.")
    way = serializers.ChoiceField(choices=WorkRounding.Way.choices)


class RoundingIn(Strict):
    unit = serializers.ChoiceField(choices=WorkRounding.Unit.choices)
    way = serializers.ChoiceField(choices=WorkRounding.Way.choices)


class RoundingViewSet(View):
    """The rounding of timers."""

    scope = "settings"
    pagination_class = None

    @extend_schema(responses=RoundingOut, operation_id="work_rounding_retrieve")
    def retrieve(self, request):
        """For everybody who works on tickets."""
        if not (request.user.may("tickets.work") or request.user.may("settings.change")):
            check(request.user, "settings.change")
        return self.answer(RoundingOut, queries.rounding())

    @extend_schema(request=RoundingIn, responses=RoundingOut, operation_id="work_rounding_update")
    def update(self, request):
        """Round what is logged from now on in this way."""
        check(request.user, "settings.change")
        return self.answer(RoundingOut, actions.save_rounding(**self.given(RoundingIn), by=request.user, via="api"))
