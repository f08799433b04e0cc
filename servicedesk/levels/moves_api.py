"""What a change would move, as the API says it."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from servicedesk.people.api.jobs import JobOut
from servicedesk.tickets.api.serializers import TicketRow
from servicedesk.web.api import Filters, View

from .models import Clock
from .moving import Change, preview


class DryRun(Filters):
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="Only say which open tickets would move, and by how much."
    )


class MovedClock(serializers.Serializer):
    ticket = TicketRow()
    clock = serializers.ChoiceField(choices=Clock.Kind.choices, source="kind")
    agreement = serializers.CharField(help_text="Its name, for the clock of an agreement.")
    due_at = serializers.DateTimeField(source="before", allow_null=True, help_text="Null: the clock would begin.")
    new_due_at = serializers.DateTimeField(source="after", allow_null=True, help_text="Null: the clock would end.")
    is_missed = serializers.BooleanField(source="was_missed")
    would_be_missed = serializers.BooleanField(source="is_missed")


class Moved(serializers.Serializer):
    tickets = serializers.IntegerField(help_text="How many open tickets that the caller may see.")
    earlier = serializers.IntegerField()
    later = serializers.IntegerField()
    missed = serializers.IntegerField(help_text="Targets that would then be missed.")
    met = serializers.IntegerField(help_text="Missed targets that would not be missed any more.")
    begun = serializers.IntegerField(help_text="Clocks that there would be.")
    ended = serializers.IntegerField(help_text="Clocks that there would no longer be.")
    clocks = MovedClock(many=True, source="rows", help_text="The first fifty.")


class MovesOut(serializers.Serializer):
    """`moves` is null while a job reads many clocks: repeat the call until it is there."""

    dry_run = serializers.BooleanField()
    moves = Moved(allow_null=True)
    job = JobOut(allow_null=True)


def look(view: View, change: Change) -> Response:
    """The answer to a dry run."""
    found = preview(change, view.request.user)
    body: dict[str, Any] = {"dry_run": True, "moves": found.moves, "job": found.job}
    return view.answer(MovesOut, body, status=202)
