"""`/api/v1/tickets/{number}/clocks/`: the receipts."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from servicedesk.tickets.queries import get_ticket
from servicedesk.tickets.workflow import Side
from servicedesk.web.api import View

from .clock import State
from .models import Clock
from .receipts import plain, read_clocks


class NamedOut(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()


class PauseOut(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)
    side = serializers.ChoiceField(choices=Side.choices, allow_null=True, help_text="Null while it counted as done.")
    minutes = serializers.IntegerField(help_text="Business time.")


class ClockOut(serializers.Serializer):
    clock = serializers.ChoiceField(choices=Clock.Kind.choices)
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=[state.value for state in State])
    rank = NamedOut(allow_null=True)
    agreement = NamedOut(allow_null=True)
    calendar = NamedOut(allow_null=True, help_text="Null: around the clock.")
    timezone = serializers.CharField()
    minutes = serializers.IntegerField(help_text="The target, in business time.")
    used_minutes = serializers.IntegerField()
    due_at = serializers.DateTimeField(help_text="While it rests: when it would be due if it ran on from now.")
    waited_minutes = serializers.DictField(child=serializers.IntegerField(), help_text="By whose turn it was.")
    pauses = PauseOut(many=True)
    intervals = serializers.ListField(
        child=serializers.ListField(child=serializers.DateTimeField(), min_length=2, max_length=2),
        help_text="The business intervals that were counted: from, to.",
    )


class ClockViewSet(View):
    """The clocks of a ticket, read from what happened to it. Agreements of the desk are for those who work on it."""

    @extend_schema(responses=ClockOut(many=True))
    def list(self, request, number):
        ticket = get_ticket(request.user, number)
        return self.answer(
            ClockOut, plain(read_clocks(ticket, ours=request.user.may("tickets.work", ticket))), many=True
        )
