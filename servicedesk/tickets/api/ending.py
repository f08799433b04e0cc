"""How a ticket ends, or rests, by API: closing with a lead's approval, snoozing."""

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from servicedesk.people.api.refs import PersonRef
from servicedesk.people.rules import check
from servicedesk.web.api import Strict, View

from .. import actions
from ..closing import Closing, closing_of, to_approve
from ..workflow import Phase
from .serializers import EmptyIn, Text, TicketOut, TicketRow


class ClosingOut(serializers.Serializer):
    """What stands between a resolved ticket and its end."""

    missing = serializers.ListField(child=serializers.CharField(), help_text="Sentences: what to fill in, and where.")
    may_close = serializers.BooleanField(help_text="Whether the caller closes it without asking.")
    may_approve = serializers.BooleanField(help_text="Whether the caller decides about the request that waits.")
    asked_at = serializers.DateTimeField(allow_null=True, help_text="Since when a request to close it waits.")
    asked_by = PersonRef(allow_null=True, help_text="Nobody: the desk itself.")
    waits_for = PersonRef(many=True, help_text="Who may decide today.")


class SendBackIn(Strict):
    reason = Text(default="")


class SnoozeIn(Strict):
    until = serializers.DateTimeField(
        default=None, allow_null=True, help_text="Null: until its requester writes, which brings it back in any case."
    )
    reason = Text(default="", max_length=2000, help_text="Becomes an internal note.")


class Ending:
    """Verbs of `TicketViewSet`."""

    @extend_schema(responses=ClosingOut)
    @action(detail=True, pagination_class=None)
    def closing(self, request, number):
        """What stands between a resolved ticket and its end."""
        ticket = self.ticket(number, "tickets.work")
        closing = closing_of(request.user, ticket) or Closing()
        pending = closing.request
        return self.answer(
            ClosingOut,
            {
                "missing": closing.missing,
                "may_close": ticket.phase == Phase.RESOLVED and closing.is_free,
                "may_approve": closing.may_approve,
                "asked_at": pending.at if pending else None,
                "asked_by": pending.by if pending else None,
                "waits_for": closing.waits_for,
            },
        )

    @extend_schema(request=EmptyIn, responses=TicketOut)
    @action(detail=True, methods=["post"], url_path="ask-to-close")
    def ask_to_close(self, request, number):
        """Ask the lead of its team to close what is resolved; who approves closes it."""
        ticket, _given = self.ticket(number, "tickets.ask_to_close"), self.given(EmptyIn)
        actions.ask_to_close(ticket, **self.by_api())
        return self.now(ticket.number)

    @extend_schema(request=SendBackIn, responses=TicketOut)
    @action(detail=True, methods=["post"], url_path="send-back")
    def send_back(self, request, number):
        """Do not approve closing it yet; the reason becomes an internal note."""
        ticket, given = self.ticket(number, "tickets.work"), self.given(SendBackIn)
        actions.send_back(ticket, reason=given["reason"], **self.by_api())
        return self.now(ticket.number)

    @extend_schema(request=SnoozeIn, responses=TicketOut)
    @action(detail=True, methods=["post"])
    def snooze(self, request, number):
        """Take it out of the usual views for a while."""
        ticket, given = self.ticket(number, "tickets.snooze"), self.given(SnoozeIn)
        actions.snooze(ticket, until=given["until"], reason=given["reason"], **self.by_api())
        return self.now(ticket.number)

    @extend_schema(request=EmptyIn, responses=TicketOut)
    @action(detail=True, methods=["post"])
    def wake(self, request, number):
        """Bring it back before its time."""
        ticket, _given = self.ticket(number, "tickets.snooze"), self.given(EmptyIn)
        actions.wake(ticket, **self.by_api())
        return self.now(ticket.number)


class ApprovalViewSet(View):
    """What waits for the caller's approval to be closed, longest first. Closing it approves."""

    pagination_class = None

    @extend_schema(responses=TicketRow(many=True), operation_id="approvals_list")
    def list(self, request):
        check(request.user, "desk.use")
        tickets = to_approve(request.user)
        prefetch_related_objects(tickets, "tags", "items", "category")
        return self.answer(TicketRow, tickets, many=True)
