"""The phone log and the call-backs by API."""

import hashlib
import secrets

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action

from cmdb.api import ServiceField
from servicedesk.people.api.persons import Line
from servicedesk.people.api.refs import Named, PersonField, PersonRef, TeamField, TeamRef
from servicedesk.people.rules import check
from servicedesk.tickets.api.fields import CategoryField
from servicedesk.tickets.api.serializers import EmptyIn, Text
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Impact, Ticket, Urgency
from servicedesk.tickets.queries import get_ticket, visible_numbers
from servicedesk.web.api import Filters, Strict, View
from servicedesk.web.errors import NotFound

from ..actions import (
    cancel_call_back,
    drop_call,
    finish_call,
    finish_call_back,
    miss_call_back,
    plan_call_back,
    restore_call,
    take_over_call,
)
from ..models import Call, CallBack, Makes
from ..queries import calls_left, get_call, get_call_back, own_calls, visible_call_backs
from .tickets import KEY


@extend_schema_field({"type": "string", "description": "Number of a ticket."})
class TicketField(Named):
    """A ticket that the caller sees."""

    default_error_messages = {"missing": _("There is no such ticket: “%(given)s”.")}

    def find(self, given: str) -> Ticket | None:
        try:
            return get_ticket(self.user, given)
        except NotFound:
            return None


class CallOut(serializers.Serializer):
    """A telephone call that one took. `ticket` is what it became or was told to, while one sees it."""

    id = serializers.IntegerField()
    direction = serializers.ChoiceField(choices=Call.Direction.choices)
    state = serializers.ChoiceField(choices=Call.State.choices)
    number = serializers.CharField()
    caller = PersonRef(allow_null=True)
    caller_name = serializers.CharField(help_text="As far as a caller who is not known said it.")
    text = serializers.CharField(help_text="What is taken down so far; empty once it is in the ticket.")
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    ticket = serializers.SerializerMethodField()

    def get_ticket(self, call) -> str | None:
        if call.ticket is None or call.ticket.number not in self.context["visible_numbers"]:
            return None
        return call.ticket.number


class CallFilters(Filters):
    state = serializers.ChoiceField(choices=Call.State.choices, required=False)


class PromiseIn(Strict):
    """A call-back that was promised in a call."""

    due_at = serializers.DateTimeField()
    number = Line(max_length=40, default="")
    note = Text(default="")
    by_team = serializers.BooleanField(default=False, help_text="The ticket's team calls, not the caller of the API.")


class CallIn(Strict):
    """A call that is over. With `ticket` the text becomes a note in it (`public`: a reply), else a new ticket.

    Who called: `caller`, or `caller_name` of somebody who is not known; with `caller_email` they are a guest and get
    answers by mail, without it the ticket is in the name of whoever took the call.
    """

    direction = serializers.ChoiceField(choices=Call.Direction.choices, default=Call.Direction.IN)
    number = Line(max_length=40, default="")
    caller = PersonField(required=False, allow_null=True)
    caller_name = Line(max_length=120, default="")
    caller_email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    ticket = TicketField(required=False, allow_null=True)
    public = serializers.BooleanField(default=False)
    kind = serializers.ChoiceField(choices=Makes.choices, default=Makes.INCIDENT)
    title = serializers.CharField(max_length=2000, allow_blank=True, default="")
    text = Text(default="")
    service = ServiceField(required=False, allow_null=True)
    category = CategoryField(required=False, allow_null=True)
    impact = serializers.ChoiceField(choices=Impact.choices, required=False, allow_null=True)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False, allow_null=True)
    is_confidential = serializers.BooleanField(default=False)
    started_at = serializers.DateTimeField(required=False)
    ended_at = serializers.DateTimeField(required=False)
    call_back = PromiseIn(required=False, allow_null=True)


class CallViewSet(View):
    """The calls that one took oneself, and a way to log one that is over, for telephone systems. For agents."""

    queryset = Call.objects.none()
    lookup_value_converter = "int"
    ordering = ("-started_at", "-id")
    serializer_class = CallOut

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "calls.take")

    @extend_schema(parameters=[CallFilters], responses=CallOut(many=True))
    def list(self, request):
        """One's own calls, unfinished ones too, newest first."""
        asked = self.asked(CallFilters)
        rows = own_calls(request.user)
        if asked.get("state"):
            rows = rows.filter(state=asked["state"])
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(CallOut(page, many=True, context=self.seen(page)).data)

    @extend_schema(request=CallIn, responses={201: CallOut}, parameters=[KEY])
    def create(self, request):
        """Log a call: a ticket of it, or a note in one."""
        given = self.given(CallIn)
        given["about"] = given.pop("ticket", None)
        call = finish_call(**given, by=request.user, via="api", key=self._key(request, given))
        return self.answer_call(call)

    @extend_schema(request=EmptyIn, responses=CallOut)
    @action(detail=True, methods=["post"])
    def drop(self, request, pk):
        """It is no ticket: a wrong number, a test."""
        return self.changed(get_call(own_calls(request.user), pk), drop_call)

    @extend_schema(request=EmptyIn, responses=CallOut)
    @action(detail=True, methods=["post"])
    def restore(self, request, pk):
        """Take a dropped one up again."""
        return self.changed(get_call(own_calls(request.user), pk), restore_call)

    @extend_schema(request=EmptyIn, responses=CallOut)
    @action(detail=True, methods=["post"], url_path="take-over")
    def take_over(self, request, pk):
        """Go on with one that somebody of a team that one leads left unfinished."""
        return self.changed(get_call(calls_left(request.user), pk), take_over_call)

    def changed(self, call: Call, act):
        self.given(EmptyIn)
        return self.answer_call(act(call, by=self.request.user, via="api"), status=200)

    def answer_call(self, call: Call, *, status: int = 201):
        self._calls = [call]
        return self.answer(CallOut, call, status=status)

    def seen(self, calls) -> dict:
        numbers = {call.ticket.number for call in calls if call.ticket is not None}
        known = visible_numbers(self.request.user, numbers) if numbers else set()
        return {"request": self.request, "visible_numbers": known}

    def get_serializer_context(self):
        return super().get_serializer_context() | self.seen(getattr(self, "_calls", ()))

    def _key(self, request, given: dict) -> str:
        """The caller's key, theirs alone, or one for this sending. Refuses a key that stood for another caller."""
        words = request.headers.get("Idempotency-Key", "").strip()
        if not words:
            return secrets.token_urlsafe(18)
        key = f"api {hashlib.sha256(f'{request.user.pk} {words}'.encode()).hexdigest()}"[:64]
        known = own_calls(request.user).filter(key=key, state=Call.State.DONE).first()
        if known is not None:
            about, caller = given["about"], given.get("caller")
            if (about is not None and known.ticket != about) or (caller is not None and known.caller != caller):
                raise TicketError(gettext("This Idempotency-Key was used for something else."), code="key_used")
        return key


