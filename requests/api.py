"""Service requests by API: every transition is a POST to its own address."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from servicedesk.tickets.api.filters import TicketFilters
from servicedesk.tickets.api.processes import MessageIn, NoteIn, ProcessView, ReasonIn, UntilIn
from servicedesk.tickets.api.serializers import EmptyIn, Text, TicketOut, TicketRow
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.api import Strict

from . import actions
from .models import ServiceRequest
from .queries import get_service_request


class ServiceRequestRow(TicketRow):
    """A service request or enquiry as a list shows it."""

    kind = serializers.ChoiceField(choices=ServiceRequest.Kind.choices, source="service_request.kind")
    delivery_on = serializers.DateField(allow_null=True, source="service_request.delivery_on")


class ServiceRequestOut(TicketOut, ServiceRequestRow):
    """A whole service request."""


class ResolveServiceRequestIn(Strict):
    resolution = Text(default="", help_text="What was done or answered; the requester reads this.")
    children = serializers.BooleanField(
        default=False, help_text="Resolve its children with the same text, a moment later."
    )


class ChangeServiceRequestIn(Strict):
    kind = serializers.ChoiceField(choices=ServiceRequest.Kind.choices, required=False)
    delivery_on = serializers.DateField(required=False, allow_null=True, help_text="Agreed with the requester.")


class ServiceRequestViewSet(ProcessView):
    """Service requests and enquiries. What all tickets can do is under `/tickets/{number}/`."""

    row, out = ServiceRequestRow, ServiceRequestOut
    serializer_class = ServiceRequestOut

    def tickets(self):
        return super().tickets().filter(type=TicketType.REQUEST).select_related("service_request")

    def record(self, number: str) -> ServiceRequest:
        return get_service_request(self.request.user, number)

    @extend_schema(parameters=[TicketFilters], responses=ServiceRequestRow(many=True), operation_id="requests_list")
    def list(self, request):
        return self.list_of(self.tickets(), self.asked(TicketFilters))

    @extend_schema(responses=ServiceRequestOut)
    def retrieve(self, request, number):
        return self.answer(ServiceRequestOut, self.ticket(number))

    @extend_schema(request=EmptyIn, responses=ServiceRequestOut)
    @action(detail=True, methods=["post"])
    def accept(self, request, number):
        """Take it for one's own queue."""
        return self.do(number, actions.accept_service_request, EmptyIn)

    @extend_schema(request=EmptyIn, responses=ServiceRequestOut)
    @action(detail=True, methods=["post"])
    def start(self, request, number):
        """Begin work; who begins has it when nobody has."""
        return self.do(number, actions.start_service_request, EmptyIn)

    @extend_schema(
        request={"application/json": MessageIn, "multipart/form-data": MessageIn}, responses=ServiceRequestOut
    )
    @action(detail=True, methods=["post"])
    def ask_requester(self, request, number):
        """Send a question and wait; the answer resumes the work."""
        return self.do(number, actions.ask_requester_service_request, MessageIn)

    @extend_schema(request=NoteIn, responses=ServiceRequestOut)
    @action(detail=True, methods=["post"])
    def wait_for_vendor(self, request, number):
        """Wait for somebody outside; `note` says for what, internally."""
        return self.do(number, actions.wait_for_vendor_service_request, NoteIn, note="note_text")

    @extend_schema(request=UntilIn, responses=ServiceRequestOut)
    @action(detail=True, methods=["post"])
    def wait_until(self, request, number):
        """Wait for a date agreed with the requester; on that day the desk goes on by itself."""
        return self.do(number, actions.wait_until_service_request, UntilIn, note="note_text")

    @extend_schema(request=EmptyIn, responses=ServiceRequestOut)
    @action(detail=True, methods=["post"])
    def resume(self, request, number):
        """Go on after waiting."""
        return self.do(number, actions.resume_service_request, EmptyIn)

    @extend_schema(request=ResolveServiceRequestIn, responses=ServiceRequestOut)
    @action(detail=True, methods=["post"])
    def resolve(self, request, number):
        """Say what was done or answered."""
        return self.do(number, actions.resolve_service_request, ResolveServiceRequestIn)

    @extend_schema(request=EmptyIn, responses=ServiceRequestOut)
    @action(detail=True, methods=["post"])
    def close(self, request, number):
        """Close what is resolved."""
        return self.do(number, actions.close_service_request, EmptyIn)

    @extend_schema(request=ReasonIn, responses=ServiceRequestOut)
    @action(detail=True, methods=["post"])
    def reopen(self, request, number):
        """Take it up again; the reason becomes a reply."""
        return self.do(number, actions.reopen_service_request, ReasonIn)

    @extend_schema(request=ReasonIn, responses=ServiceRequestOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request, number):
        """Withdraw it. The desk says why, the requester need not."""
        return self.do(number, actions.cancel_service_request, ReasonIn)

    @extend_schema(request=ChangeServiceRequestIn, responses=ServiceRequestOut)
    @action(detail=True, methods=["post"])
    def change(self, request, number):
        """Change what only a service request has; the rest is under `/tickets/{number}/change/`."""
        return self.do(number, actions.change_service_request, ChangeServiceRequestIn)