class CallBackOut(serializers.Serializer):
    """A promise to call somebody back. `assignee` or `team` calls."""

    id = serializers.IntegerField()
    ticket = serializers.CharField(source="ticket.number")
    whom = serializers.CharField()
    number = serializers.CharField()
    due_at = serializers.DateTimeField()
    is_overdue = serializers.BooleanField()
    told_at = serializers.DateTimeField(allow_null=True, help_text="When whoever calls was told that it is due.")
    assignee = PersonRef(allow_null=True)
    team = TeamRef(allow_null=True)
    note = serializers.CharField()
    state = serializers.ChoiceField(choices=CallBack.State.choices)
    tries = serializers.IntegerField(help_text="How often nobody answered.")
    last_try_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    created_by = PersonRef()
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = PersonRef(allow_null=True)


class CallBackFilters(Filters):
    state = serializers.ChoiceField(choices=CallBack.State.choices, required=False)
    ticket = serializers.CharField(max_length=40, required=False, help_text="Number of a ticket.")
    mine = serializers.BooleanField(required=False, help_text="Only one's own and those of one's teams.")
    due_before = serializers.DateTimeField(required=False)


class CallBackIn(Strict):
    ticket = TicketField()
    whom = Line(max_length=120, default="", help_text="Left empty: the requester.")
    number = Line(max_length=40, default="")
    due_at = serializers.DateTimeField()
    assignee = PersonField(required=False, allow_null=True, help_text="Neither a person nor a team: oneself.")
    team = TeamField(required=False, allow_null=True)
    note = Text(default="")


class OutcomeIn(Strict):
    note = Text(default="", help_text="Kept as an internal note.")


class NotReachedIn(OutcomeIn):
    again_at = serializers.DateTimeField()


class CallBackViewSet(View):
    """Call-backs of the tickets that the caller of the API works on. For agents."""

    queryset = CallBack.objects.none()
    lookup_value_converter = "int"
    ordering = ("due_at", "id")
    serializer_class = CallBackOut

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "tickets.call_back")

    @extend_schema(parameters=[CallBackFilters], responses=CallBackOut(many=True))
    def list(self, request):
        """The next one first."""
        asked, user = self.asked(CallBackFilters), request.user
        rows = visible_call_backs(user, mine=asked.get("mine", False))
        if asked.get("state"):
            rows = rows.filter(state=asked["state"])
        if asked.get("ticket"):
            rows = rows.filter(ticket__number=asked["ticket"].strip().upper())
        if asked.get("due_before"):
            rows = rows.filter(due_at__lt=asked["due_before"])
        return self.pages(CallBackOut, rows)

    @extend_schema(responses=CallBackOut)
    def retrieve(self, request, pk):
        return self.answer(CallBackOut, get_call_back(request.user, pk))

    @extend_schema(request=CallBackIn, responses={201: CallBackOut})
    def create(self, request):
        """Promise to call somebody back."""
        given = self.given(CallBackIn)
        ticket = given.pop("ticket")
        check(request.user, "tickets.call_back", ticket)
        given["whom"] = given["whom"] or ticket.requester.display_name
        made = plan_call_back(ticket, **given, by=request.user, via="api")
        return self.answer(CallBackOut, made, status=201)

    @extend_schema(request=OutcomeIn, responses=CallBackOut)
    @action(detail=True, methods=["post"])
    def done(self, request, pk):
        """They were reached."""
        return self.over(pk, finish_call_back, OutcomeIn)

    @extend_schema(request=NotReachedIn, responses=CallBackOut)
    @action(detail=True, methods=["post"], url_path="not-reached")
    def not_reached(self, request, pk):
        """Nobody answered; it is to be tried again."""
        return self.over(pk, miss_call_back, NotReachedIn)

    @extend_schema(request=OutcomeIn, responses=CallBackOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk):
        """Nobody needs to call any more."""
        return self.over(pk, cancel_call_back, OutcomeIn)

    def over(self, pk: int, act, serializer):
        call_back = get_call_back(self.request.user, pk)
        return self.answer(CallBackOut, act(call_back, **self.given(serializer), by=self.request.user, via="api"))
